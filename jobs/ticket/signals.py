"""Signals: what GitHub's present state says has happened to a ticket since its record was written. Pure."""

from datetime import datetime, timedelta

from jobs.ticket.budget import Budget
from jobs.ticket.checks import Verdict, verdict
from jobs.ticket.commands import command
from jobs.ticket.merging import SETTLING, judges, merge_signal, settled_at
from jobs.ticket.names import is_approved
from jobs.ticket.observation import GHOST, Observation, PullRequest
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.ticket.record import Record
from jobs.ticket.stacking import is_forsaken
from jobs.ticket.unread import demands, own_pull_request, unread_comments, unread_demands, wishes

STALE = timedelta(seconds=15)
"""How old a state GitHub may still answer with after one of our writes."""
PUBLISHED = (Phase.CHECKING, Phase.VALIDATING, Phase.MERGING)
"""Phases in which what becomes of a ticket is read off its pull request."""
UPDATES = 3
"""How often a branch is brought up to date with its base before people have to say something."""


def signal(record: Record | None, observation: Observation, budget: Budget) -> Signal | None:
    """The first thing that happened, the gravest first; None when nothing did."""
    if _is_triggered_anew(record, observation):
        return Signal.TRIGGERED
    if record is None:
        return None
    if KIND[record.phase] == "resting":
        return _after_the_end(record, observation)
    return _at_any_time(record, observation) or _in_phase(record, observation, budget)


def logins_to_ask(record: Record | None, observation: Observation) -> frozenset[str]:
    """Whose permission `signal` needs to know before it can be asked."""
    logins: set[str] = set()
    waits_for_trigger = record is None or record.phase is Phase.QUEUED
    if observation.trigger and (waits_for_trigger or _is_triggered_anew(record, observation)):
        logins.add(observation.trigger.actor)
    if record is not None:
        if record.phase is Phase.QUEUED:
            logins.add(record.requested_by)
        if record.phase in (Phase.ASKING, Phase.APPROVING):
            logins |= {item.author for item in unread_comments(record, observation)}
        if record.phase is Phase.APPROVING and _is_ticked(observation):
            logins.add(_editor(observation))
        logins |= {review.author for review in unread_demands(record, observation)}
        if record.phase in PUBLISHED:
            logins |= {item.author for item in wishes(record, observation)}
        logins |= judges(record, observation, own_pull_request(record, observation))
    return frozenset(logins)


def deadline(record: Record, observation: Observation, budget: Budget) -> datetime | None:
    """When the ticket has to be looked at again although nothing happened; None: only when something does."""
    if record.phase is not Phase.CHECKING or record.published_at is None:
        return settled_at(record, observation, budget)
    pull_request = own_pull_request(record, observation)
    if observation.now < record.published_at and _is_seen(record.head_sha, observation):
        # Our commit was there before we took note of it, as a dead worker's is, and so may the last event about it be.
        return record.published_at
    if pull_request is None or pull_request.head_sha != record.head_sha:
        # It was opened or pushed to after the observation.
        return record.published_at + budget.checks_timeout
    match verdict(pull_request.checks):
        case Verdict.NONE:
            return record.published_at + budget.checks_timeout
        case Verdict.PASSED if not _has_settled(record, pull_request, observation.now):
            return record.published_at + SETTLING
    return None


def _is_seen(sha: str | None, observation: Observation) -> bool:
    """The commit is on GitHub, whether or not there is a pull request of it."""
    heads = {branch.head_sha for branch in observation.branches}
    return sha in heads | {pull_request.head_sha for pull_request in observation.pull_requests}


def _is_triggered_anew(record: Record | None, observation: Observation) -> bool:
    if observation.trigger is None or observation.issue.state != "OPEN":
        return False
    if record is None:
        return True
    # An old read may show an older trigger.
    return observation.trigger.event_id != record.trigger_id and observation.trigger.at >= record.trigger_at


def _after_the_end(record: Record, observation: Observation) -> Signal | None:
    pull_request = own_pull_request(record, observation)
    if record.phase is not Phase.DONE and pull_request and pull_request.state == "MERGED":
        return Signal.MERGED
    return None


def _at_any_time(record: Record, observation: Observation) -> Signal | None:
    pull_request = own_pull_request(record, observation)
    if pull_request and pull_request.state == "MERGED":
        return Signal.MERGED
    if observation.issue.state == "CLOSED":
        return Signal.ISSUE_CLOSED
    if pull_request and pull_request.state == "CLOSED":
        # Before the label, which we then take off ourselves.
        return Signal.PULL_REQUEST_CLOSED
    if not observation.is_labeled:
        return Signal.UNLABELED
    return None


def _in_phase(record: Record, observation: Observation, budget: Budget) -> Signal | None:
    if record.phase is Phase.QUEUED:
        # Who had begun was asked for by somebody who might, then.
        has_begun = record.branch is not None
        return None if has_begun or observation.may_write(record.requested_by) else Signal.REFUSED
    if record.phase is Phase.ASKING:
        return _answer(record, observation)
    if record.phase is Phase.APPROVING:
        is_discussed = _is_answered(record, observation) and not _ends_in_approval(record, observation)
        return _approval(observation) or (Signal.PLAN_DISCUSSED if is_discussed else None)
    if record.phase in PUBLISHED:
        return _on_pull_request(record, observation, budget)
    return None


def _answer(record: Record, observation: Observation) -> Signal | None:
    if record.question and record.question.kind == "budget":
        # Only a command goes on from here.
        return None
    return Signal.ANSWERED if _is_answered(record, observation) else None


def _is_answered(record: Record, observation: Observation) -> bool:
    """Somebody who may has said something that is no command."""
    unread = (
        item
        for item in unread_comments(record, observation)
        if command(item.body, observation.viewer) is None
    )
    return any(observation.may_write(item.author) for item in unread)


def _ends_in_approval(record: Record, observation: Observation) -> bool:
    """The last word about the plan is the command that approves it, so what was said before is no objection."""
    said = [
        (item.id, command(item.body, observation.viewer))
        for item in unread_comments(record, observation)
        if observation.may_write(item.author)
    ]
    about_plan = [item for item in said if item[1] is None or item[1].name == "approve"]
    newest, word = about_plan[-1] if about_plan else (0, None)
    return word is not None and newest > record.command_cursor


def _approval(observation: Observation) -> Signal | None:
    """The box below the plan was ticked, by somebody who may: GitHub says who edited our comment last."""
    is_given = _is_ticked(observation) and observation.may_write(_editor(observation))
    return Signal.APPROVED if is_given else None


def _is_ticked(observation: Observation) -> bool:
    comment = observation.status_comment
    return (
        comment is not None and comment.editor not in (None, observation.viewer) and is_approved(comment.body)
    )


def _editor(observation: Observation) -> str:
    comment = observation.status_comment
    return (comment.editor if comment else None) or GHOST


def _on_pull_request(record: Record, observation: Observation, budget: Budget) -> Signal | None:
    if record.published_at is None or observation.now < record.published_at or observation.denied:
        # What was observed before our own push says nothing about what came of it; nor does what we may not see.
        return None
    pull_request = own_pull_request(record, observation)
    waited = observation.now - record.published_at
    if (record.update or is_forsaken(record)) and (
        pull_request is None or pull_request.head_sha == record.head_sha
    ):
        # Before anything else is worked on: what comes of that would be seen against a base that is none any more.
        return Signal.BASE_REPLACED
    if pull_request is None:
        return Signal.PULL_REQUEST_CLOSED if waited >= budget.checks_timeout else None
    if pull_request.head_sha != record.head_sha:
        # For some seconds an old read may show an older commit of ours: that is nobody's push.
        is_old_read = pull_request.head_sha in {item.head_sha for item in record.rounds} and waited < STALE
        return None if is_old_read else Signal.PUSHED
    if _is_change_wanted(record, observation):
        return Signal.CHANGES_REQUESTED
    if pull_request.is_conflicting:
        return Signal.STUCK if record.updates >= UPDATES else Signal.OUTDATED
    word = _of_checks(record, pull_request, observation.now, budget)
    return word or merge_signal(record, observation, pull_request, budget)


def _is_change_wanted(record: Record, observation: Observation) -> bool:
    """Somebody who may wants more, in a review, in its threads or by the command."""
    is_told = any(observation.may_write(item.author) for item in wishes(record, observation))
    return bool(is_told or record.threads_left or demands(record, observation))


def _of_checks(record: Record, pull_request: PullRequest, now: datetime, budget: Budget) -> Signal | None:
    word, is_checking = verdict(pull_request.checks), record.phase is Phase.CHECKING
    if word is Verdict.FAILED:
        is_last = record.iteration >= record.last_iteration(budget.max_iterations)
        return Signal.EXHAUSTED if is_last else Signal.CHECKS_FAILED
    if word is Verdict.PASSED and is_checking and _has_settled(record, pull_request, now):
        return Signal.CHECKS_PASSED
    if word is Verdict.NONE and is_checking and record.published_at:
        return Signal.CHECKS_MISSING if now - record.published_at >= budget.checks_timeout else None
    return None


def _has_settled(record: Record, pull_request: PullRequest, now: datetime) -> bool:
    """Whether nothing else is to be expected: commit statuses come at once, before the first workflow has begun."""
    has_check_run = any(check.app for check in pull_request.checks)
    return has_check_run or record.published_at is None or now - record.published_at >= SETTLING
