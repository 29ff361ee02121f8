"""Presses: who pressed which button of our check run, kept in Redis until the ticket's record tells what came of it.

Only the webhook says so: a look at GitHub shows no button that was pressed.
"""

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from redis import Redis

from jobs.ticket.request import Press, Ticket

KEPT = timedelta(days=1)


class Presses:
    """The presses of one ticket's buttons that nobody has dealt with, oldest first."""

    def __init__(self, redis: Redis, ticket: Ticket) -> None:
        self._redis = redis
        self._key = f"autocode:presses:{ticket.key}"
        self._taken: list[Press] = []

    def add(self, press: Press) -> None:
        """Keep one more; this alone needs no lease."""
        with self._redis.pipeline() as together:
            together.rpush(self._key, json.dumps(asdict(press)))
            together.expire(self._key, KEPT)
            together.execute()

    def waiting(self) -> list[Press]:
        """Those that were not taken. The same one, delivered again, is one."""
        found: Any = self._redis.lrange(self._key, 0, -1)
        presses = dict.fromkeys(Press(**json.loads(press)) for press in found)
        return [press for press in presses if press not in self._taken]

    def take(self, press: Press) -> None:
        """It is dealt with. Until `settle` a worker's death brings it back."""
        self._taken.append(press)

    def settle(self) -> None:
        """Forget those that were taken: nothing was to be done, or the record tells of it."""
        for press in self._taken:
            self._redis.lrem(self._key, 0, json.dumps(asdict(press)))
        self._taken.clear()
