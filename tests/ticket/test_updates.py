"""What a record remembers of a signal, and how it is made anew."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from jobs.ticket import commits, messages, notes
from jobs.ticket.budget import Budget
from jobs.ticket.observation import Trigger
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.record import Merge, Question, Record, Round
from jobs.ticket.signals import UPDATES, signal
from jobs.ticket.updates import checked_out, run_id, started, updated
from tests.ticket.builders import (
    BRANCH,
    NOW,
    SHA,
    check,
    comment,
    observation,
    pull_request,
    record,
)

BUDGET = Budget(usd=Decimal(5))


def test_a_run_has_the_same_id_however_often_it_is_begun() -> None:
    assert started(observation(), BUDGET).run == started(observation(), BUDGET).run
    put_back = observation(trigger=Trigger("alice", NOW, "LE_2"))
    assert started(put_back, BUDGET).run != started(observation(), BUDGET).run
    assert len(run_id(observation(), "x")) == 8


def test_commands_from_before_the_label_are_not_obeyed() -> None:
    early = comment(40, "bob", "/autocode stop", created_at=NOW - timedelta(days=1))
    late = comment(50, "bob", "/autocode stop", created_at=NOW)
    fresh = started(observation(comments=(early, late)), BUDGET)
    assert (fresh.comment_cursor, fresh.command_cursor) == (40, 40)


def test_red_checks_end_the_round_and_begin_the_next_iteration() -> None:
    red = check("failure")
    after = updated(
        record(), Signal.CHECKS_FAILED, observation(pull_requests=(pull_request(checks=(red,)),)), BUDGET
    )
    assert after.iteration == 2
    assert after.rounds == (Round(1, SHA, "failed", (("test", "failure", red.url),), at=NOW),)


GREEN = observation(pull_requests=(pull_request(checks=(check(),), is_draft=False),))


def test_a_wish_to_merge_does_not_outlive_a_review_that_nothing_was_changed_for() -> None:
    wished = record(merge=Merge(SHA, by="bob"))
    answered = replace(
        updated(wished, Signal.CHANGES_REQUESTED, GREEN, BUDGET), phase=Phase.CHECKING, note="", iteration=1
    )
    ready = updated(answered, Signal.CHECKS_PASSED, GREEN, BUDGET).entering(Phase.VALIDATING, NOW)
    assert signal(ready, GREEN, BUDGET) is None
    assert "asked for has lapsed" in ready.note and "@bob" in ready.note


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (record(merge=Merge("b" * 40, by="bob")), True),
        (record(merge=Merge(SHA, by="bob")), False),
        (record(merge=Merge("b" * 40, tried="review 0, 1 checks")), False),
    ],
)
def test_who_wanted_another_commit_merged_is_told_that_it_is_not(kept: Record, says: bool) -> None:
    ready = updated(kept, Signal.CHECKS_PASSED, GREEN, BUDGET)
    assert ("has lapsed" in ready.note) is says
    assert (ready.merge is None) is says


def test_missing_checks_are_remembered_as_such() -> None:
    after = updated(record(), Signal.CHECKS_MISSING, observation(pull_requests=(pull_request(),)), BUDGET)
    assert after.rounds[-1].verdict == "none"
    assert after.note == notes.NOTHING_VERIFIED


def test_whoever_continues_after_the_last_round_begins_another_one() -> None:
    spent = record(Phase.ASKING, question=Question("$5", "budget"))
    held = updated(spent, Signal.CONTINUED, observation(), BUDGET)
    assert (held.open_question, held.iteration) == (None, 1)
    exhausted = updated(record(Phase.FAILED, iteration=3), Signal.CONTINUED, observation(), BUDGET)
    assert exhausted.iteration == 4


def test_a_branch_that_conflicts_is_updated_in_another_iteration_until_people_have_to_say_so() -> None:
    seen = observation(pull_requests=(pull_request(checks=(check(),)),))
    once = updated(record(Phase.VALIDATING), Signal.OUTDATED, seen, BUDGET)
    assert (once.iteration, once.first_iteration, once.update, once.updates) == (2, 2, True, 1)
    pushed = replace(once, update=False, updates=3, phase=Phase.VALIDATING)
    stuck = updated(pushed, Signal.STUCK, seen, BUDGET)
    assert stuck.open_question is not None
    assert "conflicts with `main` again" in messages.question(stuck)
    assert "/autocode rebase" in messages.question(stuck)
    told = updated(replace(stuck, phase=Phase.ASKING), Signal.ANSWERED, seen, BUDGET)
    assert (told.iteration, told.update, told.updates, told.open_question) == (3, True, 0, None)
    reviewed = updated(pushed, Signal.CHANGES_REQUESTED, seen, BUDGET)
    assert (reviewed.update, reviewed.updates) == (False, 0)


def test_chat_from_before_the_question_about_a_conflict_does_not_answer_it() -> None:
    chat = comment(50, "bob", "What a pity.")
    pulls = (pull_request(is_draft=False, is_conflicting=True, comments=(chat,)),)
    seen = observation(pull_requests=pulls)
    before = record(Phase.VALIDATING, updates=UPDATES)
    assert signal(before, seen, BUDGET) is Signal.STUCK
    asked = replace(updated(before, Signal.STUCK, seen, BUDGET), phase=Phase.ASKING)
    assert signal(asked, seen, BUDGET) is None
    answered = replace(seen, comments=(comment(51, "bob", "Try again."),))
    assert signal(asked, answered, BUDGET) is Signal.ANSWERED


def test_a_pull_request_with_another_base_is_brought_up_to_date_with_that_one() -> None:
    seen = observation(pull_requests=(pull_request(base_branch="develop"),))
    waiting = record(Phase.VALIDATING, updates=UPDATES)
    assert updated(waiting, Signal.OUTDATED, seen, BUDGET).base == "develop"
    stuck = updated(waiting, Signal.STUCK, seen, BUDGET)
    assert "conflicts with `develop` again" in messages.question(stuck)
    back = observation(pull_requests=(pull_request(base_branch="main"),))
    assert updated(replace(stuck, phase=Phase.ASKING), Signal.ANSWERED, back, BUDGET).base == "main"


def test_a_plan_is_approved_by_command_or_by_the_box() -> None:
    planned = record(Phase.APPROVING, question=Question("", "plan"), approval="wanted")
    status = comment(30, "autocode[bot]", "", by_us=True, by_person=False, editor="bob")
    ticked = updated(planned, Signal.APPROVED, observation(status_comment=status), BUDGET)
    assert (ticked.approval, ticked.open_question) == ("bob", None)
    told = updated(replace(planned, approval="alice"), Signal.APPROVED, observation(), BUDGET)
    assert told.approval == "alice"


def test_an_answer_stays_unread_until_the_agent_has_it() -> None:
    asked = record(Phase.ASKING, question=Question("Which?"), comment_cursor=40)
    after = updated(asked, Signal.ANSWERED, observation(comments=(comment(50, "bob", "Blue."),)), BUDGET)
    assert (after.open_question, after.comment_cursor) == (None, 40)


def test_a_persons_push_is_taken_as_the_new_head() -> None:
    seen = observation(pull_requests=(pull_request(head_sha="b" * 40),))
    after = updated(record(Phase.VALIDATING), Signal.PUSHED, seen, BUDGET)
    assert (after.head_sha, after.published_at, after.note) == ("b" * 40, NOW, notes.PUSHED)
    assert [item.head_sha for item in after.rounds] == [SHA, "b" * 40]


def test_a_persons_push_that_is_found_when_work_begins_is_taken_as_the_new_head() -> None:
    begun = record(Phase.PREPARING, branch=BRANCH, head_sha=SHA, rounds=(Round(1, SHA),), iteration=2)
    waited = replace(begun, published_at=NOW - timedelta(days=1))
    after = checked_out(waited, "b" * 40, NOW)
    assert (after.head_sha, after.published_at, after.note) == ("b" * 40, NOW, notes.PUSHED_MEANWHILE)
    assert after.rounds == (Round(1, SHA), Round(1, "b" * 40, at=NOW, note=notes.THEIRS))
    assert checked_out(waited, SHA, NOW) == waited
    # Nothing answers for the new commit yet, though the old one was pushed long ago.
    checking = replace(after, phase=Phase.CHECKING, pull_request=13)
    seen = observation(pull_requests=(pull_request(head_sha="b" * 40),))
    assert signal(checking, seen, BUDGET) is None


def test_a_base_that_moved_before_the_first_push_is_no_round() -> None:
    begun = record(Phase.PREPARING, branch=BRANCH, head_sha=SHA)
    after = checked_out(begun, "b" * 40, NOW)
    assert (after.head_sha, after.rounds, after.published_at) == ("b" * 40, (), None)


def test_a_retry_forgets_the_old_run_but_not_what_was_said() -> None:
    asked = comment(50, "bob", "/autocode retry")
    before = record(Phase.FAILED, iteration=5, sequence=9)
    by = Trigger("bob", asked.created_at, "comment 50", 2)
    fresh = started(observation(comments=(asked,)), BUDGET, replace(before, command_cursor=50), by)
    assert (fresh.phase, fresh.iteration, fresh.sequence, fresh.command_cursor) == (Phase.QUEUED, 1, 9, 50)
    assert (fresh.trigger_id, fresh.trigger_at) == (before.trigger_id, before.trigger_at)
    assert fresh.run != record().run
    assert fresh.requested_by == "bob"


def test_the_first_commit_line_takes_its_type_from_the_labels() -> None:
    issue = replace(observation().issue, labels={"autocode": "1", "bug": "2"})
    text = commits.commit_message(
        record(summary="Closes #99."), issue, 12, "alice <1+alice@users.noreply.github.com>"
    )
    assert text.startswith("fix(#12): Add a greeting\n\n")
    assert "Closes #99" not in text
    assert text.splitlines()[-4:] == [
        "Autocode-Issue: #12",
        "Autocode-Run: 0123abcd",
        "Autocode-Iteration: 1",
        "Co-authored-by: alice <1+alice@users.noreply.github.com>",
    ]
