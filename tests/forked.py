"""Forked: Python programs that begin with their libraries loaded, as children of one process that has loaded them.

A worker's libraries take a second of computing, and scenarios start a hundred processes. What follows the imports is
the same as in a process of its own: `python -m MODULE` from its first line on, with its own environment, session, log.
"""

import io
import multiprocessing
import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from jobs import shutdown
from tests.processes import Child

SHELL = ["/bin/sh", "-c"]

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["tests.loaded"])


class Forked:
    """What `Child` uses of `subprocess.Popen`, for a process that is another one's child."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """As in Popen: None while it runs, minus the signal's number if one has ended it."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Its exit code once it has ended; TimeoutExpired while it runs after so many seconds."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


def module(command: Sequence[str]) -> list[str] | None:
    """What a command has `python -m` run, by name and with its arguments; None for any other program."""
    is_shell = list(command[:2]) == SHELL
    words = shlex.split(command[2].removeprefix("exec ")) if is_shell else list(command)
    is_module = Path(words[0]).name.startswith("python") and words[1] == "-m"
    return words[2:] if is_module else None


def fork(
    name: str,
    arguments: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    logs: Path,
    output: Path | None = None,
) -> Child:
    """Like `tests.processes.spawn` for `python -m ARGUMENTS`. It is killed when this process ends."""
    log = logs / f"{name}.log"
    process = _server.Process(
        target=_become, args=(list(arguments), cwd, dict(environ), log, output or log), name=name, daemon=True
    )
    process.start()
    return Child(name, Forked(process), log)


def _become(arguments: list[str], cwd: Path, environ: dict[str, str], log: Path, output: Path) -> None:
    """In the new process: everything as a new one would find it, then the module."""
    os.setsid()
    shutdown.die_with(os.getppid())
    # Among them is what tells our parent that the tests have ended.
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    for number, path in ((1, output), (2, log)):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    assert isinstance(sys.stdout, io.TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    sys.argv = ["", *arguments[1:]]
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
