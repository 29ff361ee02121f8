"""Poison: counts how many runs of a ticket in a row broke or died, so that one that always does is set aside."""

from datetime import UTC, datetime, timedelta

from redis import Redis

from jobs.ticket.request import Ticket

MOST = 3
"""After so many bad runs in a row the ticket is set aside, with an apology."""
BLIND = MOST + 2
"""After so many its record is not read any more to set it aside: reading it may be what breaks."""
ASIDE_FOR = timedelta(days=1)
"""How long a ticket that was set aside is not looked at, unless somebody does something to it."""
KEPT = timedelta(days=1)
"""Since the last run began; bad runs that lie further apart are not in a row."""


class BadRuns:
    """The bad runs of one ticket since somebody last got any further with it, seen from one run.

    A run counts from its beginning, because a dead one cannot say so any more, whether it died alone or with its
    whole machine. Whoever comes to an orderly end takes itself out. What is kept are fencing numbers, so that a
    command that is sent twice counts once.
    """

    def __init__(self, redis: Redis, ticket: Ticket, fence: int) -> None:
        self.fence = fence
        self._redis, self._key = redis, f"badruns:{ticket.key}"
        self._aside = f"aside:{ticket.key}"

    def begin(self) -> None:
        """This run counts, until it says otherwise."""
        self._redis.sadd(self._key, self.fence)
        self._redis.expire(self._key, KEPT)

    def before(self) -> int:
        """How many there were before this one."""
        return int(self._redis.scard(self._key)) - int(self._redis.sismember(self._key, str(self.fence)))

    def progress(self) -> None:
        """Something was achieved that the next run need not do again: those before this one do not count any more."""
        with self._redis.pipeline() as pipeline:
            pipeline.delete(self._key, self._aside)
            pipeline.sadd(self._key, self.fence)
            pipeline.expire(self._key, KEPT)
            pipeline.execute()

    def set_aside(self, at: datetime) -> None:
        """People have been told that it cannot go on. Remembered until something is achieved."""
        self._redis.set(self._aside, at.timestamp(), ex=2 * ASIDE_FOR)

    def aside_since(self) -> datetime | None:
        """When it was set aside, or last looked at since; None: it is not set aside."""
        time = self._redis.get(self._aside)
        return None if time is None else datetime.fromtimestamp(float(time), UTC)

    def leave(self) -> None:
        """This run was none."""
        self._redis.srem(self._key, self.fence)

    def forget(self) -> None:
        """All is well."""
        self._redis.delete(self._key, self._aside)
