"""Locks between processes: on a file, by the kernel, gone with the process that held them."""

import fcntl
import os
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold `path` alone, waiting for whoever holds it."""
    fd = _open(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


@contextmanager
def exclusive_or_skip(path: Path) -> Iterator[bool]:
    """Hold `path` alone if nobody holds it; False at once if somebody does."""
    fd = _open(path)
    try:
        yield _lock_at_once(fd)
    finally:
        os.close(fd)


class InUse:
    """Marks `path` as in use by this process, together with others; its modification time is the last use.

    Ends with `release()`, with the object or with the process, whichever comes first.
    """

    def __init__(self, path: Path) -> None:
        fd = _open(path)
        self.release = weakref.finalize(self, os.close, fd)
        fcntl.flock(fd, fcntl.LOCK_SH)
        os.utime(fd)


def _lock_at_once(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
