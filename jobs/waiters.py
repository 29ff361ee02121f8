"""Waiters: which tickets wait for which issue, remembered in Redis so that a closed one calls them at once.

Only a hint: what is forgotten here is found by the sweep, which looks at every ticket that waits for others.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from redis import Redis

from jobs.ticket.dependencies import Reference
from jobs.ticket.request import Ticket

KEPT = timedelta(hours=1)
"""Six sweeps, each of which renews it."""


def remember(redis: Redis, waiting: Ticket, issues: Iterable[Reference]) -> None:
    """The ticket waits for these issues: it is called when one is closed, reopened, or worked on no more."""
    with redis.pipeline(transaction=False) as together:
        for issue in issues:
            key = _key(replace(waiting, repository=issue.repository, number=issue.number))
            together.sadd(key, waiting.key)
            together.expire(key, KEPT)
        together.execute()


def waiters(redis: Redis, issue: Ticket) -> list[Ticket]:
    """The tickets that wait for it, or did some time ago."""
    found: Any = redis.smembers(_key(issue))
    return sorted(Ticket.parse(key.decode()) for key in found)


def _key(issue: Ticket) -> str:
    # People may write a repository's name as they like.
    return f"waiters:{issue.key.lower()}"
