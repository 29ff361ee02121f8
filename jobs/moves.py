"""Moves: a ticket's way through the table of phases, one signal at a time, and what it brings about on GitHub."""

import logging

from jobs.steps.arrivals import ARRIVALS
from jobs.steps.work import Work
from jobs.ticket.phases import TRANSITIONS, Phase, Signal
from jobs.ticket.signals import signal
from jobs.ticket.updates import rebuilt, restarted, started, updated
from jobs.world import World

log = logging.getLogger("autocode")


def take_signals(world: World, work: Work) -> bool:
    """Walk the table with everything that this observation says; whether it said anything."""
    changed = False
    while happened := signal(work.recorded, work.observation, world.settings.budget):
        if not move(world, work, happened):
            break
        changed = True
    return changed


def recall(world: World, work: Work) -> bool:
    """Rebuild a lost or forged record from the branch and the pull request, if there are any."""
    record = rebuilt(work.observation, world.settings.budget)
    if record is None:
        return False
    log.warning("%s: no valid record, rebuilt as %s", work.ticket.key, record.phase)
    work.record = record
    return True


def move(world: World, work: Work, happened: Signal) -> bool:
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
    # Whatever was heard of it before this look has been seen by it.
    world.queue.forget_news(work.ticket, seen.now)
    log.info("%s: run %s, %s → %s", work.ticket.key, work.record.run, happened, work.record.phase)
    arrive = ARRIVALS.get(work.record.phase)
    if arrive:
        arrive(work, happened)
    if work.record.phase is not Phase.QUEUED:
        work.show_phase()
    return True
