"""Watch: looks after what all processes of one sandbox use together, which no rlimit bounds."""

import contextlib
import os
import time
from pathlib import Path

TASKS = 1024
"""Processes and threads of one sandbox. RLIMIT_NPROC says the same, but the kernel exempts the host's root."""
MEMORY = 4 << 30
"""Bytes, all processes of one sandbox together."""
EVERY = 0.05
"""Seconds between two looks: a fork bomb makes some thousand processes a second."""


class Watch:
    """Counts the processes below one init process.

    Args:
        init: the process id, on this side, of the sandbox's process 1.
    """

    def __init__(self, init: int) -> None:
        # The sandbox's own /proc, as init sees it, lists its processes and no others.
        self._proc = Path(f"/proc/{init}/root/proc")
        self._next = 0.0

    def excess(self) -> str:
        """What the sandbox uses too much of, in words; empty if nothing, or if it is not yet time to look."""
        if time.monotonic() < self._next:
            return ""
        processes = self._processes()
        # Among so many there is no time to look at each.
        tasks, resident = (len(processes), 0) if len(processes) > TASKS else _usage(processes)
        self._next = time.monotonic() + EVERY
        if tasks > TASKS:
            return f"it ran more than {TASKS:,} processes and threads"
        # Resident sizes count shared pages once for each process: exact figures cost more and are seldom needed.
        if resident > MEMORY and _proportional(processes) > MEMORY:
            return f"it used more than {MEMORY >> 30} GiB of memory"
        return ""

    def _processes(self) -> list[Path]:
        try:
            # Until bubblewrap has changed its root, this is still the host's /proc.
            if self._proc.stat().st_dev == Path("/proc").stat().st_dev:
                return []
            return [path for path in self._proc.iterdir() if path.name.isdecimal()]
        except OSError:
            return []


def _usage(processes: list[Path]) -> tuple[int, int]:
    """Tasks, and resident bytes with shared pages counted more than once."""
    tasks = resident = 0
    for process in processes:
        # One that has ended in the meantime counts no more.
        with contextlib.suppress(OSError, IndexError):
            # A directory has two links more than subdirectories, and /proc/N/task has one for each thread.
            tasks += (process / "task").stat().st_nlink - 2
            resident += int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return tasks, resident


def _proportional(processes: list[Path]) -> int:
    """Bytes, a shared page counted once."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            rollup = (process / "smaps_rollup").read_text()
            total += (
                sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) * 1024
            )
    return total
