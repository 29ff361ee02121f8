"""Waiting: a queued ticket waits for other issues and for its turn; who lets go of a slot lets the next one begin."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from jobs import waiters
from jobs.steps.parts import has_parts, work_parts
from jobs.steps.stacking import stand_on_blocker
from jobs.steps.work import Work
from jobs.ticket import messages
from jobs.ticket.boards import priorities
from jobs.ticket.checks import held_up
from jobs.ticket.dependencies import LONGEST_REFERENCE, Found, Reference, cycle, references
from jobs.ticket.order import rank
from jobs.ticket.phases import HOLDS_SLOT, Phase, Signal
from jobs.ticket.stacking import is_forsaken
from jobs.ticket.unread import own_pull_request
from jobs.ticket.words import few

IN_CIRCLES = b"in circles"
WALKED_FOR = timedelta(hours=1)
"""Before it is searched again for a cycle among the same blockers: the search costs some calls."""


def wait_for_turn(work: Work) -> Signal | None:
    """SLOT_FREE once nothing blocks the ticket and it has a slot; until then the record says what it waits for."""
    concurrency = work.observation.configuration.concurrency
    # Who had begun before does not stop for a new blocker, unless what it stood on was taken away.
    if work.record.branch is None or is_forsaken(work.record):
        found = _found(work)
        if found.open or (work.record.branch is None and has_parts(work, found.parts)):
            work.slots.leave()
            work.call(work.slots.next_up(concurrency))
            return None if found.open else work_parts(work, found.parts)
        work.note(parts=())
    issue = work.observation.issue
    place = rank(work.ticket.number, issue.labels, issue.created_at, priorities(work.observation))
    in_front = work.slots.join(place, concurrency)
    if in_front is None:
        return Signal.SLOT_FREE
    work.note(in_front=in_front)
    # Who comes first has been told, unless that got lost.
    work.call(work.slots.next_up(concurrency))
    return None


def keep_place(work: Work, before: Phase | None) -> None:
    """The ticket has come from that phase into its present one: its slot is taken or let go of."""
    phase = work.record.phase
    if phase in HOLDS_SLOT:
        work.has_begun |= before is Phase.QUEUED
        if before not in HOLDS_SLOT and before is not Phase.QUEUED:
            # A person's push is checked at once.
            work.slots.hold()
    elif phase is not Phase.QUEUED and (before in HOLDS_SLOT or before is Phase.QUEUED):
        work.slots.leave()
        work.has_left = True


def heed_held_checks(work: Work) -> bool:
    """A ticket whose checks wait for people needs no slot meanwhile, and they are told; whether that has changed."""
    if work.recorded is None:
        return False
    record, pull_request = work.record, own_pull_request(work.record, work.observation)
    is_checked = record.phase is Phase.CHECKING and pull_request is not None
    held = held_up(pull_request.checks) if is_checked and pull_request else ()
    names = few(check.name for check in held)
    if names == record.held_by:
        return False
    work.note(held_by=names)
    if held:
        work.slots.leave()
        work.has_left = True
        work.tell(f"held {record.head_sha}", messages.held_up(record, held))
    elif record.phase in HOLDS_SLOT:
        work.slots.hold()
    return True


def call_next(work: Work) -> None:
    """Ask for the tickets that may begin now that this one has let go of its slot."""
    work.has_left = False
    work.call(work.slots.next_up(work.observation.configuration.concurrency, anew=True))


def _found(work: Work) -> Found:
    """What it waits for; open issues that block it are in the record."""
    issue, home = work.observation.issue, work.ticket.repository
    # As it stands: taking such a line back, or adding one, asks for nothing but patience.
    named = references(issue.latest_body, home)
    if named:
        work.ask_permissions({issue.latest_body_by})
    counted = named if work.observation.may_write(issue.latest_body_by) else ()
    has_begun = bool(work.record.begun_parts)
    found = work.github.relations.found(counted, work.observation.viewer, has_parts=has_begun)
    waiters.remember(work.redis, work.ticket, found.open)
    may_stack = not _goes_in_circles(work, found.open) and not has_parts(work, found.parts)
    if stand_on_blocker(work, found.open, may_stack=may_stack):
        found = replace(found, open=())
    waits_for = few((item.shown(home) for item in found.open), LONGEST_REFERENCE)
    work.note(waits_for=waits_for, unseen=few(found.unseen, LONGEST_REFERENCE))
    return found


def _goes_in_circles(work: Work, blockers: Sequence[Reference]) -> bool:
    """Whether the ticket waits for itself, over however many others; people are told so."""
    if not blockers:
        return False
    key = f"walked:{work.ticket.key}:{hashlib.sha256(repr(blockers).encode()).hexdigest()[:8]}"
    known: Any = work.redis.get(key)
    if known is not None:
        return bool(known == IN_CIRCLES)
    relations, home = work.github.relations, Reference(work.ticket.repository, work.ticket.number)

    def may_write(login: str) -> bool:
        work.ask_permissions({login})
        return work.observation.may_write(login)

    way = cycle(home, blockers, lambda item: relations.blockers_of(item, may_write))
    if way:
        names = [item.shown(work.ticket.repository) for item in way]
        work.tell(f"cycle {' '.join(names)}", messages.goes_in_circles(work.record, names))
    work.redis.set(key, IN_CIRCLES if way else b"", ex=WALKED_FOR)
    return bool(way)
