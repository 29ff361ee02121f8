"""Fixtures for everybody: a real Redis, started once and emptied before each test that asks for it."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs import redis_server
from tests import temporary
from tests.processes import end, spawn, until

WAITS = ("chaos", "scenarios")
"""Where tests wait for processes: those come first, so that the others fill the gaps and no long one is left over."""


def pytest_sessionstart() -> None:
    # What is loaded to collect the tests stays: to look for garbage in it takes a quarter of the time.
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name not in WAITS)


@pytest.fixture(scope="session")
def redis_server_url() -> Iterator[str]:
    """The embedded Redis as `make run` starts it; `unix://…`."""
    # Not pytest's own directory: a socket's path holds 107 bytes.
    with temporary.directory("autocode") as name:
        data = Path(name)
        child = spawn("redis", redis_server.command(data), cwd=data, environ={}, logs=data)
        until("Redis", lambda: redis_server.is_running(data) or None, seconds=10, watching=[child])
        yield f"unix://{redis_server.socket(data)}"
        end([child])


@pytest.fixture
def redis(redis_server_url: str) -> Iterator[Redis]:
    """A client of an empty Redis."""
    with Redis.from_url(redis_server_url) as client:
        client.flushall()
        yield client
