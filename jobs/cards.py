"""Cards: who moved a ticket's card, kept in Redis until the ticket's record tells what came of it.

Only the webhook says who it was, so a look at GitHub cannot take its place as with labels and comments.
"""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from redis import Redis

from jobs.freshness import LAG
from jobs.github.app import App
from jobs.github.errors import GitHubError, Gone
from jobs.queue import Queue
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.request import CardMoved, Reconcile, Ticket

KEPT = timedelta(days=3)
"""As far back as GitHub remembers its deliveries."""

log = logging.getLogger("autocode")


class Heard(NamedTuple):
    """A move, and when we heard of it, by our clock."""

    moved: CardMoved
    at: datetime


class Moves:
    """The moves of one ticket's cards that nobody has dealt with, oldest first. Used under the ticket's lease."""

    def __init__(self, redis: Redis, ticket: Ticket) -> None:
        self._redis = redis
        self._key = f"moves:{ticket.key}"
        self._taken = 0

    def add(self, moved: CardMoved, now: datetime) -> None:
        """Keep one more; this alone needs no lease."""
        with self._redis.pipeline() as together:
            together.rpush(self._key, json.dumps([moved.key, now.timestamp()]))
            together.expire(self._key, KEPT)
            together.execute()

    def waiting(self) -> list[Heard]:
        """Those that were not taken."""
        found: Any = self._redis.lrange(self._key, self._taken, -1)
        rows = map(json.loads, found)
        return [Heard(CardMoved.parse(key), datetime.fromtimestamp(at, UTC)) for key, at in rows]

    def due(self) -> datetime | None:
        """When GitHub must show the oldest of them; None when there is none."""
        waiting = self.waiting()
        return waiting[0].at + LAG if waiting else None

    def take(self) -> None:
        """The oldest of them is dealt with. Until `settle` a worker's death brings this one back."""
        self._taken += 1

    def settle(self) -> None:
        """Forget those that were taken: nothing was to be done, or the record tells of it."""
        if self._taken:
            self._redis.ltrim(self._key, self._taken, -1)
            self._taken = 0


def take_in(app: App, redis: Redis, queue: Queue, moved: CardMoved, now: datetime) -> None:
    """Find out whose card it is, keep who moved it, and ask for that ticket."""
    try:
        ticket = app.ticket_of(moved)
    except Gone as gone:
        if moved.is_asked_again:
            log.info("card %s is none of ours: %s", moved.item, gone)
        else:
            # The copy that answered may not know of it yet.
            queue.request_at(replace(moved, is_asked_again=True), now + LAG)
    except Later as later:
        queue.request_at(moved, later.until)
    except (TellPeople, GitHubError) as error:
        log.warning("card %s: %s", moved.item, error)
    else:
        if ticket is None:
            log.info("card %s is none of ours: no ticket, not to be seen, or of another account", moved.item)
            return
        Moves(redis, ticket).add(moved, now)
        # What must show first is kept, and asked for at its time.
        queue.request(Reconcile(ticket, why=f"@{moved.sender} moved its card", is_news=False))
