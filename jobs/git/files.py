"""Files: removing and measuring directories that hostile code may have written, and whether there is room for more."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SHA = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def remove_tree(path: Path) -> None:
    """Remove whatever is at `path`, if anything; of a link only the link, also where permissions are gone."""
    if path.is_dir() and not path.is_symlink():
        path.chmod(0o700)
        for directory, below, _ in os.walk(path):
            _open_up(Path(directory, name) for name in below)
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def require_room(directory: Path, size: int) -> None:
    """OSError (ENOSPC, EDQUOT) unless so many bytes more can be written there; leaves nothing."""
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=directory) as file:
        os.posix_fallocate(file.fileno(), 0, size)


def size_of(path: Path) -> int:
    """Bytes of all files at and below `path`; those that vanish meanwhile count nothing."""
    total, folders = 0, [os.fspath(path)]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                    continue
                with suppress(FileNotFoundError):
                    total += entry.stat(follow_symlinks=False).st_size
    return total


def loose_ref(git_dir: Path, ref: str) -> str | None:
    """The commit that a reference has a file of its own for, which a fetch writes; None where git has to look for it.

    https://git-scm.com/docs/gitrepository-layout
    """
    try:
        found = (git_dir / ref).read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    return found if SHA.fullmatch(found) else None


def _open_up(directories: Iterable[Path]) -> None:
    for directory in directories:
        if not directory.is_symlink():
            directory.chmod(0o700)
