"""Boards: what a moved card asks for, and into which column a ticket's card belongs. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from jobs.ticket import notes
from jobs.ticket.configuration import Board
from jobs.ticket.observation import Card, Observation, Select
from jobs.ticket.order import priority
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.ticket.record import Record
from jobs.ticket.request import CardMoved

COLUMNS: dict[Phase, str] = {
    Phase.PREPARING: "working",
    Phase.CODING: "working",
    Phase.ASKING: "working",
    Phase.APPROVING: "working",
    Phase.PUBLISHING: "working",
    Phase.CHECKING: "working",
    Phase.VALIDATING: "review",
    Phase.MERGING: "review",
    Phase.DONE: "done",
    Phase.CANCELLED: "todo",
}
"""Phase → the key of `Board` that names the column; in the other phases a card stays where it is."""


class Move(NamedTuple):
    """A card that belongs into another column."""

    card: Card
    select: Select
    column: str
    """As the board spells it."""


def asked_by_card(moved: CardMoved, record: Record | None, observation: Observation) -> Signal | None:
    """What this person asks for by moving the card there, if it `is_shown` there; None when that is nothing."""
    board = observation.configuration.board
    is_at_work = record is not None and KIND[record.phase] != "resting"
    if not is_about_column(moved, board):
        return None
    if _same(moved.entered, board.trigger):
        return None if is_at_work or observation.issue.state != "OPEN" else Signal.TRIGGERED
    is_out = _is_ours(moved.left, board) and not _is_ours(moved.entered, board)
    return Signal.CARD_MOVED_OUT if is_out and is_at_work else None


def wants_closed(moved: CardMoved, observation: Observation) -> bool:
    """The card of a closed issue was moved to where it would start it."""
    board = observation.configuration.board
    is_in = is_about_column(moved, board) and _same(moved.entered, board.trigger)
    return is_in and observation.issue.state != "OPEN"


def is_about_column(moved: CardMoved, board: Board) -> bool:
    """What changed is the field whose options are the columns."""
    return _same(moved.field, board.field)


def is_shown(moved: CardMoved, observation: Observation) -> bool:
    """The card is where this move has put it: whoever has moved it since may be somebody who may not."""
    card = next((card for card in live_cards(observation) if card.id == moved.item), None)
    return card is not None and (not moved.field or (card.value(moved.field) or "") == moved.entered)


def changes_column(before: Phase | None, phase: Phase) -> bool:
    """A ticket's card has to be looked after when its ticket goes from the one phase to the other."""
    return phase in COLUMNS and (before is None or COLUMNS.get(before) != COLUMNS[phase])


def wanted_moves(phase: Phase, observation: Observation) -> Iterator[Move]:
    """The cards that are not where their ticket is, as far as their boards have such a column.

    After a cancellation only those go back that are in one of our columns, and not when the issue is closed, which
    Projects take care of themselves.
    """
    board, key = observation.configuration.board, COLUMNS.get(phase)
    if key is None or not observation.may_move_cards or (key == "todo" and observation.issue.state != "OPEN"):
        return
    for card in live_cards(observation):
        select, now = card.select(board.field), str(card.value(board.field) or "")
        column = option_named(select, getattr(board, key)) if select else None
        is_left_alone = key == "todo" and not _is_ours(now, board)
        if select and column and column != now and not is_left_alone:
            yield Move(card, select, column)


def complaints(observation: Observation) -> list[str]:
    """What keeps cards from following their ticket, one line for each board, for the status comment."""
    cards, board = live_cards(observation), observation.configuration.board
    if cards and not observation.may_move_cards:
        return [notes.CARDS_STAY]
    return [line for card in cards if (line := _complaint(card, board))]


def live_cards(observation: Observation) -> list[Card]:
    """Those that people see on their boards."""
    return [card for card in observation.cards if not card.is_archived]


def priorities(observation: Observation) -> list[float]:
    """What the ticket's cards say in the field that is configured for it."""
    name = observation.configuration.priority
    found = (
        priority(card.value(name), select.options if (select := card.select(name)) else ())
        for card in live_cards(observation)
    )
    return [value for value in found if value is not None]


def option_named(select: Select, name: str) -> str | None:
    """The option of that name, as the board spells it."""
    return next((option for option in select.options if _same(option, name)), None)


def _complaint(card: Card, board: Board) -> str:
    select = card.select(board.field)
    if select is None:
        return notes.no_field(card, board.field)
    wanted = [getattr(board, key) for key in dict.fromkeys(COLUMNS.values())]
    missing = [name for name in wanted if option_named(select, name) is None]
    return notes.no_columns(card, missing) if missing else ""


def _is_ours(column: str, board: Board) -> bool:
    """One of those in which a card stands while its ticket is at work, or was."""
    return any(_same(column, name) for name in (board.trigger, board.working, board.review, board.done))


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
