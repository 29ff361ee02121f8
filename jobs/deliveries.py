"""Deliveries: reads GitHub's log of what it sent to the App, and takes in what never arrived.

The promise: whatever the log shows is asked for, or is covered by a sweep that was asked for, and what was asked for is
not fetched again. A reading has two halves, and between them stands Redis:

1. `note`: the log's entries that are new to us become requests, or ids in the lists WAITING and UNSEEN. Only together
   with these is it remembered how far the log was read (PLACE, and the guids TAKEN near it): a death before that means
   reading again, a death after it loses nothing.
2. `take_in`: payloads of these become requests, each ticket's once, in the order of tickets. An id is struck out only
   when its request is in the queue, or when it has failed MOST_ATTEMPTS times.

What it costs, in calls: one for every 100 entries since the last reading, at least one and at most MOST_PAGES; one for
each payload, at most MOST_PAYLOADS; and a sweep of every installation that has missed more than that. What waits is
bounded too: of each list at most MOST_WAITING. What WAITING has no room for is swept; what UNSEEN has no room for is
comments and merges that no sweep makes good, so the oldest are left, and the log says how many.

A Redis that was started anew or emptied may have forgotten what was answered with 202. A sweep finds that again, but
for what UNSEEN is for: for LOOK_BACK this is taken in although it arrived.

Two readings at once do each other's work and no harm. Times are compared with GitHub's own only.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from redis import Redis
from rq.timeouts import JobTimeoutException

from jobs.github.app import App
from jobs.github.errors import GitHubError, Gone
from jobs.queue import Queue
from jobs.settings import Settings
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.missed import Delivery, Plan, missed, plan
from jobs.ticket.payloads import Unreadable
from jobs.ticket.request import CardMoved, Changed, Inspect, Reconcile, Request, Sweep
from jobs.ticket.rules import asked

MOST_PAGES = 60
"""Pages of 100 entries in one reading; what lies further back is left to a sweep of everything."""
MOST_PAYLOADS = 100
"""Payloads in one reading; an installation that has missed more is swept."""
LOOK_BACK = timedelta(minutes=10)
"""How late an entry may appear: some minutes, as GitHub says.
https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/troubleshooting-webhooks"""
GLANCE_BACK = timedelta(seconds=40)
"""How far back is looked in between: GitHub waits 10 seconds for an answer, an Enterprise Server 30."""
FOR_UNSEEN = 20
"""Payloads of a reading that are kept for what a sweep does not see; labels and checks come first into the others."""
MOST_WAITING = 500
"""Deliveries of each list that wait for a reading to fetch them: the work of five."""
MOST_ATTEMPTS = 3
"""After that a payload that GitHub refuses, or that breaks us, is dropped."""
ATTEMPTS_KEPT = timedelta(hours=1)
"""After the last of all attempts that failed: most ids in it were fetched after all."""
THOROUGH_EVERY = timedelta(seconds=50)
"""Between two looks so far back: a busy App's ten minutes are many pages."""
PAUSE = timedelta(minutes=1)
"""After GitHub refused the log itself for another reason than its limits; a payload closes the door for none."""

PLACE = "autocode:deliveries:place"
"""The time of the newest entry that was read."""
TAKEN = "autocode:deliveries:taken"
"""Sorted set: guid of what was taken in → when it was delivered; as far as we look back."""
WAITING = "autocode:deliveries:waiting"
"""List: ids of deliveries whose payloads are still to be fetched, of what a sweep would see as well."""
UNSEEN = "autocode:deliveries:unseen"
"""List: the same of what no sweep sees, which is mostly comments."""
ATTEMPTS = "autocode:deliveries:attempts"
"""Hash: id → how often its payload failed."""
SERVER = "autocode:deliveries:server"
"""Which start of Redis knows that it may have forgotten something."""
IN_DOUBT = "autocode:deliveries:in-doubt"
"""Lives for as long as an entry from before that start may still appear."""
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
        in_doubt = self._may_have_forgotten()
        is_thorough = not self._redis.exists(GLANCE)
        entries = self._entries(newest and newest - (LOOK_BACK if is_thorough else GLANCE_BACK))
        guids: list[Any] = self._redis.zrange(TAKEN, 0, -1)
        taken = {guid.decode() for guid in guids}
        found = missed(
            entries, taken, is_only_source=self._settings.pull_deliveries, may_have_forgotten=in_doubt
        )
        room = MOST_WAITING - int(self._redis.llen(WAITING))
        made = plan(found, self._settings.app_id, MOST_PAYLOADS, room)
        for request in made.requests:
            self._queue.request(request)
        if entries:
            seen = max(entry.at for entry in entries)
            self._remember(max(seen, newest or seen), found, made, is_thorough)
        if found:
            payloads, sweeps = len(made.payloads) + len(made.unseen), len(made.requests)
            log.info("%d missed deliveries: %d payloads, %d sweeps", len(found), payloads, sweeps)

    def take_in(self) -> None:
        """Ask for what the next payloads are about. Whatever stops it, those that were fetched count."""
        requests: set[Request] = set()
        done: list[tuple[str, int]] = []
        try:
            for waiting, number in self._next():
                try:
                    requests |= self._requested_by(number)
                except (Later, JobTimeoutException):
                    # The others need not wait for this one: to the end of the list.
                    self._redis.rpush(waiting, number)
                    done.append((waiting, number))
                    raise
                except Exception as error:  # noqa: BLE001 whatever is wrong with one, the others go on
                    self._fail(waiting, number, error)
                done.append((waiting, number))
        finally:
            self._ask(requests)
            for waiting, number in done:
                # From the head: what was put to the end stays.
                self._redis.lrem(waiting, 1, str(number))

    def _next(self) -> list[tuple[str, int]]:
        """The payloads of this reading, each with the list it waits in."""
        found: list[Any] = self._redis.lrange(WAITING, 0, MOST_PAYLOADS - 1)
        unseen: list[Any] = self._redis.lrange(UNSEEN, 0, MOST_PAYLOADS - 1)
        unseen = unseen[: max(FOR_UNSEEN, MOST_PAYLOADS - len(found))]
        found = found[: MOST_PAYLOADS - len(unseen)]
        return [(WAITING, int(number)) for number in found] + [(UNSEEN, int(number)) for number in unseen]

    def _fail(self, waiting: str, number: int, error: Exception) -> None:
        """To the end of the list, unless it has been tried often enough."""
        attempts = int(self._redis.hincrby(ATTEMPTS, str(number), 1))
        self._redis.expire(ATTEMPTS, ATTEMPTS_KEPT)
        if attempts < MOST_ATTEMPTS:
            log.warning("delivery %d, attempt %d: %r", number, attempts, error)
            self._redis.rpush(waiting, number)
        else:
            log.error("delivery %d is dropped after %d attempts: %r", number, attempts, error)
            self._redis.hdel(ATTEMPTS, str(number))

    def _may_have_forgotten(self) -> bool:
        """Redis was started anew or emptied, and entries from before that may still appear."""
        run: Any = self._redis.info("server")["run_id"]
        known: Any = self._redis.get(SERVER)
        if known is None or known.decode() != run:
            with self._redis.pipeline(transaction=True) as together:
                together.set(SERVER, run)
                together.set(IN_DOUBT, 1, ex=LOOK_BACK)
                # So that the first look is a thorough one.
                together.delete(GLANCE)
                together.execute()
        return bool(self._redis.exists(IN_DOUBT))

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

    def _remember(self, newest: datetime, found: list[Delivery], made: Plan, is_thorough: bool) -> None:
        """All at once: what is to be fetched, what was taken in, and how far the log was read."""
        left = int(self._redis.llen(UNSEEN)) + len(made.unseen) - MOST_WAITING
        with self._redis.pipeline(transaction=True) as together:
            if made.payloads:
                together.rpush(WAITING, *made.payloads)
            if made.unseen:
                together.rpush(UNSEEN, *made.unseen)
                together.ltrim(UNSEEN, -MOST_WAITING, -1)
            if found:
                together.zadd(TAKEN, {entry.guid: entry.at.timestamp() for entry in found})
            together.zremrangebyscore(TAKEN, "-inf", f"({(newest - LOOK_BACK).timestamp()}")
            together.set(PLACE, newest.isoformat())
            if is_thorough:
                together.set(GLANCE, 1, ex=THOROUGH_EVERY)
            together.execute()
        if left > 0:
            log.warning("%d missed comments and merges are left: only the newest %d wait", left, MOST_WAITING)

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
        """Each installation and each ticket once, tickets in order, cards as they were moved."""
        for installation in sorted({one.installation for one in requests if isinstance(one, Sweep)}):
            self._queue.request(Sweep(installation, why="missed deliveries"))
        for one in requests:
            if isinstance(one, Inspect):
                self._queue.request(one)
        tickets = [one for one in requests if isinstance(one, Reconcile)]
        for pressed in tickets:
            if pressed.press:
                self._queue.request(pressed)
        changes = [one for one in requests if isinstance(one, Changed)]
        looked_at = {one.ticket for one in tickets if not one.press} | {
            one.also for one in changes if one.also
        }
        for ticket in sorted(looked_at):
            self._queue.request(Reconcile(ticket, why="missed deliveries"))
        moves = [one for one in requests if isinstance(one, CardMoved)]
        for moved in sorted(moves, key=lambda one: (one.at, one.key)):
            self._queue.request(moved)
        for changed in changes:
            self._queue.request(replace(changed, also=None))


def read(settings: Settings, redis: Redis, queue: Queue, clock: Callable[[], datetime]) -> None:
    """Read the log once, unless GitHub asked to wait; what GitHub refuses is left to a later reading."""
    if redis.exists(CLOSED):
        return
    with App(settings, clock) as app:
        reader = Reader(settings, redis, queue, app)
        try:
            reader.note()
            reader.take_in()
        except (Later, TellPeople, GitHubError, JobTimeoutException) as error:
            log.warning("GitHub's delivery log: %s", error)
            wait = error.until - clock() if isinstance(error, Later) else PAUSE
            redis.set(CLOSED, 1, px=max(wait, timedelta(seconds=1)))
