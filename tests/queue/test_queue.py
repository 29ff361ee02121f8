"""The queue: what is asked for together is one job, and what is asked for during a run makes another."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import rq
from redis import Redis
from rq.job import Job, JobStatus

from jobs.clock import PULL_EVERY, READ_EVERY, SWEEP_EVERY, tick
from jobs.github.quota import Quota
from jobs.queue import LATER, READ, RUNS_AGAIN, SWEEPS, SWEPT, TIMEOUTS, Lane, Queue, QueueDown, connect
from jobs.ticket.request import CardMoved, Reconcile, Sweep, Ticket
from jobs.turns import Turns

TICKET = Ticket(17, "acme/shop", 12)
OTHER = Ticket(17, "acme/shop", 13)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def queue(redis: Redis) -> Queue:
    return Queue(redis)


def jobs(redis: Redis, lane: Lane = "tickets") -> list[Job]:
    return rq.Queue(lane, connection=redis, serializer="json").jobs


def ask(queue: Queue, ticket: Ticket = TICKET, lane: Lane = "tickets") -> bool:
    return queue.request(Reconcile(ticket, why="test"), lane)


def test_a_request_becomes_a_job_that_names_ticket_lane_and_turn(queue: Queue, redis: Redis) -> None:
    assert ask(queue)
    (job,) = jobs(redis)
    assert job.func_name == "jobs.entrypoints.reconcile"
    assert job.args == [TICKET.key, "tickets", job.id]
    assert (job.get_status(), job.timeout, job.retries_left) == (JobStatus.QUEUED, 300, RUNS_AGAIN)
    assert (job.result_ttl, job.failure_ttl) == (0, 86400)


def test_requests_for_a_job_that_has_not_begun_are_one(queue: Queue, redis: Redis) -> None:
    assert [ask(queue), ask(queue), ask(queue)] == [True, False, False]
    assert len(jobs(redis)) == 1


def test_tickets_and_lanes_do_not_coalesce_with_each_other(queue: Queue, redis: Redis) -> None:
    assert ask(queue)
    assert ask(queue, OTHER)
    assert ask(queue, lane="coding")
    assert (len(jobs(redis)), len(jobs(redis, "coding"))) == (2, 1)
    assert jobs(redis, "coding")[0].timeout == TIMEOUTS["coding"].total_seconds()


def test_only_news_that_came_before_the_look_is_forgotten(queue: Queue) -> None:
    ask(queue)
    heard = queue.heard_of(TICKET)
    queue.forget_news(TICKET, heard - timedelta(milliseconds=1))
    assert queue.heard_of(TICKET) == heard > NOW
    queue.forget_news(TICKET, heard)
    assert queue.heard_of(TICKET) < NOW
    queue.forget_news(TICKET, heard)
    queue.request(Reconcile(TICKET, why="test", is_news=False))
    assert queue.heard_of(TICKET) < NOW


def test_a_request_after_the_job_began_makes_a_new_job_and_only_one(queue: Queue, redis: Redis) -> None:
    ask(queue)
    queue.begin(jobs(redis)[0].id)
    assert [ask(queue), ask(queue)] == [True, False]
    assert len(jobs(redis)) == 2


def test_a_job_that_begins_again_leaves_the_waiting_one_alone(queue: Queue, redis: Redis) -> None:
    ask(queue)
    first = jobs(redis)[0].id
    queue.begin(first)
    ask(queue)
    queue.begin(first)
    assert not ask(queue)


@pytest.mark.parametrize(
    "status", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED, JobStatus.FINISHED]
)
def test_a_job_that_ended_before_it_began_blocks_nobody(
    queue: Queue, redis: Redis, status: JobStatus
) -> None:
    ask(queue)
    jobs(redis)[0].set_status(status)
    assert ask(queue)


def test_a_job_that_vanished_blocks_nobody(queue: Queue, redis: Redis) -> None:
    ask(queue)
    jobs(redis)[0].delete()
    assert ask(queue)


def test_a_job_that_was_taken_but_has_not_begun_still_counts_as_waiting(queue: Queue, redis: Redis) -> None:
    ask(queue)
    jobs(redis)[0].set_status(JobStatus.STARTED)
    assert not ask(queue)


def test_sweeps_of_one_installation_coalesce(queue: Queue, redis: Redis) -> None:
    assert queue.request(Sweep(17, why="test"))
    assert not queue.request(Sweep(17, why="test"))
    queue.request_sweep()
    queue.request_sweep()
    assert [(job.func_name, job.args) for job in jobs(redis)] == [
        ("jobs.entrypoints.sweep", [17]),
        ("jobs.entrypoints.sweep", [None]),
    ]


def test_the_same_move_of_a_card_is_taken_once_at_once_or_later(queue: Queue, redis: Redis) -> None:
    first = CardMoved(17, "PVTI_1", "bob", 2, "2026-11-21T12:00:00Z", "Status", "Todo", "Autocode")
    second = replace(first, sender="carol")
    assert [queue.request(move) for move in (first, first, second)] == [True, False, True]
    assert [(job.func_name, job.args) for job in jobs(redis)] == [
        ("jobs.entrypoints.card_moved", [first.key]),
        ("jobs.entrypoints.card_moved", [second.key]),
    ]
    later = replace(first, is_asked_again=True)
    queue.request_at(later, NOW)
    assert queue.request_due(NOW) == 1
    assert jobs(redis)[-1].args == [later.key]


def test_a_ticket_put_off_is_asked_for_once_its_time_has_come(queue: Queue, redis: Redis) -> None:
    queue.request_at(TICKET, NOW)
    assert queue.request_due(NOW - timedelta(microseconds=1)) == 0
    assert queue.request_due(NOW) == 1
    assert queue.request_due(NOW) == 0
    assert [job.args[0] for job in jobs(redis)] == [TICKET.key]


@pytest.mark.parametrize("minutes", [-1, 1])
def test_of_several_times_the_last_one_counts(queue: Queue, minutes: int) -> None:
    queue.request_at(TICKET, NOW)
    queue.request_at(TICKET, NOW + timedelta(minutes=minutes))
    assert queue.request_due(NOW) == (minutes < 0)


@pytest.mark.parametrize("minutes", [-1, 1])
def test_who_keeps_a_place_keeps_the_earlier_time(queue: Queue, minutes: int) -> None:
    other = NOW + timedelta(minutes=minutes)
    queue.request_at(TICKET, NOW)
    queue.request_at(TICKET, other, keep_earlier=True)
    found = queue.put_off_until(TICKET)
    assert found
    assert abs(found - min(NOW, other)) <= timedelta(microseconds=2)


def test_a_place_kept_while_the_clock_asks_is_not_struck_out(queue: Queue, redis: Redis) -> None:
    class Meanwhile(Queue):
        """Between asking and striking out, a worker finds no room for the ticket."""

        def request(self, request: Reconcile | Sweep, lane: Lane = "tickets") -> bool:
            self.request_at(TICKET, NOW, keep_earlier=True)
            return super().request(request, lane)

    queue.request_at(TICKET, NOW - timedelta(minutes=5))
    assert Meanwhile(redis).request_due(NOW) == 1
    assert queue.put_off_until(TICKET) is not None


def test_a_time_set_while_the_clock_asks_is_kept(queue: Queue, redis: Redis) -> None:
    class Meanwhile(Queue):
        """Between asking and striking out, a worker puts the ticket off again."""

        def request(self, request: Reconcile | Sweep, lane: Lane = "tickets") -> bool:
            self.request_at(TICKET, NOW + timedelta(minutes=5))
            return super().request(request, lane)

    queue.request_at(TICKET, NOW)
    assert Meanwhile(redis).request_due(NOW) == 1
    assert redis.zscore(LATER, TICKET.key) == (NOW + timedelta(minutes=5)).timestamp()


def test_who_has_no_turn_stays_due_and_who_has_waited_longest_is_named_first(
    queue: Queue, redis: Redis
) -> None:
    waiting = [Ticket(17, "acme/shop", number) for number in (10, 2, 1)]
    for ticket, seconds in zip(waiting, (0, 0, 1), strict=True):
        queue.request_at(ticket, NOW + timedelta(seconds=seconds))
    named: list[Ticket] = []

    def only_the_last(due: list[Ticket]) -> list[Ticket]:
        named[:] = due
        return due[-1:]

    assert queue.request_due(NOW + timedelta(seconds=1), only_the_last) == 1
    assert [ticket.number for ticket in named] == [2, 10, 1]
    assert redis.zrange(LATER, 0, -1) == [waiting[0].key.encode(), waiting[1].key.encode()]
    assert queue.put_off_until(waiting[0]) == NOW
    assert queue.put_off_until(waiting[2]) is None


def test_a_waiting_ticket_costs_less_than_200_bytes(queue: Queue, redis: Redis) -> None:
    before = redis.info("memory")["used_memory"]
    for number in range(1000):
        queue.request_at(Ticket(12345678, "acme/a-repository-with-a-long-name", number + 1), NOW)
    assert (redis.info("memory")["used_memory"] - before) / 1000 < 200


def test_two_clocks_ask_once_per_interval_and_at_once_after_redis_was_emptied(
    queue: Queue, redis: Redis
) -> None:
    turns = Turns(lambda installation: Quota(redis, installation, lambda: NOW))
    for _ in range(3):
        tick(queue, turns, NOW)
        tick(Queue(redis), turns, NOW)
    assert asked_for(redis) == ["deliveries", "sweep"]
    assert 0 < redis.ttl(SWEPT) <= SWEEP_EVERY.total_seconds()
    assert 0 < redis.ttl(READ) <= READ_EVERY.total_seconds()
    redis.flushall()
    tick(queue, turns, NOW)
    assert asked_for(redis) == ["deliveries", "sweep"]


def test_a_sweep_that_was_put_off_is_asked_for_when_it_is_due_and_of_several_times_the_last_counts(
    queue: Queue, redis: Redis
) -> None:
    for installation in (17, 18, None):
        queue.request_sweep_at(installation, NOW + timedelta(seconds=9))
    queue.request_sweep_at(18, NOW + timedelta(seconds=30))
    queue.request_sweeps_due(NOW + timedelta(seconds=8))
    assert jobs(redis) == []
    for _ in range(2):
        queue.request_sweeps_due(NOW + timedelta(seconds=10))
    assert sorted(str(job.args) for job in jobs(redis)) == ["[17]", "[None]"]
    queue.request_sweeps_due(NOW + timedelta(seconds=30))
    assert [job.args for job in jobs(redis)][2:] == [[18]]
    assert not redis.exists(SWEEPS)


def test_never_do_two_readings_of_the_delivery_log_wait(queue: Queue, redis: Redis) -> None:
    turns = Turns(lambda installation: Quota(redis, installation, lambda: NOW))
    for _ in range(3):
        tick(queue, turns, NOW, PULL_EVERY)
        assert 0 < redis.ttl(READ) <= PULL_EVERY.total_seconds()
        redis.delete(READ)
    assert asked_for(redis) == ["deliveries", "sweep"]


def asked_for(redis: Redis) -> list[str]:
    return sorted(job.func_name.rpartition(".")[2] for job in jobs(redis))


def test_without_redis_every_call_says_that_the_queue_is_down() -> None:
    queue = Queue(connect("unix:///nowhere/redis.sock", timeout=0.5, retries=0))
    for call in (queue.ping, queue.request_sweep, lambda: ask(queue), lambda: queue.request_at(TICKET, NOW)):
        with pytest.raises(QueueDown, match="ConnectionError"):
            call()


def test_a_redis_that_takes_no_writes_is_down(queue: Queue, redis: Redis) -> None:
    redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(QueueDown, match="OOM"):
            ask(queue)
        with pytest.raises(QueueDown):
            queue.ping()
    finally:
        redis.config_set("maxmemory", 0)
