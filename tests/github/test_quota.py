"""What all workers together ask of GitHub stays below its limits, and one who is told to wait waits for all."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.github.quota import (
    FOR_A_START,
    GRAPHQL_POINTS,
    REST_POINTS,
    SHORTEST_WAIT,
    TURN_KEPT,
    WRITES_A_MINUTE,
    WRITES_AN_HOUR,
    Quota,
)
from jobs.ticket.errors import Later
from jobs.ticket.request import Ticket

TICKET, ANOTHER = Ticket(17, "acme/greet", 1), Ticket(17, "acme/greet", 2)
BEGIN = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = BEGIN

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def quota(redis, clock):
    return Quota(redis, 17, clock)


def write(quota):
    quota.spend(is_graphql=False, is_write=True)


def test_writes_stop_before_github_refuses_them_and_go_on_a_minute_later(quota, clock):
    for _ in range(WRITES_A_MINUTE.most):
        write(quota)
    with pytest.raises(Later) as later:
        write(quota)
    assert timedelta(seconds=59) < later.value.until - BEGIN <= timedelta(seconds=61)
    clock.now = later.value.until
    write(quota)


@pytest.mark.parametrize("every", [0.1, 0.7, 3.0])
def test_in_no_minute_and_in_no_hour_there_is_more_than_the_limit(quota, clock, every):
    sent, end = [], BEGIN + timedelta(hours=1.2)
    while clock.now < end and len(sent) < 2 * WRITES_AN_HOUR.most:
        try:
            write(quota)
        except Later as later:
            clock.now = later.until
        else:
            sent.append(clock.now)
            clock.advance(every)
    for rate in (WRITES_A_MINUTE, WRITES_AN_HOUR):
        stretch = timedelta(seconds=rate.seconds)
        most = max(sum(start <= at < start + stretch for at in sent) for start in sent)
        assert most <= rate.most
    assert len(sent) > WRITES_AN_HOUR.most


def test_reads_are_counted_in_points(quota):
    for _ in range(REST_POINTS.most):
        quota.spend(is_graphql=False, is_write=False)
    with pytest.raises(Later):
        quota.spend(is_graphql=False, is_write=False)
    for _ in range(GRAPHQL_POINTS.most):
        quota.spend(is_graphql=True, is_write=False)
    with pytest.raises(Later):
        quota.spend(is_graphql=True, is_write=False)


def test_nothing_is_begun_that_could_not_be_finished(quota):
    for _ in range(WRITES_A_MINUTE.most - FOR_A_START):
        write(quota)
    quota.start(TICKET)
    write(quota)
    with pytest.raises(Later):
        quota.start(TICKET)


def test_there_is_room_for_as_many_as_could_be_finished(quota, clock):
    most = WRITES_A_MINUTE.most // FOR_A_START
    assert quota.room() == most
    quota.give_turn(TICKET)
    assert quota.room() == most - 1
    for _ in range(FOR_A_START):
        write(quota)
    assert quota.room() == most - 2
    quota.start(TICKET)
    assert quota.room() == most - 1
    quota.close(BEGIN + timedelta(seconds=70))
    assert quota.room() == 0
    clock.advance(70)
    assert quota.room() == most


def test_a_turn_that_nobody_comes_for_is_lost(quota, clock):
    before = quota.room()
    quota.give_turn(TICKET)
    clock.advance(TURN_KEPT.total_seconds())
    assert quota.room() == before


def test_a_turn_that_is_returned_is_somebody_elses(quota):
    before = quota.room()
    quota.give_turn(TICKET)
    quota.return_turn(TICKET)
    assert quota.room() == before


def test_newcomers_wait_behind_those_in_line(quota):
    quota.keep_waiting(1)
    quota.give_turn(TICKET)
    quota.start(TICKET)
    for ticket in (TICKET, ANOTHER):
        with pytest.raises(Later, match="waited longer") as later:
            quota.start(ticket)
        assert later.value.until == BEGIN
    quota.keep_waiting(0)
    quota.start(ANOTHER)


def test_who_is_told_to_wait_closes_the_door_for_all(redis, quota, clock):
    other, elsewhere = Quota(redis, 17, clock), Quota(redis, 18, clock)
    until = BEGIN + timedelta(seconds=30)
    quota.close(until)
    quota.close(until - timedelta(seconds=10))
    for ask in (lambda: other.start(TICKET), lambda: write(other)):
        with pytest.raises(Later) as later:
            ask()
        assert later.value.until == until
    write(elsewhere)
    clock.advance(30)
    write(other)


def test_silences_close_the_door_for_longer_each_time_up_to_a_minute_and_are_forgotten(redis, quota, clock):
    def silence():
        quota.fall_silent()
        quota.fall_silent()
        with pytest.raises(Later) as later:
            quota.start(TICKET)
        waited, clock.now = later.value.until - clock.now, later.value.until
        return round(waited.total_seconds())

    assert [silence() for _ in range(6)] == [5, 10, 20, 40, 60, 60]
    [count] = [key for key in redis.keys("quota:17:*") if key.endswith(b":silences")]
    assert 110 < redis.ttl(count) <= 120


def test_without_a_time_the_waits_double_from_a_minute_to_an_hour_until_a_write_succeeds(quota, clock):
    waits = []
    for _ in range(8):
        until = quota.back_off()
        waits.append(round((until - clock.now).total_seconds() / 60))
        with pytest.raises(Later) as later:
            quota.start(TICKET)
        assert later.value.until == until
        clock.now = until
        # Reads may pass while writes are refused.
        quota.spend(is_graphql=True, is_write=False)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    quota.proceed()
    assert quota.back_off() - clock.now == SHORTEST_WAIT


def test_refusals_that_were_under_way_together_are_one(redis, quota, clock):
    first = quota.back_off()
    clock.advance(1)
    assert Quota(redis, 17, clock).back_off() == first
    clock.now = first
    assert quota.back_off() - first == 2 * SHORTEST_WAIT


def test_what_github_says_itself_is_not_made_shorter(quota, clock):
    until = BEGIN + timedelta(minutes=10)
    quota.close(until)
    assert quota.back_off() == until


def test_without_pacing_only_the_door_counts(redis, clock):
    quota = Quota(redis, 17, clock, is_paced=False)
    for _ in range(WRITES_A_MINUTE.most + 1):
        write(quota)
    quota.close(BEGIN + timedelta(seconds=1))
    with pytest.raises(Later):
        write(quota)


def test_what_is_over_takes_no_room(redis, quota, clock):
    for _ in range(200):
        quota.spend(is_graphql=False, is_write=False)
        clock.advance(1)
    assert redis.hlen("quota:17:rest") <= 62
    assert 0 < redis.ttl("quota:17:rest") <= 120
