"""Whether a pull request is to be merged, and which way is tried: tables."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jobs.ticket.budget import Budget
from jobs.ticket.configuration import Configuration
from jobs.ticket.merging import (
    BEHIND,
    CONFLICT,
    DRAFT,
    LAGGING,
    MOVED,
    SETTLING,
    UNREVIEWED,
    Standing,
    Way,
    begun,
    given_up,
    is_outdated,
    may_pass,
    way,
)
from jobs.ticket.observation import PullRequest, Review
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.record import Merge, Record
from jobs.ticket.signals import deadline, signal
from tests.ticket.builders import NOW, SHA, check, observation, pull_request, record, review

READY = Standing(
    state="OPEN", is_draft=False, head_sha=SHA, merge_state="CLEAN", review_decision=None, has_queue=False,
    is_waiting=False, may_wait=False,
)  # fmt: skip
GREEN = {"checks": (check(),), "is_draft": False}
WISH = Merge(SHA, by="bob")


def standing(**more: Any) -> Standing:
    return replace(READY, **more)


@pytest.mark.parametrize(
    ("stands", "refusals", "expected"),
    [
        (READY, {}, Way.AT_ONCE),
        (standing(merge_state="UNKNOWN"), {}, Way.AT_ONCE),
        (standing(head_sha="b" * 40), {}, MOVED),
        (standing(is_draft=True), {}, DRAFT),
        (standing(merge_state="DIRTY", may_wait=True), {}, CONFLICT),
        (standing(merge_state="DIRTY"), {Way.AT_ONCE: "Pull Request is not mergeable"}, CONFLICT),
        (standing(review_decision="REVIEW_REQUIRED"), {}, UNREVIEWED["REVIEW_REQUIRED"]),
        (standing(review_decision="CHANGES_REQUESTED"), {}, UNREVIEWED["CHANGES_REQUESTED"]),
        (standing(review_decision="REVIEW_REQUIRED", may_wait=True), {}, Way.AUTO_MERGE),
        (standing(review_decision="APPROVED"), {}, Way.AT_ONCE),
        (standing(merge_state="BEHIND", may_wait=True), {}, BEHIND),
        (
            standing(merge_state="BEHIND", review_decision="REVIEW_REQUIRED"),
            {},
            UNREVIEWED["REVIEW_REQUIRED"],
        ),
        (standing(merge_state="BEHIND", has_queue=True), {}, Way.QUEUE),
        (standing(merge_state="BLOCKED"), {}, Way.AT_ONCE),
        (standing(merge_state="BLOCKED", may_wait=True), {}, Way.AUTO_MERGE),
        (standing(merge_state="BLOCKED", may_wait=True), {Way.AUTO_MERGE: "No"}, Way.AT_ONCE),
        (standing(merge_state="BLOCKED"), {Way.AT_ONCE: "Not\n\nyet"}, "GitHub says: Not yet."),
        (standing(has_queue=True), {}, Way.QUEUE),
        (standing(has_queue=True, may_wait=True), {Way.QUEUE: "expected."}, Way.AUTO_MERGE),
        (standing(has_queue=True), {Way.QUEUE: "expected."}, "GitHub says: expected."),
    ],
)
def test_which_way_is_tried(stands: Standing, refusals: dict[Way, str], expected: Way | str) -> None:
    assert way(stands, SHA, refusals) == expected


@pytest.mark.parametrize(
    ("stands", "said", "expected"),
    [
        (READY, "Base branch was modified. Review and try the merge again.", True),
        (standing(merge_state="UNKNOWN"), "Pull Request is not mergeable", True),
        (READY, "Head branch was modified. Review and try the merge again.", False),
        (standing(merge_state="BLOCKED"), 'Required status check "slow" is expected.', False),
    ],
)
def test_which_refusals_may_pass(stands: Standing, said: str, expected: bool) -> None:
    assert may_pass(stands, said) is expected


def approval(author: str = "bob", sha: str = SHA, state: str = "APPROVED", id: int = 1) -> Review:
    return replace(review(id, author, state), head_sha=sha)


def seen(merge: str, pull: PullRequest, kept: Record | None = None) -> Signal | None:
    """What happens to a ticket in review where the repository's `merge` is this."""
    now = observation(pull_requests=(pull,), configuration=Configuration(merge=merge))
    return signal(kept or record(Phase.VALIDATING), now, Budget())


@pytest.mark.parametrize(
    ("merge", "pull", "kept", "wanted"),
    [
        ("never", pull_request(**GREEN), None, False),
        ("on-green", pull_request(**GREEN), None, True),
        ("on-green", pull_request(is_draft=False), None, False),
        ("on-green", pull_request(checks=(check(None),)), None, False),
        ("on-approval", pull_request(**GREEN), None, False),
        ("on-approval", pull_request(**GREEN, reviews=(approval(),)), None, True),
        ("on-approval", pull_request(**GREEN, reviews=(approval("carol"),)), None, False),
        ("on-approval", pull_request(**GREEN, reviews=(approval(sha="b" * 40),)), None, False),
        ("on-approval", pull_request(is_draft=False, reviews=(approval(),)), None, True),
        ("never", pull_request(**GREEN), record(Phase.VALIDATING, merge=WISH), True),
        ("never", pull_request(is_draft=False), record(Phase.VALIDATING, merge=WISH), True),
        ("never", pull_request(checks=(check(None),)), record(Phase.VALIDATING, merge=WISH), False),
        ("never", pull_request(**GREEN), record(Phase.VALIDATING, merge=Merge("b" * 40, by="bob")), False),
    ],
)
def test_when_a_merge_is_wanted(merge: str, pull: PullRequest, kept: Record | None, wanted: bool) -> None:
    assert seen(merge, pull, kept) is (Signal.MERGE_WANTED if wanted else None)


DRAFT_AGAIN = replace(pull_request(**GREEN), is_draft=True)
JUST_NOW = NOW - timedelta(seconds=1)
LONG_SINCE = NOW - SETTLING


@pytest.mark.parametrize(
    ("merge", "pull", "kept", "wanted"),
    [
        ("on-green", DRAFT_AGAIN, record(Phase.VALIDATING, since=JUST_NOW), False),
        ("on-green", DRAFT_AGAIN, record(Phase.VALIDATING, since=LONG_SINCE), False),
        ("on-green", pull_request(**GREEN), record(Phase.VALIDATING, since=JUST_NOW), False),
        ("on-green", pull_request(**GREEN), record(Phase.VALIDATING, since=LONG_SINCE), True),
        ("on-approval", replace(DRAFT_AGAIN, reviews=(approval(),)), None, False),
        ("never", DRAFT_AGAIN, record(Phase.VALIDATING, since=JUST_NOW, merge=WISH), False),
        ("never", DRAFT_AGAIN, record(Phase.VALIDATING, since=LONG_SINCE, merge=WISH), True),
        ("never", pull_request(**GREEN), record(Phase.VALIDATING, since=JUST_NOW, merge=WISH), True),
    ],
)
def test_what_has_just_been_a_draft_may_get_checks_yet(
    merge: str, pull: PullRequest, kept: Record | None, wanted: bool
) -> None:
    assert seen(merge, pull, kept) is (Signal.MERGE_WANTED if wanted else None)


@pytest.mark.parametrize(
    ("merge", "kept", "looked_at"),
    [
        ("on-green", record(Phase.VALIDATING, since=JUST_NOW), JUST_NOW + SETTLING),
        ("never", record(Phase.VALIDATING, since=JUST_NOW, merge=WISH), JUST_NOW + SETTLING),
        ("never", record(Phase.VALIDATING, since=JUST_NOW), None),
        ("on-green", record(Phase.VALIDATING, since=LONG_SINCE), None),
    ],
)
def test_it_is_looked_at_again_when_they_must_have_begun(merge: str, kept: Record, looked_at: object) -> None:
    now = observation(pull_requests=(pull_request(**GREEN),), configuration=Configuration(merge=merge))
    assert deadline(kept, now, Budget()) == looked_at


@pytest.mark.parametrize(
    ("stands", "pull", "expected"),
    [
        (standing(is_draft=True), pull_request(**GREEN), True),
        (standing(is_draft=True), DRAFT_AGAIN, False),
        (standing(review_decision="REVIEW_REQUIRED"), pull_request(reviews=(approval(),)), True),
        (standing(review_decision="APPROVED"), pull_request(reviews=(approval(),)), False),
        (standing(review_decision="REVIEW_REQUIRED"), pull_request(), False),
        # Two are required, say.
        (
            standing(review_decision="REVIEW_REQUIRED"),
            pull_request(reviews=(replace(approval(), submitted_at=NOW - LAGGING),)),
            False,
        ),
    ],
)
def test_what_contradicts_the_observation_is_an_old_answer(
    stands: Standing, pull: PullRequest, expected: bool
) -> None:
    assert is_outdated(stands, pull, NOW) is expected


def test_after_a_refusal_only_news_lets_the_configuration_try_again() -> None:
    pull = pull_request(**GREEN)
    refused = record(Phase.VALIDATING)
    refused = replace(refused, merge=replace(begun(refused, NOW), refusal="No."))
    refused = replace(refused, merge=given_up(refused, pull))
    assert seen("on-green", pull, refused) is None
    assert seen("on-green", replace(pull, reviews=(approval("carol"),)), refused) is Signal.MERGE_WANTED
    assert seen("never", pull, replace(refused, merge=WISH)) is Signal.MERGE_WANTED


@pytest.mark.parametrize(
    ("merge", "pull", "expected"),
    [
        (Merge(SHA, at=NOW), pull_request(**GREEN, has_auto_merge=True), None),
        (Merge(SHA, at=NOW), pull_request(**GREEN, is_queued=True), None),
        (Merge(SHA, at=NOW), pull_request(**GREEN), Signal.MERGE_REFUSED),
        (Merge(SHA, at=NOW, refusal="No."), pull_request(**GREEN), Signal.MERGE_REFUSED),
        (Merge(SHA, at=NOW, is_behind=True), pull_request(**GREEN), Signal.OUTDATED),
        (Merge(SHA, at=NOW), pull_request(state="MERGED"), Signal.MERGED),
        (Merge(SHA, at=NOW), pull_request(checks=(check("failure"),)), Signal.CHECKS_FAILED),
    ],
)
def test_what_ends_the_waiting_for_github(merge: Merge, pull: PullRequest, expected: Signal | None) -> None:
    assert seen("never", pull, record(Phase.MERGING, merge=merge)) is expected
