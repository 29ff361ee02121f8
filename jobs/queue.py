"""The only writer to RQ: one reconcile per ticket runs, one waits, and what is asked for during a run is never lost.

The promise: after every `request` that returned, some run *begins* its look at the ticket. It rests on three steps,
each one Lua script, and on RQ running a job again whose worker died.

1. `request` puts a new job into the lane and notes it as the ticket's waiting job, unless the one noted has yet to
   begin: then that one will see whatever this request is about, and the two are one (coalesced).
2. `begin` is called by the worker before the job's function. It strikes out the note, so that from here on, while the
   job may already have looked, a request makes a new job.
3. `Lease.acquire` (jobs/lease.py) lets one run per ticket go on. A run that finds the lease held leaves an
   announcement there, after which the holder cannot release: it has to look once more.

What may come in between, and why it does no harm:
- request | begin: either the request came first, and the look follows it, or it makes a job of its own.
- begin, then death: RQ puts the job of a dead worker back (`Retry`); that run begins again and strikes out nothing,
  for a note of a later job is not its own. Two jobs may wait then; never none.
- a job that failed for good, or vanished, before it began: the note leads to no job that will begin, so the next
  request replaces it. Job ids are never used twice, so that nothing old stands in the way of a new job.
- announcement, then death of the holder: RQ runs the holder's job again, and it takes its own lease over.
- announcement, then the lease expires, for the holder was paused: it notices when it leaves, and asks once more.
- an answer that got lost, so that the client sends a command again: each script does no harm when it is run twice.
- Redis emptied: the clock notices, and asks for a sweep within a second.

Times that tickets were put off to are a sorted set, not RQ's scheduled jobs: one entry of some 100 bytes instead of a
hash of 1 KB, setting a new time is one atomic command, and a job that ends cannot take its successor's entry along.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import rq
from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq.job import Job, JobStatus
from rq.utils import utcformat

from jobs.presses import Presses
from jobs.queue_scripts import BEGIN, FORGET_NEWS, KEEP_PLACE, REQUEST, STRIKE_OUT
from jobs.ticket.request import CardMoved, Changed, Inspect, Reconcile, Request, Ticket
from jobs.waiters import waiters

Lane = Literal["tickets", "coding"]
"""Work of seconds, and work of the model, each with workers of its own."""

TIMEOUTS: dict[Lane, timedelta] = {"tickets": timedelta(minutes=5), "coding": timedelta(hours=2)}
"""A job that takes longer is stuck."""
RUNS_AGAIN = 20
"""How often RQ puts back a job whose worker died or whose function raised. A ticket that is to blame for it is set
aside before (jobs/poison.py), so these are deaths between which something was achieved."""
KEPT_WHEN_FAILED = timedelta(days=1)

LATER = "autocode:later"
"""Sorted set: ticket key → time to look again, in seconds since 1970."""
CARDS_LATER = "autocode:later:cards"
"""The same of moved cards whose ticket could not be found out yet."""
NEWS_FOR = 3600
"""Seconds that it is remembered when a ticket was last heard of: longer than its job stands in line."""
SWEEPS = "autocode:sweeps"
"""Sorted set: installation, 0 for the list of them → time to sweep, likewise."""
SWEPT = "autocode:swept"
"""Lives for as long as no sweep is due."""
READ = "autocode:deliveries:read"
"""Lives for as long as no reading of the delivery log is due."""


class QueueDown(Exception):
    """Redis does not answer, or does not take any more."""


def connect(address: str, *, timeout: float = 10.0, retries: int = 5) -> Redis:
    """A client that gives up on a command after `timeout` seconds, and tries `retries` times more.

    At once the first time, then after 0.2 to 2 s.
    """
    return Redis.from_url(
        address,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(_AtOnceFirst(cap=2.0, base=0.1), retries),
        # Else each connection looks up the version of its library on the disk, to tell Redis.
        driver_info=None,
    )


class _AtOnceFirst(ExponentialBackoff):
    """A connection that Redis has closed needs a new one, no pause: the web process has a queue of people behind it."""

    def compute(self, failures: int) -> float:
        return super().compute(failures - 1) if failures > 1 else 0.0


class Queue:
    """Asks for tickets to be looked at: now, at a time, or all of them; and for what was never delivered."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lanes = {lane: rq.Queue(lane, connection=redis, serializer="json") for lane in TIMEOUTS}
        self._request = redis.register_script(REQUEST)
        self._begin = redis.register_script(BEGIN)
        self._strike_out = redis.register_script(STRIKE_OUT)
        self._keep_place = redis.register_script(KEEP_PLACE)
        self._forget_news = redis.register_script(FORGET_NEWS)
        self._hashes: dict[tuple[Lane, str], dict[str, Any]] = {}

    def request(self, request: Request, lane: Lane = "tickets") -> bool:
        """Ask for it; False if a job that has yet to begin will see to it. QueueDown if it cannot be taken."""
        if isinstance(request, Reconcile):
            ticket, turn = request.ticket, _turn(lane, request.ticket.job_id_part)
            if request.press:
                # First, so that the job that is asked for next finds it.
                with _reachable():
                    Presses(self._redis, ticket).add(request.press)
            args = (ticket.key, lane, turn)
            return self._put(lane, turn, "jobs.entrypoints.reconcile", args, is_news=request.is_news)
        if isinstance(request, Inspect):
            repository = Ticket(request.installation, request.repository, 0).job_id_part
            commit = (request.installation, request.repository, request.sha)
            return self._put_beside(f"inspect-{repository}-{request.sha}", "inspect", *commit)
        if isinstance(request, CardMoved):
            subject = f"card-{hashlib.sha256(request.key.encode()).hexdigest()[:16]}"
            return self._put_beside(subject, "card_moved", request.key)
        if isinstance(request, Changed):
            with _reachable():
                tickets = waiters(self._redis, request.ticket)
            tickets += [request.also] if request.also else []
            return bool(sum(self.request(Reconcile(ticket, request.why)) for ticket in tickets))
        return self._sweep(request.installation)

    def heard_of(self, ticket: Ticket) -> datetime:
        """When the ticket was last in the news; long ago if not in the last seconds, or if that was forgotten."""
        with _reachable():
            time = self._redis.get(_news(ticket.job_id_part))
        return datetime.fromtimestamp(float(time or 0), UTC)

    def forget_news(self, ticket: Ticket, until: datetime) -> None:
        """What the ticket was in the news for until then has led to something."""
        with _reachable():
            self._forget_news(keys=[_news(ticket.job_id_part)], args=[until.timestamp()])

    def request_at(self, subject: Ticket | CardMoved, when: datetime, *, keep_earlier: bool = False) -> None:
        """Ask for the ticket, or the card's, at a time.

        Of several calls for one the last counts, with `keep_earlier` the earlier time.
        """
        later = LATER if isinstance(subject, Ticket) else CARDS_LATER
        with _reachable():
            if keep_earlier:
                self._keep_place(keys=[later], args=[subject.key, repr(when.timestamp())])
            else:
                self._redis.zadd(later, {subject.key: when.timestamp()})

    def request_due(
        self, now: datetime, whose_turn: Callable[[list[Ticket]], list[Ticket]] = lambda due: due
    ) -> int:
        """Ask for what was put off until now; how much that was. Several clocks do no harm.

        `whose_turn` chooses among the tickets, longest due first, and says in which order; the others stay due.
        """
        due = {Ticket.parse(key.decode()): time for key, time in self._due(LATER, now)}
        with _reachable():
            asked = whose_turn(sorted(due, key=lambda ticket: (due[ticket], ticket.number)))
        for ticket in asked:
            self.request(Reconcile(ticket, why="put off until now", is_news=False))
            with _reachable():
                self._strike_out(keys=[LATER], args=[ticket.key, repr(due[ticket])])
        return len(asked) + self._request_cards_due(now)

    def _request_cards_due(self, now: datetime) -> int:
        found = self._due(CARDS_LATER, now)
        for key, time in found:
            self.request(CardMoved.parse(key.decode()))
            with _reachable():
                self._strike_out(keys=[CARDS_LATER], args=[key, repr(time)])
        return len(found)

    def put_off_until(self, ticket: Ticket) -> datetime | None:
        """When the ticket will be asked for; None: it has not been put off."""
        with _reachable():
            time = self._redis.zscore(LATER, ticket.key)
        return None if time is None else datetime.fromtimestamp(time, UTC)

    def request_sweep(self) -> None:
        """Ask for a sweep of every installation."""
        self._sweep(None)

    def request_sweep_every(self, interval: timedelta) -> bool:
        """Ask for a sweep if none was asked for within `interval`, or if Redis was emptied since; False: not due."""
        return self._every(interval, SWEPT, self.request_sweep)

    def request_sweep_at(self, installation: int | None, when: datetime) -> None:
        """Ask for a sweep, of every installation if None, at a time; the last call counts."""
        with _reachable():
            self._redis.zadd(SWEEPS, {str(installation or 0): when.timestamp()})

    def request_sweeps_due(self, now: datetime) -> None:
        """Ask for the sweeps whose time has come."""
        for name, time in self._due(SWEEPS, now):
            self._sweep(int(name) or None)
            with _reachable():
                self._strike_out(keys=[SWEEPS], args=[name, repr(time)])

    def request_reading_every(self, interval: timedelta) -> bool:
        """Ask for a reading of GitHub's delivery log, as rarely; False: not due."""
        return self._every(interval, READ, lambda: self._put_beside("deliveries", "deliveries"))

    def begin(self, turn: str) -> None:
        """The job of that id is about to look: from now on a request makes a new one. The worker calls this."""
        with _reachable():
            self._begin(keys=[_note(turn)], args=[turn])

    def ping(self) -> None:
        """QueueDown unless Redis answers and takes what is written to it."""
        with _reachable():
            self._redis.set("autocode:ping", 1, ex=60)

    def _due(self, key: str, now: datetime) -> list[Any]:
        """(member, time) of a sorted set, up to now."""
        with _reachable():
            return list(self._redis.zrange(key, "-inf", repr(now.timestamp()), byscore=True, withscores=True))

    def _every(self, interval: timedelta, asked: str, ask: Callable[[], object]) -> bool:
        """Call `ask` unless the key `asked` remembers that it was called within the interval."""
        with _reachable():
            if self._redis.exists(asked):
                return False
            # Asked for first: who dies in between has asked once too often, not never.
            ask()
            self._redis.set(asked, 1, ex=interval)
        return True

    def _sweep(self, installation: int | None) -> bool:
        return self._put_beside(f"sweep-{installation or 'all'}", "sweep", installation)

    def _put_beside(self, subject: str, function: str, *args: object) -> bool:
        """A job among those of the tickets that is about something else."""
        return self._put("tickets", _turn("tickets", subject), f"jobs.entrypoints.{function}", args)

    def _put(
        self, lane: Lane, turn: str, function: str, args: tuple[object, ...], *, is_news: bool = False
    ) -> bool:
        now = datetime.now(UTC)
        fields = self._hash_of(lane, function) | {
            "created_at": utcformat(now),
            "enqueued_at": utcformat(now),
            "description": f"{function.rpartition('.')[2]} {next(filter(None, args), 'everything')}",
            # Not compressed, which RQ reads as well; so short a text would not get shorter.
            "data": json.dumps([function, None, args, {}]),
        }
        news = _news(turn.removeprefix(f"{lane}-").rpartition("-")[0])
        keys = [_note(turn), Job.key_for(turn), self._lanes[lane].key, rq.Queue.redis_queues_keys, news]
        heard = now.timestamp() if is_news else ""
        with _reachable():
            return bool(self._request(keys=keys, args=[turn, json.dumps(fields), heard, NEWS_FOR]))

    def _hash_of(self, lane: Lane, function: str) -> dict[str, Any]:
        """What RQ keeps of a job, but for what differs from job to job. Built by RQ, once: it takes a while."""
        if (lane, function) not in self._hashes:
            job = self._lanes[lane].create_job(
                function,
                status=JobStatus.QUEUED,
                timeout=int(TIMEOUTS[lane].total_seconds()),
                result_ttl=0,
                failure_ttl=int(KEPT_WHEN_FAILED.total_seconds()),
                retry=rq.Retry(max=RUNS_AGAIN),
            )
            fields = job.to_dict()
            self._hashes[lane, function] = {
                name: value for name, value in fields.items() if isinstance(value, str | int) and value != ""
            }
        return self._hashes[lane, function]


def _turn(lane: Lane, subject: str) -> str:
    """A job id of its own: `<lane>-<subject>-<random>`."""
    return f"{lane}-{subject}-{uuid.uuid4().hex[:12]}"


def _note(turn: str) -> str:
    """Where the waiting job of this turn's lane and subject is noted."""
    return f"autocode:waiting:{turn.rpartition('-')[0]}"


def _news(subject: str) -> str:
    """Where it is noted when this subject was last in the news."""
    return f"autocode:news:{subject}"


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise QueueDown(f"{type(error).__name__}: {error}") from error
