"""Places: where in the worktree a path of the model leads, and reading and writing there. Nothing outside is touched.

The worker reads these files itself, outside of the sandbox, and a repository or a command may have put links there.
Commands leave no process behind, so between the check and the use nobody changes anything.
"""

import os
import stat
from pathlib import Path, PurePosixPath

from jobs.agent.tools.tool import Misused
from jobs.sandbox.view import WORKSPACE
from jobs.ticket.policy import is_dot_git

LARGEST = 2_000_000
"""Bytes of a file that is read or written."""


def place(worktree: Path, path: str) -> Path:
    """The real path, links resolved; raises Misused if it is not in the worktree or lies in a `.git`."""
    asked = PurePosixPath(path.strip())
    if asked.is_relative_to(WORKSPACE):
        asked = asked.relative_to(WORKSPACE)
    if asked.is_absolute() or "\0" in path:
        raise Misused(
            f"{path!r} is not in {WORKSPACE}. Give a path relative to it, or one that begins with it."
        )
    root = worktree.resolve()
    real = Path(os.path.realpath(root / asked))
    if not real.is_relative_to(root):
        raise Misused(f"{path!r} leads out of {WORKSPACE}. Only what is inside can be seen and changed.")
    if any(is_dot_git(part) for part in real.relative_to(root).parts):
        raise Misused(f"{path!r} lies in git's own directory. The app does all git work; leave it alone.")
    return real


def advertised(worktree: Path, real: Path) -> str:
    """A real path as the model knows it."""
    return str(PurePosixPath(WORKSPACE, real.relative_to(worktree.resolve())))


def read(real: Path, path: str) -> str:
    """The text of a file, its line ends as they are; raises Misused for anything that is not readable text."""
    # Without O_NONBLOCK a named pipe would hold the worker until somebody writes to it.
    descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise Misused(f"{path!r} is not a regular file.")
        if found.st_size > LARGEST:
            raise Misused(
                f"{path!r} has {found.st_size:,} bytes; at most {LARGEST:,} can be read. Use search."
            )
        data = file.read()
    if b"\0" in data:
        raise Misused(f"{path!r} is a binary file; only text can be viewed and edited.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Misused(f"{path!r} is not UTF-8 text ({error.reason} at byte {error.start:,}).") from error


def write(real: Path, path: str, text: str) -> None:
    """Write a file, its directories where they are missing; the mode of one that exists stays."""
    data = text.encode()
    if len(data) > LARGEST:
        raise Misused(f"{path!r} would have {len(data):,} bytes; at most {LARGEST:,} can be written.")
    if real.exists() and not real.is_file():
        raise Misused(f"{path!r} is not a regular file.")
    real.parent.mkdir(parents=True, exist_ok=True)
    with real.open("r+b" if real.exists() else "xb") as file:
        if data:
            # That the disk is full is found out while the old text is still there.
            os.posix_fallocate(file.fileno(), 0, len(data))
        file.write(data)
        file.truncate()
