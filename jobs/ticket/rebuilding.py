"""Rebuilding: a record that was lost or forged, made anew from what the ticket has on GitHub. Pure."""

import re
from dataclasses import replace

from jobs.ticket import notes
from jobs.ticket.budget import Budget
from jobs.ticket.observation import Branch, Observation, PullRequest, Trigger
from jobs.ticket.phases import Phase
from jobs.ticket.record import Record, Round
from jobs.ticket.unread import newest_comment, newest_review
from jobs.ticket.updates import started


def rebuilt(observation: Observation, budget: Budget) -> Record | None:
    """A record made from the branch, its commit trailers and the pull request.

    None when there is nothing unfinished to go by, or nobody who may has asked for it.
    """
    asked, branch = requester(observation), _unfinished(observation)
    if asked is None or branch is None or observation.issue.state != "OPEN":
        return None
    if not observation.may_write(asked.actor):
        return None
    fresh = started(observation, budget, by=None if observation.trigger else asked)
    pull_request, trailers = _open_pull_request(observation), _trailers(branch)
    said = trailers.get("Autocode-Base", observation.repository.default_branch)
    record = replace(
        fresh,
        branch=branch.name,
        base=pull_request.base_branch if pull_request else said,
        head_sha=branch.head_sha,
        iteration=int(trailers.get("Autocode-Iteration", "1")),
        run=trailers.get("Autocode-Run", fresh.run),
        published_at=observation.now,
        note=notes.REBUILT,
    )
    # Reviews that were answered long ago would otherwise be worked on, and paid for, once more.
    heard, read = newest_comment(record, observation), newest_review(record, observation)
    record = replace(
        record, comment_cursor=heard, command_cursor=heard, review_cursor=read, review_in_hand=read
    )
    return _in_phase_of(record, pull_request, observation)


def requester(observation: Observation) -> Trigger | None:
    """Who asked for a ticket whose record is lost: by the label, or as our own last commit says where that is ours."""
    branch, label = _unfinished(observation), observation.own_label
    if observation.trigger or branch is None or label is None:
        return observation.trigger
    trailers = _trailers(branch)
    person = re.match(r"([\w-]+) <(\d+)\+", trailers.get("Co-authored-by", ""))
    if person is None or trailers.get("Autocode-Issue") != f"#{observation.ticket.number}":
        return None
    return replace(label, actor=person[1], actor_id=int(person[2]))


def _unfinished(observation: Observation) -> Branch | None:
    """The branch that is still worked on."""
    pull_request = _open_pull_request(observation)
    if pull_request is None and observation.pull_requests:
        return None
    wanted = pull_request.head_branch if pull_request else None
    return next((item for item in observation.branches if wanted in (None, item.name)), None)


def _open_pull_request(observation: Observation) -> PullRequest | None:
    return next((item for item in observation.pull_requests if item.state == "OPEN"), None)


def _in_phase_of(record: Record, pull_request: PullRequest | None, observation: Observation) -> Record:
    if pull_request is None:
        return record.entering(Phase.PREPARING, observation.now)
    phase = Phase.CHECKING if pull_request.is_draft else Phase.VALIDATING
    published = Round(record.iteration, pull_request.head_sha)
    record = replace(record, pull_request=pull_request.number, rounds=(published,))
    return record.entering(phase, observation.now)


def _trailers(branch: Branch) -> dict[str, str]:
    lines = (line.partition(": ") for line in branch.message.splitlines())
    found = {name: value.strip() for name, separator, value in lines if separator}
    if not found.get("Autocode-Iteration", "1").isdecimal():
        del found["Autocode-Iteration"]
    return found
