"""Pauses: how long a ticket that could not be finished is left alone before it is looked at again."""

from datetime import timedelta

from redis import Redis

from jobs.freshness import SHOWN_AFTER
from jobs.ticket.request import Ticket

UNCERTAIN_FOR = SHOWN_AFTER
"""After a write whose outcome is unknown: observe again then, and find out. After an outage as well."""
FAILURE_PAUSE = timedelta(seconds=5)
LONGEST = timedelta(minutes=10)
"""Pauses double up to this."""
KEPT = timedelta(hours=1)


def pause(redis: Redis, ticket: Ticket) -> timedelta:
    """After the nth trouble in a row of which nobody knows how long it lasts: `UNCERTAIN_FOR`, twice that, …"""
    count = int(redis.incr(_key(ticket)))
    redis.expire(_key(ticket), KEPT)
    return doubled(UNCERTAIN_FOR, count)


def doubled(first: timedelta, count: int) -> timedelta:
    """The `count`th pause, where the first takes `first`."""
    return min(first * (1 << min(count - 1, 20)), LONGEST)


def forget(redis: Redis, ticket: Ticket) -> None:
    """All is well."""
    redis.delete(_key(ticket))


def _key(ticket: Ticket) -> str:
    return f"unsure:{ticket.key}"
