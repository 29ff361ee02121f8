"""Setbacks: what a run that ends badly leaves behind, by the controller itself against the hub and a real Redis."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from redis import Redis

from jobs import controller
from jobs.poison import BadRuns
from jobs.queue import Queue, connect
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
