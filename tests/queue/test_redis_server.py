"""The embedded Redis: private, durable, and not started twice."""

import os
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from jobs import redis_server
from jobs.ticket.errors import TellPeople
from tests.processes import Child, end, spawn, until


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="autocode-") as name:
        yield Path(name)


def serve(data: Path) -> Child:
    server = spawn("redis", redis_server.command(data), cwd=data, environ={}, logs=data)
    until("Redis", lambda: redis_server.is_running(data) or None, seconds=5, watching=[server])
    return server


def client(data: Path) -> Redis:
    return Redis(unix_socket_path=str(redis_server.socket(data)))


def test_it_listens_on_a_private_socket_and_on_no_port(data: Path) -> None:
    assert not redis_server.is_running(data)
    server = serve(data)
    try:
        assert psutil.Process(server.pid).net_connections("inet") == []
        mode = redis_server.socket(data).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o700
        assert stat.S_IMODE((data / "redis").stat().st_mode) == 0o700
    finally:
        end([server])
    assert not redis_server.is_running(data)


def test_what_was_written_survives_kill_9(data: Path) -> None:
    server = serve(data)
    client(data).set("key", "value")
    server.send(signal.SIGKILL)
    assert server.wait(5)
    server = serve(data)
    try:
        assert client(data).get("key") == b"value"
    finally:
        end([server])


def test_too_long_a_path_is_explained(tmp_path: Path) -> None:
    with pytest.raises(TellPeople, match="set AUTOCODE_DATA to a shorter path, or REDIS_URL"):
        redis_server.command(tmp_path / ("x" * 100))


def test_a_socket_that_nobody_answers_on_is_not_a_server(data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(os.fspath(redis_server.socket(data)))
    assert not redis_server.is_running(data)
    end([serve(data)])
