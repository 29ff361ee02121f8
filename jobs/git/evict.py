"""Eviction: which mirrors make room when all of them together grow beyond a limit, or the disk is full."""

from dataclasses import dataclass
from pathlib import Path

from jobs.git.files import remove_tree, size_of
from jobs.git.lock import exclusive_or_skip


@dataclass(frozen=True)
class Stored:
    """One mirror with its worktrees, as found on disk."""

    path: Path
    size: int
    """Bytes, worktrees included."""
    last_used: float
    """Seconds since the epoch; 0 where nobody ever used it."""

    @classmethod
    def at(cls, path: Path) -> "Stored":
        """Measure the mirror at `path`."""
        used = path.with_suffix(".used")
        size = size_of(path) + size_of(path.with_suffix(".worktrees"))
        return cls(path, size, used.stat().st_mtime if used.exists() else 0)


def evict(data: Path, limit_bytes: int, keep: Path) -> list[Path]:
    """Remove mirrors with their worktrees, least recently used first, until `limit_bytes` hold the rest.

    Never the one at `keep`, and none that some process uses just now. Returns the removed mirrors' paths.
    """
    stored = _stored(data)
    excess = sum(one.size for one in stored) - limit_bytes
    evicted: list[Path] = []
    for one in stored:
        if excess > 0 and one.path != keep.absolute() and _remove(one.path):
            excess -= one.size
            evicted.append(one.path)
    return evicted


def make_room(data: Path, keep: Path | None) -> Path | None:
    """Remove the mirror that was used least recently of those that nobody uses; None if all of them are needed."""
    others = (one.path for one in _stored(data) if keep is None or one.path != keep.absolute())
    return next((path for path in others if _remove(path)), None)


def _stored(data: Path) -> list[Stored]:
    """Every mirror, least recently used first."""
    found = (Stored.at(path) for path in data.absolute().glob("*/*/*.git"))
    return sorted(found, key=lambda one: one.last_used)


def _remove(mirror: Path) -> bool:
    """Remove it, unless somebody uses it. The lock files stay: somebody may be waiting on one."""
    with exclusive_or_skip(mirror.with_suffix(".used")) as alone:
        if alone:
            remove_tree(mirror)
            remove_tree(mirror.with_suffix(".worktrees"))
        return alone
