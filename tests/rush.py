"""Rush: many tickets labelled at once, worked off within GitHub's own limits on a clock that is moved by hours.

The hub, Redis, the web process and the model are real processes. RQ's workers would need hours, so their part is done
here: jobs are taken from the real queue one at a time, and whenever nothing is left to do, the clock of the hub and our
own are moved on together.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Self

from githubkit.auth import app as githubkit_app

from jobs import controller
from jobs.freshness import remember_since
from jobs.github.quota import WRITES_A_MINUTE
from jobs.models.gateway import Model
from jobs.queue import LATER, Queue, connect
from jobs.settings import Settings
from jobs.sweep import sweep
from jobs.ticket.names import STATUS_MARKER
from jobs.ticket.request import Ticket
from jobs.turns import Turns
from jobs.world import World
from tests.hub_client import Person
from tests.model.replies import ask
from tests.processes import until
from tests.stack import Stack

STEP = timedelta(seconds=10)
"""How far the clock is moved at a time."""
SWEEP_EVERY = timedelta(minutes=10)
LONGEST = timedelta(hours=24)
"""On the moved clock; whatever has not been served then is lost."""
SCRIPT = {"rules": [{"replies": [ask("Formal or casual?")]}]}
MAY_NOT, MAY = "dave", "alice"


@dataclass
class Outcome:
    """What a rush came to."""

    refused: int
    """Requests that the hub refused, for a limit or because it had told to wait."""
    spread: int
    """Tickets by which one repository was ahead of another, both with tickets still waiting, at the most."""
    hours: float
    """On the moved clock."""
    jobs: int
    """That it took, sweeps included."""
    told: list[int]
    """Of each ticket, how many comments people got besides the status comment."""
    calls: int
    """API calls, those of the App itself included."""


def seed(repositories: int, tickets: int) -> dict[str, Any]:
    """So many repositories with so many tickets each."""
    return {
        "repositories": [
            {
                "name": f"acme/greet-{number}",
                "files": {"greet.py": "pass\n"},
                "issues": [{"title": f"Greet {ticket}", "body": "Do it."} for ticket in range(tickets)],
            }
            for number in range(repositories)
        ]
    }


class Rush:
    """A context manager around a stack that was made with `seed` and SCRIPT and has its web process running."""

    def __init__(self, stack: Stack, repositories: int, tickets: int) -> None:
        self._stack = stack
        self._names = [f"acme/greet-{number}" for number in range(repositories)]
        self._count = tickets
        self._offset = timedelta()
        settings = Settings.from_environment(stack.environ | {"GITHUB_RATE_LIMITS": "yes"})
        self._redis = connect(settings.redis_address)
        self._queue = Queue(self._redis)
        self._world = World(
            settings=settings,
            redis=self._redis,
            queue=self._queue,
            clock=self.now,
            stopping=lambda: False,
            open_model=lambda _name: Model(settings),
            open_sandbox=lambda: None,
        )
        self._turns = Turns(self._world.quota)
        self._served: dict[Ticket, None] = {}
        self._jobs = 0
        self._swept = self.now()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._redis.close()

    def now(self) -> datetime:
        """The hub's time, and ours."""
        return datetime.now(UTC) + self._offset

    def run(self, askers: Callable[[int], str]) -> Outcome:
        """Everything is labelled, repository by repository, then worked off. `askers`: who labels the nth of each."""
        self._stack.hub.set_limits()
        # As a worker does when it starts.
        remember_since(self._redis, self.now())
        for name in self._names:
            for number in range(self._count):
                path = f"/repos/{name}/issues/{number + 1}/labels"
                self._stack.hub.person(askers(number)).post(path, {"labels": ["autocode"]})
        total = len(self._names) * self._count
        until("every delivery", lambda: self._redis.llen("rq:queue:tickets") == total or None, seconds=300)
        self._use_up()
        begun = self.now()
        with _githubkit_on(self.now):
            self._work_off(begun + LONGEST)
        return self._outcome(self.now() - begun)

    def _use_up(self) -> None:
        """What a minute allows has been written by others just now, so that everybody waits from the beginning.

        Else those who come first start at once, and how many they are depends on how slow the machine is.
        """
        quota = self._world.quota(self._stack.hub.installation_id)
        for _ in range(WRITES_A_MINUTE.most):
            quota.spend(is_graphql=True, is_write=True)

    def _work_off(self, end: datetime) -> None:
        self._swept = self.now()
        while self._redis.zcard(LATER) or self._waiting():
            for job in self._taken():
                self._do(job)
                # The clock ticks while the workers work.
                self._tick()
            if self._sweep_is_due():
                self._queue.request_sweep()
                self._swept = self.now()
            if not self._tick() and not self._waiting():
                self._advance()
            if self.now() > end:
                raise TimeoutError(f"{self._redis.zcard(LATER)} tickets still wait after {LONGEST}")

    def _tick(self) -> int:
        """What the clock process does twice a second; how many it has asked for."""
        return self._queue.request_due(self.now(), self._turns.next)

    def _advance(self) -> None:
        """To the next moment at which the clock process would find something to do."""
        begun, offset = self.now(), self._offset
        quota = self._world.quota(self._stack.hub.installation_id)
        while True:
            self._offset += STEP
            comes_due = self._redis.zcount(LATER, begun.timestamp(), self.now().timestamp())
            if comes_due or quota.room() or self._sweep_is_due():
                break
        moved = (self._offset - offset).total_seconds()
        Person(self._stack.hub.url, "").post("/_hub/clock", {"advance": moved})

    def _sweep_is_due(self) -> bool:
        return self.now() > self._swept + SWEEP_EVERY

    def _waiting(self) -> int:
        return sum(int(self._redis.llen(f"rq:queue:{lane}")) for lane in ("tickets", "coding"))

    def _taken(self) -> Iterator[str]:
        """The jobs of both lanes, by id, until none is left."""
        redis: Any = self._redis
        while taken := redis.lpop("rq:queue:tickets") or redis.lpop("rq:queue:coding"):
            yield taken.decode()

    def _do(self, job: str) -> None:
        """What a worker does with a job."""
        self._jobs += 1
        function, _, args, _ = json.loads(self._redis.hget(f"rq:job:{job}", "data") or "")
        self._queue.begin(job)
        world = self._world
        if function.endswith(".sweep"):
            sweep(world.settings, world.redis, world.queue, world.quota, world.clock, *args)
        else:
            ticket = Ticket.parse(args[0])
            controller.reconcile(world, ticket, args[1], args[2])
            if self._queue.put_off_until(ticket) is None:
                self._served.setdefault(ticket)
        self._redis.delete(f"rq:job:{job}")

    def _outcome(self, took: timedelta) -> Outcome:
        clients = Person(self._stack.hub.url, "").get("/_hub/limits")["clients"]
        calls = [
            call for call in self._stack.hub.calls() if call["actor"] in ("app:autocode", "autocode[bot]")
        ]
        return Outcome(
            refused=sum(row["refused"] + row["disregarded"] for row in clients.values()),
            spread=spread([ticket.repository for ticket in self._served], self._count),
            hours=took / timedelta(hours=1),
            jobs=self._jobs,
            told=[self._told(name, number + 1) for name in self._names for number in range(self._count)],
            calls=len(calls),
        )

    def _told(self, name: str, number: int) -> int:
        comments = self._stack.hub.person(MAY).get(f"/repos/{name}/issues/{number}/comments", per_page=100)
        return sum(STATUS_MARKER not in comment["body"] for comment in comments)


def spread(served: list[str], each: int) -> int:
    """By how much the repositories that still had tickets waiting were apart at the most.

    `served` names the repository of each ticket in the order in which they were served, of each repository `each`.
    """
    counts, widest = Counter(dict.fromkeys(served, 0)), 0
    for repository in served:
        counts[repository] += 1
        unfinished = [count for count in counts.values() if count < each]
        widest = max(widest, max(unfinished, default=0) - min(unfinished, default=0))
    return widest


@contextmanager
def _githubkit_on(clock: Callable[[], datetime]) -> Iterator[None]:
    """githubkit dates its JSON web tokens itself."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock().astimezone(tz)

    githubkit_app.datetime = Moved  # type: ignore[attr-defined]
    try:
        yield
    finally:
        githubkit_app.datetime = datetime  # type: ignore[attr-defined]
