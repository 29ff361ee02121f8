"""Workers as real processes: what dies is taken over, what is asked to stop stops, and no orphan is left."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis

from jobs import redis_server
from jobs.logs import write_logs
from jobs.queue import RUNS_AGAIN, Queue
from jobs.ticket.request import Reconcile, Ticket
from jobs.worker import GIVEN_UP_AFTER, REPORTS_EVERY
from tests import temporary
from tests.forked import fork
from tests.processes import Child, end, spawn, until

ROOT = Path(__file__).resolve().parent.parent.parent
TICKET = Ticket(17, "acme/shop", 12)
REQUEST = Reconcile(TICKET, why="test")
STUBS = ["tests.queue.stubs", "tickets"]
Start = Callable[[], Child]


@pytest.fixture
def start(redis_server_url: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker for tickets."""
    children: list[Child] = []

    def start() -> Child:
        environ = {"REDIS_URL": redis_server_url}
        children.append(fork(f"worker{len(children)}", STUBS, cwd=ROOT, environ=environ, logs=tmp_path))
        return children[-1]

    yield start
    end(children)


def marks(redis: Redis) -> list[str]:
    return [mark.decode() for mark in redis.lrange("marks", 0, -1)]


def begun(redis: Redis, times: int = 1, *, seconds: float = 10) -> int:
    """The horse that began last, once `times` have begun."""

    def horse() -> int | None:
        found = [mark.split() for mark in marks(redis) if mark.startswith("begin")]
        return int(found[-1][2]) if len(found) >= times else None

    return until(f"{times} beginnings", horse, seconds=seconds)


def ended(redis: Redis, times: int = 1) -> None:
    def enough() -> bool | None:
        return sum(mark.startswith("end") for mark in marks(redis)) >= times or None

    until(f"{times} ends", enough, seconds=10)


def act(redis: Redis, what: str) -> None:
    redis.set(f"act:{TICKET.key}", what)


def gone(pid: int) -> None:
    until("its end", lambda: not psutil.pid_exists(pid) or None, seconds=5)


def leftovers(redis: Redis) -> list[bytes]:
    """Jobs, lists, notes: whatever would still stand for a job."""
    return [
        key for pattern in ("rq:job:*", "rq:queue:*", "autocode:waiting:*") for key in redis.keys(pattern)
    ]


def test_a_request_made_during_a_run_is_run_afterwards(redis: Redis, start: Start) -> None:
    queue = Queue(redis)
    act(redis, "until told")
    queue.request(REQUEST)
    start()
    horse = begun(redis)
    assert [queue.request(REQUEST), queue.request(REQUEST)] == [True, False]
    os.kill(horse, signal.SIGTERM)
    ended(redis, 2)
    until("an empty queue", lambda: not leftovers(redis) or None, seconds=5)
    assert [mark.split()[0] for mark in marks(redis)] == ["begin", "end"] * 2


def test_a_killed_horse_is_replaced_at_once(redis: Redis, start: Start) -> None:
    act(redis, "hang")
    Queue(redis).request(REQUEST)
    start()
    os.kill(begun(redis), signal.SIGKILL)
    begun(redis, 2, seconds=5)
    ended(redis)


def test_a_killed_worker_takes_its_horse_along_and_another_takes_over(redis: Redis, start: Start) -> None:
    act(redis, "hang")
    Queue(redis).request(REQUEST)
    worker = start()
    horse = begun(redis)
    worker.send(signal.SIGKILL)
    gone(horse)
    start()
    grow_old(redis)
    begun(redis, 2, seconds=10)
    ended(redis)
    until("an empty queue", lambda: not leftovers(redis) or None, seconds=5)
    assert [mark.split()[0] for mark in marks(redis)] == ["begin", "begin", "end"]


@pytest.mark.parametrize("victim", ["horse", "worker"])
def test_what_a_killed_horse_has_started_writes_nothing_more(redis: Redis, start: Start, victim: str) -> None:
    act(redis, "start others")
    Queue(redis).request(REQUEST)
    worker = start()
    horse = begun(redis)
    others = psutil.Process(horse).children(recursive=True)
    assert len(others) == 2
    os.kill(horse if victim == "horse" else worker.pid, signal.SIGKILL)
    for other in others:
        gone(other.pid)


def test_a_guardian_ends_with_its_worker(start: Start) -> None:
    worker = start()
    [guardian] = until("its guardian", lambda: worker.descendants() or None, seconds=10)
    worker.send(signal.SIGTERM)
    assert worker.wait(5)
    gone(guardian.pid)


def grow_old(redis: Redis) -> None:
    """The dead worker's last report becomes as old as it has to be for its job to be given up."""
    for execution, due in redis.zrange("rq:wip:tickets", 0, -1, withscores=True):
        assert due <= time.time() + GIVEN_UP_AFTER
        assert redis.ttl(f"rq:execution:{execution.decode()}") <= GIVEN_UP_AFTER
        redis.delete(f"rq:execution:{execution.decode()}")
        redis.zadd("rq:wip:tickets", {execution: due - GIVEN_UP_AFTER - 1})


def test_a_job_that_raises_is_run_again_so_many_times_and_then_blocks_nobody(
    redis: Redis, start: Start
) -> None:
    queue = Queue(redis)
    act(redis, "raise always")
    queue.request(REQUEST)
    start()
    begun(redis, 1 + RUNS_AGAIN)
    until("the failure", lambda: redis.zcard("rq:failed:tickets") or None, seconds=5)
    act(redis, "nothing")
    assert queue.request(REQUEST)
    ended(redis)
    assert len(marks(redis)) == 1 + RUNS_AGAIN + 2


def test_sigterm_lets_the_job_finish_and_ends_the_worker(redis: Redis, start: Start) -> None:
    act(redis, "until told")
    Queue(redis).request(REQUEST)
    worker = start()
    begun(redis)
    worker.send(signal.SIGTERM)
    assert worker.wait(10)
    assert [mark.split()[0] for mark in marks(redis)] == ["begin", "end"]
    assert (worker.popen.returncode, leftovers(redis)) == (0, [])


def test_a_second_sigterm_ends_both_at_once_and_the_job_is_run_again(redis: Redis, start: Start) -> None:
    act(redis, "hang")
    Queue(redis).request(REQUEST)
    worker = start()
    horse = begun(redis)
    worker.send(signal.SIGTERM)
    time.sleep(1.1)
    assert worker.is_running
    worker.send(signal.SIGTERM)
    assert worker.wait(5)
    gone(horse)
    start()
    grow_old(redis)
    begun(redis, 2, seconds=10)


def is_idle(redis: Redis) -> bool:
    return any(redis.hget(key, "state") == b"idle" for key in redis.smembers("rq:workers"))


def test_an_idle_worker_ends_at_once(redis: Redis, start: Start) -> None:
    worker = start()
    until("the worker", lambda: is_idle(redis) or None, seconds=10)
    worker.send(signal.SIGTERM)
    assert worker.wait(3)
    assert worker.popen.returncode == 0


def test_a_restart_of_redis_ends_neither_horse_nor_worker(tmp_path: Path) -> None:
    with temporary.directory("autocode") as name:
        data = Path(name)
        url = f"unix://{redis_server.socket(data)}"
        server = serve(data)
        redis = Redis.from_url(url)
        act(redis, "until told")
        Queue(redis).request(REQUEST)
        worker = fork("worker", STUBS, cwd=ROOT, environ={"REDIS_URL": url}, logs=tmp_path)
        try:
            horse = begun(redis)
            server.send(signal.SIGKILL)
            server.wait(5)
            # Long enough for the worker to find out, when it reports.
            time.sleep(REPORTS_EVERY + 0.5)
            server = serve(data)
            os.kill(horse, signal.SIGTERM)
            ended(redis)
            Queue(redis).request(REQUEST)
            ended(redis, 2)
            worker.check()
        finally:
            end([worker, server])


def serve(data: Path) -> Child:
    server = spawn("redis", redis_server.command(data), cwd=data, environ={}, logs=data)
    until("Redis", lambda: redis_server.is_running(data) or None, seconds=5)
    return server


def test_a_job_that_a_dead_worker_took_but_never_registered_is_put_back(redis: Redis, start: Start) -> None:
    Queue(redis).request(REQUEST)
    taken = redis.lmove("rq:queue:tickets", "rq:queue:tickets:intermediate").decode()
    redis.set(f"rq:queue:tickets:intermediate:first_seen:{taken}", time.time() - GIVEN_UP_AFTER - 1)
    start()
    ended(redis)


SETTINGS = {
    "GITHUB_APP_ID": "7",
    "GITHUB_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
    "GITHUB_WEBHOOK_SECRET": "secret",
    "ANTHROPIC_API_KEY": "key",
    "REDIS_URL": "unix:///nowhere",
}


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        ([], {}, "usage: python -m jobs.worker tickets|coding"),
        (["everything"], {}, "usage: python -m jobs.worker tickets|coding"),
        (["tickets", "coding"], {}, "usage: python -m jobs.worker tickets|coding"),
        (["tickets"], {}, "GITHUB_APP_ID is not set; you find it at https://"),
        (["tickets"], SETTINGS, "GITHUB_PRIVATE_KEY holds no private key that can be read"),
    ],
)
def test_what_it_cannot_work_with_it_says_and_exits_2(
    arguments: list[str], environ: dict[str, str], words: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "jobs.worker", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environ,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_clients_do_not_log_every_request(caplog: pytest.LogCaptureFixture) -> None:
    write_logs()
    caplog.set_level(logging.INFO)
    for name in ("httpx", "httpx2"):
        logging.getLogger(name).info("HTTP Request: GET …")
    logging.getLogger("autocode").info("a ticket")
    assert caplog.messages == ["a ticket"]


def test_whoever_does_not_code_does_without_the_models_library() -> None:
    code = "import sys, jobs.entrypoints; sys.exit('anthropic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=20).returncode == 0
