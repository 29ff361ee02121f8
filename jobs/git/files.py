"""Files: removing and measuring directories that hostile code may have written, and whether there is room for more."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path


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
    total = 0
    for directory, _, names in os.walk(path):
        for name in names:
            try:
                total += Path(directory, name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def _open_up(directories: Iterable[Path]) -> None:
    for directory in directories:
        if not directory.is_symlink():
            directory.chmod(0o700)
