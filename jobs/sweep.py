"""Sweep: asks for the tickets on which something has happened that no finished look has seen.

What a ticket looked like when it was asked for is kept in Redis, 8 bytes each, marked until a look that began later has
come to its end. So a ticket is let alone only when such a look is known: what was asked for in vain, because a worker
died or GitHub answered with an error, is asked for again. With Redis emptied everything is asked for.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from jobs import pauses
from jobs.github.app import Account, App
from jobs.github.errors import GitHubError, Gone, Unanswered
from jobs.github.listing import Found
from jobs.github.quota import Quota
from jobs.queue import Queue
from jobs.settings import Settings
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.request import Reconcile, Sweep, Ticket

KEPT_FOR = timedelta(days=1)
"""After the last sweep of an installation."""
AGAIN = timedelta(minutes=1)
"""After a sweep that failed for another reason than GitHub's limits, for the first time."""
SOONEST = timedelta(seconds=1)
ASKED = b"?"
"""Stands before a fingerprint as long as no look is known to have finished since."""

# KEYS: fingerprints. ARGV: ticket, what its entry was when the look began. Another sweep may have seen more since.
FINISH = """
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then
  redis.call('HSET', KEYS[1], ARGV[1], string.sub(ARGV[2], 2))
end
"""

log = logging.getLogger("autocode")


class Fingerprints:
    """Of the tickets of one installation."""

    def __init__(self, redis: Redis, installation: int) -> None:
        self._redis = redis
        self._key = f"autocode:seen:{installation}"

    def asked(self, ticket: Ticket) -> bytes | None:
        """To be called before a look begins: what `finish` has to know."""
        entry: Any = self._redis.hget(self._key, _name(ticket))
        return entry if entry and entry.startswith(ASKED) else None

    def finish(self, ticket: Ticket, asked: bytes | None) -> None:
        """The look that began then has come to its end."""
        if asked:
            self._redis.eval(FINISH, 1, self._key, _name(ticket), asked)

    def ask(self, found: Found) -> None:
        """The ticket is about to be asked for."""
        if found.fingerprint:
            self._redis.hset(self._key, _name(found.ticket), ASKED + found.fingerprint)

    def all(self) -> dict[bytes, bytes]:
        """Every entry by its ticket's name."""
        entries: Any = self._redis.hgetall(self._key)
        return dict(entries)

    def keep(self, names: set[bytes], known: set[bytes]) -> None:
        """Forget those known that are not in `names`."""
        if gone := known - names:
            self._redis.hdel(self._key, *gone)
        self._redis.expire(self._key, KEPT_FOR)


def sweep(
    settings: Settings,
    redis: Redis,
    queue: Queue,
    quota_of: Callable[[int], Quota],
    clock: Callable[[], datetime],
    installation: int | None,
) -> None:
    """Ask for the tickets of one installation, or for a sweep of each. What fails comes again soon, alone."""
    try:
        with App(settings, clock, quota_of) as app:
            if installation is None:
                for account in app.installations():
                    queue.request(Sweep(account.installation, why="sweep of all"))
            else:
                account, fingerprints = app.account(installation), Fingerprints(redis, installation)
                _sweep(app, account, fingerprints, queue, clock())
    except Exception as error:
        if installation and isinstance(error, Gone):
            log.warning("installation %s: %s", installation, error)
            return
        # Whatever it is, its own time limit too: RQ would only run it again at once, before all others.
        is_expected = isinstance(error, Later | TellPeople | GitHubError)
        log.warning("no sweep of %s: %s", installation or "all", error, exc_info=not is_expected)
        _put_off(redis, queue, installation, error, clock())
        return
    redis.delete(_failures(installation))


def _put_off(redis: Redis, queue: Queue, installation: int | None, error: Exception, now: datetime) -> None:
    """Until GitHub said, else for twice as long each time until the sweep of all is sooner; their list for `AGAIN`."""
    if isinstance(error, Later) and not isinstance(error, Unanswered):
        queue.request_sweep_at(installation, max(error.until, now + SOONEST))
        return
    counts = redis.pipeline()
    counts.incr(_failures(installation))
    counts.expire(_failures(installation), pauses.KEPT)
    pause = pauses.doubled(AGAIN, int(counts.execute()[0])) if installation else AGAIN
    if pause < pauses.LONGEST:
        queue.request_sweep_at(installation, now + pause)


def _failures(installation: int | None) -> str:
    """Where it is counted how often its sweep has failed in a row."""
    return f"autocode:sweep-failures:{installation or 0}"


def _sweep(app: App, account: Account, fingerprints: Fingerprints, queue: Queue, now: datetime) -> None:
    known, names, asked = fingerprints.all(), set[bytes](), 0
    for found in app.open_tickets(account):
        name = _name(found.ticket)
        if name not in names and _is_news(found, known.get(name), queue, now):
            # In this order: who dies in between has asked for nothing, and the next sweep sees that.
            fingerprints.ask(found)
            queue.request(Reconcile(found.ticket, why="sweep", is_news=False))
            asked += 1
        names.add(name)
    fingerprints.keep(names, set(known))
    log.info("sweep of %s: %d tickets, %d of them asked for", account.installation, len(names), asked)


def _is_news(found: Found, entry: bytes | None, queue: Queue, now: datetime) -> bool:
    """Whether nobody has looked since, or is going to."""
    if found.fingerprint is not None and entry == found.fingerprint:
        return False
    later = queue.put_off_until(found.ticket)
    if later is None:
        return True
    # One that waits for its turn will be looked at, whatever has happened to it; so will one that was asked for.
    is_asked = found.fingerprint is not None and entry == ASKED + found.fingerprint
    return later > now and not is_asked


def _name(ticket: Ticket) -> bytes:
    return f"{ticket.repository}#{ticket.number}".encode()
