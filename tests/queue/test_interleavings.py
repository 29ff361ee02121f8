"""The queue's promise with every command to Redis as a step: after every request that returned, somebody looks."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from redis import Redis

from jobs.queue import Queue
from jobs.ticket.request import Reconcile
from tests.queue.interleavings import ENDINGS, TICKET, Interleavings, make_up
from tests.queue.puppets import Puppet

NOW = datetime(2026, 11, 20, tzinfo=UTC)

COMMANDS = 40
"""More than a run of one job sends."""


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    make_up(monkeypatch)


def machine_over(redis: Redis) -> type[Interleavings]:
    path = redis.connection_pool.connection_kwargs["path"]
    return type("Machine", (Interleavings,), {"redis": redis, "path": path})


def explore(redis: Redis, examples: int, **more: object) -> None:
    """The same examples each time; `derandomize=False` and more of them look further."""
    options = {"derandomize": True, "suppress_health_check": list(HealthCheck)} | more
    run_state_machine_as_test(
        machine_over(redis),
        settings=settings(max_examples=examples, stateful_step_count=30, deadline=None, **options),
    )


def test_no_request_is_lost(redis: Redis) -> None:
    explore(redis, examples=50)


def test_whenever_a_worker_is_killed_its_job_is_done_by_another(redis: Redis) -> None:
    for commands in range(1, COMMANDS):
        machine = machine_over(redis)()
        machine.request("tickets")
        machine.take_a_job("tickets", "waiting", commands)
        machine.request("tickets")
        if machine.puppets:
            machine.kill(0)
        machine.come_to_rest()


def test_whenever_a_worker_is_paused_and_replaced_it_makes_no_more_effects(redis: Redis) -> None:
    for commands in range(1, COMMANDS):
        machine = machine_over(redis)()
        machine.request("tickets")
        machine.take_a_job("tickets", "waiting", commands)
        machine.request("tickets")
        machine.all_sleep_until_jobs_are_given_up()
        machine.all_sleep_until_the_lease_expires()
        machine.clean_up("tickets", "to its end")
        machine.take_a_job("tickets", "waiting", "to its end")
        # The numbers of those who made one are compared.
        machine.come_to_rest()


def test_a_worker_that_was_paused_and_replaced_does_not_take_the_job_from_the_other(redis: Redis) -> None:
    for commands in range(1, COMMANDS):
        machine = machine_over(redis)()
        machine.request("tickets")
        machine.take_a_job("tickets", "waiting", commands)
        machine.all_sleep_until_jobs_are_given_up()
        machine.all_sleep_until_the_lease_expires()
        machine.clean_up("tickets", "to its end")
        if not machine.redis.exists("rq:queue:tickets"):
            continue
        machine.take_a_job("tickets", "waiting", "to its look")
        machine.go_on(0, "to its end")
        # It asks once more, for it may have missed something; that run is told that the other has the ticket.
        machine.take_a_job("tickets", "waiting", "to its end")
        machine.puppets.pop().kill()
        machine.all_sleep_until_the_lease_expires()
        machine.come_to_rest()


def test_whichever_answer_is_lost_what_was_announced_is_not(redis: Redis) -> None:
    for commands in range(1, COMMANDS):
        machine = while_another_announces(redis)
        machine.go_on(0, commands, cut=True)
        machine.come_to_rest()


@pytest.mark.parametrize("ending", ENDINGS)
def test_however_a_look_ends_what_was_announced_during_it_is_looked_at(redis: Redis, ending: str) -> None:
    while_another_announces(redis, ending).come_to_rest()


def test_what_was_announced_to_a_lease_that_expired_is_looked_at(redis: Redis) -> None:
    for commands in range(COMMANDS):
        machine = while_another_announces(redis)
        machine.go_on(0, commands)
        machine.all_sleep_until_the_lease_expires()
        machine.come_to_rest()


def test_whenever_the_clock_is_killed_what_was_due_is_asked_for(redis: Redis) -> None:
    for commands in range(1, 4):
        machine = machine_over(redis)()
        machine.queue.request_at(TICKET, NOW)
        machine.ask_for_what_is_due(commands)
        if machine.puppets:
            machine.kill(0)
        machine.come_to_rest()


def test_a_request_that_is_sent_again_since_its_answer_was_lost_makes_one_job(redis: Redis) -> None:
    machine = machine_over(redis)()
    requester = machine.start(ask)
    requester.step(cut=True)
    assert not requester.is_over
    machine.take_a_job("tickets", "waiting", "to its look")
    requester.finish()
    assert not redis.exists("rq:queue:tickets")
    machine.come_to_rest()


def ask(puppet: Puppet) -> None:
    Queue(puppet.redis).request(Reconcile(TICKET, why="test"))


def while_another_announces(redis: Redis, ending: str = "waiting") -> Interleavings:
    """One run is in the middle of its look; another one was there meanwhile and has left again."""
    machine = machine_over(redis)()
    machine.request("tickets")
    machine.take_a_job("tickets", ending, "to its look")
    machine.request("tickets")
    machine.take_a_job("tickets", "waiting", "to its end")
    return machine
