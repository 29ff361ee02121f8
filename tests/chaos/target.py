"""Target: the stack as faults see it: two machines, their processes, and GitHub's own controls."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.hub_client import Person
from tests.stack import Stack

PROCESSES = ("web", "tickets", "tickets-2", "coding", "coding-2", "clock")
"""Two workers of each lane, so that there is somebody to take a paused one's ticket over."""
SECOND_MACHINE = "coding-2"
"""The worker with a file system of its own for mirrors and worktrees."""
DISK = 48 << 20
"""Its size in bytes."""


@dataclass(frozen=True)
class Target:
    """What a fault strikes."""

    stack: Stack
    random: random.Random
    processes: tuple[str, ...] = PROCESSES
    """What has to be up."""

    def hub(self, method: str, path: str, body: Any = None) -> Any:
        """One of the hub's own controls."""
        return Person(self.stack.hub.url, "").request(method, f"/_hub/{path}", body)

    def workers(self, *lanes: str) -> list[str]:
        """The workers of these lanes that are up, in a drawn order."""
        found = [name for name in self.processes if name.partition("-")[0] in lanes and self.is_up(name)]
        return self.random.sample(found, len(found))

    def is_up(self, name: str) -> bool:
        return self.stack.child(name).is_running

    def homes(self) -> list[Path]:
        """Where the machines keep mirrors and worktrees: the first one's, and if it is up, the second one's."""
        first = self.stack.directory / "data"
        is_there = SECOND_MACHINE in self.processes and self.is_up(SECOND_MACHINE)
        inside = [item.pid for item in self.tree(SECOND_MACHINE) if _is_worker(item)] if is_there else []
        return [first, *(Path(f"/proc/{pid}/root{first}") for pid in inside[:1])]

    def up(self) -> None:
        """Start whatever does not run, Redis first. The second machine has a disk of its own, and a small one."""
        data = str(self.stack.directory / "data")
        disk = ("bwrap", "--dev-bind", "/", "/", "--size", str(DISK), "--tmpfs", data, "--die-with-parent")
        if not self.is_up("redis"):
            self.stack.start_redis()
        for name in self.processes:
            self.stack.launch(name, disk if name == SECOND_MACHINE else ())

    def tree(self, name: str) -> list[psutil.Process]:
        """A running process and everything it has started."""
        child = self.stack.child(name)
        return [psutil.Process(child.pid), *child.descendants()]


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "jobs.worker" in process.cmdline()
    except psutil.NoSuchProcess:
        return False
