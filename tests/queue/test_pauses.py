"""Pauses grow while the same trouble lasts, and begin anew with another one."""

from datetime import timedelta

from redis import Redis

from jobs import pauses
from jobs.ticket.request import Ticket

TICKET = Ticket(17, "acme/shop", 12)


def test_the_same_trouble_doubles_the_pause_and_another_begins_anew(redis: Redis) -> None:
    first = pauses.UNCERTAIN_FOR
    assert [pauses.pause(redis, TICKET, "PATCH /a: 502") for _ in range(3)] == [first, 2 * first, 4 * first]
    assert pauses.pause(redis, TICKET, "POST /b: 502") == first
    assert pauses.pause(redis, TICKET, "PATCH /a: 502") == first


def test_pauses_do_not_grow_for_ever_and_are_forgotten_when_all_is_well(redis: Redis) -> None:
    for _ in range(40):
        longest = pauses.pause(redis, TICKET, "x")
    assert longest == pauses.LONGEST == timedelta(minutes=10)
    pauses.forget(redis, TICKET)
    assert pauses.pause(redis, TICKET, "x") == pauses.UNCERTAIN_FOR
