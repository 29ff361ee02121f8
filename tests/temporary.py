"""Temporary: directories with short paths that are removed even if whoever made them is killed."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil


def directory(kind: str) -> "tempfile.TemporaryDirectory[str]":
    """An empty one, `<kind>-<our process>-…`, for as long as the block lasts.

    Its path is shorter than pytest's own, since the address of a socket holds 107 bytes. A killed process removes
    nothing: what is left of one that has ended is removed by the next that asks for a directory of this kind.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{kind}-*-*"):
        pid = left.name.split("-")[1]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"{kind}-{os.getpid()}-", ignore_cleanup_errors=True)
