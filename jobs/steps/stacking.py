"""Stacking: a ticket begins on top of its blocker's pull request, and follows when that is merged, closed or rewritten.

What GitHub shows is looked at each time and the record brought after it, so a death in between loses nothing. Files
that are being worked on in this process stay on the base that they began from until they are pushed.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from jobs import waiters
from jobs.git.worktree import Worktree
from jobs.steps.allowed import allowed
from jobs.steps.work import Work
from jobs.ticket import commits, notes
from jobs.ticket.dependencies import Reference
from jobs.ticket.names import number_of_branch
from jobs.ticket.observation import PullRequest
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.ticket.stacking import (
    candidate,
    has_to_wait,
    is_forsaken,
    is_published,
    moved,
    new_base,
    on_top_of,
    trunk_of,
)
from jobs.ticket.unread import own_pull_request

LONGEST_CHAIN = 20
"""Pull requests that were merged into each other's branches are followed this far."""


def stand_on_blocker(work: Work, blockers: Sequence[Reference], *, may_stack: bool) -> bool:
    """Whether a ticket that would wait for these open issues begins on top of the only one's pull request.

    If not, it begins from where any other ticket does.
    """
    record, trunk = work.record, trunk_of(work.record, work.observation)
    below = _below(work, blockers) if may_stack else None
    if below and trunk and _give_base(work, below.head_branch):
        work.record = on_top_of(record, blockers[0].number, below, trunk)
        work.show_below(below)
        if record.update:
            work.note(note="")
        return True
    if record.stacked:
        is_waiting = record.branch is not None and bool(blockers)
        stacked = replace(record.stacked, pull_request=None) if is_waiting else None
        work.note(stacked=stacked, note=work.record.note if is_waiting else "")
        if _give_base(work, record.stacked.trunk):
            work.note(base=trunk)
    return False


def follow_below(work: Work) -> Signal | None:
    """Bring the record after what became of the pull request that the ticket stands on, and its own along.

    BASE_REPLACED where a worker would be at work on what can only be begun afresh, or has to wait again.
    """
    record = work.recorded
    if record is None or record.stacked is None or is_forsaken(record) or KIND[record.phase] == "resting":
        return None
    is_working = KIND[record.phase] == "working"
    if (is_working and work.worktree is not None) or (record.phase is Phase.QUEUED and record.branch is None):
        return None
    leave_below(work)
    return Signal.BASE_REPLACED if has_to_wait(work.record) else None


def leave_below(work: Work) -> None:
    """Bring record and pull request after what the ticket stands on, whatever files this process has open."""
    record = work.record
    if record.stacked is None or work.observation.below is None:
        return
    _mind_closing(work)
    base = new_base(work.record, work.observation)
    if base is None:
        _mind_rewriting(work)
        heard_of = {record.stacked.issue, work.observation.below.number}
        home = work.ticket.repository
        waiters.remember(work.redis, work.ticket, [Reference(home, number) for number in heard_of])
        return
    base, further = _further_on(work, base, record.stacked.trunk)
    if not _give_base(work, base):
        return
    work.record = moved(work.record, work.observation, base)
    if record.pull_request and work.record.pull_request is None:
        work.note(note=notes.closed_with_base(record.pull_request, work.record.note))
    issue = number_of_branch(base)
    if issue and further and work.record.stacked is None and work.record.branch:
        # It was merged into the branch of another ticket.
        work.record = on_top_of(work.record, issue, further, record.stacked.trunk)
        work.show_below(further)


def recall_stack(work: Work) -> None:
    """Of a record that was made anew: what it stands on, if its base is a ticket's branch, or our commit says so."""
    record, seen = work.record, work.observation
    trunk = seen.configuration.base or seen.repository.default_branch
    heads = [branch.message.splitlines() for branch in seen.branches if branch.name == record.branch]
    is_said = any(commits.base_trailer(record) in lines for lines in heads)
    if record.base is None or trunk is None or not (is_said or number_of_branch(record.base)):
        return
    below = work.github.pull_request_from(record.base)
    if below is not None:
        work.record = on_top_of(record, number_of_branch(record.base) or below.number, below, trunk)
        work.note(underneath=work.github.last_in(str(record.head_sha), below))
        work.look_below()


def take_up(work: Work) -> None:
    """The run begins with a branch, which an earlier run may have left on top of a pull request.

    The commits from there are not wanted elsewhere: it is brought to its base before anything is added to it.
    """
    record = work.record
    if not record.underneath:
        return
    head = next((item.head_sha for item in work.observation.branches if item.name == record.branch), None)
    is_on_top = head is not None and work.github.holds(head, record.underneath)
    work.note(update=is_on_top, underneath=record.underneath if is_on_top else "")
    if record.base:
        _give_base(work, record.base)


def begin_on_top(work: Work, worktree: Worktree) -> None:
    """Remember on which commit of the branch below the ticket begins."""
    if work.record.stacked and not work.record.underneath:
        work.note(underneath=worktree.fork())


def brought_along(work: Work, worktree: Worktree) -> None:
    """After a push: whether the ticket stands on its base now, or still has to be brought there."""
    record = work.record
    if record.update:
        _call_above(work)
    if not record.underneath:
        work.note(update=False)
    elif worktree.contains_base(record.underneath):
        work.note(update=False, underneath=worktree.base_sha() if record.stacked else "")


def _call_above(work: Work) -> None:
    """What was brought along may have another history now: whoever stands on it looks at it at once."""
    branch = work.record.branch
    if branch is None or not work.observation.configuration.stack:
        return
    found: list[PullRequest] = []
    allowed(work, lambda: found.extend(work.github.pull_requests_into(branch)))
    work.call(filter(None, (number_of_branch(item.head_branch) for item in found)))


def make_way(work: Work, branch: str, base: str) -> bool:
    """Give the pull requests into a branch that is to be deleted another base, for GitHub would close them.

    False if it does not let us, or does not say which there are. Tickets among them are called.
    """
    found: list[PullRequest] = []
    is_known = allowed(work, lambda: found.extend(work.github.pull_requests_into(branch)))
    given = [allowed(work, partial(work.github.retarget, item, base)) for item in found]
    work.call(filter(None, (number_of_branch(item.head_branch) for item in found)))
    return is_known and all(given)


def _below(work: Work, blockers: Sequence[Reference]) -> PullRequest | None:
    if not work.observation.configuration.stack or len(blockers) != 1:
        return None
    [blocker] = blockers
    if blocker.repository.lower() != work.ticket.repository.lower() or blocker.number == work.ticket.number:
        return None
    found = work.github.pull_requests_of(blocker.number)
    return candidate(found, work.record, work.observation)


def _further_on(work: Work, base: str, trunk: str) -> tuple[str, PullRequest | None]:
    """Where what was merged into a branch is now, with the open pull request from there, if it is a ticket's branch.

    A chain that was merged from the top down has gone further with each merge; what was closed leads nowhere.
    """
    for _ in range(LONGEST_CHAIN):
        further = work.github.pull_request_from(base) if number_of_branch(base) else None
        if further is None or further.state == "OPEN":
            return base, further
        if further.state == "CLOSED":
            break
        base = further.base_branch
    return trunk, None


def _give_base(work: Work, base: str) -> bool:
    """Whether our open pull request, if there is one, goes into that branch now; people are told if it may not."""
    own = own_pull_request(work.record, work.observation)
    if own is None or own.state != "OPEN" or own.base_branch == base:
        return True
    if not allowed(work, lambda: work.github.retarget(own, base)):
        work.note(note=notes.base_refused(base))
        return False
    work.show_pull_request(own, base_branch=base)
    return True


def _mind_closing(work: Work) -> None:
    """GitHub closes a pull request whose base is deleted, for good; that is nobody's wish, so another one is opened."""
    record, below = work.record, work.observation.below
    own = own_pull_request(record, work.observation)
    if own is None or below is None or own.state != "CLOSED" or own.base_branch != record.base:
        return
    if not work.github.has_branch(own.base_branch):
        work.note(pull_request=None)
        if below.state == "OPEN":
            work.show_below(replace(below, state="CLOSED"))


def _mind_rewriting(work: Work) -> None:
    """A branch below that does not hold any more what the ticket began on: that is brought on top of it anew."""
    record, below = work.record, work.observation.below
    stacked = record.stacked
    if stacked is None or below is None or stacked.head_sha == below.head_sha:
        return
    is_rewritten = bool(record.underneath) and not work.github.holds(below.head_sha, record.underneath)
    work.note(stacked=replace(stacked, head_sha=below.head_sha))
    if is_rewritten and is_published(record, work.observation):
        work.note(update=True, note=notes.below_rewritten(stacked))
