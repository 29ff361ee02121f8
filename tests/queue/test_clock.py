"""The clock as a real process: it begins with a sweep, asks for what is due, and waits for a Redis that is away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import rq
from redis import Redis

from jobs import redis_server
from jobs.clock import TICK
from jobs.queue import LATER, Queue
from jobs.ticket.request import Ticket
from tests import temporary
from tests.processes import Child, end, spawn, until

ROOT = Path(__file__).resolve().parent.parent.parent
TICKET = Ticket(17, "acme/shop", 12)
CLOCK = [sys.executable, "-m", "jobs.clock"]
SETTINGS = {
    "GITHUB_APP_ID": "7",
    "GITHUB_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
    "GITHUB_WEBHOOK_SECRET": "secret",
    "ANTHROPIC_API_KEY": "key",
}
Start = Callable[[str], Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a clock over the Redis at that address."""
    clocks: list[Child] = []

    def start(address: str) -> Child:
        environ = SETTINGS | {"REDIS_URL": address}
        clocks.append(spawn(f"clock{len(clocks)}", CLOCK, cwd=ROOT, environ=environ, logs=tmp_path))
        return clocks[-1]

    yield start
    end(clocks)


def functions(redis: Redis) -> list[str]:
    """What is asked for, in order, without the module's name."""
    jobs = rq.Queue("tickets", connection=redis, serializer="json").jobs
    return [job.func_name.removeprefix("jobs.entrypoints.") for job in jobs]


def swept(redis: Redis) -> None:
    until("a sweep", lambda: "sweep" in functions(redis) or None, seconds=10)


def asked_for(redis: Redis) -> None:
    Queue(redis).request_at(TICKET, datetime.now(UTC))
    until("the ticket", lambda: "reconcile" in functions(redis) or None, seconds=10)
    until("the entry to go", lambda: not redis.exists(LATER) or None, seconds=5)


def test_it_sweeps_first_asks_for_what_is_due_and_ends_at_once(
    redis: Redis, redis_server_url: str, start: Start
) -> None:
    clock = start(redis_server_url)
    swept(redis)
    asked_for(redis)
    assert sorted(functions(redis)) == ["deliveries", "reconcile", "sweep"]
    clock.send(signal.SIGTERM)
    assert clock.wait(3)
    assert clock.popen.returncode == 0


def test_two_clocks_ask_once(redis: Redis, redis_server_url: str, start: Start) -> None:
    clocks = [start(redis_server_url), start(redis_server_url)]
    swept(redis)
    asked_for(redis)
    end(clocks)
    assert sorted(functions(redis)) == ["deliveries", "reconcile", "sweep"]


def test_it_outlives_redis_and_goes_on_when_it_is_back_and_empty(start: Start) -> None:
    with temporary.directory("autocode") as name:
        data = Path(name)
        server = serve(data)
        redis = Redis.from_url(f"unix://{redis_server.socket(data)}")
        try:
            clock = start(f"unix://{redis_server.socket(data)}")
            swept(redis)
            redis.flushall()
            swept(redis)
            server.send(signal.SIGKILL)
            server.wait(5)
            until("a word", lambda: "waiting for Redis" in clock.tail() or None, seconds=5, watching=[clock])
            time.sleep(2 * TICK)
            server = serve(data)
            asked_for(redis)
            assert clock.tail(50).count("waiting for Redis") == 1
        finally:
            end([server])


def serve(data: Path) -> Child:
    server = spawn("redis", redis_server.command(data), cwd=data, environ={}, logs=data)
    until("Redis", lambda: redis_server.is_running(data) or None, seconds=5)
    return server


def test_without_settings_it_says_what_is_missing() -> None:
    environ = {"PATH": os.environ["PATH"]}
    done = subprocess.run(CLOCK, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "clock cannot start" in done.stderr
    assert "GITHUB_APP_ID is not set" in done.stderr
    assert "Traceback" not in done.stderr
