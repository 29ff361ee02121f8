"""Moves: a ticket's way through the table of phases, one signal at a time, and what it brings about on GitHub."""

import logging

from jobs.steps.arrivals import ARRIVALS
from jobs.steps.following import follow, heed_cards
from jobs.steps.merging import call_off
from jobs.steps.pressing import reply_to_press
from jobs.steps.replying import reply_to_command
from jobs.steps.stacking import follow_below, recall_stack
from jobs.steps.waiting import heed_held_checks, keep_place, wait_for_turn
from jobs.steps.work import Work
from jobs.ticket import messages
from jobs.ticket.observation import Trigger
from jobs.ticket.phases import TRANSITIONS, Phase, Signal
from jobs.ticket.rebuilding import rebuilt, requester
from jobs.ticket.record import Record
from jobs.ticket.signals import logins_to_ask, signal
from jobs.ticket.updates import started, updated
from jobs.world import World

log = logging.getLogger("autocode")


def take_signals(world: World, work: Work) -> bool:
    """Walk the table with everything that this observation, commands and cards say; whether they said anything."""
    changed = False
    while True:
        unfounded = follow_below(work)
        if unfounded and move(world, work, unfounded):
            changed = True
        # In another phase the word of other people counts.
        work.ask_permissions(logins_to_ask(work.recorded, work.observation))
        happened = signal(work.recorded, work.observation, work.budget)
        moved = happened and move(world, work, happened)
        if moved or _reply(world, work) or _heed(world, work) or heed_held_checks(work):
            changed = True
        elif not _take_turn(world, work):
            return changed


def _take_turn(world: World, work: Work) -> bool:
    """A queued ticket to which nothing else has happened begins if it may; whether it does."""
    if work.recorded is None or work.record.phase is not Phase.QUEUED:
        return False
    happened = wait_for_turn(work)
    return happened is not None and move(world, work, happened)


def _reply(world: World, work: Work) -> bool:
    """Answer the oldest command or press and walk the table with what follows; False when there was none."""
    answered = reply_to_command(work) or reply_to_press(work)
    if answered is None:
        return False
    answer, comment = answered
    if answer.signal:
        cause = f"comment {comment.id}"
        by = Trigger(comment.author, comment.created_at, cause, comment.author_id, comment.asked_at)
        move(world, work, answer.signal, by)
        cursor = max(work.record.command_cursor, comment.id)
        work.note(command_cursor=cursor, **answer.changes)
    # Without a record nothing remembers that it was answered, and the answer is all there is to do.
    return work.recorded is not None


def _heed(world: World, work: Work) -> bool:
    """Walk the table with what the oldest moved card asks for; False when none asks for anything."""
    asked = heed_cards(work)
    return asked is not None and move(world, work, *asked)


def recall(work: Work) -> bool:
    """Rebuild a lost or forged record from the branch and the pull request, if there are any."""
    asked = requester(work.observation)
    if asked:
        work.ask_permissions({asked.actor})
    record = rebuilt(work.observation, work.budget)
    if record is None:
        return False
    log.warning("%s: no valid record, rebuilt as %s", work.ticket.key, record.phase)
    work.record = record
    recall_stack(work)
    work.show_text()
    return True


def say_lost(work: Work) -> None:
    """A ticket that is asked for by our own label alone, of which nothing can be rebuilt: people are told once."""
    seen = work.observation
    label, is_open = seen.own_label, seen.issue.state == "OPEN"
    if label and is_open and not seen.denied and not work.moves.waiting():
        work.tell(f"lost {label.event_id}", messages.LOST)


def move(world: World, work: Work, happened: Signal, by: Trigger | None = None) -> bool:
    """Walk the table with one signal; False when the table does not expect it.

    Args:
        by: who gave it, when that was by a command or a card.
    """
    seen, before = work.observation, work.recorded
    if before is None:
        work.record = started(seen, work.budget, by=by).entering(Phase.QUEUED, seen.now)
    elif phase := TRANSITIONS[before.phase].get(happened):
        if before.phase is Phase.MERGING or phase in (Phase.CANCELLED, Phase.FAILED):
            call_off(work)
        work.record = _remembering(work, before, happened, by).entering(phase, world.clock())
    else:
        log.info("%s: %r is not expected in phase %s, dropped", work.ticket.key, str(happened), before.phase)
        return False
    _arrive(world, work, happened, before.phase if before else None)
    return True


def _remembering(work: Work, record: Record, happened: Signal, by: Trigger | None) -> Record:
    """The record with the signal, or that of another run if it begins one."""
    if happened is not Signal.TRIGGERED:
        return updated(record, happened, work.observation, work.budget)
    work.forget()
    return started(work.observation, work.budget, record, by)


def _arrive(world: World, work: Work, happened: Signal, before: Phase | None) -> None:
    """What the ticket's coming from that phase into its present one brings about."""
    work.show_text()
    # Whatever was heard of it before this look has been seen by it.
    world.queue.forget_news(work.ticket, work.observation.now)
    log.info("%s: run %s, %s → %s", work.ticket.key, work.record.run, happened, work.record.phase)
    arrive = ARRIVALS.get(work.record.phase)
    if arrive:
        arrive(work, happened)
    if work.record.phase is not Phase.QUEUED:
        work.show_phase()
    keep_place(work, before)
    follow(work, before)
