"""Changes: what of a worktree differs from its HEAD, by its files or by its index, and what of that is staged."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from jobs.git.command import Commands
from jobs.ticket import policy
from jobs.ticket.policy import Change, Kind

STATUS = (
    "status",
    "--porcelain=v2",
    "-z",
    "--untracked-files=all",
    "--no-renames",
    "--ignore-submodules=all",
)
STAGED = ("diff-index", "--cached", "-z", "--no-abbrev", "--no-renames", "--ignore-submodules=none", "HEAD")


def changes(commands: Commands, root: Path) -> list[Change]:
    """What differs from HEAD, from the files below `root` as they are."""
    found = []
    for entry in commands.paths(*STATUS):
        if entry.startswith("? "):
            found.append(_change(root, entry[2:], Kind.ADDED))
        else:  # 1 XY sub mH mI mW hH hI path
            _, state, *_, path = entry.split(" ", 8)
            kind = Kind.DELETED if "D" in state else Kind.ADDED if "A" in state else Kind.MODIFIED
            found.append(_change(root, path, kind))
    return found


def stage(commands: Commands, wanted: Iterable[Change]) -> None:
    """Make the index what the files are, but for what the policy refuses."""
    allowed = [change for change in wanted if not policy.violation(change)]
    gone = [change.path for change in allowed if change.kind is Kind.DELETED]
    here = [change.path for change in allowed if change.kind is not Kind.DELETED]
    for options, paths in ((("--force-remove",), gone), (("--add", "--replace"), here)):
        if paths:
            listing = b"".join(os.fsencode(path) + b"\0" for path in paths)
            commands.run("update-index", *options, "-z", "--stdin", stdin=listing)


def staged(commands: Commands) -> list[Change]:
    """What differs from HEAD, from the index: exactly what a commit would hold, submodules included."""
    raw = commands.paths(*STAGED)
    found = []
    for fields, path in zip(raw[::2], raw[1::2], strict=True):
        _, mode, _, blob, _ = fields.split(" ")  # :old-mode new-mode old-sha new-sha status
        target = os.fsdecode(commands.run("cat-file", "blob", blob)) if mode == policy.LINK else None
        kind = Kind.DELETED if mode == policy.NO_FILE else Kind.MODIFIED
        found.append(Change(path, mode, target, kind))
    return found


def _change(root: Path, path: str, kind: Kind) -> Change:
    if path.endswith("/"):  # the only directories that `--untracked-files=all` lists
        return Change(path.rstrip("/"), policy.GITLINK, kind=Kind.NESTED_REPOSITORY)
    if kind is Kind.DELETED:
        # Perhaps readable all the same, through a link that took its directory's place.
        return Change(path, policy.NO_FILE, kind=kind)
    file = root / path
    facts = file.lstat()
    if stat.S_ISLNK(facts.st_mode):
        return Change(path, policy.LINK, str(file.readlink()), kind)
    mode = policy.EXECUTABLE if facts.st_mode & stat.S_IXUSR else policy.FILE
    return Change(path, mode, kind=kind, size=facts.st_size)
