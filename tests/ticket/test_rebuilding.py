"""How a record that was lost is made anew, and when it cannot be."""

from dataclasses import replace
from decimal import Decimal

import pytest

from jobs.ticket import notes
from jobs.ticket.budget import Budget
from jobs.ticket.observation import Branch, Trigger
from jobs.ticket.phases import Phase
from jobs.ticket.rebuilding import rebuilt, requester
from jobs.ticket.unread import demands
from tests.ticket.builders import BRANCH, LABELED_AT, SHA, observation, pull_request, review

BUDGET = Budget(usd=Decimal(5))


@pytest.mark.parametrize(
    ("pull_requests", "phase"),
    [
        ((pull_request(),), Phase.CHECKING),
        ((pull_request(is_draft=False),), Phase.VALIDATING),
        ((), Phase.PREPARING),
    ],
)
def test_a_lost_record_is_rebuilt_from_branch_trailers_and_pull_request(
    pull_requests: tuple[object, ...], phase: Phase
) -> None:
    branch = Branch(BRANCH, SHA, "feat(#12): x\n\nAutocode-Run: feedbeef\nAutocode-Iteration: 3\n")
    found = rebuilt(observation(branches=(branch,), pull_requests=pull_requests), BUDGET)
    assert found is not None
    assert (found.phase, found.run, found.iteration, found.branch) == (phase, "feedbeef", 3, BRANCH)
    assert found.note == notes.REBUILT


def test_a_rebuilt_record_does_not_work_on_old_reviews_once_more() -> None:
    reviewed = pull_request(is_draft=False, reviews=(review(70, "bob"),))
    seen = observation(branches=(Branch(BRANCH, SHA),), pull_requests=(reviewed,))
    found = rebuilt(seen, BUDGET)
    assert found is not None
    assert (found.review_cursor, found.review_in_hand, demands(found, seen)) == (70, 70, ())


def test_a_persons_commit_on_top_does_not_confuse_the_rebuilding() -> None:
    branch = Branch(BRANCH, SHA, "Fix typo\n\nAutocode-Iteration: many")
    found = rebuilt(observation(branches=(branch,)), BUDGET)
    assert found is not None and found.iteration == 1


def test_nothing_is_rebuilt_from_nothing() -> None:
    assert rebuilt(observation(), BUDGET) is None
    assert rebuilt(observation(labels=(), branches=(Branch(BRANCH, SHA),)), BUDGET) is None


OURS = Trigger("autocode[bot]", LABELED_AT, "LE_9")
TRAILERS = (
    "Autocode-Issue: #12\nAutocode-Run: feedbeef\nCo-authored-by: bob <2+bob@users.noreply.github.com>\n"
)


@pytest.mark.parametrize(
    ("trailers", "by"),
    [
        (TRAILERS, "bob"),
        (TRAILERS.replace("bob", "carol"), None),
        (TRAILERS.replace("#12", "#13"), None),
        ("Autocode-Issue: #12", None),
        ("", None),
    ],
)
def test_where_the_label_is_ours_our_own_commit_says_who_asked(trailers: str, by: str | None) -> None:
    branch = Branch(BRANCH, SHA, f"feat(#12): x\n\n{trailers}")
    seen = observation(
        trigger=None, own_label=OURS, branches=(branch,), pull_requests=(pull_request(is_draft=False),)
    )
    found = rebuilt(seen, BUDGET)
    assert (found.requested_by if found else None) == by
    if found:
        assert (found.run, found.requested_by_id, found.phase) == ("feedbeef", 2, Phase.VALIDATING)
        assert found.text_at == LABELED_AT
        # Nobody starts it again by the label that has long been on.
        assert found.trigger_at == LABELED_AT


def test_whose_label_is_on_counts_more_than_a_commit() -> None:
    branch = Branch(BRANCH, SHA, f"feat(#12): x\n\n{TRAILERS}")
    asked = requester(observation(branches=(branch,)))
    assert asked is not None and asked.actor == "alice"
    nobody = replace(observation(branches=(branch,)), trigger=None)
    assert requester(nobody) is None
