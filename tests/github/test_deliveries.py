"""The delivery log is read over HTTP: what is asked for, in which order, for how many calls, and what a crash loses."""

from collections.abc import Iterator
from typing import Any

import pytest
from redis import Redis
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from jobs import deliveries
from jobs.deliveries import (
    ATTEMPTS,
    CLOSED,
    IN_DOUBT,
    MOST_ATTEMPTS,
    MOST_PAYLOADS,
    MOST_WAITING,
    SERVER,
    UNSEEN,
    WAITING,
)
from jobs.github.app import App
from tests.github.delivery_log import HOUR, LIST, Log, commented, labeled, merged, ran
from tests.hub import Hub, serve
from tests.stack import NO_LIMITS
from tests.web.payloads import delivery

REPOSITORY = "acme/shop"
TICKETS = 200


@pytest.fixture(scope="module")
def outage() -> Iterator[Hub]:
    """A hub with 200 labelled issues and 5,000 deliveries of the last hour that reached nobody."""
    issues = [{"title": f"Issue {number}", "labels": ["autocode"]} for number in range(1, TICKETS + 1)]
    seed = {"repositories": [{"name": REPOSITORY, "files": {"shop.py": ""}, "issues": issues}]}
    with serve(seed=seed) as running:
        running.control("POST", "limits", NO_LIMITS)
        yield running


@pytest.fixture(scope="module")
def own_hub() -> Iterator[Hub]:
    with serve() as running:
        running.control("POST", "limits", NO_LIMITS)
        yield running


@pytest.fixture
def log(own_hub: Hub, redis: Redis) -> Log:
    return Log(own_hub, redis)


def test_what_was_missed_is_asked_for_once_by_ticket_and_then_costs_one_call(log: Log) -> None:
    log.miss(labeled(12), commented(3), ran(12), ("star.created", delivery("created")), commented(3))
    log.read()
    assert log.asked_for() == ["3", "12"]
    assert len(log.calls()) == 1 + 4
    for _ in range(2):
        log.read()
        assert log.asked_for() == []
        assert log.calls() == [LIST]


def test_an_outage_of_an_hour_with_5000_deliveries_costs_a_bounded_number_of_calls(
    outage: Hub, redis: Redis
) -> None:
    log = Log(outage, redis)
    kinds = (labeled, ran, lambda number: labeled(number, "unlabeled"), ran)
    happened = [kinds[n % len(kinds)](n % TICKETS + 1) for n in range(4_950)]
    log.miss(*happened, *[tell(n) for n in range(20, 0, -1) for tell in (merged, commented)], ago=HOUR)
    log.read()
    # 50 pages; 20 merges and 20 comments, which a sweep may not see; of the rest not one payload.
    assert len(log.calls()) == 50 + 40
    assert log.asked_for() == [f"sweep {outage.installation_id}", *map(str, range(1, 21))]
    with App(log.settings) as app:
        found = list(app.open_tickets(app.account(outage.installation_id)))
    assert sorted(one.ticket.number for one in found) == list(range(1, TICKETS + 1))
    # Whose account it is, a token, and two pages of a search.
    assert len(log.calls()) == 4
    # The minute after: ten minutes back, of an hour with 5,000.
    log.read()
    assert log.asked_for() == []
    assert len(log.calls()) <= 10


def test_more_payloads_than_one_reading_fetches_are_left_to_the_next(log: Log) -> None:
    numbers = range(1, MOST_PAYLOADS + 21)
    log.miss(*map(merged, numbers))
    log.read()
    assert log.asked_for() == [str(number) for number in numbers[:MOST_PAYLOADS]]
    log.read()
    assert log.asked_for() == [str(number) for number in numbers[MOST_PAYLOADS:]]
    assert len([call for call in log.calls() if call != LIST]) == len(numbers)


def test_thousands_of_missed_comments_cost_a_bounded_number_of_calls_and_hold_no_label_up(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    log.miss(*[commented(n) for n in range(1, MOST_WAITING + 1_001)], labeled(9_999), ago=HOUR)
    log.read()
    assert "1000 missed comments and merges are left" in caplog.text
    assert log.redis.llen(UNSEEN) == MOST_WAITING - MOST_PAYLOADS + 1
    assert "9999" in log.asked_for()
    # More of them later, while these wait: the newest count.
    log.miss(*[commented(n) for n in range(5_001, 5_301)], ago=1)
    log.read()
    assert log.redis.llen(UNSEEN) == MOST_WAITING - MOST_PAYLOADS
    assert len([call for call in log.calls() if call != LIST]) == 200


def test_labels_that_keep_coming_do_not_hold_comments_up_for_ever(log: Log) -> None:
    log.miss(commented(7_777), *map(labeled, range(1, MOST_PAYLOADS + 1)))
    log.read()
    assert "7777" in log.asked_for()
    assert (log.redis.llen(WAITING), log.redis.llen(UNSEEN)) == (1, 0)


@pytest.mark.parametrize("status", [403, 422])
def test_a_payload_that_github_keeps_refusing_is_dropped_and_the_others_do_not_wait(
    log: Log, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    log.miss(labeled(1), labeled(2), commented(3))
    with log.hub.state.lock:
        bad = log.hub.state.deliveries.log[-3].id
    log.hub.fail(path=rf"/app/hook/deliveries/{bad}$", answer=status, times=99)
    log.read()
    assert log.asked_for() == ["2", "3"]
    assert not log.redis.exists(CLOSED)
    log.read()
    assert log.redis.llen(WAITING) == 1
    log.read()
    assert f"delivery {bad} is dropped after 3 attempts" in caplog.text
    assert not log.redis.exists(WAITING, ATTEMPTS, CLOSED)


def test_a_payload_that_breaks_us_is_dropped_and_the_others_do_not_wait(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    log.miss(labeled(1), labeled(2))
    with log.hub.state.lock:
        bad = log.hub.state.deliveries.log[-2].id
    log.hub.fail(path=rf"/app/hook/deliveries/{bad}$", answer=200, times=99)
    for _ in range(MOST_ATTEMPTS):
        log.read()
    assert log.asked_for() == ["2"]
    assert f"delivery {bad} is dropped after 3 attempts" in caplog.text
    assert not log.redis.exists(WAITING, ATTEMPTS, CLOSED)


@pytest.mark.parametrize("forgets", ["all of it", "its last second"])
def test_what_arrived_before_redis_forgot_it_is_taken_in_where_no_sweep_sees_it(
    log: Log, forgets: str
) -> None:
    def arrives(*events: tuple[str, dict[str, Any]], ago: float) -> None:
        log.miss(*events, ago=ago)
        with log.hub.state.lock:
            for entry in log.hub.state.deliveries.log:
                entry.status_code = 202

    log.read()
    log.redis.delete(IN_DOUBT)
    arrives(commented(3), merged(4), labeled(5), ago=30)
    log.read()
    assert log.asked_for() == []
    if forgets == "all of it":
        log.redis.flushall()
    else:
        log.redis.set(SERVER, "the one before the power failed")
    log.read()
    assert log.asked_for() == ["3", "4"]
    # It was answered before, and GitHub's log shows it only now.
    arrives(commented(6), ago=20)
    for _ in range(2):
        log.read()
    assert log.asked_for() == ["6"]
    log.redis.delete(IN_DOUBT)
    arrives(commented(7), ago=1)
    log.read()
    assert log.asked_for() == []


def test_a_log_that_was_never_read_is_read_as_far_as_it_reaches(log: Log) -> None:
    log.miss(*[labeled(number) for number in (1, 2)], ago=3 * 86_400 - 60)
    log.miss(*[("star.created", delivery("created"))] * 150, ago=HOUR)
    log.read()
    assert log.asked_for() == ["1", "2"]


def test_an_entry_that_appears_late_is_taken_in(log: Log) -> None:
    log.miss(labeled(1), ago=1)
    log.read()
    log.miss(labeled(2), ago=30)
    log.read()
    assert log.asked_for() == ["1", "2"]
    # Minutes late: found with the next thorough look.
    log.miss(labeled(3), ago=300)
    log.read()
    assert log.asked_for() == []
    log.redis.delete(deliveries.GLANCE)
    log.read()
    assert log.asked_for() == ["3"]


def test_where_nothing_arrives_what_was_answered_counts_too(log: Log) -> None:
    log.miss(labeled(1))
    with log.hub.state.lock:
        log.hub.state.deliveries.log[-1].status_code = 200
    log.read()
    assert log.asked_for() == []
    log.read(pull_deliveries=True)
    assert log.asked_for() == ["1"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *(("/app/hook/deliveries$", status) for status in (500, 401, 403, 422, 429)),
        *((r"/app/hook/deliveries/\d+$", status) for status in (500, 401, 429)),
    ],
)
def test_what_github_refuses_is_read_later_and_not_at_once(log: Log, path: str, status: int) -> None:
    log.miss(labeled(1), labeled(2))
    limit = {
        "headers": {"Retry-After": "30"},
        "body": {"message": "You have exceeded a secondary rate limit."},
    }
    log.hub.fail(path=path, answer=status, times=3, **(limit if status == 429 else {}))
    log.read()
    assert len(log.calls()) <= 4
    # Told to wait, it does not even ask.
    log.read()
    assert log.calls() == []
    assert 0 < log.redis.ttl(CLOSED) <= 60
    log.redis.delete(CLOSED)
    log.hub.control("DELETE", "faults")
    log.read()
    assert log.asked_for() == ["1", "2"]


def test_a_payload_that_cannot_be_read_is_dropped_and_named_and_the_others_are_taken_in(
    log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    log.miss(("issues.labeled", {"action": "labeled"}), labeled(2))
    log.read()
    assert log.asked_for() == ["2"]
    assert "is dropped: issues.labeled: label is missing" in caplog.text
    assert log.redis.llen(WAITING) == 0


def test_the_end_of_the_jobs_time_ends_the_reading_and_drops_nothing(log: Log) -> None:
    log.miss(labeled(1), labeled(2))
    log.hub.fail(path=r"/app/hook/deliveries/\d+$", answer="timeout", delay=4)
    with UnixSignalDeathPenalty(1, JobTimeoutException):
        log.read()
    assert log.asked_for() == []
    assert log.redis.hlen(deliveries.ATTEMPTS) == 0
    log.redis.delete(CLOSED)
    log.read()
    assert sorted(log.asked_for()) == ["1", "2"]


def test_a_payload_that_has_left_the_log_is_dropped(log: Log) -> None:
    log.miss(labeled(1), labeled(2))
    log.hub.fail(path=r"/app/hook/deliveries/\d+$", answer=404)
    log.read()
    assert log.asked_for() == ["2"]
    assert log.redis.llen(WAITING) == 0


class Died(BaseException):
    """Stands for the process' end: nothing of ours catches it."""


@pytest.mark.parametrize("at", range(20))
def test_a_death_anywhere_loses_nothing(log: Log, at: int) -> None:
    """The process ends at the nth command to Redis; the next reading finishes the work."""
    log.miss(labeled(1), labeled(2), labeled(3))
    commands = 0
    send = log.redis.connection_pool.get_connection

    def count(*args: Any, **kwargs: Any) -> Any:
        nonlocal commands
        commands += 1
        if commands == at + 1:
            raise Died
        return send(*args, **kwargs)

    log.redis.connection_pool.get_connection = count  # type: ignore[method-assign]
    try:
        log.read()
    except Died:
        pass
    finally:
        log.redis.connection_pool.get_connection = send  # type: ignore[method-assign]
    before = log.asked_for()
    log.read()
    assert sorted({*before, *log.asked_for()}) == ["1", "2", "3"]
    assert log.redis.llen(WAITING) == 0
