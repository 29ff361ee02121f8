"""Push: our commits onto a branch that other people may push to as well. By force only over our own, with a lease.

When the branch has moved, our unpushed commits are replayed on top of the others' (a rebase, not a merge):
nobody has seen ours yet, so nothing published is rewritten, and the head stays our own commit with its trailers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from jobs.git.command import PLAIN_DIFF, Commands, Person, Remote
from jobs.git.errors import GitDenied, GitFailed, PushConflict

ROUNDS = 3
"""How often a moved branch is built upon before we give up."""


@dataclass(frozen=True)
class Pushed:
    """The branch on the remote now ends in our work."""

    head_sha: str
    others: int
    """Commits of other people that were taken in on the way."""


def push_branch(
    commands: Commands, remote: Remote, branch: str, fetch: Callable[[], None], guard: Callable[[], None]
) -> Pushed:
    """Push HEAD to `branch`; `fetch` brings the remote's branches here, `guard` is called right before each push.

    Whatever a failed attempt says, the remote is asked where the branch is before anything else is done: the
    push may have arrived although its answer did not. Raises PushConflict, GitDenied, GitUnreachable, GitFailed.
    """
    others = 0
    for _ in range(ROUNDS):
        head = commands.line("rev-parse", "HEAD")
        guard()
        refused = _attempt(commands, remote, head, branch)
        if refused is None or (there := _remote_head(commands, remote, branch)) == head:
            return Pushed(head, others)
        if not there or commands.says_yes("merge-base", "--is-ancestor", there, head):
            raise refused  # nobody moved the branch: that was not the reason
        fetch()
        others += _build_upon(commands, f"refs/remotes/origin/{branch}")
    raise GitFailed(f"the branch {branch} moved {ROUNDS} times while we pushed")


def replace_branch(
    commands: Commands,
    remote: Remote,
    branch: str,
    replaced: str,
    fetch: Callable[[], None],
    guard: Callable[[], None],
) -> Pushed:
    """Push HEAD to `branch` in place of the commit `replaced`, whose rewritten form it is, and of no other.

    Raises PushConflict with the worktree at the branch's head if that is another one, GitDenied, GitUnreachable,
    GitFailed.
    """
    head = commands.line("rev-parse", "HEAD")
    guard()
    lease = f"--force-with-lease=refs/heads/{branch}:{replaced}"
    refused = _attempt(commands, remote, head, branch, lease)
    there = head if refused is None else _remote_head(commands, remote, branch)
    if refused is not None and there == replaced:
        raise refused
    if there != head:
        fetch()
        commands.reset(there)
        raise PushConflict([], "")
    return Pushed(head, others=0)


def _attempt(
    commands: Commands, remote: Remote, head: str, branch: str, *options: str
) -> GitFailed | GitDenied | None:
    """Push once; what went wrong, or None."""
    try:
        refspec = f"{head}:refs/heads/{branch}"
        commands.run("push", "--quiet", "--no-verify", *options, remote.url, refspec, remote=remote)
    except (GitFailed, GitDenied) as refused:
        return refused
    return None


def _remote_head(commands: Commands, remote: Remote, branch: str) -> str:
    """The branch's commit on the remote; empty where there is none."""
    return commands.line("ls-remote", remote.url, f"refs/heads/{branch}", remote=remote)[:40]


def _build_upon(commands: Commands, theirs: str) -> int:
    """Replay our commits on top of `theirs`; the number of commits that this takes in."""
    if commands.line("rev-list", "--merges", f"{theirs}..HEAD"):
        # A rebase would replay what was merged in; the merge is made anew on top of theirs.
        commands.reset(theirs)
        raise PushConflict([], "")
    fork = commands.line("merge-base", "HEAD", theirs)
    patch = commands.run("diff", *PLAIN_DIFF, fork, "HEAD").decode("utf-8", "replace")
    name, email = commands.line("log", "-1", "--format=%cn%x00%ce").split("\0")
    try:
        commands.run("rebase", "--quiet", "--no-autostash", theirs, person=Person(name, email))
    except GitFailed:
        paths = commands.paths("diff", "--name-only", "--diff-filter=U", "-z", *PLAIN_DIFF)
        if not paths:
            raise
        commands.run("rebase", "--abort")
        commands.reset(theirs)
        raise PushConflict(paths, patch) from None
    return int(commands.line("rev-list", "--count", f"{fork}..{theirs}"))
