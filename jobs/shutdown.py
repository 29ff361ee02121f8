"""Shutdown: how a process of ours comes to an end: asked to finish, or killed with its parent."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
"""https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html"""

_libc = ctypes.CDLL(None)
_requested = False


def request() -> None:
    """Ask this process to finish the turn in hand and to begin nothing new. Called by the horse's signal handler."""
    global _requested
    _requested = True


def stopping() -> bool:
    """Whether it was asked to. The agent looks between two turns."""
    return _requested


def die_with(parent: int) -> None:
    """From now on the kernel kills this process when its parent ends, however that ends; at once if it has ended."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # It died before we asked to be told.
        os._exit(1)
