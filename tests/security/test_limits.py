"""Attacks on the machine's resources: each is bounded, and the worker that runs it goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from jobs.sandbox import Sandbox, bubblewrap, output, view, watch
from tests.security.conftest import Attack


def running(command: str) -> list[psutil.Process]:
    """Every living process on this machine with this command line."""
    found = psutil.process_iter(["cmdline", "status"])
    return [
        process
        for process in found
        if process.info["cmdline"] == command.split() and process.info["status"] != psutil.STATUS_ZOMBIE
    ]


def wait_until(holds: Callable[[], bool], seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_a_fork_bomb_is_over_soon(attack: Attack) -> None:
    started = time.monotonic()
    attack(":(){ :|:& };: ; sleep 60", timeout=3)
    assert time.monotonic() - started < 10
    assert attack("echo alive").output == "alive\n"


def test_too_many_threads_are_stopped(attack: Attack) -> None:
    threads = "import threading, time; threading.stack_size(65536); " + (
        "[threading.Thread(target=time.sleep, args=(60,), daemon=True).start() for _ in range(5000)]"
    )
    finished = attack(f'python3 -c "{threads}"')
    # Who stops it, the watch or the kernel, depends on whether the worker is root.
    assert "threads" in finished.stopped or "can't start new thread" in finished.output


def test_one_process_has_its_memory_bounded(attack: Attack) -> None:
    assert "MemoryError" in attack("python3 -c 'bytearray(6 << 30)'").output


def test_all_processes_together_have_their_memory_bounded(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MEMORY", 200 << 20)
    hog = "python3 -c 'import time; hog = b\"x\" * (70 << 20); time.sleep(60)' &"
    finished = attack(f"{hog} {hog} {hog} {hog} wait")
    assert finished.exit_code == bubblewrap.TIMED_OUT
    assert finished.stopped.startswith("it used more than")


def test_one_file_has_its_size_bounded(
    attack: Attack, worktree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bubblewrap, "LARGEST_FILE", 1 << 20)
    assert attack("head -c 5000000 /dev/zero > big").exit_code != 0
    assert (worktree / "big").stat().st_size == 1 << 20


@pytest.mark.parametrize("place", ["/tmp", "~", "/dev/shm"])
def test_what_is_kept_in_memory_is_bounded(
    attack: Attack, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(view, "SCRATCH", dict.fromkeys(view.SCRATCH, 1 << 20))
    assert "No space left" in attack(f"head -c 5000000 /dev/zero > {place}/big").output


def test_endless_output_fills_no_memory(attack: Attack) -> None:
    finished = attack("yes", timeout=0.5)
    assert finished.stopped == "it ran longer than 0.5 s"
    assert len(finished.output) < 2 * output.KEPT + 100
    assert "bytes not kept" in finished.output


@pytest.mark.parametrize(
    "command", ["sleep 100", "exec >&- 2>&-; sleep 100", "trap '' TERM INT HUP; while :; do :; done"]
)
def test_a_command_that_does_not_end_is_ended(attack: Attack, command: str) -> None:
    finished = attack(command, timeout=0.3)
    assert finished.exit_code == bubblewrap.TIMED_OUT
    assert 0.3 <= finished.seconds < 3


@pytest.mark.parametrize("ending", ["", "sleep 100"])
def test_no_process_outlives_its_command(attack: Attack, ending: str) -> None:
    straggler = f"sleep 3{os.getpid()}"
    finished = attack(f"setsid nohup {straggler} & disown; sleep 0.05; {ending}", timeout=0.5)
    assert finished.seconds < 3
    assert wait_until(lambda: not running(straggler))


def test_the_sandbox_dies_with_its_worker(sandbox: Sandbox, worktree: Path) -> None:
    command = f"sleep 4{os.getpid()}"
    run = f"Sandbox().run('{command}', Path('{worktree}'))"
    script = f"from pathlib import Path; from jobs.sandbox import Sandbox; {run}"
    with subprocess.Popen([sys.executable, "-c", script]) as worker:
        assert wait_until(lambda: bool(running(command)))
        worker.kill()
    assert wait_until(lambda: not running(command))
