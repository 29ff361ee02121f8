"""Guardian: a small process beside each worker that ends what the worker's horse has started, should the worker die.

The kernel kills a horse with its worker (`shutdown.die_with`), yet not the processes that the horse has started: a
push could go on by itself, or a checkout write beside the next worker's. They are all of the horse's process group;
only the sandbox has a session of its own, and bubblewrap ends that with the horse.
"""

import os
import signal
import struct
from contextlib import suppress
from typing import NoReturn

NUMBER = struct.Struct("i")


class Guardian:
    """Made by the worker before it has much memory to share; it lives for as long as the worker."""

    def __init__(self) -> None:
        readable, self._told = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._told)
            _watch(readable)
        os.close(readable)

    def guard(self, horse: int) -> None:
        """From now on that horse's group is to end with the worker; 0: none."""
        # Without its guardian a worker goes on: it takes two deaths at once to be missed.
        with suppress(BrokenPipeError):
            os.write(self._told, NUMBER.pack(horse))

    def leave(self) -> None:
        """Called in the horse, which must not keep the worker's end of the pipe open."""
        os.close(self._told)

    def end(self) -> None:
        """The worker has come to its end in good order."""
        os.close(self._told)
        os.waitpid(self._pid, 0)


def end_group(horse: int) -> None:
    """Kill whoever is left of a horse's process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(horse, signal.SIGKILL)


def _watch(told: int) -> NoReturn:
    """Until the worker's end of the pipe is closed, which the kernel does for a dead worker as well."""
    # Whoever signals all processes, from a terminal or a supervisor, means the worker.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    horse = 0
    while word := os.read(told, NUMBER.size):
        (horse,) = NUMBER.unpack(word)
    if horse:
        end_group(horse)
    os._exit(0)
