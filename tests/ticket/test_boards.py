"""What a moved card asks for, where a card belongs, and what is said of boards that it cannot follow."""

from dataclasses import replace
from typing import Any

import pytest

from jobs.ticket.boards import COLUMNS, asked_by_card, changes_column, complaints, is_shown, wanted_moves
from jobs.ticket.configuration import DEFAULTS, Board
from jobs.ticket.observation import Card, Observation, Select
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.record import Record
from jobs.ticket.request import CardMoved
from tests.ticket.builders import observation, record

OPTIONS = {"todo": "1", "AutoCode": "2", "In Progress": "3", "in review": "4", "DONE": "5", "Someday": "6"}
SIZE = Select("F2", "Size", {"S": "7", "M": "8"})


def card(column: str | None = "todo", options: dict[str, str] = OPTIONS, **more: Any) -> Card:
    values = {"Status": column} if column else {}
    facts: dict[str, Any] = {
        "is_archived": False,
        "selects": (SIZE, Select("F1", "Status", options)),
        "values": values,
    }
    return Card("PVTI_1", "PVT_1", "Roadmap", **facts | more)


def seen(*cards: Card, may: bool = True, **more: Any) -> Observation:
    return observation(cards=cards, may_move_cards=may, **more)


def moved(left: str, entered: str, field: str = "Status") -> CardMoved:
    return CardMoved(17, "PVTI_1", "bob", 2, "2026-11-20T11:59:59Z", field, left, entered)


@pytest.mark.parametrize(
    ("case", "move", "before", "asked"),
    [
        ("a new issue", moved("todo", "AutoCode"), None, Signal.TRIGGERED),
        ("from no column", moved("", "autocode"), None, Signal.TRIGGERED),
        ("a cancelled one", moved("todo", "Autocode"), record(Phase.CANCELLED), Signal.TRIGGERED),
        ("a failed one", moved("In Progress", "Autocode"), record(Phase.FAILED), Signal.TRIGGERED),
        ("it is at work already", moved("todo", "Autocode"), record(), None),
        ("out of its column", moved("In Progress", "todo"), record(), Signal.CARD_MOVED_OUT),
        ("into a column of theirs", moved("in review", "Someday"), record(), Signal.CARD_MOVED_OUT),
        ("out of the board's columns", moved("AutoCode", ""), record(), Signal.CARD_MOVED_OUT),
        ("from one of ours to another", moved("In Progress", "DONE"), record(), None),
        ("among theirs", moved("todo", "Someday"), record(), None),
        ("when it is over", moved("In Progress", "todo"), record(Phase.FAILED), None),
        ("another field", moved("S", "Autocode", field="Size"), None, None),
    ],
)
def test_what_a_moved_card_asks_for(
    case: str, move: CardMoved, before: Record | None, asked: Signal | None
) -> None:
    assert asked_by_card(move, before, seen()) == asked


def test_the_card_of_a_closed_issue_asks_for_nothing() -> None:
    assert asked_by_card(moved("todo", "Autocode"), None, seen(state="CLOSED")) is None


def test_a_move_counts_while_its_card_is_where_it_was_put() -> None:
    move = moved("todo", "AutoCode")
    assert is_shown(move, seen(card("AutoCode")))
    assert not is_shown(move, seen(card("In Progress")))
    assert not is_shown(move, seen())
    assert not is_shown(move, seen(card("AutoCode", is_archived=True)))
    assert is_shown(moved("todo", ""), seen(card(None)))


@pytest.mark.parametrize(
    ("phase", "now", "column"),
    [
        (Phase.QUEUED, "AutoCode", None),
        (Phase.PREPARING, "AutoCode", "In Progress"),
        (Phase.PREPARING, None, "In Progress"),
        (Phase.CODING, "In Progress", None),
        (Phase.VALIDATING, "In Progress", "in review"),
        (Phase.DONE, "in review", "DONE"),
        (Phase.FAILED, "In Progress", None),
        (Phase.CANCELLED, "In Progress", "todo"),
        (Phase.CANCELLED, "Someday", None),
        (Phase.CANCELLED, None, None),
    ],
)
def test_a_card_belongs_where_its_ticket_is(phase: Phase, now: str | None, column: str | None) -> None:
    found = [move.column for move in wanted_moves(phase, seen(card(now)))]
    assert found == ([column] if column else [])


def test_cards_that_nobody_sees_or_we_may_not_move_stay() -> None:
    hidden = card(is_archived=True)
    assert not list(wanted_moves(Phase.CODING, seen(hidden)))
    assert not list(wanted_moves(Phase.CODING, seen(card(), may=False)))
    assert not list(wanted_moves(Phase.CANCELLED, seen(card("in review"), state="CLOSED")))


def test_only_another_column_is_a_reason_to_look_after_the_card() -> None:
    assert changes_column(None, Phase.PREPARING)
    assert changes_column(Phase.QUEUED, Phase.PREPARING)
    assert not changes_column(Phase.PREPARING, Phase.CODING)
    assert changes_column(Phase.CHECKING, Phase.VALIDATING)
    assert not changes_column(Phase.CODING, Phase.FAILED)
    assert changes_column(Phase.VALIDATING, Phase.PREPARING)
    assert not changes_column(None, Phase.QUEUED)


def test_every_column_but_the_first_has_a_phase() -> None:
    keys = {name for name in vars(Board()) if name not in ("field", "trigger")}
    assert set(COLUMNS.values()) == keys


def test_what_a_board_lacks_is_said_in_one_line() -> None:
    few = card(options={"Todo": "1", "In progress": "2"})
    assert complaints(seen(card())) == []
    [line] = complaints(seen(few))
    assert line.startswith("The board “Roadmap” has no column `In review`, `Done`")
    [line] = complaints(seen(card(selects=(SIZE,))))
    assert "no single-select field `Status`" in line
    [line] = complaints(seen(few, card(), may=False))
    assert "**organization_projects: write**" in line
    assert complaints(seen(card(selects=(), is_archived=True))) == []


def test_the_names_are_the_repositorys_own() -> None:
    own = replace(DEFAULTS, board=Board(field="size", trigger="s", working="m"))
    sized = card(values={"Size": "S"})
    assert asked_by_card(moved("", "S", "Size"), None, seen(sized, configuration=own)) is Signal.TRIGGERED
    assert [move.column for move in wanted_moves(Phase.CODING, seen(sized, configuration=own))] == ["M"]
