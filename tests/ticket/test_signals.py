"""What GitHub's state says has happened, as one table."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.ticket.budget import Budget
from jobs.ticket.names import APPROVE
from jobs.ticket.observation import Branch, Observation, Trigger
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.record import Question, Record, Round
from jobs.ticket.signals import UPDATES, deadline, logins_to_ask, signal
from tests.ticket.builders import (
    BRANCH,
    LABELED_AT,
    NOW,
    SHA,
    check,
    comment,
    observation,
    pull_request,
    record,
    review,
)

BUDGET = Budget(max_iterations=3, checks_wait=600)
GREEN, RED, OPEN = check(), check("failure"), check(None)
STATUS = replace(GREEN, app=None)
NEXT = "c" * 40
ASKING = record(Phase.ASKING, question=Question("Which colour?"))
PLANNED = record(Phase.APPROVING, question=Question("", "plan"), approval="wanted")
SPENT = record(Phase.ASKING, question=Question("$5 of $5", kind="budget"))


def with_checks(*checks: object, **more: object) -> Observation:
    return observation(pull_requests=(pull_request(checks=checks, **more),))


def said(author: str, body: str, id: int = 50) -> Observation:
    return observation(comments=(comment(id, author, body),), pull_requests=(pull_request(),))


def talk(*said: tuple[str, str]) -> Observation:
    return observation(comments=tuple(comment(id, *words) for id, words in enumerate(said, 50)))


def ticked(editor: str, box: str = "x") -> Observation:
    body = f"**Plan**\n\n- [ ] mend it\n\n- [{box}] **Approve this plan** {APPROVE}"
    status = comment(30, "autocode[bot]", body, by_us=True, by_person=False, editor=editor)
    return observation(status_comment=status)


CASES: list[tuple[str, Record | None, Observation, Signal | None]] = [
    ("no label, no record", None, observation(labels=()), None),
    ("a label on a new issue", None, observation(), Signal.TRIGGERED),
    ("a label on a closed issue", None, observation(state="CLOSED"), None),
    ("the label is still the same", record(Phase.DONE), observation(), None),
    (
        "the label was put back within a second",
        record(Phase.CANCELLED),
        observation(trigger=Trigger("bob", LABELED_AT, "LE_2")),
        Signal.TRIGGERED,
    ),
    (
        "an old read shows the label of before",
        record(Phase.CODING),
        observation(trigger=Trigger("bob", LABELED_AT - timedelta(hours=1), "LE_0")),
        None,
    ),
    (
        "the label was put back",
        record(Phase.CANCELLED),
        observation(trigger=Trigger("bob", NOW, "LE_2")),
        Signal.TRIGGERED,
    ),
    (
        "the label was put back while it ran",
        record(Phase.CODING),
        observation(trigger=Trigger("bob", NOW, "LE_2")),
        Signal.TRIGGERED,
    ),
    ("asked for by a writer", record(Phase.QUEUED), observation(), None),
    ("asked for by a reader", record(Phase.QUEUED, requested_by="carol"), observation(), Signal.REFUSED),
    ("asked for by a stranger", record(Phase.QUEUED, requested_by="mallory"), observation(), Signal.REFUSED),
    ("the label was taken off", record(Phase.CODING), observation(labels=()), Signal.UNLABELED),
    ("the issue was closed", record(Phase.CHECKING), observation(state="CLOSED"), Signal.ISSUE_CLOSED),
    ("merged by hand", record(), with_checks(RED, state="MERGED"), Signal.MERGED),
    (
        "merged, which closes the issue too",
        record(Phase.VALIDATING),
        observation(state="CLOSED", pull_requests=(pull_request(state="MERGED"),)),
        Signal.MERGED,
    ),
    ("merged after it failed", record(Phase.FAILED), with_checks(state="MERGED"), Signal.MERGED),
    ("the pull request was closed", record(), with_checks(state="CLOSED"), Signal.PULL_REQUEST_CLOSED),
    ("a command is no signal by itself", record(), said("bob", "/autocode stop"), None),
    ("an answer by a writer", ASKING, said("bob", "Blue."), Signal.ANSWERED),
    ("an answer by a reader", ASKING, said("carol", "Blue."), None),
    ("chat is no consent to spend more", SPENT, said("bob", "Blue."), None),
    ("a comment on the plan", PLANNED, said("bob", "Smaller, please."), Signal.PLAN_DISCUSSED),
    ("a comment on the plan by a reader", PLANNED, said("carol", "Smaller, please."), None),
    ("praise, then approval", PLANNED, talk(("bob", "Looks good!"), ("bob", "/autocode approve")), None),
    (
        "approval, then doubt",
        PLANNED,
        talk(("bob", "/autocode approve"), ("bob", "Or not?")),
        Signal.PLAN_DISCUSSED,
    ),
    (
        "an objection, then a reader's approval",
        PLANNED,
        talk(("bob", "Smaller."), ("carol", "/autocode approve")),
        Signal.PLAN_DISCUSSED,
    ),
    (
        "an objection after an approval that was refused",
        replace(PLANNED, command_cursor=51),
        talk(("bob", "Smaller."), ("bob", "/autocode approve")),
        Signal.PLAN_DISCUSSED,
    ),
    ("the plan's box ticked", PLANNED, ticked("bob"), Signal.APPROVED),
    ("the plan's box ticked by a reader", PLANNED, ticked("carol"), None),
    ("the plan's box not ticked", PLANNED, ticked("bob", box=" "), None),
    ("the box of an approved plan", record(), ticked("bob"), None),
    ("all checks green", record(), with_checks(GREEN, check("skipped", "docs")), Signal.CHECKS_PASSED),
    ("one red, one still running", record(), with_checks(RED, OPEN), None),
    ("all complete, one red", record(), with_checks(GREEN, RED), Signal.CHECKS_FAILED),
    ("red in the last iteration", record(iteration=3), with_checks(RED), Signal.EXHAUSTED),
    ("a workflow waits for a person", record(), with_checks(check("action_required")), None),
    ("no check yet", record(), with_checks(), None),
    (
        "no check came in time",
        record(published_at=NOW - timedelta(minutes=11)),
        with_checks(),
        Signal.CHECKS_MISSING,
    ),
    ("somebody pushed", record(), with_checks(GREEN, head_sha="b" * 40), Signal.PUSHED),
    (
        "an old read shows our older commit",
        record(
            head_sha=NEXT, rounds=(Round(1, SHA), Round(2, NEXT)), published_at=NOW - timedelta(seconds=5)
        ),
        with_checks(RED),
        None,
    ),
    (
        "somebody put the branch back to our older commit",
        record(head_sha=NEXT, rounds=(Round(1, SHA), Round(2, NEXT))),
        with_checks(RED),
        Signal.PUSHED,
    ),
    (
        "what was seen before our push says nothing about it",
        record(head_sha=NEXT, published_at=NOW + timedelta(seconds=1)),
        with_checks(GREEN),
        None,
    ),
    (
        "the pull request is gone",
        record(published_at=NOW - timedelta(hours=1)),
        observation(),
        Signal.PULL_REQUEST_CLOSED,
    ),
    (
        "the pull request may not be seen any more",
        record(published_at=NOW - timedelta(hours=1)),
        observation(denied="grant more"),
        None,
    ),
    ("the pull request is not listed yet", record(), observation(), None),
    ("a workflow has jobs to come", record(), with_checks(replace(GREEN, is_suite_complete=False)), None),
    (
        "a commit status is green before any workflow began",
        record(published_at=NOW),
        with_checks(STATUS),
        None,
    ),
    ("commit statuses are all there is", record(), with_checks(STATUS), Signal.CHECKS_PASSED),
    ("a check turned red later", record(Phase.VALIDATING), with_checks(RED), Signal.CHECKS_FAILED),
    (
        "red once after rounds that reviewers asked for",
        record(iteration=5, first_iteration=5),
        with_checks(RED),
        Signal.CHECKS_FAILED,
    ),
    ("another command is no answer", ASKING, said("bob", "/autocode retry"), None),
    ("merged after it was cancelled", record(Phase.CANCELLED), with_checks(state="MERGED"), Signal.MERGED),
    (
        "changes requested by a writer",
        record(Phase.VALIDATING),
        with_checks(GREEN, reviews=(review(5, "bob"),)),
        Signal.CHANGES_REQUESTED,
    ),
    (
        "changes requested by a reader",
        record(Phase.VALIDATING),
        with_checks(GREEN, reviews=(review(5, "carol"),)),
        None,
    ),
    (
        "a review that was acted upon before",
        record(Phase.VALIDATING, review_cursor=5),
        with_checks(GREEN, reviews=(review(5, "bob"),)),
        None,
    ),
    (
        "an approval is the reviewers' business",
        record(Phase.VALIDATING),
        with_checks(GREEN, reviews=(replace(review(5, "bob", "APPROVED"), remarks=1),)),
        None,
    ),
    (
        "remarks on lines by a writer",
        record(Phase.VALIDATING),
        with_checks(GREEN, reviews=(replace(review(5, "bob", "COMMENTED"), remarks=1),)),
        Signal.CHANGES_REQUESTED,
    ),
    (
        "a review that only talks",
        record(Phase.VALIDATING),
        with_checks(GREEN, reviews=(review(5, "bob", "COMMENTED"),)),
        None,
    ),
    (
        "another bot's remarks",
        record(Phase.VALIDATING),
        with_checks(GREEN, reviews=(replace(review(5, "bob", "COMMENTED"), remarks=1, by_person=False),)),
        None,
    ),
    (
        "the base has moved and conflicts",
        record(Phase.VALIDATING),
        with_checks(GREEN, is_conflicting=True),
        Signal.OUTDATED,
    ),
    (
        "it conflicts, so its checks do not come",
        record(Phase.CHECKING),
        with_checks(is_conflicting=True),
        Signal.OUTDATED,
    ),
    (
        "it conflicts at every turn",
        record(Phase.VALIDATING, updates=UPDATES),
        with_checks(GREEN, is_conflicting=True),
        Signal.STUCK,
    ),
    (
        "reviewers come before conflicts",
        record(Phase.VALIDATING, updates=UPDATES),
        with_checks(GREEN, is_conflicting=True, reviews=(review(5, "bob"),)),
        Signal.CHANGES_REQUESTED,
    ),
    (
        "threads that were too many",
        record(Phase.CHECKING, threads_left=1),
        with_checks(OPEN),
        Signal.CHANGES_REQUESTED,
    ),
    (
        "a wish that was answered while the work was published",
        record(Phase.CHECKING, comment_cursor=49, command_cursor=50),
        said("bob", "/autocode fix the title"),
        Signal.CHANGES_REQUESTED,
    ),
    (
        "a wish that the agent has read",
        record(Phase.CHECKING, comment_cursor=50, command_cursor=50),
        said("bob", "/autocode fix the title"),
        None,
    ),
    ("a wish of a reader", record(Phase.CHECKING), said("carol", "/autocode fix the title"), None),
    ("a wish for nothing", record(Phase.CHECKING), said("bob", "/autocode fix"), None),
    (
        "a wish behind another command",
        record(Phase.CHECKING),
        replace(
            said("bob", "/autocode rebase"),
            comments=(comment(50, "bob", "/autocode rebase"), comment(51, "bob", "/autocode fix it")),
        ),
        None,
    ),
    ("talk while the checks run", record(Phase.CHECKING), said("bob", "Fix the title."), None),
    (
        "a wish comes before conflicts",
        record(Phase.VALIDATING, updates=UPDATES),
        replace(
            with_checks(GREEN, is_conflicting=True), comments=(comment(50, "bob", "/autocode fix the title"),)
        ),
        Signal.CHANGES_REQUESTED,
    ),
    (
        "conflicts of somebody else's commit",
        record(Phase.VALIDATING),
        with_checks(GREEN, is_conflicting=True, head_sha="b" * 40),
        Signal.PUSHED,
    ),
]


@pytest.mark.parametrize(
    ("remembered", "seen", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_signal(remembered: Record | None, seen: Observation, expected: Signal | None) -> None:
    assert signal(remembered, seen, BUDGET) is expected


def test_only_those_are_asked_for_whose_permission_matters() -> None:
    talk = observation(comments=(comment(50, "carol", "Nice!"), comment(51, "bob", "/autocode stop")))
    assert logins_to_ask(None, talk) == {"alice"}
    assert logins_to_ask(record(Phase.VALIDATING), talk) == set()
    assert logins_to_ask(record(Phase.VALIDATING), said("dave", "/autocode fix it")) == {"dave"}
    assert logins_to_ask(PLANNED, ticked("carol")) == {"carol"}
    assert logins_to_ask(ASKING, talk) == {"bob", "carol"}
    assert logins_to_ask(record(Phase.DONE), observation(trigger=Trigger("dave", NOW, "LE_2"))) == {"dave"}


def test_a_ticket_without_checks_is_looked_at_again_when_their_time_is_up() -> None:
    published = NOW - timedelta(minutes=1)
    assert deadline(record(published_at=published), with_checks(), BUDGET) == published + timedelta(
        minutes=10
    )
    assert deadline(record(published_at=published), with_checks(OPEN), BUDGET) is None
    assert deadline(record(Phase.VALIDATING), with_checks(), BUDGET) is None


def test_checks_that_were_complete_before_we_took_note_of_the_commit_are_looked_at_again() -> None:
    later = NOW + timedelta(seconds=1)
    seen = with_checks(GREEN)
    assert signal(record(published_at=later), seen, BUDGET) is None
    assert deadline(record(published_at=later), seen, BUDGET) == later
    before = observation(branches=(Branch(BRANCH, SHA),))
    assert deadline(record(published_at=later), before, BUDGET) == later
