"""Following: what people ask for by moving a card is heeded, and the card goes where its ticket is.

A card is a picture of the ticket, never what it depends on: where GitHub does not let us move one, the log says so and
the ticket goes on.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from jobs.cards import Heard
from jobs.freshness import LAG
from jobs.steps.allowed import allowed
from jobs.steps.work import Work
from jobs.ticket import messages
from jobs.ticket.boards import (
    asked_by_card,
    changes_column,
    is_about_column,
    is_shown,
    live_cards,
    wanted_moves,
    wants_closed,
)
from jobs.ticket.observation import Trigger
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.ticket.request import CardMoved

log = logging.getLogger("autocode")


def heed_cards(work: Work) -> tuple[Signal, Trigger] | None:
    """What the oldest moved card asks for that asks for anything, and who does; None when nobody does."""
    while waiting := work.moves.waiting():
        moved, seen, is_newest = waiting[0].moved, work.observation, not _moved_again(waiting)
        asked = asked_by_card(moved, work.recorded, seen)
        shows = is_shown(moved, seen)
        if (asked or not moved.field) and is_newest and not shows and seen.now - waiting[0].at < LAG:
            # The ticket is looked at once more when GitHub must show it.
            return None
        work.moves.take()
        if asked and shows and _may(work, moved):
            log.info("%s: @%s moved its card: %s", work.ticket.key, moved.sender, asked)
            at = datetime.fromisoformat(moved.at)
            return asked, Trigger(moved.sender, at, f"card {moved.item} {moved.at}", moved.sender_id)
        if is_newest and wants_closed(moved, seen) and shows and _may(work, moved):
            work.tell(f"closed {moved.at}", messages.closed(moved.sender))
        is_ours = not moved.field or is_about_column(moved, seen.configuration.board)
        if is_newest and is_ours and _is_at_work(work):
            move_cards(work)
    return None


def follow(work: Work, before: Phase | None) -> None:
    """Move the cards when the ticket has come, from the phase `before`, to where another column shows it."""
    if changes_column(before, work.record.phase):
        move_cards(work)


def move_cards(work: Work) -> None:
    """Put every card where its ticket is."""
    for card, select, column in list(wanted_moves(work.record.phase, work.observation)):
        work.move_card(card, select, column)


def put_beside(work: Work, node_id: str) -> None:
    """Put an issue on the boards that the ticket's cards are on."""
    if work.observation.may_move_cards:
        for card in live_cards(work.observation):
            allowed(work, partial(work.github.add_card, card.project_id, node_id))


def _moved_again(waiting: Sequence[Heard]) -> bool:
    """The oldest move's card was moved once more since."""
    first, later = waiting[0].moved, [heard.moved for heard in waiting[1:]]
    return any(one.item == first.item and first.field in ("", one.field) for one in later)


def _may(work: Work, moved: CardMoved) -> bool:
    """Whether this person may write; if not, one polite line says so."""
    work.ask_permissions({moved.sender})
    if work.observation.may_write(moved.sender):
        return True
    permission = work.observation.permissions[moved.sender]
    work.tell(f"reply {moved.sender}", messages.not_yours(moved.sender, permission))
    return False


def _is_at_work(work: Work) -> bool:
    return work.recorded is not None and KIND[work.recorded.phase] != "resting"
