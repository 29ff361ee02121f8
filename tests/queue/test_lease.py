"""The lease: one holder at a time, who finds out when it is one no more."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Unreachable

from jobs import redis_server
from jobs.lease import Lease
from jobs.queue import connect
from jobs.ticket.errors import LeaseLost
from jobs.ticket.request import Ticket
from tests import temporary
from tests.processes import end, spawn, until

TICKET = Ticket(17, "acme/shop", 12)
ROOT = Path(__file__).resolve().parent.parent.parent

HOLDER = """
import sys
from redis import Redis
from jobs.lease import Lease
from jobs.ticket.errors import LeaseLost
from jobs.ticket.request import Ticket
with Lease.acquire(Redis.from_url(sys.argv[1]), Ticket.parse(sys.argv[2]), "first", ttl=0.5) as lease:
    lease.check()
    print("held", flush=True)
    input()
    try:
        lease.check()
        print("an effect")
    except LeaseLost:
        print("lost")
"""


def acquire(redis: Redis, owner: str = "first", *, ttl: float = 5.0) -> Lease:
    lease = Lease.acquire(redis, TICKET, owner, ttl)
    assert lease is not None
    return lease


def test_only_one_holds_a_ticket_but_others_hold_others(redis: Redis) -> None:
    acquire(redis)
    assert Lease.acquire(redis, TICKET, "second") is None
    assert Lease.acquire(redis, Ticket(17, "acme/shop", 13), "second") is not None


def test_a_released_lease_can_be_taken(redis: Redis) -> None:
    assert acquire(redis).release()
    acquire(redis, "second").check()


def test_the_number_grows_even_when_redis_was_emptied(redis: Redis) -> None:
    numbers = []
    for _ in range(3):
        lease = acquire(redis)
        numbers.append(lease.fence)
        lease.release()
    redis.flushall()
    numbers.append(acquire(redis).fence)
    assert numbers == sorted(set(numbers))


def test_the_number_grows_even_when_the_clock_was_put_back(redis: Redis) -> None:
    redis.set("autocode:fence", 9_000_000_000_000_000)
    assert acquire(redis).fence == 9_000_000_000_000_001


def test_whoever_finds_it_held_sends_the_holder_round_again(redis: Redis) -> None:
    lease = acquire(redis)
    assert not lease.take_again()
    assert Lease.acquire(redis, TICKET, "second") is None
    assert not lease.release()
    lease.check()
    assert lease.release()
    with pytest.raises(LeaseLost):
        lease.check()


def test_the_announcement_is_taken_once(redis: Redis) -> None:
    lease = acquire(redis)
    for _ in range(2):
        Lease.acquire(redis, TICKET, "second")
    assert [lease.take_again(), lease.take_again()] == [True, False]
    assert lease.release()


def test_leaving_lets_go_and_tells_what_nobody_has_looked_at(redis: Redis) -> None:
    with acquire(redis) as lease:
        Lease.acquire(redis, TICKET, "second")
    assert lease.is_owed
    with acquire(redis, "second") as lease:
        pass
    assert not lease.is_owed
    acquire(redis, "third")


def test_leaving_after_release_does_not_touch_the_next_holder(redis: Redis) -> None:
    with acquire(redis) as lease:
        lease.release()
        other = acquire(redis, "second")
    other.check()
    assert not lease.is_owed


def test_the_same_job_takes_over_from_its_own_dead_run(redis: Redis) -> None:
    dead = acquire(redis)
    alive = acquire(redis)
    assert alive.fence > dead.fence
    alive.check()
    with pytest.raises(LeaseLost):
        dead.check()
    with pytest.raises(LeaseLost):
        dead.take_again()
    assert dead.release()
    alive.check()


def test_it_is_renewed_in_the_background(redis: Redis) -> None:
    with acquire(redis, ttl=0.3) as lease:
        time.sleep(0.6)
        assert Lease.acquire(redis, TICKET, "second") is None
        lease.check()


def test_without_renewal_it_is_free_after_its_time(redis: Redis) -> None:
    lease = acquire(redis, ttl=0.05)
    time.sleep(0.1)
    acquire(redis, "second")
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_holder_finds_out_that_redis_was_emptied(redis: Redis) -> None:
    lease = acquire(redis)
    redis.flushall()
    with pytest.raises(LeaseLost):
        lease.check()
    acquire(redis, "second")
    with pytest.raises(LeaseLost):
        lease.check()


def test_a_process_that_was_stopped_wakes_up_to_a_lost_lease(redis: Redis, redis_server_url: str) -> None:
    command = [sys.executable, "-c", HOLDER, redis_server_url, TICKET.key]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        os.kill(holder.pid, signal.SIGSTOP)
        lease = until("the lease", lambda: Lease.acquire(redis, TICKET, "second"), seconds=5)
        os.kill(holder.pid, signal.SIGCONT)
        assert holder.communicate("go on\n")[0] == "lost\n"
        lease.check()


def test_what_was_announced_to_a_lease_that_got_lost_is_owed(redis: Redis) -> None:
    with acquire(redis) as lease:
        Lease.acquire(redis, TICKET, "second")
        redis.flushall()
    assert lease.is_owed


def test_a_release_whose_answer_was_lost_and_that_is_sent_again_forgets_nothing(
    redis_server_url: str, redis: Redis
) -> None:
    class Twice(Redis):
        """A client that has every command carried out twice, as one does that does not hear the answer."""

        def execute_command(self, *parts: object, **options: object) -> object:
            super().execute_command(*parts, **options)
            return super().execute_command(*parts, **options)

    with Twice.from_url(redis_server_url) as client, acquire(client) as lease:
        Lease.acquire(redis, TICKET, "second")
        assert not lease.release()
        Lease.acquire(redis, TICKET, "second")
        assert lease.take_again()
        assert not lease.take_again()


def test_leaving_while_redis_is_away_fails_the_job_so_that_it_is_run_again() -> None:
    with temporary.directory("autocode") as name:
        data = Path(name)
        server = spawn("redis", redis_server.command(data), cwd=data, environ={}, logs=data)
        until("Redis", lambda: redis_server.is_running(data) or None, seconds=5, watching=[server])
        away = connect(f"unix://{redis_server.socket(data)}", timeout=0.5, retries=0)
        with pytest.raises(Unreachable), acquire(away):
            end([server])
