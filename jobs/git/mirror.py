"""Mirror: one bare copy of a repository's branches, from which every ticket gets its worktree.

    data/<host>/<owner>/<name>.git          the mirror; its refs/remotes/origin/* are the remote's branches
    data/<host>/<owner>/<name>.worktrees/12 the files of ticket 12
    data/<host>/<owner>/<name>.lock         held while the mirror is fetched, made or thrown away
    data/<host>/<owner>/<name>.used         held by every process that works with it; its time is the last use

Nothing is kept under refs/heads: a worktree's HEAD is a commit, so no fetch can meet a checked-out branch.
"""

import logging
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

from jobs.git.address import Address, is_branch_name
from jobs.git.command import Commands, Remote
from jobs.git.errors import BaseMissing, DiskFull, GitFailed, GitUnreachable, MirrorBroken
from jobs.git.files import remove_tree
from jobs.git.lock import InUse, exclusive
from jobs.git.worktree import Worktree
from jobs.ticket.errors import TellPeople

TRACKING = "refs/remotes/origin/"
log = logging.getLogger("autocode.git")

FETCH = ("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head")


class Mirror:
    """The mirror of one repository. From its first use until `close()` no other process evicts it.

    Close it (or use it in a `with`) after its worktrees; the end of the process closes it too.
    """

    def __init__(self, data: Path, address: Address, url: str) -> None:
        """`url` is what git talks to; `address` only says where below `data` the mirror lies."""
        owner = data.absolute() / address.host.replace(":", "_") / address.owner
        self.path = owner / f"{address.name}.git"
        self.worktrees = owner / f"{address.name}.worktrees"
        self.url = Remote(url).url
        self.commands = Commands(self.path)
        self._lock = owner / f"{address.name}.lock"
        self._used = owner / f"{address.name}.used"
        self._in_use: InUse | None = None

    def fetch(self, token: str) -> None:
        """Bring every branch to where the remote has it, and forget branches that it no longer has.

        The first fetch copies the whole history; a mirror found broken is thrown away and copied again.
        Raises TellPeople for a repository without commits, GitDenied, GitUnreachable, GitFailed.
        """
        self._hold()
        remote = Remote(self.url, token)
        with exclusive(self._lock):
            if self.path.exists() and not self._update(remote):
                self._throw_away()
            if not self.path.exists():
                self._copy(remote)

    def worktree(
        self, number: int, branch: str, base: str, *, resume: bool = False, mark: str = ""
    ) -> Worktree:
        """The files of ticket `number`, at the head that `branch` has on the remote or else at the base's.

        The remote as the last fetch saw it. What a dead worker left there is wiped. With `resume` its changes
        are kept, committed or not, unless the branch has moved away from under them, or they do not bear the `mark`.
        Raises TellPeople for names git does not accept, BaseMissing for a base that the remote does not have,
        MirrorBroken, DiskFull, GitFailed.
        """
        try:
            return self._worktree(number, branch, base, resume, mark)
        except DiskFull:
            raise
        except GitFailed as error:
            if self.discard_if_broken():
                raise MirrorBroken(
                    "the mirror was broken; it is thrown away, and to be fetched again"
                ) from error
            raise

    def remove_worktree(self, number: int) -> None:
        """Remove the files of ticket `number`, if this machine has any; unpushed commits are lost."""
        if (self.worktrees / str(number)).exists():
            self._hold()
            remove_tree(self.worktrees / str(number))
            remove_tree(self.path / "worktrees" / str(number))

    def discard_if_broken(self) -> bool:
        """Throw the mirror away if something in it is missing or damaged; True if so, and then it has to be fetched.

        Takes as long as reading the whole history: asked when a command failed for no other known reason.
        """
        with exclusive(self._lock):
            if not self.path.exists() or not self._broken():
                return False
            log.warning("the mirror %s is broken and is thrown away", self.path)
            self._throw_away()
            return True

    def close(self) -> None:
        """Let other processes evict this mirror, unless another one uses it."""
        if self._in_use:
            self._in_use.release()
            self._in_use = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def _worktree(self, number: int, branch: str, base: str, resume: bool, mark: str) -> Worktree:
        self._hold()
        start, base_sha, exists = self._start(branch, base)
        worktree = Worktree(self, number, branch, base, base_sha)
        is_meant = resume and mark in ("", worktree.mark)
        worktree.resumed = is_meant and worktree.builds_on(start, exists)
        if not worktree.resumed:
            worktree.restore(start)
        return worktree

    def _hold(self) -> None:
        self._in_use = self._in_use or InUse(self._used)

    def _update(self, remote: Remote) -> bool:
        """Fetch what is new; False when the mirror itself is broken."""
        try:
            self._fetch_into(self.commands, remote)
        except (GitUnreachable, DiskFull):
            raise
        except GitFailed:
            if self._broken():
                return False
            self._unlock_refs()
            self._fetch_into(self.commands, remote)
        return True

    def _broken(self) -> bool:
        """Whether an object, a reference or more of the mirror is missing or damaged.

        fsck would not read the objects' contents with `--connectivity-only`, and without it finds fault with what
        old commits were written like, which is no damage.
        """
        whole = self.commands.says_yes("fsck", "--connectivity-only", "--no-dangling", "--no-progress")
        return not whole or not self.commands.says_yes(
            "rev-list", "--all", "--objects", "--quiet", "--verify-objects"
        )

    def _unlock_refs(self) -> None:
        """Remove what a killed fetch left: we hold the mirror's lock, and nothing else writes its refs."""
        for lock in [self.path / "packed-refs.lock", *(self.path / "refs").rglob("*.lock")]:
            lock.unlink(missing_ok=True)

    def _copy(self, remote: Remote) -> None:
        """Make the mirror beside its place and move it there whole: nobody sees a half-written one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        prefix = f".{self.path.name}."
        for left in self.path.parent.glob(f"{prefix}*"):
            # By a worker that was killed: we hold the lock, so nobody is at work there.
            remove_tree(left)
        with tempfile.TemporaryDirectory(prefix=prefix, dir=self.path.parent) as temporary:
            copy = Commands(Path(temporary) / "copy")
            copy.git_dir.mkdir()
            copy.run("init", "--quiet", "--bare", "--template=")
            self._fetch_into(copy, remote)
            if not copy.run("for-each-ref", "--count=1", TRACKING):
                raise TellPeople(
                    f"The repository {remote.repository} is empty: it has no commit to start from. "
                    "Push a first commit (a README is enough), then ask with `/autocode retry`."
                )
            copy.git_dir.rename(self.path)

    def _fetch_into(self, commands: Commands, remote: Remote) -> None:
        commands.run(*FETCH, remote.url, f"+refs/heads/*:{TRACKING}*", remote=remote)

    def _throw_away(self) -> None:
        """With the worktrees: their indexes and heads were in the mirror."""
        remove_tree(self.path)
        remove_tree(self.worktrees)

    def _start(self, branch: str, base: str) -> tuple[str, str, bool]:
        """The commit to start from, the base's head, and whether the branch exists on the remote."""
        for name in (branch, base):
            if not is_branch_name(name):
                raise TellPeople(
                    f"`{name!r}` cannot be the name of a branch: git does not accept it. Choose another."
                )
        heads = self._heads(branch, base)
        if base not in heads:
            raise BaseMissing(
                f"The base branch `{base}` does not exist in {Remote(self.url).repository}. "
                "Create it, or name another one, then ask with `/autocode retry`."
            )
        return heads.get(branch, heads[base]), heads[base], branch in heads

    def _heads(self, *branches: str) -> dict[str, str]:
        """Commit of each of these branches that the remote has."""
        refs = [TRACKING + branch for branch in branches]
        lines = self.commands.line("for-each-ref", "--format=%(objectname) %(refname)", *refs).splitlines()
        found = (line.split(" ", 1) for line in lines)
        return {ref.removeprefix(TRACKING): commit for commit, ref in found}
