"""A state machine that leads workers from one command to Redis to the next, and kills, pauses or cuts them off at any.

What runs is real: `Queue`, `Lease`, `controller.reconcile`, our worker, RQ's bookkeeping and cleaning up. Made up are
the look at GitHub, which only says how it ended, and the passing of time.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, get_args

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from redis import Redis

from jobs import controller, entrypoints, queue
from jobs.controller import Result
from jobs.queue import LATER, Lane, Queue
from jobs.settings import Settings
from jobs.steps.work import Work
from jobs.ticket.errors import Later
from jobs.ticket.request import Reconcile, Request, Ticket
from jobs.world import World
from tests.queue.puppets import Puppet, cleaner, current, worker

TICKET = Ticket(17, "acme/shop", 12)
LEASE = f"autocode:lease:{TICKET.key}"
LANES: tuple[Lane, ...] = get_args(Lane)
SETTINGS = Settings(app_id=1, private_key="", webhook_secrets=("secret",))
FUTURE = datetime(2100, 1, 1, tzinfo=UTC)
MOST_AT_ONCE = 4
ENDINGS = ("waiting", "for a coding worker", "later", "set aside", "broken")
"""How a look may end."""
WAYS = st.one_of(st.sampled_from(["to its look", "to its end"]), st.integers(1, 12))
"""How far a process gets: a number of commands, or further."""


class Interleavings(RuleBasedStateMachine):
    """One ticket, two lanes, up to four processes at once."""

    redis: Redis
    path: str

    def __init__(self) -> None:
        super().__init__()
        self.redis.flushall()
        self.time = self.asked = self.looked = 0
        self.fences: list[int] = []
        self.begun: set[str] = set()
        self.puppets: list[Puppet] = []
        self.endings: dict[Puppet, str] = {}
        self.queue = Watched(self.redis, self)

    # What people and processes do.

    @initialize(lane=st.sampled_from(LANES))
    def begin_with_a_request(self, lane: Lane) -> None:
        self.request(lane)

    @rule(lane=st.sampled_from(LANES))
    def request(self, lane: Lane) -> None:
        self.queue.request(Reconcile(TICKET, why="test"), lane)

    @precondition(lambda self: self.may_start("rq:queue:{}"))
    @rule(lane=st.sampled_from(LANES), ending=st.sampled_from(ENDINGS), way=WAYS)
    def take_a_job(self, lane: Lane, ending: str, way: int | str) -> None:
        if not self.redis.exists(f"rq:queue:{lane}"):
            lane = "coding" if lane == "tickets" else "tickets"
        puppet = self.start(worker(lane, self.begun.add))
        self.endings[puppet] = ending
        self.lead(puppet, way)

    @precondition(lambda self: self.may_start("rq:wip:{}", "rq:queue:{}:intermediate"))
    @rule(lane=st.sampled_from(LANES), way=WAYS)
    def clean_up(self, lane: Lane, way: int | str) -> None:
        self.lead(self.start(cleaner(lane)), way)

    @precondition(lambda self: self.may_start(LATER))
    @rule(way=WAYS)
    def ask_for_what_is_due(self, way: int | str) -> None:
        self.lead(self.start(self.due), way)

    @precondition(lambda self: self.puppets)
    @rule(which=st.integers(0, MOST_AT_ONCE - 1), way=WAYS, cut=st.booleans())
    def go_on(self, which: int, way: int | str, cut: bool = False) -> None:
        self.lead(self.puppets[which % len(self.puppets)], way, cut)

    # What happens to them.

    @precondition(lambda self: self.puppets)
    @rule(which=st.integers(0, MOST_AT_ONCE - 1))
    def kill(self, which: int) -> None:
        self.puppets.pop(which % len(self.puppets)).kill()

    @precondition(lambda self: self.some("rq:wip:{}", "rq:queue:{}:intermediate"))
    @rule()
    def all_sleep_until_jobs_are_given_up(self) -> None:
        for lane in LANES:
            for execution in self.redis.zrange(f"rq:wip:{lane}", 0, -1):
                self.redis.delete(f"rq:execution:{execution.decode()}")
                self.redis.zadd(f"rq:wip:{lane}", {execution: 1})
            for key in self.redis.keys(f"rq:queue:{lane}:intermediate:first_seen:*"):
                self.redis.set(key, 1)
            self.redis.delete(f"rq:clean_registries:{lane}")

    @precondition(lambda self: self.some(LEASE))
    @rule()
    def all_sleep_until_the_lease_expires(self) -> None:
        self.redis.delete(LEASE)

    # What holds all the time.

    @invariant()
    def at_most_one_job_waits_in_a_lane_that_never_began(self) -> None:
        for lane in LANES:
            waiting = {turn.decode() for turn in self.redis.lrange(f"rq:queue:{lane}", 0, -1)}
            assert len({turn for turn in waiting - self.begun if self.redis.exists(f"rq:job:{turn}")}) <= 1

    def begins_a_look(self) -> None:
        self.time += 1
        self.looked = self.time

    @invariant()
    def nobody_who_was_replaced_makes_an_effect(self) -> None:
        assert self.fences == sorted(self.fences)

    # What holds in the end.

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            for puppet in self.puppets:
                puppet.kill()

    @rule()
    def come_to_rest(self) -> None:
        """Everybody comes to an end, and what is put back or put off is done as well."""
        for _ in range(20):
            for puppet in list(self.puppets):
                puppet.finish()
            self.puppets.clear()
            if self.is_at_rest():
                assert self.looked >= self.asked, "nobody looked"
                self.nobody_who_was_replaced_makes_an_effect()
                return
            for lane in LANES:
                self.start(worker(lane, self.begun.add)).finish()
                self.all_sleep_until_jobs_are_given_up()
                self.start(cleaner(lane)).finish()
            self.start(self.due).finish()
        pytest.fail("it never comes to rest")

    def is_at_rest(self) -> bool:
        return not self.some(LATER, "rq:queue:{}", "rq:wip:{}", "rq:queue:{}:intermediate")

    def may_start(self, *keys: str) -> bool:
        return len(self.puppets) < MOST_AT_ONCE and self.some(*keys)

    def some(self, *keys: str) -> bool:
        """Whether one of these keys of Redis is there, in some lane."""
        return bool(self.redis.exists(*(key.format(lane) for key in keys for lane in LANES)))

    def lead(self, puppet: Puppet, way: int | str, cut: bool = False) -> None:
        looks = self.looked
        if isinstance(way, int):
            puppet.step(way, cut=cut)
        while not puppet.is_over and (way == "to its end" or (way == "to its look" and self.looked == looks)):
            puppet.step()
        self.puppets = [puppet for puppet in self.puppets if not puppet.is_over]

    def start(self, body: Any) -> Puppet:
        puppet = Puppet(self.path, body, leader=self)
        self.puppets.append(puppet)
        return puppet

    def due(self, puppet: Puppet) -> None:
        Watched(puppet.redis, self).request_due(FUTURE)


class Watched(Queue):
    """The queue, which tells the machine when a request has returned."""

    def __init__(self, redis: Redis, machine: Interleavings) -> None:
        super().__init__(redis)
        self._machine = machine

    def request(self, request: Request, lane: Lane = "tickets") -> bool:
        is_new = super().request(request, lane)
        self._returned()
        return is_new

    def request_at(self, ticket: Ticket, when: datetime) -> None:
        super().request_at(ticket, when)
        self._returned()

    def _returned(self) -> None:
        self._machine.time += 1
        self._machine.asked = self._machine.time


class Installation:
    """In place of GitHub: only the guard that is asked before each write, and nobody whose permission was asked for."""

    answered: ClassVar[dict[str, str]] = {}

    def __init__(self, settings: Any, ticket: Ticket, guard: Any, *_: Any) -> None:
        self.guard = guard

    def __enter__(self) -> "Installation":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def need_not_ask(self, answered: dict[str, str]) -> None:
        pass


def world() -> World:
    """In the puppet's thread, as in a horse: everything over its own connection."""
    redis = current.puppet.redis
    nothing: Any = None
    return World(
        settings=SETTINGS,
        redis=redis,
        queue=Watched(redis, current.puppet.leader),
        clock=lambda: datetime.now(UTC),
        stopping=lambda: False,
        open_model=nothing,
        open_sandbox=nothing,
    )


def look(world: World, work: Work, lane: Lane) -> Result:
    """In place of `controller._pass`: it begins, GitHub answers, and something is written."""
    puppet = current.puppet
    machine: Interleavings = puppet.leader
    machine.begins_a_look()
    puppet.pause()
    guard: Any = work.github.guard  # type: ignore[attr-defined]
    guard()
    machine.fences.append(guard.__self__.lease.fence)
    match machine.endings.pop(puppet, "waiting"):
        case "for a coding worker":
            return Result.FOR_CODING
        case "later":
            raise Later(FUTURE - timedelta(days=1), "test")
        case "set aside":
            return Result.PUT_OFF
        case "broken":
            raise RuntimeError("planned")
    return Result.WAITING


def make_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put in place what is made up."""
    monkeypatch.setattr(entrypoints, "_world", world)
    monkeypatch.setattr(controller, "Installation", Installation)
    monkeypatch.setattr(controller, "_pass", look)
    # How often a job is put back is not the question here.
    monkeypatch.setattr(queue, "RUNS_AGAIN", 99)
