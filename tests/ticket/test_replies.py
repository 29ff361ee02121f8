"""What becomes of a command, by who gave it and where the ticket stands."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from jobs.ticket.budget import Budget
from jobs.ticket.commands import COMMANDS, command
from jobs.ticket.observation import Comment
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.record import Question, Record
from jobs.ticket.replies import REPLIES, Case, Reply, reply
from tests.ticket.builders import NOW, comment, observation, pull_request, record

MODELS = ("claude-opus-5-5", "claude-haiku-5-5")
HELD = record(Phase.ASKING, question=Question("$5", "budget"))
ASKED = record(Phase.ASKING, question=Question("Which?"))
STUCK = record(Phase.ASKING, question=Question("It conflicts.", "conflict"))
PLANNED = record(Phase.APPROVING, approval="wanted")
FRESH = record(Phase.QUEUED)


def answer(remembered: Record | None, body: str, by: str = "bob", **seen: Any) -> Reply:
    said = command(body)
    assert said is not None
    return reply(Case(said, comment(50, by, body), remembered, observation(**seen), Budget(), MODELS))


def test_every_command_has_a_row() -> None:
    assert REPLIES.keys() == COMMANDS.keys()


@pytest.mark.parametrize(
    ("remembered", "body", "signal", "changes"),
    [
        (None, "/autocode", Signal.TRIGGERED, {}),
        (None, "/autocode plan", Signal.TRIGGERED, {"approval": "wanted"}),
        (None, "@autocode mend the greeting", Signal.TRIGGERED, {}),
        (record(Phase.CANCELLED), "/autocode", Signal.TRIGGERED, {}),
        (record(Phase.FAILED), "/autocode retry", Signal.TRIGGERED, {}),
        (record(Phase.DONE), "/autocode fix more", Signal.TRIGGERED, {}),
        (record(Phase.CODING), "/autocode", None, {}),
        (FRESH, "/autocode plan", None, {"approval": "wanted"}),
        (PLANNED, "/autocode approve", Signal.APPROVED, {"approval": "bob"}),
        (PLANNED, "/autocode fix smaller steps", Signal.PLAN_DISCUSSED, {}),
        (ASKED, "/autocode fix blue", Signal.ANSWERED, {}),
        (record(Phase.CODING), "/autocode fix blue", None, {}),
        (record(Phase.CHECKING), "/autocode fix blue", Signal.CHANGES_REQUESTED, {}),
        (record(Phase.VALIDATING), "@autocode blue", Signal.CHANGES_REQUESTED, {}),
        (HELD, "/autocode continue", Signal.CONTINUED, {"usd_limit": Decimal(10), "more_iterations": 0}),
        (HELD, "/autocode continue +$2", Signal.CONTINUED, {"usd_limit": Decimal(7), "more_iterations": 0}),
        (HELD, "/autocode continue +2 iterations", Signal.CONTINUED, {"usd_limit": Decimal(5), "more_iterations": 2}),
        (
            record(Phase.FAILED), "/autocode continue +1 iteration", Signal.CONTINUED,
            {"usd_limit": Decimal(5), "more_iterations": 1},
        ),
        (record(Phase.CODING), "/autocode continue +$1", None, {"usd_limit": Decimal(6), "more_iterations": 0}),
        (record(Phase.CHECKING), "/autocode rebase", Signal.OUTDATED, {"updates": 0}),
        (record(Phase.VALIDATING), "/autocode rebase", Signal.OUTDATED, {"updates": 0}),
        (STUCK, "/autocode rebase", Signal.ANSWERED, {}),
        (FRESH, "/autocode base release/2", None, {"base": "release/2", "stacked": None}),
        (record(Phase.CODING), "/autocode model claude-haiku-5-5", None, {"model": "claude-haiku-5-5"}),
        (None, "/autocode base release/2", Signal.TRIGGERED, {"base": "release/2"}),
        (record(Phase.CANCELLED), "/autocode base release/2", Signal.TRIGGERED, {"base": "release/2"}),
        (None, "/autocode model claude-haiku-5-5", Signal.TRIGGERED, {"model": "claude-haiku-5-5"}),
        (record(Phase.FAILED), "/autocode model claude-haiku-5-5", Signal.TRIGGERED, {"model": "claude-haiku-5-5"}),
        (record(Phase.CODING), "/autocode stop", Signal.STOPPED, {}),
    ],
)  # fmt: skip
def test_a_command_that_fits_is_obeyed(
    remembered: Record | None, body: str, signal: Signal | None, changes: dict[str, Any]
) -> None:
    found = answer(remembered, body, pull_requests=(pull_request(),))
    assert (found.signal, dict(found.changes), found.reaction) == (signal, changes, "+1")
    assert not found.comment


@pytest.mark.parametrize(
    ("remembered", "body", "said"),
    [
        (record(Phase.CODING), "/autocode retry", "it is at work"),
        (record(Phase.CODING), "/autocode plan", "the work has begun already"),
        (record(Phase.CODING), "/autocode approve", "there is no plan"),
        (record(Phase.CODING), "/autocode continue", "it goes on by itself"),
        (record(Phase.DONE), "/autocode continue", "there is nothing to continue"),
        (record(Phase.DONE), "/autocode stop", "nothing is at work"),
        (record(Phase.CODING), "/autocode base main", "before the work begins"),
        (record(Phase.CODING), "/autocode model gpt", "it knows `claude-opus-5-5`, `claude-haiku-5-5`"),
        (record(Phase.CODING), "/autocode rebase", "no pull request that waits"),
        (ASKED, "/autocode rebase", "no pull request that waits"),
        (record(Phase.CODING), "/autocode aprove", "did you mean `/autocode approve`?"),
    ],
)
def test_one_that_does_not_says_why_in_the_status_comment(remembered: Record, body: str, said: str) -> None:
    found = answer(remembered, body)
    assert (found.signal, found.changes, found.reaction, found.comment) == (None, {}, "confused", "")
    assert said.lower() in found.note.lower()


PROPOSAL = comment(
    45,
    "autocode[bot]",
    "<!-- autocode:comment 0123abcd plan 40 cafe -->\nMend it.",
    by_us=True,
    by_person=False,
)


@pytest.mark.parametrize(
    ("comments", "since", "is_approved"),
    [
        ((PROPOSAL,), NOW, True),
        ((replace(PROPOSAL, id=55),), NOW, False),
        ((PROPOSAL, replace(PROPOSAL, id=55)), NOW, False),
        ((replace(PROPOSAL, id=55, body="<!-- autocode:comment feedbeef plan 40 cafe -->"),), NOW, True),
        ((), NOW.replace(microsecond=900_000), True),
        ((), NOW + timedelta(seconds=1), False),
    ],
)
def test_only_a_plan_that_was_there_can_be_approved(
    comments: tuple[Comment, ...], since: datetime, is_approved: bool
) -> None:
    found = answer(replace(PLANNED, since=since), "/autocode approve", comments=comments)
    assert (found.signal is Signal.APPROVED) is is_approved
    assert ("the plan has changed since" in found.note) is not is_approved


def test_without_a_status_comment_it_says_so_in_a_comment() -> None:
    assert "Did you mean `/autocode stop`?" in answer(None, "/autocode stp").comment
    assert "nothing is at work" in answer(None, "/autocode stop").comment
    assert "reopen it first" in answer(None, "/autocode", state="CLOSED").comment


@pytest.mark.parametrize("body", ["/autocode", "/autocode stop", "/autocode nonsense", "/autocode help"])
def test_whoever_may_not_gets_one_polite_line(body: str) -> None:
    for who in ("carol", "mallory"):
        found = answer(record(Phase.CODING), body, by=who)
        assert (found.signal, found.changes, found.reaction) == (None, {}, "-1")
        assert found.comment.startswith(f"@{who}, thank you")


def test_text_comes_as_a_comment_where_it_is_asked_for() -> None:
    told = answer(record(Phase.CODING), "/autocode help").comment
    for name in COMMANDS:
        assert f"`{f'/autocode {name}'.strip()}`" in told
    assert "waiting for the checks" in answer(record(Phase.CHECKING), "/autocode explain").comment.lower()
    assert "has not worked on this issue" in answer(None, "/autocode explain").comment


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"state": "CLOSED", "pull_requests": (pull_request(),)}, "the issue is closed"),
        ({"pull_requests": (pull_request(state="CLOSED"),)}, "its pull request was closed"),
        ({}, "its pull request was closed"),
    ],
)
def test_what_is_over_is_not_continued(seen: dict[str, Any], said: str) -> None:
    found = answer(record(Phase.FAILED), "/autocode continue", **seen)
    assert (found.signal, dict(found.changes), found.reaction) == (None, {}, "confused")
    assert said in found.note
