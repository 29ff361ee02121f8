"""Controller: one reconcile of one ticket. Observe, take the signals, walk the table, do the step, record.

Little here knows what a phase does: phases and their ways are data in `jobs.ticket.phases`, the work of a phase is
in `jobs.steps`, what GitHub's state means is in `jobs.ticket.signals`, what follows trouble is in `jobs.setbacks`.
Whatever is interrupted here is found and finished by the next reconcile: effects come before the record that says they
were made, and look for themselves.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from redis.exceptions import RedisError

from jobs import pauses
from jobs.asked import Asked
from jobs.cards import Moves
from jobs.freshness import LAG, Freshness, Guard
from jobs.git.errors import GitUnreachable, is_full
from jobs.github.client import Installation
from jobs.github.errors import Archived, GitHubError, Gone, Throttled, Unanswered, Uncertain
from jobs.lease import Lease
from jobs.moves import move, recall, say_lost, take_signals
from jobs.poison import BadRuns
from jobs.presses import Presses
from jobs.queue import Lane, QueueDown
from jobs.setbacks import after_failure, run_of, set_aside, stays_aside, wait_for_redis, wait_for_room
from jobs.steps import STEPS
from jobs.steps.preparing import remove_worktree
from jobs.steps.waiting import call_next
from jobs.steps.work import Work
from jobs.sweep import Fingerprints
from jobs.ticket.errors import InLine, Later, LeaseLost, Renamed, TellPeople
from jobs.ticket.phases import KIND, Signal
from jobs.ticket.request import Changed, Reconcile, Ticket
from jobs.ticket.signals import deadline
from jobs.world import World

SOONEST = timedelta(seconds=1)
"""A ticket is not looked at again earlier than this without a cause."""

log = logging.getLogger("autocode")


def reconcile(world: World, ticket: Ticket, lane: Lane, turn: str) -> None:
    """Bring one ticket as far as it can go now; if another worker has it, that one is told to look again.

    `turn` is the job's id: the same job, run again after a worker's death, takes its own lease over.
    """
    lease, quota = Lease.acquire(world.redis, ticket, owner=turn), world.quota(ticket.installation)
    if lease is None:
        log.info("%s: another worker has it and will look again", ticket.key)
        quota.return_turn(ticket)
        return
    guard = Guard(lease, Freshness(world.redis, ticket, world.clock))
    if lane == "coding":
        # It has had its turn, and does not stand in line again.
        quota.give_turn(ticket)
    opened = Installation(world.settings, ticket, guard.check, world.clock, quota, world.tokens)
    asked = Asked(world.redis, ticket)
    with lease, opened as github:
        if lane == "coding":
            github.need_not_ask(asked.take())
        hand_over = _until_quiet(world, guard, github, ticket, lane)
        if hand_over and lane == "tickets":
            asked.pass_on(github.answered)
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
            call=lambda numbers: _call(world, ticket, numbers),
            redis=world.redis,
            clock=world.clock,
            freshness=guard.freshness,
            guard=guard.check,
            news=lease.take_again,
            still_ours=lease.check,
            bad_runs=BadRuns(world.redis, ticket, lease.fence),
            moves=Moves(world.redis, ticket),
            presses=Presses(world.redis, ticket),
            stopping=world.stopping,
            open_model=world.open_model,
            open_sandbox=world.open_sandbox,
        )
        result = _carefully(world, work, lane)
        _let_others_begin(world, work)
        if result is not Result.WAITING or lease.release():
            return result is Result.FOR_CODING


def _call(world: World, ticket: Ticket, numbers: Iterable[int]) -> None:
    """Ask for other tickets of its repository."""
    for number in set(numbers) - {ticket.number}:
        world.queue.request(Reconcile(replace(ticket, number=number), why="its turn has come"))


def _let_others_begin(world: World, work: Work) -> None:
    """The slot that the ticket has let go of is the next one's; if that fails, the sweep makes up for it.

    Its parent lists how it stands, so that one is told of its beginning as well.
    """
    if work.has_begun or work.has_left:
        world.queue.request(Changed(work.ticket, also=None, why="a sub-issue has changed"))
        work.has_begun = False
    if not work.has_left:
        return
    try:
        call_next(work)
    except (Later, TellPeople, GitHubError) as error:
        log.warning("%s: the next ticket is left to the sweep: %s", work.ticket.key, error)


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
    try:
        return _counted(world, work, lane)
    except LeaseLost:
        log.warning("%s: the lease is lost, another worker goes on", ticket.key)
    except (Uncertain, GitUnreachable, Unanswered) as uncertain:
        log.warning("%s: %s; observing again before anything else", ticket.key, uncertain)
        # It may still be carried out.
        work.freshness.write_begins()
        pause = pauses.pause(world.redis, ticket, pauses.kind(uncertain))
        world.queue.request_at(ticket, world.clock() + pause)
    except Later as later:
        log.info("%s: %s", ticket.key, later)
        world.queue.request_at(ticket, later.until, keep_earlier=isinstance(later, InLine))
        if not isinstance(later, (InLine, Throttled)):
            _react_all_the_same(work)
    except Renamed as renamed:
        log.info("%s: %s", ticket.key, renamed)
        there = replace(ticket, repository=renamed.name)
        world.queue.request(Reconcile(there, why="its repository was renamed"))
    except (Gone, Archived) as gone:
        log.warning("%s: dropped, %s", ticket.key, gone)
        if isinstance(gone, Gone):
            # It may have held a slot.
            work.call(work.slots.vacate())
        _come_back(world, ticket, begun, None)
    except TellPeople as problem:
        log.info("%s: %s", ticket.key, problem)
        set_aside(world, work, str(problem))
    except (RedisError, QueueDown) as away:
        log.warning("%s: Redis: %s", ticket.key, away)
        wait_for_redis(world, work)
    except Exception as error:
        if not is_full(error):
            log.exception("%s: run %s failed", ticket.key, run_of(work))
            after_failure(world, work, error)
            return Result.PUT_OFF
        log.warning("%s: the disk is full: %s", ticket.key, error)
        wait_for_room(world, work)
    finally:
        work.close()
    work.bad_runs.leave()
    return Result.PUT_OFF


def _counted(world: World, work: Work, lane: Lane) -> Result:
    """One pass among the ticket's runs; the sweep hears of one that finishes what it was asked for."""
    fingerprints = Fingerprints(world.redis, work.ticket.installation)
    work.bad_runs.begin()
    asked = fingerprints.asked(work.ticket)
    result = _pass(world, work, lane)
    if result is Result.WAITING:
        pauses.forget(world.redis, work.ticket)
        work.bad_runs.forget()
        if not work.has_unsaid:
            fingerprints.finish(work.ticket, asked)
    work.bad_runs.leave()
    return result


def _react_all_the_same(work: Work) -> None:
    """Who commands sees that it was heard though no status comment comes in this pass; all else waits for it."""
    try:
        work.show_reaction()
    except (Later, Uncertain, LeaseLost, TellPeople, GitHubError, RedisError) as error:
        log.info("%s: no reaction yet: %s", work.ticket.key, error)


def _pass(world: World, work: Work, lane: Lane) -> Result:
    """Observe, then signals and steps until the ticket waits for something."""
    if stays_aside(world, work):
        return Result.PUT_OFF
    is_ours = _look(world, work)
    if work.bad_runs.aside_since():
        # What was wrong with it is over.
        work.bad_runs.progress()
    if not is_ours:
        _come_back(world, work.ticket, work.observation.now, work.moves.due())
        return Result.WAITING
    while KIND[work.record.phase] == "working":
        if lane != "coding":
            return Result.FOR_CODING
        if work.news():
            # Whoever cancels while a step is at work is heard before the next one begins.
            _look(world, work)
            continue
        happened = STEPS[work.record.phase](work)
        if happened is not None:
            move(world, work, happened)
            # That the code is there is shown with what becomes of it.
            if take_signals(world, work) or happened is not Signal.PREPARED:
                work.save()
        elif work.stopping():
            work.save()
            return Result.FOR_CODING
        else:
            _look(world, work)
    if KIND[work.record.phase] == "resting":
        # Only now that it is recorded: whoever has to end it once more needs them.
        remove_worktree(work)
    dues = (deadline(work.record, work.observation, work.budget), work.moves.due())
    due = min((time for time in dues if time), default=None)
    _come_back(world, work.ticket, work.observation.now, due)
    return Result.WAITING


def _come_back(world: World, ticket: Ticket, looked_at: datetime, due: datetime | None) -> None:
    """Ask for a ticket that is let go of when it is due, or when news that led to nothing yet must show on GitHub."""
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
    remembered = work.recorded
    changed = remembered is None and recall(work)
    changed |= take_signals(world, work)
    if work.observation.denied and work.recorded and KIND[work.recorded.phase] != "resting":
        # We see too little to go on, yet enough to say so.
        raise TellPeople(work.observation.denied)
    if work.recorded is not None:
        # What the labels say decides who is next, so they are put right whenever somebody looks.
        changed |= work.show_phase()
        if changed or work.recorded != remembered:
            work.save()
    else:
        say_lost(work)
    # Where nothing is recorded.
    work.show()
    work.say_unsaid()
    # Presses and moves of cards that asked for nothing.
    work.presses.settle()
    work.moves.settle()
    return work.recorded is not None
