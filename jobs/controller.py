"""Controller: one reconcile of one ticket. Observe, take the signals, walk the table, do the step, record.

Little here knows what a phase does: phases and their ways are data in `jobs.ticket.phases`, the work of a phase is
in `jobs.steps`, what GitHub's state means is in `jobs.ticket.signals`. Whatever is interrupted here is found and
finished by the next reconcile: effects come before the record that says they were made, and look for themselves.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from redis import Redis

from jobs import pauses
from jobs.freshness import LAG, Freshness, Guard
from jobs.git.errors import GitFailed, GitUnreachable, is_full
from jobs.git.evict import make_room
from jobs.github.client import Installation
from jobs.github.errors import Archived, GitHubError, Gone, Unanswered, Uncertain
from jobs.github.quota import Quota
from jobs.lease import Lease
from jobs.models.gateway import Model
from jobs.poison import MOST, BadRuns
from jobs.queue import Lane, Queue
from jobs.sandbox import Sandbox
from jobs.settings import Settings
from jobs.steps import STEPS
from jobs.steps.arrivals import ARRIVALS
from jobs.steps.work import Work
from jobs.sweep import Fingerprints
from jobs.ticket import messages
from jobs.ticket.errors import Later, LeaseLost, TellPeople
from jobs.ticket.phases import KIND, TRANSITIONS, Phase, Signal
from jobs.ticket.request import Reconcile, Ticket
from jobs.ticket.signals import deadline, signal
from jobs.ticket.updates import rebuilt, restarted, started, updated

SOONEST = timedelta(seconds=1)
"""A ticket is not looked at again earlier than this without a cause."""

log = logging.getLogger("autocode")


@dataclass(frozen=True)
class World:
    """What a worker process works with; the same for all its tickets."""

    settings: Settings
    redis: Redis
    queue: Queue
    clock: Callable[[], datetime]
    stopping: Callable[[], bool]
    open_model: Callable[[], Model]
    open_sandbox: Callable[[], Sandbox | None]
    """None where there is none on this machine."""

    def quota(self, installation: int) -> Quota:
        """What an installation may still ask of GitHub, counted for all workers together."""
        return Quota(self.redis, installation, self.clock, is_paced=self.settings.rate_limits)


def reconcile(world: World, ticket: Ticket, lane: Lane, turn: str) -> None:
    """Bring one ticket as far as it can go now; if another worker has it, that one is told to look again.

    `turn` is the job's id: the same job, run again after a worker's death, takes its own lease over.
    """
    lease = Lease.acquire(world.redis, ticket, owner=turn)
    if lease is None:
        log.info("%s: another worker has it and will look again", ticket.key)
        return
    guard, quota = Guard(lease, Freshness(world.redis, ticket, world.clock)), world.quota(ticket.installation)
    if lane == "coding":
        # It has had its turn, and does not stand in line again.
        quota.give_turn(ticket)
    with lease, Installation(world.settings, ticket, guard.check, world.clock, quota) as github:
        hand_over = _until_quiet(world, guard, github, ticket, lane)
    if hand_over:
        # Only now, when the lease is free; until this job has ended, its worker's death brings it here again.
        world.queue.request(Reconcile(ticket, why="for a coding worker", is_news=False), lane="coding")
    elif lease.is_owed:
        world.queue.request(Reconcile(ticket, why="heard of while it could not be finished", is_news=False))


def _until_quiet(world: World, guard: Guard, github: Installation, ticket: Ticket, lane: Lane) -> bool:
    """Go over the ticket until nothing new was heard meanwhile; True if a coding worker has to go on."""
    lease = guard.lease
    while True:
        work = Work(
            ticket=ticket,
            settings=world.settings,
            github=github,
            redis=world.redis,
            clock=world.clock,
            freshness=guard.freshness,
            guard=guard.check,
            news=lease.take_again,
            still_ours=lease.check,
            bad_runs=BadRuns(world.redis, ticket, lease.fence),
            stopping=world.stopping,
            open_model=world.open_model,
            open_sandbox=world.open_sandbox,
        )
        result = _carefully(world, work, lane)
        if result is not Result.WAITING or lease.release():
            return result is Result.FOR_CODING


class Result(Enum):
    """How one pass over a ticket ended."""

    WAITING = auto()
    """It needs nobody now."""
    FOR_CODING = auto()
    """A coding worker has to go on with it."""
    PUT_OFF = auto()
    """It could not be finished; somebody comes back to it, or nobody can."""


def _carefully(world: World, work: Work, lane: Lane) -> Result:
    """One pass, and what becomes of everything that can go wrong in it."""
    ticket, begun = work.ticket, world.clock()
    fingerprints = Fingerprints(world.redis, ticket.installation)
    work.bad_runs.begin()
    try:
        asked = fingerprints.asked(ticket)
        result = _pass(world, work, lane)
        if result is Result.WAITING:
            pauses.forget(world.redis, ticket)
            work.bad_runs.forget()
            fingerprints.finish(ticket, asked)
        work.bad_runs.leave()
        return result
    except LeaseLost:
        log.warning("%s: the lease is lost, another worker goes on", ticket.key)
    except (Uncertain, GitUnreachable, Unanswered) as uncertain:
        log.warning("%s: %s; observing again before anything else", ticket.key, uncertain)
        # It may still be carried out.
        work.freshness.write_begins()
        world.queue.request_at(ticket, world.clock() + pauses.pause(world.redis, ticket))
    except Later as later:
        log.info("%s: %s", ticket.key, later)
        world.queue.request_at(ticket, later.until)
    except (Gone, Archived) as gone:
        log.warning("%s: dropped, %s", ticket.key, gone)
        _come_back(world, ticket, begun, None)
    except TellPeople as problem:
        log.info("%s: %s", ticket.key, problem)
        _set_aside(world, work, str(problem))
    except Exception as error:
        if not is_full(error):
            log.exception("%s: run %s failed", ticket.key, work.recorded and work.recorded.run)
            _after_failure(world, work, error)
            return Result.PUT_OFF
        log.warning("%s: the disk is full: %s", ticket.key, error)
        _wait_for_room(world, work)
    finally:
        work.close()
    work.bad_runs.leave()
    return Result.PUT_OFF


def _pass(world: World, work: Work, lane: Lane) -> Result:
    """Observe, then signals and steps until the ticket waits for something."""
    if not _look(world, work):
        _come_back(world, work.ticket, work.observation.now, None)
        return Result.WAITING
    if KIND[work.record.phase] == "working" and work.bad_runs.before() >= MOST:
        log.error("%s: run %s has ended badly %d times in a row", work.ticket.key, work.record.run, MOST)
        _set_aside(world, work, "")
        return Result.PUT_OFF
    while KIND[work.record.phase] == "working":
        if lane != "coding":
            return Result.FOR_CODING
        if work.news():
            # Whoever cancels while a step is at work is heard before the next one begins.
            _look(world, work)
            continue
        happened = STEPS[work.record.phase](work)
        if happened is not None:
            _move(world, work, happened)
            _take_signals(world, work)
            work.save()
        elif work.stopping():
            work.save()
            return Result.FOR_CODING
        else:
            _look(world, work)
    due = deadline(work.record, work.observation, world.settings.budget)
    _come_back(world, work.ticket, work.observation.now, due)
    return Result.WAITING


def _come_back(world: World, ticket: Ticket, looked_at: datetime, due: datetime | None) -> None:
    """Ask for a ticket that is let go of when it is due, or when what was last heard of it must show on GitHub."""
    shown = world.queue.heard_of(ticket) + LAG
    if looked_at < shown:
        due = min(due or shown, shown)
    if due:
        world.queue.request_at(ticket, max(due, world.clock() + SOONEST))


def _look(world: World, work: Work) -> bool:
    """Observe and take every signal; False when the ticket is none of ours."""
    work.observe()
    if work.observation.repository.is_archived:
        raise Archived(f"{work.ticket.repository} is archived, so nothing can be written to it")
    changed = work.recorded is None and _recall(world, work)
    changed |= _take_signals(world, work)
    if work.observation.denied and work.recorded and KIND[work.recorded.phase] != "resting":
        # We see too little to go on, yet enough to say so.
        raise TellPeople(work.observation.denied)
    if changed:
        work.save()
    return work.recorded is not None


def _take_signals(world: World, work: Work) -> bool:
    """Walk the table with everything that this observation says; whether it said anything."""
    changed = False
    while happened := signal(work.recorded, work.observation, world.settings.budget):
        if not _move(world, work, happened):
            break
        changed = True
    return changed


def _recall(world: World, work: Work) -> bool:
    """Rebuild a lost or forged record from the branch and the pull request, if there are any."""
    record = rebuilt(work.observation, world.settings.budget)
    if record is None:
        return False
    log.warning("%s: no valid record, rebuilt as %s", work.ticket.key, record.phase)
    work.record = record
    return True


def _move(world: World, work: Work, happened: Signal) -> bool:
    """Walk the table with one signal; False when the table does not expect it."""
    seen, budget = work.observation, world.settings.budget
    record = work.recorded
    if record is None:
        work.record = started(seen, budget).entering(Phase.QUEUED, seen.now)
    else:
        phase = TRANSITIONS[record.phase].get(happened)
        if phase is None:
            log.info(
                "%s: %r is not expected in phase %s, dropped", work.ticket.key, str(happened), record.phase
            )
            return False
        match happened:
            case Signal.TRIGGERED:
                work.forget()
                record = started(seen, budget, record)
            case Signal.RETRIED:
                work.forget()
                record = restarted(record, seen, budget)
            case _:
                record = updated(record, happened, seen, budget)
        work.record = record.entering(phase, world.clock())
    log.info("%s: run %s, %s → %s", work.ticket.key, work.record.run, happened, work.record.phase)
    arrive = ARRIVALS.get(work.record.phase)
    if arrive:
        arrive(work, happened)
    if work.record.phase is not Phase.QUEUED:
        work.show_phase()
    return True


def _set_aside(world: World, work: Work, problem: str) -> None:
    """Tell people what stands in the way, and let the ticket rest. If even that cannot be said, try again later."""
    record = work.recorded
    if record is None or KIND[record.phase] == "resting":
        return
    work.ending = messages.stopped_by_problem(record, problem) if problem else messages.apology(record)
    work.note(note=problem)
    try:
        _move(world, work, Signal.BROKEN)
        work.save()
    except LeaseLost:
        log.warning("%s: the lease is lost, another worker goes on", work.ticket.key)
    except (Later, Uncertain) as later:
        until = later.until if isinstance(later, Later) else world.clock() + pauses.UNCERTAIN_FOR
        log.warning("%s: could not say so yet: %s", work.ticket.key, later)
        world.queue.request_at(work.ticket, until)
    except (TellPeople, GitHubError) as error:
        log.warning("%s: could not say so on the issue: %s", work.ticket.key, error)


def _wait_for_room(world: World, work: Work) -> None:
    """Make room on the disk by what can be fetched again; if there is no such thing, say so and try again later."""
    again = world.clock()
    is_roomy = make_room(world.settings.data, keep=work.mirror.path if work.mirror else None) is not None
    if not is_roomy:
        again += pauses.pause(world.redis, work.ticket)
    world.queue.request_at(work.ticket, again)
    if is_roomy or work.recorded is None or work.record.note == messages.NO_ROOM:
        return
    work.note(note=messages.NO_ROOM)
    try:
        work.save()
    except (LeaseLost, Later, Uncertain, TellPeople, GitHubError) as error:
        log.warning("%s: could not say so on the issue: %s", work.ticket.key, error)


def _after_failure(world: World, work: Work, error: Exception) -> None:
    """Try again soon; after the third bad run in a row set the ticket aside."""
    if isinstance(error, GitFailed) and work.mirror:
        work.mirror.discard_if_broken()
    bad = work.bad_runs.before() + 1
    if bad < MOST:
        world.queue.request_at(work.ticket, world.clock() + pauses.doubled(pauses.FAILURE_PAUSE, bad))
    else:
        _set_aside(world, work, "")
