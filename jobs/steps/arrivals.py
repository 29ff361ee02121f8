"""Arrivals: what is done, once, when a ticket reaches a phase in which it waits or rests: mostly people are told."""

import hashlib

from jobs.steps.ending import finish, roll_back
from jobs.steps.following import put_beside
from jobs.steps.merging import merge
from jobs.steps.work import Work
from jobs.ticket import bodies, messages
from jobs.ticket.checks import failing
from jobs.ticket.names import comment_marker
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.unread import own_pull_request
from jobs.ticket.words import fitted


def accept(work: Work, signal: Signal) -> None:
    """queued: somebody asked, and sees at once that it was heard; the label says so to all and to search."""
    if signal is Signal.TRIGGERED:
        work.react(work.observation.issue.node_id, "eyes")
    if signal in (Signal.TRIGGERED, Signal.CONTINUED) and not work.observation.is_labeled:
        work.add_trigger_label()


def ask(work: Work, _signal: Signal) -> None:
    """asking: the question as a comment."""
    text = messages.question(work.record)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    # What had been heard when it was asked tells the same question, asked again, from this one.
    work.tell(f"question {work.record.iteration} {work.record.comment_cursor} {digest}", text)
    if work.record.pull_request:
        _rewrite_pull_request(work)


def propose(work: Work, _signal: Signal) -> None:
    """approving: the plan as a comment."""
    text = messages.proposal(work.record)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    work.tell(f"plan {work.record.comment_cursor} {digest}", text)


def hand_over(work: Work, signal: Signal) -> None:
    """validating: the pull request is marked ready and its requester told; they know after a merge was refused."""
    pull_request = own_pull_request(work.record, work.observation)
    if pull_request is None or signal is Signal.MERGE_REFUSED:
        return
    body = fitted(bodies.pull_request_body(work.record, work.observation))
    if pull_request.is_draft:
        work.github.publish_ready(pull_request, body=body)
    else:
        work.github.update_pull_request(pull_request, body=body)
    work.tell(f"ready {work.record.head_sha}", messages.ready(work.record))


def give_up(work: Work, signal: Signal) -> None:
    """failed: a comment, and after the last red iteration a ticket about the failure."""
    if work.record.pull_request:
        _rewrite_pull_request(work)
    if signal is Signal.EXHAUSTED:
        bug = _bug_ticket(work)
        why = f"the checks stayed red for {work.record.iteration} iterations."
        work.tell("failed", messages.failed(work.record, why, bug))
    elif signal is Signal.GAVE_UP:
        work.tell("failed", messages.failed(work.record, work.ending, None))
    else:
        work.tell("failed", work.ending or messages.apology(work.record.run))


def say_goodbye(work: Work, signal: Signal) -> None:
    """cancelled: only a refusal needs a comment of its own; the others know what they did."""
    if signal is Signal.REFUSED:
        login = work.record.requested_by
        work.note(note=messages.refused(login, work.observation.permissions.get(login, "none")))
        work.tell("refused", work.record.note)
    elif signal is Signal.PULL_REQUEST_CLOSED:
        roll_back(work)


ARRIVALS = {
    Phase.QUEUED: accept,
    Phase.ASKING: ask,
    Phase.APPROVING: propose,
    Phase.VALIDATING: hand_over,
    Phase.MERGING: merge,
    Phase.DONE: finish,
    Phase.FAILED: give_up,
    Phase.CANCELLED: say_goodbye,
}
"""Phase → what is done on GitHub when a ticket enters it. Comments and tickets are looked for before they are
made, the rest does no harm when it is done again."""


def _bug_ticket(work: Work) -> int:
    """The number of the ticket about this failure; made unless an earlier attempt has made it."""
    marker = comment_marker(work.record.run, "bug")
    found = work.github.find_issue(marker, since=work.record.started_at)
    if found is None:
        pull_request = own_pull_request(work.record, work.observation)
        red = failing(pull_request.checks if pull_request else ())
        log = work.github.failing_log(red[0]) if red else ""
        body = fitted(f"{marker}\n{bodies.bug_body(work.record, work.observation, log)}")
        found = work.github.create_issue(title=bodies.bug_title(work.observation), body=body)
    work.github.add_sub_issue(work.observation.issue.node_id, found.node_id)
    put_beside(work, found.node_id)
    return found.number


def _rewrite_pull_request(work: Work) -> None:
    """Bring the evidence in the pull request up to date."""
    pull_request = own_pull_request(work.record, work.observation)
    if pull_request and pull_request.state == "OPEN":
        body = fitted(bodies.pull_request_body(work.record, work.observation))
        work.github.update_pull_request(pull_request, body=body)
