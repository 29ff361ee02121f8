"""Who of the waiting tickets is next, as tables."""

from datetime import timedelta

import pytest

from jobs.ticket.order import Place, next_up, priority, rank
from tests.ticket.builders import NOW

LATER = NOW + timedelta(days=1)
IN_ORDER = [
    rank(9, {"priority: high"}, LATER),
    rank(8, {"bug", "Priority: MEDIUM"}, LATER),
    rank(14, set(), LATER, [-3.5]),
    rank(13, set(), LATER, [7.0, 1.0]),
    rank(12, set(), LATER, [1.5]),
    rank(11, set(), NOW, [10.0], position=3),
    rank(10, set(), NOW, [10.0], position=4),
    rank(16, set(), LATER, position=0),
    rank(15, set(), NOW, position=12),
    rank(3, set(), LATER - timedelta(hours=1)),
    rank(5, {"bug"}, LATER - timedelta(hours=1)),
    rank(2, set(), LATER),
    rank(7, {"priority: low"}, LATER, [0.0]),
    rank(1, {"priority: low"}, NOW),
]


def waiting(*numbers: int) -> dict[int, Place]:
    return {number: Place("waiting", rank(number, set(), NOW)) for number in numbers}


def working(*numbers: int) -> dict[int, Place]:
    return {number: Place("working") for number in numbers}


def test_priority_comes_before_age_and_age_before_the_number() -> None:
    assert sorted(IN_ORDER) == IN_ORDER


def test_a_number_beyond_all_measure_counts_as_none() -> None:
    assert rank(1, set(), NOW, [1e12]) == rank(1, set(), NOW)


def test_the_highest_of_several_priorities_counts() -> None:
    assert rank(1, {"priority: low", "priority: high"}, NOW) == rank(1, {"priority: high"}, NOW)


@pytest.mark.parametrize(
    ("value", "options", "expected"),
    [
        (2.5, (), 2.5),
        ("Some day", ("Urgent", "Soon", "Some day"), 2.0),
        ("Urgent", ("Urgent", "Soon"), 0.0),
        ("Renamed meanwhile", ("Urgent",), None),
        (None, ("Urgent",), None),
    ],
)
def test_a_field_says_its_number_or_how_far_down_the_option_stands(
    value: str | float | None, options: tuple[str, ...], expected: float | None
) -> None:
    assert priority(value, options) == expected


@pytest.mark.parametrize(
    ("places", "concurrency", "expected"),
    [
        ({}, 2, []),
        (waiting(3, 1, 2), 2, [1, 2]),
        (waiting(3, 1, 2) | working(4), 2, [1]),
        (waiting(1) | working(4, 5), 2, []),
        (waiting(1) | working(4, 5, 6), 2, []),
        (waiting(1) | {2: Place("gone")}, 1, [1]),
    ],
)
def test_a_free_slot_is_for_the_first_one(
    places: dict[int, Place], concurrency: int, expected: list[int]
) -> None:
    assert next_up(places, concurrency) == expected
