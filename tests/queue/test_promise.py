"""The queue's promise, over the real code and a real Redis: in any order of steps and crashes no request is lost.

A run is what a worker does with one job: take it, begin, take the lease, look (as often as it is sent round),
release. It may die between any two of these; RQ then puts the job back, which `die` does in its place.
"""

from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import integers
from redis import Redis
from rq.job import Job, JobStatus

from jobs.lease import ACQUIRE, Lease
from jobs.queue import Queue
from jobs.ticket.request import Reconcile, Ticket

TICKET = Ticket(17, "acme/shop", 12)
LANE = "rq:queue:tickets"
FORGETFUL = ACQUIRE.replace("redis.call('HINCRBY', KEYS[1], 'announced', 1)", "")


@dataclass(eq=False)
class Run:
    """One worker's way through one job."""

    job: Job
    lease: Lease | None = None
    steps: list[str] = field(default_factory=lambda: ["begin", "acquire", "look", "release"])


class Promise(RuleBasedStateMachine):
    """One ticket, any number of workers."""

    redis: Redis

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.queue = Queue(self.redis)
        self.time = self.asked = self.looked = 0
        self.alive: list[Run] = []
        self.begun: set[str] = set()

    @rule()
    def request(self) -> None:
        self.time += 1
        self.asked = self.time
        self.queue.request(Reconcile(TICKET, why="test"))

    @precondition(lambda self: self.redis.llen(LANE))
    @rule()
    def take(self) -> None:
        turn = self.redis.lpop(LANE).decode()
        run = Run(Job.fetch(turn, connection=self.redis, serializer="json"))
        run.job.set_status(JobStatus.STARTED)
        self.alive.append(run)

    @precondition(lambda self: self.alive)
    @rule(which=integers(0, 9))
    def go_on(self, which: int) -> None:
        self.step(self.alive[which % len(self.alive)])

    @precondition(lambda self: self.alive)
    @rule(which=integers(0, 9))
    def die(self, which: int) -> None:
        run = self.alive.pop(which % len(self.alive))
        run.job.set_status(JobStatus.QUEUED)
        self.redis.rpush(LANE, run.job.id)

    @rule()
    def let_a_dead_holders_lease_expire(self) -> None:
        if not any(run.lease for run in self.alive):
            self.redis.delete(f"autocode:lease:{TICKET.key}")

    @invariant()
    def at_most_one_new_job_waits(self) -> None:
        waiting = {turn.decode() for turn in self.redis.lrange(LANE, 0, -1)}
        waiting |= {run.job.id for run in self.alive}
        assert len(waiting - self.begun) <= 1

    @invariant()
    def at_most_one_run_holds_the_lease(self) -> None:
        assert sum(run.lease is not None for run in self.alive) <= 1

    def step(self, run: Run) -> None:
        getattr(self, f"_{run.steps.pop(0)}")(run)

    def teardown(self) -> None:
        """Let everybody come to an end, the latest first: whatever was asked for last has been looked at."""
        while self.redis.llen(LANE):
            self.take()
        while self.alive:
            self.step(self.alive[-1])
        assert self.looked >= self.asked, "nobody looked"

    def _begin(self, run: Run) -> None:
        self.queue.begin(run.job.id)
        self.begun.add(run.job.id)

    def _acquire(self, run: Run) -> None:
        run.lease = Lease.acquire(self.redis, TICKET, run.job.id)
        if run.lease is None:
            self._end(run)

    def _look(self, run: Run) -> None:
        self.looked = self.time

    def _release(self, run: Run) -> None:
        assert run.lease
        if run.lease.release():
            run.lease = None
            run.steps = ["end"]
        else:
            run.steps = ["look", "release"]

    def _end(self, run: Run) -> None:
        self.alive.remove(run)
        run.job.delete(remove_from_queue=False)


def explore(redis: Redis, examples: int) -> None:
    run_state_machine_as_test(
        type("Machine", (Promise,), {"redis": redis}),
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_request_is_lost(redis: Redis) -> None:
    explore(redis, examples=60)


def test_it_would_be_noticed_if_a_job_that_began_still_counted_as_waiting(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Queue, "begin", lambda *_: None)
    with pytest.raises(AssertionError, match="looked"):
        explore(redis, examples=60)


def test_it_would_be_noticed_if_the_holder_of_a_lease_were_not_sent_round(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert FORGETFUL != ACQUIRE
    monkeypatch.setattr("jobs.lease.ACQUIRE", FORGETFUL)
    with pytest.raises(AssertionError, match="looked"):
        explore(redis, examples=60)
