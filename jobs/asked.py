"""Asked: what GitHub has just said people may do goes along when a ticket passes on to a coding worker.

Whoever causes work is asked for each time anew. The coding worker goes on with what the other has seen, for the same
causes, so it need not ask the same once more, unless it comes late: then somebody may have lost the right.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from redis import Redis

from jobs.ticket.request import Ticket

COUNTS_FOR = timedelta(minutes=1)
"""After it was passed on."""


class Asked:
    """One ticket's answers on their way. Used under its lease."""

    def __init__(self, redis: Redis, ticket: Ticket) -> None:
        self._redis = redis
        self._key = f"asked:{ticket.key}"

    def pass_on(self, permissions: Mapping[str, str]) -> None:
        """Leave them, login → permission, for whoever looks next."""
        self._redis.set(self._key, json.dumps(dict(permissions)), ex=COUNTS_FOR)

    def take(self) -> dict[str, str]:
        """What was left, once; empty after a minute."""
        found: Any = self._redis.get(self._key)
        self._redis.delete(self._key)
        return dict(json.loads(found)) if found else {}
