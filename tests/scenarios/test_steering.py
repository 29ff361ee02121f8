"""A ticket is steered by people in every usual way, and GitHub is asked for no more than it takes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.board import Board
from tests.scenarios.reviewing import Reviewers
from tests.scenarios.steering import calls_of_the_ticket, steered
from tests.scenarios.world import Issue, World, playing


@dataclass(frozen=True)
class Steered:
    """What became of the ticket."""

    world: World
    issue: Issue
    board: Board
    card: str
    calls: list[str]


@pytest.fixture(scope="module")
def ticket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steered]:
    """In a stack of its own: all calls are counted, so nothing else may be under way."""
    with playing(tmp_path_factory.mktemp("stack"), {"AUTOCODE_MAX_TURNS": "12"}) as world:
        issue, board, card = steered(world)
        yield Steered(world, issue, board, card, calls_of_the_ticket(world))


def test_a_card_a_plan_a_red_check_and_a_review_take_no_more_than_45_calls(ticket: Steered) -> None:
    assert len(ticket.calls) <= 45, "\n".join(ticket.calls)
    assert ticket.issue.conclusions() == ["failure", "success", "success"]
    assert ticket.board.column(ticket.card) == "In review"
    [remark] = Reviewers(ticket.issue).conversations()
    assert remark.is_resolved
    # The plan, and twice the word that it is ready.
    assert len(ticket.issue.told()) == 3


def test_its_tokens_were_shared_and_none_is_on_the_disk(ticket: Steered) -> None:
    minted = [call for call in ticket.calls if "/access_tokens" in call]
    # One to find out whose card it is, and one for the ticket.
    assert len(minted) == 2
    directory = Path(ticket.world.stack.redis_url.removeprefix("unix://")).parent
    kept = [path.read_bytes() for path in directory.rglob("*") if path.is_file()]
    assert any(b"token:" in file for file in kept)
    assert not any(b"ghs_" in file for file in kept)
