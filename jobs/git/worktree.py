"""Worktree: the files of one ticket, and what of them may be committed.

Code of the repository, and whatever a model made of it, runs in this directory. So nothing in it is believed:
git's own files lie in the mirror, outside; every command names both places; the `.git` file here is put back
whenever it was touched, for the sake of people who look; nested repositories are never entered.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from jobs.git.changes import changes, stage, staged
from jobs.git.command import PLAIN_DIFF, Commands, Person, Remote
from jobs.git.errors import DiskFull, GitFailed, PushConflict
from jobs.git.files import loose_ref, remove_tree
from jobs.git.push import Pushed, push_branch, replace_branch
from jobs.git.update import has_markers, is_part, merge_base, rebase_onto, unresolved_paths
from jobs.ticket import policy
from jobs.ticket.errors import TellPeople
from jobs.ticket.policy import Change

if TYPE_CHECKING:
    from jobs.git.mirror import Mirror

MARK = "autocode-mark"
"""A file of ours among git's about a worktree."""
LARGEST_SHOWN = 100_000
"""Bytes of a file that `show` returns."""


class Worktree:
    """The files of ticket `number` below its mirror; made by `Mirror.worktree`."""

    def __init__(self, mirror: "Mirror", number: int, branch: str, base: str, base_sha: str) -> None:
        self.path = mirror.worktrees / str(number)
        self.branch = branch
        self.base = base
        self.resumed = False
        """Whether what an earlier worker had changed here was kept."""
        self.replaces: str | None = None
        """The commit whose rebased form is checked out here; the next push may replace it, and only it."""
        self.git_dir = mirror.path / "worktrees" / str(number)
        """Git's files about this worktree: HEAD and index. Safe to show to a sandbox, read-only."""
        self._mirror = mirror
        self._base_then = base_sha
        self._git = Commands(self.git_dir, self.path)
        self._left: tuple[str, list[str]] = ("", [])
        """A commit, and what it leaves to be settled: asked several times in each round, and mostly nothing."""
        self._forked = ("", ""), ""
        """A head and a base, and where the one has left the other: asked as often."""

    @property
    def mark(self) -> str:
        """What was written here last, since the files were made those of a commit: a word for what they are since."""
        file = self.git_dir / MARK
        return file.read_text() if file.exists() else ""

    @mark.setter
    def mark(self, word: str) -> None:
        (self.git_dir / MARK).write_text(word)

    def head(self) -> str:
        """The commit checked out here."""
        return (self.git_dir / "HEAD").read_text().strip()

    def base_sha(self) -> str:
        """The head of the base branch as last fetched; the ticket's branch may have left it earlier.

        Of a base that was deleted meanwhile, of which another worker's fetch has heard: as it was seen here before.
        """
        found = self._fetched(self.base)
        self._base_then = found or self._base_then
        return self._base_then

    def diff(self) -> str:
        """What the ticket changes, from where its branch left the base to the files as they are.

        New files are included, ignored and refused ones are not. Binary files are named, not shown.
        """
        stage(self._git, self._changes())
        return self._git.run("diff", "--cached", "--find-renames", *PLAIN_DIFF, self.fork()).decode(
            "utf-8", "replace"
        )

    def changed_paths(self) -> list[str]:
        """Paths that differ from HEAD, new ones included, sorted."""
        return sorted({change.path for change in self._changes()})

    def violations(self) -> list[str]:
        """Why a commit of the files as they are would be refused, a sentence each; empty if it would not."""
        unsettled = [policy.unsettled(path) for path in self.conflicts() if self._has_markers(path)]
        return [*policy.violations(self._changes()), *unsettled]

    def contains_base(self, since: str = "") -> bool:
        """The base's head is part of what is checked out here, and what came up to `since` is left behind.

        It is if the base has it too, or it is no part of this, or the base was merged in without it (see `update`).
        """
        base = self.base_sha()
        if not is_part(self._git, base, "HEAD"):
            return False
        if not since or is_part(self._git, since, base) or not is_part(self._git, since, "HEAD"):
            return True
        merges = self._git.line("rev-list", "--merges", "--parents", "HEAD", f"^{since}").splitlines()
        return any(base in line.split()[2:] for line in merges)

    def is_pushed(self) -> bool:
        """The branch on the remote, as last fetched, is at the commit checked out here."""
        return self._fetched(self.branch) == self.head()

    def _fetched(self, branch: str) -> str:
        """Where the remote had this branch when it was last fetched; empty where it had none."""
        ref = f"refs/remotes/origin/{branch}"
        found = loose_ref(self._mirror.path, ref)
        return found or self._git.line("for-each-ref", "--format=%(objectname)", ref)

    def fork(self) -> str:
        """The commit at which the branch has left its base."""
        sides = self.head(), self.base_sha()
        if self._forked[0] != sides:
            # Where nothing is committed yet, git need not be asked.
            self._forked = sides, sides[0] if len(set(sides)) == 1 else self._git.line("merge-base", *sides)
        return self._forked[1]

    def holds(self, *lines: str) -> bool:
        """Whether since the fork there is a commit whose message has each of these lines."""
        found = self._git.run("log", "-z", "--format=%B", f"{self.fork()}..HEAD").decode("utf-8", "replace")
        return any(set(lines) <= set(message.splitlines()) for message in found.split("\0"))

    def update(self, message: str, *, author: Person, rebase: bool, since: str = "") -> list[str]:
        """Bring the base's commits in; the paths where both sides meet and somebody has to choose.

        With `rebase` by rewriting ours if there are no others and git can do it alone, else by a merge. Uncommitted
        changes are lost.

        Args:
            since: the commit of another branch that ours began on, if it did. Where the base does not hold it, it stays
                behind with what came before it, for which ours are rewritten in any case if that can be.
        """
        before, base = self.head(), self.base_sha()
        since = since if since and is_part(self._git, since, "HEAD") else ""
        is_left_behind = since and not is_part(self._git, since, base)
        if (rebase or is_left_behind) and rebase_onto(self._git, base, author, since):
            self.replaces = before
            return []
        return merge_base(self._git, base, message, author, since)

    def conflicts(self) -> list[str]:
        """The paths that an update left to be settled, until the commit that settles them."""
        head = self.head()
        if self._left[0] != head:
            self._left = head, unresolved_paths(self._git)
        pushed = f"refs/remotes/origin/{self.branch}"
        if not self._left[1] or is_part(self._git, head, pushed):
            return []
        return self._left[1]

    def conflicted(self, path: str) -> str:
        """Such a file with git's markers, as it was before anybody settled anything; empty where it is gone."""
        try:
            blob = self._git.run("cat-file", "blob", f"HEAD:{path}")
        except GitFailed:
            return ""
        return blob[:LARGEST_SHOWN].decode("utf-8", "replace")

    def _has_markers(self, path: str) -> bool:
        file = (self.path / path).resolve()
        return file.is_relative_to(self.path.resolve()) and file.is_file() and has_markers(file.read_bytes())

    def commit(self, message: str, *, author: Person) -> str | None:
        """Commit everything that changed, and return the new head; None when nothing changed.

        The commit takes the place of a merge whose conflicts it settles. `author` is the committer too. Raises
        TellPeople when the path policy refuses a change; what was staged is asked again, so that nothing written
        meanwhile slips through.
        """
        wanted = self._changes()
        self._refuse(wanted)
        stage(self._git, wanted)
        found = staged(self._git)
        self._refuse(found)
        merging = ("--amend",) if self.conflicts() else ()
        if not found and not merging:
            return None
        options = ("--quiet", "--no-verify", "--cleanup=whitespace", *merging, "--file=-")
        self._git.run("commit", *options, stdin=message.encode(), person=author)
        return self.head()

    def push(self, token: str, guard: Callable[[], None] = lambda: None) -> Pushed:
        """Push HEAD to the branch, by force only over the commit it `replaces`; others' commits are built upon.

        `guard` is called right before each push, and what it raises prevents it.

        Raises PushConflict with the worktree at their head, GitDenied, GitUnreachable, GitFailed.
        """
        self._own()
        remote = Remote(self._mirror.url, token)

        def fetch() -> None:
            self._mirror.fetch(token)

        if self.replaces is None:
            return push_branch(self._git, remote, self.branch, fetch, guard)
        try:
            pushed = replace_branch(self._git, remote, self.branch, self.replaces, fetch, guard)
        except PushConflict:
            self.replaces = None
            raise
        self.replaces = None
        return pushed

    def show(self, path: str, branch: str = "") -> str | None:
        """At most `LARGEST_SHOWN` bytes of a file at the head of the base branch, never of the ticket's; None for none.

        Links inside the repository are followed.

        Args:
            branch: another branch to look in, such as the one that a stack of tickets stands on.
        """
        ref = f"refs/remotes/origin/{branch}" if branch else self.base_sha()
        question = f"{ref}:{path}".encode() + b"\0"
        answer = self._git.run("cat-file", "--batch", "--follow-symlinks", "-z", stdin=question)
        header, _, content = answer.partition(b"\n")
        if header.split(b" ")[1:2] != [b"blob"]:
            return None
        return content[:-1][:LARGEST_SHOWN].decode("utf-8", "replace")

    def remove(self) -> None:
        """Remove the files and what git knows about them; unpushed commits are lost."""
        remove_tree(self.path)
        remove_tree(self.git_dir)

    def builds_on(self, start: str, pushed: bool) -> bool:
        """Whether work can go on here, with the branch at `start`.

        It can when HEAD is that commit or follows it, and while the branch is not `pushed` also when the base has only
        moved on since.
        """
        if not self.path.is_dir() or (self.git_dir / "rebase-merge").exists():
            return False
        (self.git_dir / "index.lock").unlink(missing_ok=True)
        try:
            self._changes()
        except DiskFull:
            raise
        except GitFailed:
            return False
        older, newer = (start, "HEAD") if pushed else ("HEAD", start)
        return is_part(self._git, older, newer)

    def restore(self, start: str) -> None:
        """Make the files those of the commit `start` and nothing else, whatever is here now. No mark is left."""
        (self.git_dir / MARK).unlink(missing_ok=True)
        if not self._restored_in_place(start):
            self.remove()
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._mirror.commands.run(
                "worktree", "add", "--quiet", "--force", "--detach", str(self.path), start
            )

    def _restored_in_place(self, start: str) -> bool:
        """Quicker where many files are; False where a killed git or hostile code left too odd a state."""
        if not self.path.is_dir() or (self.git_dir / "rebase-merge").exists():
            return False
        try:
            self._own()
            self._git.reset(start, ignored_too=True)
        except (GitFailed, OSError):
            return False
        return True

    def _own(self) -> None:
        """Put our `.git` file back if somebody replaced it."""
        dot_git = self.path / ".git"
        ours = f"gitdir: {self.git_dir}\n"
        if dot_git.is_symlink() or not dot_git.is_file() or dot_git.read_text(errors="replace") != ours:
            remove_tree(dot_git)
            dot_git.write_text(ours)

    def _refuse(self, changes: list[Change]) -> None:
        if sentences := policy.violations(changes):
            raise TellPeople(
                "These changes cannot be committed:\n" + "\n".join(f"- {line}" for line in sentences)
            )

    def _changes(self) -> list[Change]:
        self._own()
        return changes(self._git, self.path)
