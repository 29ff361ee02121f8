"""`make run`: says what is missing, starts what dies again, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Set
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from redis import Redis

from jobs import redis_server
from tests import temporary
from tests.processes import Child, end, free_port, spawn, until

ROOT = Path(__file__).resolve().parent.parent.parent
READY = 60.0
"""Seconds that processes have to come up and to end: a machine may be busy."""
RUN = [sys.executable, "-m", "jobs.run"]
KEY = generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
)
SETTINGS = {
    "PATH": os.environ["PATH"],
    "GITHUB_APP_ID": "7",
    "GITHUB_PRIVATE_KEY": KEY.decode(),
    "GITHUB_WEBHOOK_SECRET": "secret",
    "GITHUB_API_URL": "http://127.0.0.1:9",
    "ANTHROPIC_API_KEY": "key",
}


@pytest.fixture
def data() -> Iterator[Path]:
    with temporary.directory("autocode") as name:
        yield Path(name)


@pytest.fixture
def running(data: Path, tmp_path: Path) -> Iterator[tuple[Child, int]]:
    """All of it, answering at a port."""
    port = free_port()
    environ = SETTINGS | {"AUTOCODE_DATA": str(data), "PORT": str(port)}
    run = spawn("run", RUN, cwd=ROOT, environ=environ, logs=tmp_path)
    until("readiness", lambda: is_ready(port), seconds=READY, watching=[run])
    yield run, port
    end([run])


def is_ready(port: int) -> bool | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return None


def workers(data: Path) -> set[bytes]:
    """Those that Redis knows of, the killed ones among them."""
    with Redis(unix_socket_path=str(redis_server.socket(data))) as redis:
        found: set[bytes] = redis.smembers("rq:workers")
        return found


def started(data: Path, run: Child, before: Set[bytes] = frozenset()) -> list[psutil.Process]:
    """Every process of it, once two workers are at work besides those of `before`."""
    until("two workers", lambda: len(workers(data) - before) == 2 or None, seconds=READY)
    return run.descendants()


def test_without_settings_it_says_what_is_missing_and_where_to_get_it() -> None:
    done = subprocess.run(
        RUN, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 2
    for name in ("GITHUB_APP_ID", "GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "ANTHROPIC_API_KEY"):
        assert f"{name} is not set; you find it at https://" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_long_a_directory_is_explained(tmp_path: Path) -> None:
    environ = SETTINGS | {"AUTOCODE_DATA": str(tmp_path / ("x" * 100))}
    done = subprocess.run(RUN, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "too long for a Unix socket" in done.stderr


def test_what_dies_is_started_again_and_sigterm_ends_all(running: tuple[Child, int], data: Path) -> None:
    run, port = running
    everything = started(data, run)
    before = workers(data)
    for process in everything:
        if process.is_running() and process.parent() == psutil.Process(run.pid):
            process.kill()
    until("the end", lambda: is_ready(port) is None or None, seconds=5)
    until("another start", lambda: is_ready(port), seconds=READY, watching=[run])
    everything = started(data, run, before)
    run.send(signal.SIGTERM)
    assert run.wait(READY)
    assert run.popen.returncode == 0
    # A guardian ends right after its worker.
    until(
        "the last one's end", lambda: not any(map(psutil.Process.is_running, everything)) or None, seconds=5
    )


def test_nothing_outlives_it_when_it_is_killed(running: tuple[Child, int], data: Path) -> None:
    everything = started(data, running[0])
    running[0].send(signal.SIGKILL)
    until("the end", lambda: not any(map(psutil.Process.is_running, everything)) or None, seconds=10)


def test_a_redis_that_is_already_there_is_used_and_left_running(data: Path, tmp_path: Path) -> None:
    server = spawn("redis", redis_server.command(data), cwd=data, environ={}, logs=tmp_path)
    until("Redis", lambda: redis_server.is_running(data) or None, seconds=5)
    environ = SETTINGS | {"AUTOCODE_DATA": str(data), "PORT": str(free_port())}
    run = spawn("run", RUN, cwd=ROOT, environ=environ, logs=tmp_path)
    try:
        started(data, run)
        run.send(signal.SIGINT)
        assert run.wait(READY)
        assert redis_server.is_running(data)
        assert "redis, web" not in run.tail(100)
    finally:
        end([run, server])
