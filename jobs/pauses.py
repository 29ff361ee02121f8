"""Pauses: how long a ticket that could not be finished is left alone before it is looked at again."""

import re
from datetime import timedelta

from redis import Redis

from jobs.freshness import SHOWN_AFTER
from jobs.git.errors import GitUnreachable
from jobs.github.errors import Unanswered
from jobs.ticket.request import Ticket

UNCERTAIN_FOR = SHOWN_AFTER
"""After a write whose outcome is unknown: observe again then, and find out. After an outage as well."""
FAILURE_PAUSE = timedelta(seconds=5)
LONGEST = timedelta(minutes=10)
"""Pauses double up to this."""
KEPT = timedelta(hours=1)
"""The counts, after the last trouble."""


def pause(redis: Redis, ticket: Ticket, trouble: str) -> timedelta:
    """After the nth trouble of this kind, of which nobody knows how long it lasts: `UNCERTAIN_FOR`, twice that, …

    Every kind is counted by itself, until `forget`: troubles that take turns grow like one that stays, and a ticket
    that has got further and meets a new one begins anew with it.
    """
    counts = redis.pipeline()
    counts.hincrby(_key(ticket), trouble, 1)
    counts.expire(_key(ticket), KEPT)
    return doubled(UNCERTAIN_FOR, int(counts.execute()[0]))


def kind(error: Exception) -> str:
    """What is counted as one trouble: an outage whichever call it strikes, a write whatever became of it."""
    if isinstance(error, Unanswered):
        return "GitHub is away"
    if isinstance(error, GitUnreachable):
        return "git is away"
    call, _, _ = str(error).partition(": ")
    return "uncertain: " + re.sub(r"\d+", "…", call)


def doubled(first: timedelta, count: int) -> timedelta:
    """The `count`th pause, where the first takes `first`."""
    return min(first * (1 << min(count - 1, 20)), LONGEST)


def forget(redis: Redis, ticket: Ticket) -> None:
    """All is well."""
    redis.delete(_key(ticket))


def _key(ticket: Ticket) -> str:
    return f"unsure:{ticket.key}"
