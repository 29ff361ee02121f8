"""API calls: what a ticket asks of GitHub: the demo's, with a red and a green round, and one that people steer."""

from collections.abc import Sequence
from pathlib import Path

from jobs.ticket.phases import Phase
from tests.bench.figure import Figure
from tests.demo.board import only_card
from tests.demo.choice import choice
from tests.demo.watch import Json, Watch, settle
from tests.processes import until
from tests.scenarios.steering import calls_of_the_ticket, steered
from tests.scenarios.world import playing
from tests.stack import Stack


def measure(directory: Path) -> list[Figure]:
    """From the label to ready for review; from the move of its card, which is moved along."""
    calls, on_board = _calls(directory / "label", has_board=False), _calls(directory / "card", has_board=True)
    writes = sum(call["method"] != "GET" and call["path"] != "/graphql" for call in calls)
    return [
        Figure("API calls of a ticket with a red and a green round", len(calls), "calls", "≤ 30"),
        Figure("of them REST writes, token mints included", writes, "calls"),
        Figure(
            "API calls of the same ticket on a board, from the card's move", len(on_board), "calls", "≤ 45"
        ),
        Figure(
            "API calls of a ticket with a board, a plan approval, a red and a green round and a review round",
            _calls_when_steered(directory / "steered"),
            "calls",
            "≤ 45",
        ),
    ]


def _calls_when_steered(directory: Path) -> int:
    """The ticket of tests/scenarios/test_steering.py."""
    with playing(directory, {"AUTOCODE_MAX_TURNS": "12"}) as world:
        steered(world)
        return len(calls_of_the_ticket(world))


def _calls(directory: Path, *, has_board: bool) -> Sequence[Json]:
    chosen = choice({})
    seed = chosen.seed if has_board else chosen.seed | {"projects": []}
    with Stack(directory, seed=seed, script=chosen.script) as stack:
        stack.start()
        settle(stack)
        watch = Watch(stack, chosen.repository, 1, is_live=False)
        if has_board:
            only_card(stack.hub.url).move("Autocode")
        else:
            labels = f"/repos/{chosen.repository}/issues/1/labels"
            stack.hub.person("alice").post(labels, {"labels": ["autocode"]})

        def is_ready() -> bool | None:
            status = watch.look().status
            return (status is not None and status.phase is Phase.VALIDATING) or None

        until("ready for review", is_ready, seconds=120, pause=0.2)
        return watch.look().calls
