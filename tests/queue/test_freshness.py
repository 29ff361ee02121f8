"""GitHub's answers may be some seconds old; what we know of a ticket's newest writes says when that matters."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.freshness import KEPT, LAG, SHOWN_AFTER, Freshness, remember_since
from jobs.ticket.errors import Later
from jobs.ticket.observation import Trigger
from tests.ticket.builders import observation, record

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
LONG_AGO = START - timedelta(hours=1)


class Clock:
    """Time goes when it is told to."""

    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def fresh(redis, clock):
    remember_since(redis, LONG_AGO)
    return Freshness(redis, observation().ticket, clock)


def seen(clock, *, triggered: datetime = START, **fields):
    return observation(now=clock(), trigger=Trigger("alice", triggered, "LE_1"), **fields)


def wait(fresh, *arguments) -> timedelta:
    """For how long the look is put off."""
    with pytest.raises(Later) as later:
        fresh.check(*arguments)
    return later.value.until - START


def test_a_record_older_than_the_newest_is_asked_for_again(fresh, clock):
    fresh.recorded(3)
    assert wait(fresh, seen(clock), record(sequence=2)) == timedelta(seconds=2)
    assert wait(fresh, seen(clock, status_comment=None), None) == timedelta(seconds=2)
    fresh.check(seen(clock), record(sequence=3))


def test_after_a_write_that_no_record_tells_of_nobody_looks_until_it_must_show(fresh, clock):
    fresh.write_begins()
    assert wait(fresh, seen(clock), None) == SHOWN_AFTER
    clock.now += SHOWN_AFTER
    fresh.check(seen(clock), None)


def test_a_recorded_write_delays_nothing(fresh, clock):
    fresh.write_begins()
    fresh.recorded(1)
    fresh.check(seen(clock), record(sequence=1))


def test_after_redis_was_emptied_a_ticket_waits_and_a_new_one_does_not(redis, fresh, clock):
    redis.flushall()
    assert wait(fresh, seen(clock, triggered=LONG_AGO), None) == LAG
    fresh.check(seen(clock, triggered=START), None)
    clock.now += LAG
    fresh.check(seen(clock, triggered=LONG_AGO), None)


def test_a_worker_that_starts_later_does_not_forget_since_when_redis_is_remembered(redis, clock):
    remember_since(redis, LONG_AGO)
    assert remember_since(redis, START) == LONG_AGO


def test_what_is_remembered_of_a_ticket_goes_away(redis, fresh):
    fresh.write_begins()
    fresh.recorded(1)
    fresh.write_begins()
    kept = [redis.ttl(key) for key in redis.scan_iter("*") if redis.ttl(key) != -1]
    assert len(kept) == 2
    assert all(0 < seconds <= KEPT for seconds in kept)
