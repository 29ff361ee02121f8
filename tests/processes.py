"""Processes: children with a log each, that can be killed as one and never outlive whoever started them."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import psutil

PR_SET_PDEATHSIG = 1
"""https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html"""

NOT_INHERITED = re.compile(
    r"(?i)GITHUB_|PULL_DELIVERIES$|ANTHROPIC_|AUTOCODE_|REDIS_URL$|PORT$|PYTHONPATH$|GIT_|PYTEST_|\w*_proxy$"
)
"""Variables of whoever starts us that would change what the processes do."""

Found = TypeVar("Found")

_libc = ctypes.CDLL(None)


class Running(Protocol):
    """What is used of `subprocess.Popen`."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...

    def send_signal(self, number: int) -> None: ...


class Died(Exception):
    """A process ended that should not have; the text holds the end of its log."""


@dataclass
class Child:
    """One process of ours, head of a session of its own: a Ctrl-C in the terminal does not reach it."""

    name: str
    popen: Running
    log: Path
    """Its standard error, and its standard output where that is not kept apart."""

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen.poll() is None

    def check(self) -> None:
        """Died if it is not running any more."""
        if not self.is_running:
            text = f"{self.name} ended with {self.popen.returncode}; the end of {self.log}:\n{self.tail()}"
            raise Died(text)

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def send(self, number: int) -> None:
        """Signal this one process; nothing if it has ended."""
        if self.is_running:
            self.popen.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """True once it has ended, False if it still runs after `seconds`."""
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def descendants(self) -> list[psutil.Process]:
        """Every living process under this one."""
        try:
            return list(psutil.Process(self.pid).children(recursive=True))
        except psutil.NoSuchProcess:
            return []


def spawn(
    name: str,
    command: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    logs: Path,
    output: Path | None = None,
) -> Child:
    """Start a process. It is killed when the thread that calls this ends, so call it from one that stays."""
    log = logs / f"{name}.log"
    parent = os.getpid()
    with log.open("ab") as errors, (output or log).open("ab") as out:
        popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
            preexec_fn=lambda: _die_with(parent),
        )
    return Child(name, popen, log)


def end(children: Sequence[Child], *, patience: float = 5.0) -> None:
    """End them and everything they started: politely, all at once, and by force whoever stays."""
    offspring = [process for child in children for process in child.descendants()]
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + patience
    for child in children:
        if not child.wait(max(0.0, deadline - time.monotonic())):
            offspring += child.descendants()
            child.send(signal.SIGKILL)
            child.wait(patience)
    kill(offspring)


def kill(processes: Sequence[psutil.Process]) -> None:
    """Kill whichever still lives. psutil tells a process from a later one that got the same number."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def until(
    what: str,
    found: Callable[[], Found | None],
    *,
    seconds: float,
    watching: Sequence[Child] = (),
    pause: float = 0.02,
) -> Found:
    """Ask `found` until it has something; TimeoutError naming `what`, or Died if one of `watching` ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (result := found()) is not None:
            return result
        for child in watching:
            child.check()
        time.sleep(pause)
    raise TimeoutError(f"waited {seconds:g} s for {what}")


def ancestors(pid: int) -> set[int]:
    """The processes above one, none if it has ended."""
    try:
        return {process.pid for process in psutil.Process(pid).parents()}
    except psutil.NoSuchProcess:
        return set()


def is_head(process: psutil.Process) -> bool:
    """Whether it is the head of a group."""
    try:
        return bool(os.getpgid(process.pid) == process.pid)
    except ProcessLookupError:
        return False


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def environment() -> dict[str, str]:
    """Ours, without what would change what the processes do, and with our Python first in the path."""
    inherited = {name: value for name, value in os.environ.items() if not NOT_INHERITED.match(name)}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    # A proxy may lead to a live model; to this machine it leads nowhere.
    direct = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
    return inherited | direct | {"PATH": path, "PYTHONUNBUFFERED": "1"}


def _die_with(parent: int) -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent died before we asked to be told.
        os._exit(1)
