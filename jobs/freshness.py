"""Freshness: whether an answer of GitHub's may be older than what we know of the ticket. Remembered in Redis.

GitHub reads from copies that lag behind its writes, and a webhook may come before they have caught up. Three kinds of
things can be hidden by that, and each is noticed in its own way:

- what a record tells of: the record carries a sequence number, and Redis knows the newest one;
- what was written after the last record (the worker died before it could record it, or the answer was lost): Redis
  knows when that was, and for some seconds nobody looks;
- what others have done: the ticket is looked at once more when some seconds have passed since we heard of it.

If Redis was emptied, nobody knows what was written before; so for some seconds only tickets that have begun since then
are looked at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis import Redis

from jobs.lease import Lease
from jobs.ticket.errors import Later
from jobs.ticket.observation import Observation
from jobs.ticket.record import Record
from jobs.ticket.request import Ticket

LAG = timedelta(seconds=5)
"""How old a state GitHub may answer with."""
SHOWN_AFTER = LAG + timedelta(seconds=1)
"""A write shows in every answer, or has not happened: the lag, and the time it takes to be carried out."""
RETRY = timedelta(seconds=2)
"""Before an old answer is asked for again."""
KEPT = 15
"""Seconds that Redis remembers the writes of a ticket."""
SINCE = "autocode:since"
"""When Redis was found empty: nothing from before is remembered. In seconds since 1970."""


class Freshness:
    """What Redis knows of one ticket's newest writes."""

    def __init__(self, redis: Redis, ticket: Ticket, clock: Callable[[], datetime]) -> None:
        self._redis = redis
        self._clock = clock
        self._sequence = f"sequence:{ticket.key}"
        self._unrecorded = f"unrecorded:{ticket.key}"

    def write_begins(self) -> None:
        """Something is about to be written to GitHub, or may have been just now; no record tells of it yet."""
        self._redis.set(self._unrecorded, self._clock().timestamp(), ex=KEPT)

    def recorded(self, sequence: int) -> None:
        """The record with this sequence number is on GitHub; it tells of everything that was written before."""
        with self._redis.pipeline() as pipeline:
            pipeline.set(self._sequence, sequence, ex=KEPT)
            pipeline.delete(self._unrecorded)
            pipeline.execute()

    def check(self, observation: Observation, record: Record | None) -> None:
        """Later if something that we know of, or may have done, can be missing in this observation.

        A status comment without a valid record is no older state: somebody changed it.
        """
        is_forged = record is None and observation.status_comment is not None
        newest, unrecorded, since = self._redis.mget(self._sequence, self._unrecorded, SINCE)
        if not is_forged and newest is not None and int(newest) > (record.sequence if record else 0):
            raise Later(self._clock() + RETRY, "GitHub answered with a state older than our last write")
        if unrecorded is not None:
            _wait(observation, _time(unrecorded) + SHOWN_AFTER, "our last write may not show yet")
        begun = _time(since) if since is not None else remember_since(self._redis, self._clock())
        if observation.trigger is None or observation.trigger.at < begun:
            _wait(observation, begun + LAG, "Redis was emptied, so what was just written may not show yet")


@dataclass(frozen=True)
class Guard:
    """What is asked directly before each write."""

    lease: Lease
    freshness: Freshness

    def check(self) -> None:
        """LeaseLost unless the ticket is still ours. That something is written is known before it is."""
        self.freshness.write_begins()
        self.lease.check()


def remember_since(redis: Redis, now: datetime) -> datetime:
    """Since when Redis has not been emptied: `now`, if it just was or is new. Workers ask this when they start."""
    redis.set(SINCE, now.timestamp(), nx=True)
    since = redis.get(SINCE)
    return now if since is None else _time(since)


def _wait(observation: Observation, until: datetime, why: str) -> None:
    if observation.now < until:
        raise Later(until, why)


def _time(text: bytes | str) -> datetime:
    return datetime.fromtimestamp(float(text), UTC)
