"""Unsaid: comments on an issue that GitHub refused, kept in Redis until they are there: no step writes them again."""

from datetime import timedelta
from typing import Any

from redis import Redis

from jobs.ticket.request import Ticket

KEPT = timedelta(days=7)


class Unsaid:
    """What people of one ticket are still to be told, oldest first."""

    def __init__(self, redis: Redis, ticket: Ticket) -> None:
        self._redis = redis
        self._key = f"unsaid:{ticket.key}"

    def keep(self, body: str) -> None:
        """One more; the record tells of it already."""
        self._redis.rpush(self._key, body)
        self._redis.expire(self._key, KEPT)

    def waiting(self) -> list[str]:
        """Whole comments, each of which begins with a line that names it."""
        found: Any = self._redis.lrange(self._key, 0, -1)
        return [body.decode() for body in found]

    def drop(self, body: str) -> None:
        """It is on GitHub."""
        self._redis.lrem(self._key, 0, body)
