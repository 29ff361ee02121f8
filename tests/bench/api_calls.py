"""API calls: what a ticket with one red and one green round asks of GitHub. The demo's ticket, counted."""

from pathlib import Path

from jobs.ticket.phases import Phase
from tests.bench.figure import Figure
from tests.demo.choice import choice
from tests.demo.watch import Watch, settle
from tests.processes import until
from tests.stack import Stack


def measure(directory: Path) -> list[Figure]:
    """From the label to ready for review."""
    chosen = choice({})
    with Stack(directory, seed=chosen.seed, script=chosen.script) as stack:
        stack.start()
        settle(stack)
        watch = Watch(stack, chosen.repository, 1, is_live=False)
        stack.hub.person("alice").post(
            f"/repos/{chosen.repository}/issues/1/labels", {"labels": ["autocode"]}
        )

        def is_ready() -> bool | None:
            status = watch.look().status
            return (status is not None and status.phase is Phase.VALIDATING) or None

        until("ready for review", is_ready, seconds=120, pause=0.2)
        look = watch.look()
    writes = sum(call["method"] != "GET" and call["path"] != "/graphql" for call in look.calls)
    return [
        Figure("API calls of a ticket with a red and a green round", len(look.calls), "calls", "≤ 30"),
        Figure("of them REST writes, token mints included", writes, "calls"),
    ]
