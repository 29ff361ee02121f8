"""Bubblewrap: runs one shell command on a worktree, cut off from everything else, or says why it cannot."""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.sandbox.output import Output
from jobs.sandbox.view import arguments
from jobs.sandbox.watch import EVERY, MEMORY, TASKS, Watch

TIMEOUT = 120.0
"""Seconds a command may run if nothing else is said."""
LARGEST_FILE = 1 << 30
"""Bytes of one file that a command writes."""
CPU_SECONDS = 900
"""Of one process."""
TIMED_OUT = 124
"""Exit code of a command that was stopped, whatever for, as timeout(1) has it."""


@dataclass(frozen=True)
class Finished:
    """How a command went."""

    exit_code: int
    """128 and the signal's number where a signal ended it; TIMED_OUT where we did."""
    output: str
    """What it wrote to stdout and stderr, both ends of it if it is very long."""
    seconds: float
    stopped: str = ""
    """Why we stopped it, if we did: `it ran longer than 120 s`."""


class Sandbox:
    """A place for commands from a repository. Ask `probe` first; where that objects, there is no sandbox.

    Args:
        hidden: directories that must not be seen even where they lie in one that is shown (AUTOCODE_DATA).
    """

    def __init__(self, hidden: Iterable[Path] = ()) -> None:
        self._hidden = tuple(hidden)

    def probe(self) -> str | None:
        """None if the sandbox works on this machine, else the reason in words."""
        if shutil.which("bwrap") is None:
            return "bubblewrap is not installed (the program `bwrap`, package `bubblewrap`)"
        with tempfile.TemporaryDirectory() as empty:
            finished = self.run("touch probe && echo works", Path(empty), timeout=10)
        if finished.exit_code == 0 and finished.output == "works\n":
            return None
        return f"bubblewrap does not work here: {finished.output.strip() or finished.stopped or 'no reason given'}"

    def run(self, command: str, cwd: Path, timeout: float = TIMEOUT) -> Finished:
        """Run a bash command in the worktree `cwd`, in processes of its own that end with it.

        A command that takes too long, too much memory or too many processes is stopped and the answer says so.
        """
        started = time.monotonic()
        with self._process(command, cwd) as (process, init, output):
            stopped = _attend(process, Watch(init), output, started, timeout)
            if stopped:
                _kill(process, init)
            while not output.closed:
                output.collect(1)
        exit_code = TIMED_OUT if stopped else process.returncode
        return Finished(exit_code, output.text, time.monotonic() - started, stopped)

    @contextlib.contextmanager
    def _process(self, command: str, cwd: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, Output]]:
        bwrap = [shutil.which("bwrap") or "bwrap", *arguments(cwd, self._hidden)]
        shell = ["/bin/bash", "-c", f'{_limits()} exec nice /bin/bash -c "$0"', command]
        readable, writable = os.pipe()
        with os.fdopen(readable) as info:
            with os.fdopen(writable):
                process = subprocess.Popen(
                    [*bwrap, "--info-fd", str(writable), "--", *shell],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    # Process 1 of the sandbox is bubblewrap itself: anybody in there may read its environment.
                    env={},
                    pass_fds=[writable],
                )
            assert process.stdout is not None
            init = 0
            try:
                init = _init(info.read())
                with process.stdout:
                    yield process, init, Output(process.stdout.fileno())
            finally:
                _kill(process, init)


def _attend(
    process: subprocess.Popen[bytes], watch: Watch, output: Output, started: float, timeout: float
) -> str:
    """Collect the output until the command ends (empty) or has to be stopped (why)."""
    while process.poll() is None:
        if output.closed:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(EVERY)
        else:
            output.collect(EVERY)
        if time.monotonic() - started > timeout:
            return f"it ran longer than {timeout:g} s"
        if excess := watch.excess():
            return excess
    return ""


def _init(info: str) -> int:
    """The process id, on this side, of the sandbox's process 1; 0 if bubblewrap could not make one."""
    return int(json.loads(info)["child-pid"]) if info else 0


def _kill(process: subprocess.Popen[bytes], init: int) -> None:
    """End the sandbox: with its process 1 all the others die, and bubblewrap reaps it and ends, too."""
    if process.poll() is not None:
        return
    if init:
        with contextlib.suppress(ProcessLookupError):
            os.kill(init, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _limits() -> str:
    """Shell commands that lower what one process may use, where the machine does not have it lower already.

    The data segment and not the address space is bounded: V8, Go and Java reserve far more than they use.
    """
    wanted = {
        "d": (resource.RLIMIT_DATA, MEMORY, 1024),
        "f": (resource.RLIMIT_FSIZE, LARGEST_FILE, 1024),
        "t": (resource.RLIMIT_CPU, CPU_SECONDS, 1),
        "u": (resource.RLIMIT_NPROC, TASKS, 1),
        "c": (resource.RLIMIT_CORE, 0, 1024),
    }
    commands = []
    for option, (kind, limit, unit) in wanted.items():
        highest = resource.getrlimit(kind)[1]
        lower = limit if highest == resource.RLIM_INFINITY else min(limit, highest)
        commands.append(f"ulimit -{option} {lower // unit} &&")
    return " ".join(commands)
