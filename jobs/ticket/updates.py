"""Updates: what a record remembers of a signal besides the phase. Pure."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from jobs.ticket import merging, messages, notes
from jobs.ticket.budget import Budget
from jobs.ticket.checks import Verdict, verdict
from jobs.ticket.observation import Observation, Trigger
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.ticket.record import Question, Record, Round
from jobs.ticket.unread import comments_on_ticket, newest_comment, newest_review, own_pull_request

Update = Callable[[Record, Observation, Budget], Record]


def updated(record: Record, signal: Signal, observation: Observation, budget: Budget) -> Record:
    """The record with what this signal adds to it; the phase is the table's business."""
    update = UPDATES.get(signal)
    return update(record, observation, budget) if update else record


def started(
    observation: Observation, budget: Budget, before: Record | None = None, by: Trigger | None = None
) -> Record:
    """The record of a run that the label has just asked for, or somebody in another way.

    Args:
        before: the record of the last run.
        by: who, when it was not the label; its `event_id` names what it was instead.
    """
    trigger = _trigger_of(by, before, observation) if by else observation.trigger
    if trigger is None:
        raise ValueError("a run starts with a label, a command or a card, and there is none")
    asked = by or trigger
    fresh = Record(
        run=run_id(observation, asked.event_id),
        phase=Phase.QUEUED,
        trigger_at=trigger.at,
        trigger_id=trigger.event_id,
        requested_by=trigger.actor,
        requested_by_id=trigger.actor_id,
        started_at=observation.now,
        asked_at=asked.asked_at or asked.at,
        usd_limit=budget.usd,
        approval="wanted" if observation.configuration.plan == "approve" else "",
        note=notes.REBUILT if observation.status_comment and before is None else "",
    )
    return _succeeding(fresh, before, observation)


def _succeeding(fresh: Record, before: Record | None, observation: Observation) -> Record:
    """The record with where it goes on to read, and what it has from the run before it."""
    # What was said before the label is in the brief; only what comes after it is a command.
    said = comments_on_ticket(observation)
    seen = max((item.id for item in said if item.created_at < fresh.trigger_at), default=0)
    if before is None:
        return replace(fresh, comment_cursor=seen, command_cursor=seen)
    return replace(
        fresh,
        comment_cursor=max(seen, before.comment_cursor),
        command_cursor=max(seen, before.command_cursor),
        review_cursor=before.review_cursor,
        sequence=before.sequence,
        # Of use if the branch is taken up again.
        underneath=before.underneath,
    )


def _trigger_of(by: Trigger, before: Record | None, observation: Observation) -> Trigger:
    """What to remember as the trigger. The label event of old is remembered, so that it does not trigger once more."""
    given = observation.trigger
    if given is None and before is not None:
        given = Trigger(before.requested_by, before.trigger_at, before.trigger_id)
    event = given.event_id if given else ""
    return Trigger(by.actor, given.at if given else by.at, event, by.actor_id)


def run_id(observation: Observation, cause: str) -> str:
    """Eight hex digits, the same however often a worker dies and the run is begun again."""
    return hashlib.sha256(f"{observation.ticket.key} {cause}".encode()).hexdigest()[:8]


def checked_out(record: Record, head_sha: str, at: datetime) -> Record:
    """The record once work begins from this commit of the branch, or of its base while there is no branch.

    Where it is somebody else's, its checks count from now, `at`. It stands with the round before it: the present one
    has not pushed anything yet.
    """
    if record.head_sha in (None, head_sha):
        return replace(record, head_sha=head_sha)
    note = record.note if record.note == notes.COLLIDED else notes.PUSHED_MEANWHILE
    moved = replace(record, head_sha=head_sha, note=note)
    if not record.rounds:
        return moved
    theirs = Round(record.rounds[-1].iteration, head_sha, at=at, note=notes.THEIRS)
    return replace(moved, rounds=(*record.rounds, theirs), published_at=at)


def _judged(record: Record, observation: Observation) -> Record:
    """The last round with what the checks said."""
    pull_request = own_pull_request(record, observation)
    if pull_request is None or not record.rounds:
        return record
    checks = tuple((check.name, check.conclusion or "pending", check.url) for check in pull_request.checks)
    word = str(verdict(pull_request.checks))
    last = replace(record.rounds[-1], verdict=word, checks=checks, at=observation.now)
    return replace(record, rounds=(*record.rounds[:-1], last))


def _heard(record: Record, observation: Observation) -> Record:
    """Nothing that people have said so far is news any more."""
    return replace(
        record,
        comment_cursor=newest_comment(record, observation),
        review_cursor=newest_review(record, observation),
    )


def _on_answer(record: Record, observation: Observation, _budget: Budget) -> Record:
    """The cursor stays: the answers are handed to the agent, which moves it on."""
    answered = replace(
        record, question=record.question and replace(record.question, is_answered=True), note=""
    )
    if record.question is None or record.question.kind != "conflict":
        return answered
    following = record.iteration + 1
    return replace(
        _retargeted(answered, observation),
        update=True,
        updates=0,
        iteration=following,
        first_iteration=following,
    )


def _on_continue(record: Record, observation: Observation, budget: Budget) -> Record:
    """The cursor stays here too: what was said besides the command is for the agent."""
    if record.phase is Phase.FAILED:
        # Its last round was red.
        return replace(record, iteration=record.iteration + 1, note="", activity="")
    return _on_answer(record, observation, budget)


def _on_approval(record: Record, observation: Observation, budget: Budget) -> Record:
    """By command, which has been noted, or by a ticked box."""
    ticked = observation.status_comment.editor if observation.status_comment else None
    by = ticked if record.approval == "wanted" else record.approval
    return replace(_on_answer(record, observation, budget), approval=by or "")


def _on_red(record: Record, observation: Observation, _budget: Budget) -> Record:
    return replace(_judged(record, observation), iteration=record.iteration + 1, note="", activity="")


def _on_demand(record: Record, observation: Observation, budget: Budget) -> Record:
    """The review cursor stays: it moves on once the change that answers the review is pushed."""
    following = _on_red(record, observation, budget)
    merge = merging.overtaken(record.merge)
    return replace(following, first_iteration=following.iteration, updates=0, merge=merge)


def _on_conflict(record: Record, observation: Observation, budget: Budget) -> Record:
    following = _retargeted(_on_red(record, observation, budget), observation)
    return replace(following, first_iteration=following.iteration, update=True, updates=record.updates + 1)


def _on_base_replaced(record: Record, observation: Observation, _budget: Budget) -> Record:
    """Another round where one is over; the note, which says why, and a wish to merge stay."""
    if not record.rounds or KIND[record.phase] == "working":
        return replace(record, activity="")
    following = record.iteration + 1
    judged = replace(_judged(record, observation), iteration=following, first_iteration=following)
    return replace(judged, update=True, activity="")


def _on_stuck(record: Record, observation: Observation, _budget: Budget) -> Record:
    """What people said before they were asked is no answer."""
    judged = _retargeted(_judged(record, observation), observation)
    question = Question(messages.conflicts_again(judged), kind="conflict")
    heard = newest_comment(record, observation)
    return replace(judged, question=question, comment_cursor=heard, note="", activity="")


def _retargeted(record: Record, observation: Observation) -> Record:
    """The record with the base that the pull request has now: somebody may have given it another one."""
    pull_request = own_pull_request(record, observation)
    return replace(record, base=pull_request.base_branch) if pull_request else record


def _on_verdict(record: Record, observation: Observation, _budget: Budget) -> Record:
    return replace(_judged(record, observation), note="", activity="")


def _on_green(record: Record, observation: Observation, budget: Budget) -> Record:
    """Here whoever asked for the merge of something else would expect it."""
    judged, wish = _on_verdict(record, observation, budget), record.merge
    if wish is None or not wish.by or wish.head_sha == record.head_sha:
        return judged
    return replace(judged, merge=None, note=notes.merge_lapsed(wish))


def _on_silence(record: Record, observation: Observation, _budget: Budget) -> Record:
    judged = _judged(record, observation)
    last = replace(judged.rounds[-1], verdict=str(Verdict.NONE)) if judged.rounds else None
    rounds = (*judged.rounds[:-1], last) if last else ()
    # Who asked for a merge once the checks have passed did not ask for this.
    return replace(judged, rounds=rounds, merge=None, note=notes.NOTHING_VERIFIED)


def _on_push(record: Record, observation: Observation, _budget: Budget) -> Record:
    pull_request = own_pull_request(record, observation)
    if pull_request is None:
        return record
    sha = pull_request.head_sha
    rounds = (*record.rounds, Round(record.iteration, sha, at=observation.now, note=notes.THEIRS))
    return replace(record, head_sha=sha, rounds=rounds, published_at=observation.now, note=notes.PUSHED)


def _on_merge(record: Record, observation: Observation, _budget: Budget) -> Record:
    return replace(record, merge=merging.begun(record, observation.now), note="")


def _on_refusal(record: Record, observation: Observation, _budget: Budget) -> Record:
    pull_request = own_pull_request(record, observation)
    why = record.merge.refusal if record.merge else ""
    merge = merging.given_up(record, pull_request) if pull_request else record.merge
    return replace(record, merge=merge, note=why or notes.MERGE_CALLED_OFF)


def _on_exhaustion(record: Record, observation: Observation, budget: Budget) -> Record:
    return _heard(_on_verdict(record, observation, budget), observation)


def _on_end(record: Record, observation: Observation, _budget: Budget) -> Record:
    return _heard(record, observation)


def _ends_with(note: str) -> Update:
    def update(record: Record, observation: Observation, _budget: Budget) -> Record:
        return replace(_heard(record, observation), note=note, question=None, activity="")

    return update


UPDATES: dict[Signal, Update] = {
    Signal.ANSWERED: _on_answer,
    Signal.CONTINUED: _on_continue,
    Signal.APPROVED: _on_approval,
    Signal.PLAN_DISCUSSED: _on_answer,
    Signal.CHECKS_FAILED: _on_red,
    Signal.CHANGES_REQUESTED: _on_demand,
    Signal.CHECKS_PASSED: _on_green,
    Signal.EXHAUSTED: _on_exhaustion,
    Signal.GAVE_UP: _on_end,
    Signal.BROKEN: _on_end,
    Signal.CHECKS_MISSING: _on_silence,
    Signal.PUSHED: _on_push,
    Signal.MERGE_WANTED: _on_merge,
    Signal.MERGE_REFUSED: _on_refusal,
    Signal.OUTDATED: _on_conflict,
    Signal.BASE_REPLACED: _on_base_replaced,
    Signal.STUCK: _on_stuck,
    Signal.UNLABELED: _ends_with(notes.UNLABELED),
    Signal.ISSUE_CLOSED: _ends_with(notes.ISSUE_CLOSED),
    Signal.PULL_REQUEST_CLOSED: _ends_with(notes.PULL_REQUEST_CLOSED),
    Signal.PARTS_DONE: _ends_with(notes.PARTS_DONE),
    Signal.STOPPED: _ends_with(notes.STOPPED),
    Signal.CARD_MOVED_OUT: _ends_with(notes.CARD_MOVED_OUT),
    Signal.MERGED: _ends_with(notes.MERGED),
}
