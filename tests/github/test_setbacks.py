"""Setbacks: what a run that ends badly leaves behind, by the controller itself against the hub and a real Redis."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from jobs import controller
from jobs.freshness import SINCE
from jobs.poison import BLIND, BadRuns
from jobs.queue import Queue, connect
from jobs.ticket.names import STATUS_MARKER
from jobs.ticket.request import Reconcile
from jobs.world import World as Process
from tests.github.conftest import World

UNUSED = 0
"""The number of no run."""


@pytest.fixture
def process(world: World, redis: Redis, redis_server_url: str) -> Iterator[Process]:
    """What a worker of the lane `tickets` works with; it gives Redis up after a fifth of a second."""
    impatient = connect(redis_server_url, timeout=0.2, retries=0)
    yield Process(
        settings=world.settings,
        redis=impatient,
        queue=Queue(impatient),
        clock=lambda: datetime.now(UTC),
        stopping=lambda: False,
        open_model=lambda name: pytest.fail(f"no model is needed here, not even {name}"),
        open_sandbox=lambda: None,
    )
    impatient.close()


def run(world: World, process: Process) -> None:
    controller.reconcile(process, world.ticket, "tickets", "a turn")


def told(world: World) -> list[str]:
    comments = world.act("alice", "GET", "/issues/1/comments")
    return [item["body"] for item in comments if item["user"]["type"] == "Bot"]


def news(world: World, process: Process) -> None:
    """As the web process takes it in."""
    process.queue.request(Reconcile(world.ticket, why="somebody did something"))


def bad_runs(world: World, redis: Redis) -> int:
    return BadRuns(redis, world.ticket, UNUSED).before()


def test_an_outage_of_redis_is_not_the_tickets_fault(world: World, process: Process, redis: Redis) -> None:
    world.control("POST", "latency", {"seconds": 0.4})
    away = threading.Timer(0.3, lambda: redis.client_pause(1500))
    away.start()
    try:
        run(world, process)
    finally:
        world.control("POST", "latency", {"seconds": 0})
        away.join()
    assert bad_runs(world, redis) == 0
    assert process.queue.put_off_until(world.ticket)


@pytest.fixture
def unreadable(world: World, process: Process) -> str:
    """A ticket in which the look itself breaks, before there is a record; the apology for it."""
    world.fail(path="/graphql$", answer=200, body={"data": {"repository": {}}}, times=1000)
    for _ in range(BLIND + 1):
        run(world, process)
    [apology] = told(world)
    return apology


def test_a_ticket_that_cannot_even_be_looked_at_is_set_aside_with_one_apology(
    world: World, process: Process, unreadable: str
) -> None:
    assert "Something went wrong inside autocode" in unreadable
    assert re.search(r"log under run `\d+`", unreadable)
    looked = world.calls()
    for _ in range(BLIND):
        run(world, process)
    assert world.calls() == looked
    put_off = process.queue.put_off_until(world.ticket)
    assert put_off and put_off > process.clock() + timedelta(hours=23)


def test_news_of_a_ticket_set_aside_is_worth_one_look_and_no_second_apology(
    world: World, process: Process, unreadable: str
) -> None:
    for _ in range(2 * BLIND):
        news(world, process)
        run(world, process)
        looked = world.calls()
        run(world, process)
        assert world.calls() == looked
    assert told(world) == [unreadable]


def test_a_ticket_set_aside_begins_as_soon_as_it_can_be_looked_at_again(
    world: World, process: Process, redis: Redis, unreadable: str
) -> None:
    world.control("DELETE", "faults")
    news(world, process)
    # Long after Redis was found empty and the apology was written.
    redis.set(SINCE, 0)
    redis.delete(f"unrecorded:{world.ticket.key}")
    run(world, process)
    assert told(world)[0] == unreadable
    assert STATUS_MARKER in told(world)[1]
    assert BadRuns(redis, world.ticket, UNUSED).aside_since() is None
