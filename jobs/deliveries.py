"""Deliveries: reads GitHub's log of what it sent to the App, and takes in what never arrived.

The promise: whatever the log shows is asked for, or is covered by a sweep that was asked for, and what was asked for is
not fetched again. A reading has two halves, and between them stands Redis:

1. `_note`: the log's entries that are new to us become requests, or ids in the list WAITING. Only together with these
   is it remembered how far the log was read (PLACE, and the guids TAKEN near it): a death before that means reading
   again, a death after it loses nothing.
2. `_take_in`: payloads of WAITING become requests, each ticket's once, in the order of tickets. An id is struck out
   only when its request is in the queue.

What it costs, in calls: one for every 100 entries since the last reading, at least one and at most MOST_PAGES; one for
each payload, at most MOST_PAYLOADS; and a sweep of every installation that has missed more than that.

Two readings at once do each other's work and no harm. Times are compared with GitHub's own only.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from jobs.github.app import App
from jobs.github.errors import GitHubError, Gone
from jobs.queue import Queue
from jobs.settings import Settings
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.missed import Delivery, missed, plan
from jobs.ticket.request import Reconcile, Request, Sweep
from jobs.ticket.rules import Unreadable, asked

MOST_PAGES = 60
"""Pages of 100 entries in one reading; what lies further back is left to a sweep of everything."""
MOST_PAYLOADS = 100
"""Payloads in one reading; an installation that has missed more is swept."""
LOOK_BACK = timedelta(minutes=10)
"""How late an entry may appear: some minutes, as GitHub says.
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/troubleshooting-webhooks"""
GLANCE_BACK = timedelta(seconds=40)
"""How far back is looked in between: GitHub waits 10 seconds for an answer, an Enterprise Server 30."""
THOROUGH_EVERY = timedelta(seconds=50)
"""Between two looks so far back: a busy App's ten minutes are many pages."""
PAUSE = timedelta(minutes=1)
"""After GitHub refused for another reason than its limits."""

PLACE = "autocode:deliveries:place"
"""The time of the newest entry that was read."""
TAKEN = "autocode:deliveries:taken"
"""Sorted set: guid of what was taken in → when it was delivered; as far as we look back."""
WAITING = "autocode:deliveries:waiting"
"""List: ids of deliveries whose payloads are still to be fetched."""
GLANCE = "autocode:deliveries:glance"
"""Lives for as long as no thorough look is due."""
CLOSED = "autocode:deliveries:closed"
"""Lives for as long as GitHub is not to be asked."""

log = logging.getLogger("autocode")


class Reader:
    """One reading of the log."""

    def __init__(self, settings: Settings, redis: Redis, queue: Queue, app: App) -> None:
        self._settings = settings
        self._redis = redis
        self._queue = queue
        self._app = app

    def note(self) -> None:
        """Note what is new in the log, then how far it was read."""
        place: Any = self._redis.get(PLACE)
        newest = datetime.fromisoformat(place.decode()) if place else None
        is_thorough = not self._redis.exists(GLANCE)
        entries = self._entries(newest and newest - (LOOK_BACK if is_thorough else GLANCE_BACK))
        guids: list[Any] = self._redis.zrange(TAKEN, 0, -1)
        taken = {guid.decode() for guid in guids}
        found = missed(entries, taken, is_only_source=self._settings.pull_deliveries)
        made = plan(found, self._settings.app_id, MOST_PAYLOADS)
        for request in made.requests:
            self._queue.request(request)
        if entries:
            seen = max(entry.at for entry in entries)
            self._remember(max(seen, newest or seen), found, made.payloads, is_thorough)
        if found:
            log.info(
                "%d missed deliveries: %d payloads, %d sweeps",
                len(found),
                len(made.payloads),
                len(made.requests),
            )

    def take_in(self) -> None:
        """Ask for what the next payloads are about. Whatever stops it, those that were fetched count."""
        requests: set[Request] = set()
        done: list[int] = []
        try:
            for number in map(int, self._redis.lrange(WAITING, 0, MOST_PAYLOADS - 1)):
                try:
                    requests |= self._requested_by(number)
                except (Later, GitHubError):
                    # The others need not wait for this one: to the end of the list.
                    done.append(number)
                    self._redis.rpush(WAITING, number)
                    raise
                done.append(number)
        finally:
            self._ask(requests)
            for number in done:
                # From the head: what was put to the end stays.
                self._redis.lrem(WAITING, 1, str(number))

    def _entries(self, since: datetime | None) -> list[Delivery]:
        """The log's entries back to that time, newest first."""
        entries: list[Delivery] = []
        for count, page in enumerate(self._app.deliveries(), start=1):
            entries += page
            if since is not None and (not page or page[-1].at < since):
                break
            if count == MOST_PAGES:
                log.warning("the delivery log goes back further than %d entries; sweeping", len(entries))
                self._queue.request_sweep()
                break
        return [entry for entry in entries if since is None or entry.at >= since]

    def _remember(
        self, newest: datetime, found: list[Delivery], payloads: list[int], is_thorough: bool
    ) -> None:
        """All at once: what is to be fetched, what was taken in, and how far the log was read."""
        with self._redis.pipeline(transaction=True) as together:
            if payloads:
                together.rpush(WAITING, *payloads)
            if found:
                together.zadd(TAKEN, {entry.guid: entry.at.timestamp() for entry in found})
            together.zremrangebyscore(TAKEN, "-inf", f"({(newest - LOOK_BACK).timestamp()}")
            together.set(PLACE, newest.isoformat())
            if is_thorough:
                together.set(GLANCE, 1, ex=THOROUGH_EVERY)
            together.execute()

    def _requested_by(self, number: int) -> set[Request]:
        """What the payload of one delivery asks for, if anything; what cannot be read is said and dropped."""
        try:
            event, payload = self._app.payload(number)
            if not isinstance(payload, dict):
                raise Unreadable(f"its payload is {type(payload).__name__}, an object was expected")
            request, why = asked(event, payload, self._settings.app_id)
        except Gone:
            log.warning("delivery %d is not in GitHub's log any more; the next sweep sees its ticket", number)
            return set()
        except Unreadable as error:
            log.warning("delivery %d is dropped: %s", number, error)
            return set()
        log.info("delivery %d: %s", number, why)
        return {request} if request else set()

    def _ask(self, requests: set[Request]) -> None:
        """Each installation and each ticket once, tickets in order."""
        for installation in sorted({one.installation for one in requests if isinstance(one, Sweep)}):
            self._queue.request(Sweep(installation, why="missed deliveries"))
        for ticket in sorted({one.ticket for one in requests if isinstance(one, Reconcile)}):
            self._queue.request(Reconcile(ticket, why="missed deliveries"))


def read(settings: Settings, redis: Redis, queue: Queue, clock: Callable[[], datetime]) -> None:
    """Read the log once, unless GitHub asked to wait; what GitHub refuses is left to a later reading."""
    if redis.exists(CLOSED):
        return
    with App(settings, clock) as app:
        reader = Reader(settings, redis, queue, app)
        try:
            reader.note()
            reader.take_in()
        except (Later, TellPeople, GitHubError) as error:
            log.warning("GitHub's delivery log: %s", error)
            wait = error.until - clock() if isinstance(error, Later) else PAUSE
            redis.set(CLOSED, 1, px=max(wait, timedelta(seconds=1)))
