"""Ending: what is cleared away when a ticket's pull request is merged, or closed without a merge.

Everything is looked for first, so doing it again does no harm; what GitHub or a person has done already is left alone.
A ticket that is over ends, whatever GitHub does not let us clear away.
"""

from functools import partial

from jobs.steps.allowed import allowed
from jobs.steps.stacking import make_way
from jobs.steps.work import Work
from jobs.ticket import notes
from jobs.ticket.observation import PullRequest
from jobs.ticket.phases import Signal
from jobs.ticket.unread import own_pull_request


def finish(work: Work, _signal: Signal) -> None:
    """done: the issue is closed where GitHub does not do it, and the branch deleted."""
    pull_request = own_pull_request(work.record, work.observation)
    if pull_request is None:
        return
    # "Closes #n" works in the default branch only:
    # https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    is_left_open = pull_request.base_branch != work.observation.repository.default_branch
    if is_left_open and work.observation.issue.state == "OPEN":
        allowed(work, work.github.close_issue)
    branch, base = pull_request.head_branch, pull_request.base_branch
    if _is_there(work, pull_request) and make_way(work, branch, base):
        allowed(work, partial(work.github.delete_branch, branch))


def roll_back(work: Work) -> None:
    """cancelled, for the pull request was closed: the branch goes if it is ours alone, and so does the label."""
    pull_request = own_pull_request(work.record, work.observation)
    fate = _fate_of_branch(work, pull_request) if pull_request and _is_there(work, pull_request) else ""
    work.note(note=notes.rolled_back(fate))
    work.take_trigger_label()


def _fate_of_branch(work: Work, pull_request: PullRequest) -> str:
    branch = pull_request.head_branch
    if not work.github.is_only_ours(pull_request):
        return notes.branch_kept(branch)
    is_free = make_way(work, branch, pull_request.base_branch)
    deleted = is_free and allowed(work, partial(work.github.delete_branch, branch))
    return notes.branch_deleted(branch) if deleted else ""


def _is_there(work: Work, pull_request: PullRequest) -> bool:
    """The branch is still what the pull request was about: nobody has pushed to it since."""
    wanted = (pull_request.head_branch, pull_request.head_sha)
    return wanted in {(branch.name, branch.head_sha) for branch in work.observation.branches}
