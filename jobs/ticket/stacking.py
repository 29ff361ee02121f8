"""Stacking: whether a ticket may begin on top of its blocker's pull request, and what follows when that ends. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from jobs.ticket import notes
from jobs.ticket.dependencies import Stacked
from jobs.ticket.observation import Observation, PullRequest
from jobs.ticket.phases import Phase
from jobs.ticket.record import Record
from jobs.ticket.unread import own_pull_request


def candidate(found: Iterable[PullRequest], record: Record, observation: Observation) -> PullRequest | None:
    """Of a blocker's pull requests the one to begin on: the only open one, once it is ready for review.

    None also for a ticket that has an unfinished branch which stands elsewhere.
    """
    ready = [item for item in found if item.state == "OPEN"]
    if len(ready) != 1 or ready[0].is_draft or ready[0].number == record.pull_request:
        return None
    return ready[0] if record.underneath or not _stands_elsewhere(observation, ready[0]) else None


def trunk_of(record: Record, observation: Observation) -> str | None:
    """The branch that the ticket begins from if it stands on no other; None where there is no commit yet."""
    if record.stacked:
        return record.stacked.trunk
    return record.base or observation.configuration.base or observation.repository.default_branch


def is_forsaken(record: Record) -> bool:
    """What the ticket stood on was closed without a merge, so it waits like one that has not begun."""
    return record.stacked is not None and record.stacked.pull_request is None


def has_to_wait(record: Record) -> bool:
    """A ticket at work whose base was taken away just now: its blockers are asked again before anything is done for it.

    What is ready to be published is published first.
    """
    if record.phase not in (Phase.PREPARING, Phase.CODING, Phase.PUBLISHING):
        return False
    is_ready = record.phase is Phase.PUBLISHING
    return (record.stacked is None and record.branch is None) or (is_forsaken(record) and not is_ready)


def is_published(record: Record, observation: Observation) -> bool:
    """Something of the ticket is on GitHub."""
    return bool(record.rounds) or record.branch in {branch.name for branch in observation.branches}


def new_base(record: Record, observation: Observation) -> str | None:
    """Where the ticket belongs now; None while it stands where it stood."""
    stacked, below, own = record.stacked, observation.below, own_pull_request(record, observation)
    if stacked is None or below is None:
        return None
    if own and own.state == "OPEN" and own.base_branch != record.base:
        # By GitHub after the merge, by us before a branch was deleted, or by somebody who wants it so.
        return own.base_branch
    if below.state == "MERGED":
        return below.base_branch
    return stacked.trunk if below.state == "CLOSED" else None


def moved(record: Record, observation: Observation, base: str) -> Record:
    """The record of a ticket that belongs on top of `base` from now on.

    What is published is brought there; what is not begins there afresh.
    """
    stacked, below = record.stacked, observation.below
    if stacked is None or below is None:
        return record
    is_closed = below.state == "CLOSED"
    note = notes.below_closed(stacked, base) if is_closed else notes.below_merged(stacked, base)
    if below.state == "OPEN":
        note = notes.base_replaced(base)
    record = replace(record, base=base, note=note)
    if not is_published(record, observation):
        return replace(record, branch=None, head_sha=None, stacked=None, underneath="")
    return replace(record, stacked=replace(stacked, pull_request=None) if is_closed else None, update=True)


def on_top_of(record: Record, issue: int, below: PullRequest, trunk: str) -> Record:
    """The record of a ticket that stands on a pull request, or is about to."""
    stacked = Stacked(issue, below.number, trunk, below.head_sha)
    return replace(record, base=below.head_branch, stacked=stacked)


def _stands_elsewhere(observation: Observation, below: PullRequest) -> bool:
    finished = {item.head_branch for item in observation.pull_requests if item.state != "OPEN"}
    here = {item.head_branch for item in observation.pull_requests if item.base_branch == below.head_branch}
    return any(branch.name not in finished | here for branch in observation.branches)
