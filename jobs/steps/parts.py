"""Parts: a ticket with sub-issues has these worked on in its place, as many at a time as there are slots."""

from collections.abc import Sequence

from jobs import waiters
from jobs.steps.work import Work
from jobs.ticket import messages
from jobs.ticket.dependencies import LONGEST_REFERENCE, Part, to_begin
from jobs.ticket.names import start_marker
from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.phases import Signal
from jobs.ticket.words import short

MOST = 100
"""As many as GitHub lets an issue have."""


def has_parts(work: Work, parts: Sequence[Part]) -> bool:
    """It is done by its sub-issues: some are open, or were begun for it, whatever has become of them."""
    return any(part.is_open for part in parts) or bool(work.record.begun_parts)


def work_parts(work: Work, parts: Sequence[Part]) -> Signal | None:
    """Begin the sub-issues whose turn it is, for the person who asked; PARTS_DONE once all are closed."""
    home, concurrency = work.ticket.repository, work.observation.configuration.concurrency
    named = ((short(part.reference.shown(home), LONGEST_REFERENCE), part.state) for part in parts[:MOST])
    work.note(parts=tuple(named))
    open_ones = [part for part in parts if part.is_open]
    if not open_ones:
        work.tell("parts", messages.parts_done(work.record))
        return Signal.PARTS_DONE
    waiters.remember(work.redis, work.ticket, [part.reference for part in open_ones])
    known = [part for part in parts if _is_vouched_for(work, part)]
    for number in to_begin(known, work.record.begun_parts, home, concurrency):
        _begin(work, number)
    begun = {part.reference.number for part in open_ones if TRIGGER_LABEL not in part.labels}
    work.call(begun & set(work.record.begun_parts))
    return None


def _is_vouched_for(work: Work, part: Part) -> bool:
    """It was there when somebody asked for the parent, or is by somebody who may ask themselves."""
    if not part.is_open or part.opened_at <= work.record.text_at:
        return True
    work.ask_permissions({part.author})
    return work.observation.may_write(part.author)


def _begin(work: Work, number: int) -> None:
    """Start a sub-issue by a comment that its own run reads as a command of the person who asked for its parent."""
    record, viewer = work.record, work.observation.viewer
    marker = start_marker(record.run, record.requested_by, record.requested_by_id, record.text_at)
    if not work.github.relations.has_comment(number, viewer, marker, record.started_at):
        work.github.comment_on(
            number, f"{marker}\n{messages.started_with_parent(record, work.ticket.number)}"
        )
    work.note(begun_parts=(*record.begun_parts, number))
