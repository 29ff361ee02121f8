"""Pauses: how long a ticket that could not be finished is left alone before it is looked at again."""

import hashlib
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


def pause(redis: Redis, ticket: Ticket, trouble: str) -> timedelta:
    """After the nth time in a row of the same trouble, of which nobody knows how long it lasts: `UNCERTAIN_FOR`, twice
    that, … Another trouble than last time begins anew: the ticket has got further."""
    key, name = _key(ticket), hashlib.sha256(trouble.encode()).hexdigest()[:16]
    count = int(redis.hincrby(key, name, 1))
    if count == 1:
        redis.delete(key)
        redis.hset(key, name, 1)
    redis.expire(key, KEPT)
    return doubled(UNCERTAIN_FOR, count)


def doubled(first: timedelta, count: int) -> timedelta:
    """The `count`th pause, where the first takes `first`."""
    return min(first * (1 << min(count - 1, 20)), LONGEST)


def forget(redis: Redis, ticket: Ticket) -> None:
    """All is well."""
    redis.delete(_key(ticket))


def _key(ticket: Ticket) -> str:
    return f"unsure:{ticket.key}"
