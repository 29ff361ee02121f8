"""The embedded Redis: private, durable, and not started twice."""

import os
import signal
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import psutil
import pytest
from redis import Redis

from jobs import redis_server
from jobs.queue import Queue, QueueDown
from jobs.ticket.errors import TellPeople
from jobs.ticket.request import Reconcile, Ticket
from tests import temporary
from tests.processes import Child, end, spawn, until


@pytest.fixture
def data() -> Iterator[Path]:
    with temporary.directory("autocode") as name:
        yield Path(name)


def serve(data: Path, prefix: Sequence[str] = ()) -> Child:
    server = spawn("redis", [*prefix, *redis_server.command(data)], cwd=data, environ={}, logs=data)
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


def test_on_a_full_disk_nothing_is_taken_that_would_be_lost_and_with_room_all_goes_on(data: Path) -> None:
    disk = data / "redis"
    small = (
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--size",
        str(1 << 20),
        "--tmpfs",
        str(disk),
        "--die-with-parent",
    )
    server = serve(data, small)
    try:
        [inside] = psutil.Process(server.pid).children()
        ballast = Path(f"/proc/{inside.pid}/root{disk}/ballast")
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        queue = Queue(client(data))
        requests = (Reconcile(Ticket(1, "acme/greet", number), why="labeled") for number in count(1))
        with pytest.raises(QueueDown, match="No space left on device"):
            queue.request(next(request for request in requests if taken(queue, request) is None))
        ballast.unlink()
        until("Redis to notice", lambda: taken(queue, next(requests)), seconds=5)
    finally:
        end([server])


def taken(queue: Queue, request: Reconcile) -> bool | None:
    """Whether the queue takes it; None while it does not."""
    with suppress(QueueDown):
        queue.request(request)
        return True
    return None


def test_too_long_a_path_is_explained(tmp_path: Path) -> None:
    with pytest.raises(TellPeople, match="set AUTOCODE_DATA to a shorter path, or REDIS_URL"):
        redis_server.command(tmp_path / ("x" * 100))


def test_a_socket_that_nobody_answers_on_is_not_a_server(data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(os.fspath(redis_server.socket(data)))
    assert not redis_server.is_running(data)
    end([serve(data)])
