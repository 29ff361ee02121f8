"""Pauses grow while trouble lasts, each kind's by itself, also where several kinds take turns."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from jobs import pauses
from jobs.git.errors import failure
from jobs.github.errors import Unanswered, Uncertain
from jobs.ticket.request import Ticket

TICKET = Ticket(17, "acme/shop", 12)
FIRST = pauses.UNCERTAIN_FOR
COMMENT = "/repos/acme/shop/issues/comments"


def git_away(after: str) -> Exception:
    return failure(
        ("fetch",),
        f"fatal: unable to access 'https://x/': Failed to connect to x after {after}",
        "x/acme/shop",
    )


def test_troubles_that_take_turns_double_the_pause_as_one_that_stays(redis: Redis) -> None:
    taken = [pauses.pause(redis, TICKET, trouble) for trouble in ("a", "b") * 3]
    assert taken == [FIRST, FIRST, 2 * FIRST, 2 * FIRST, 4 * FIRST, 4 * FIRST]


def test_a_new_trouble_begins_anew_and_each_ticket_has_its_own(redis: Redis) -> None:
    assert [pauses.pause(redis, TICKET, "a") for _ in range(3)] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert pauses.pause(redis, TICKET, "b") == FIRST
    assert pauses.pause(redis, Ticket(17, "acme/shop", 13), "a") == FIRST


def test_pauses_do_not_grow_for_ever_and_are_forgotten_when_all_is_well(redis: Redis) -> None:
    pauses.pause(redis, TICKET, "y")
    for _ in range(40):
        longest = pauses.pause(redis, TICKET, "x")
    assert longest == pauses.LONGEST == timedelta(minutes=10)
    pauses.forget(redis, TICKET)
    assert [pauses.pause(redis, TICKET, trouble) for trouble in "xy"] == [FIRST, FIRST]


@pytest.mark.parametrize(
    ("once", "again"),
    [
        (git_away("131 ms: Couldn't connect"), git_away("75002 ms: Timeout was reached")),
        (Unanswered(datetime.now(UTC), "GET /a: 502"), Unanswered(datetime.now(UTC), "GET /b: 504")),
        (Uncertain(f"PATCH {COMMENT}/41: 502"), Uncertain(f"PATCH {COMMENT}/42: ReadTimeout('timed out')")),
    ],
    ids=["git", "reads", "a write"],
)
def test_the_same_kind_of_trouble_is_known_whatever_it_says(once: Exception, again: Exception) -> None:
    assert pauses.kind(once) == pauses.kind(again)


def test_another_write_is_another_trouble() -> None:
    # Which the ticket gets to only when the first has gone well.
    assert pauses.kind(Uncertain(f"PATCH {COMMENT}/41: 502")) != pauses.kind(
        Uncertain("changeLabels: timed out")
    )
