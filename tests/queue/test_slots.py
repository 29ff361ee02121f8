"""The book of a repository's slots, in a real Redis; GitHub's list is what a test says it is."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from jobs.freshness import remember_since
from jobs.slots import Slots
from jobs.ticket.errors import Later
from jobs.ticket.order import Place
from jobs.ticket.request import Ticket

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


class GitHub:
    """What GitHub lists, and how often it was asked."""

    def __init__(self) -> None:
        self.listed: dict[int, Place] = {}
        self.asked = 0

    def __call__(self) -> dict[int, Place]:
        self.asked += 1
        return self.listed


@pytest.fixture
def github():
    return GitHub()


@pytest.fixture
def slots(redis, github):
    remember_since(redis, NOW - timedelta(hours=1))
    return lambda number, ask=github: Slots(redis, Ticket(17, "acme/shop", number), lambda: NOW, ask)


def test_slots_go_to_those_who_come_first_and_the_others_are_counted(slots, github):
    assert [slots(number).join(f"{number}", 2) for number in (1, 2, 3, 5, 4)] == [None, None, 0, 1, 1]
    assert slots(1).join("1", 2) is None, "who has a slot keeps it"
    assert github.asked == 1


def test_who_holds_a_slot_too_many_waits_when_sent_back_to_work(slots):
    slots(1).join("1", 1)
    slots(2).hold()
    assert [slots(number).join(f"{number}", 1) for number in (1, 2)] == [0, None]
    slots(2).leave()
    assert slots(3).next_up(1) == [1]
    assert slots(1).join("1", 1) is None


def test_who_comes_later_does_not_overtake_who_waits(slots):
    slots(1).hold()
    slots(2).join("2", 1)
    slots(1).leave()
    assert slots(3).join("3", 1) == 1
    assert slots(3).next_up(1) == [2]
    assert slots(2).join("2", 1) is None


def test_of_many_at_once_no_more_get_a_slot_than_there_are(slots):
    got = []
    hands = [
        threading.Thread(target=lambda number=number: got.append(slots(number).join(f"{number:02d}", 3)))
        for number in range(1, 13)
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert got.count(None) == 3


def test_what_was_just_written_counts_more_than_githubs_list(slots, github):
    github.listed = {1: Place("working"), 2: Place("waiting", "2")}
    slots(1).leave()
    slots(3).hold()
    assert slots(4).join("4", 2) == 1
    slots(2).leave()
    assert slots(4).next_up(2, anew=True) == [4]


def test_what_github_has_shown_long_enough_counts_more_than_what_was_written(
    slots, github, redis, monkeypatch
):
    slots(1).hold()
    monkeypatch.setattr("jobs.slots.LAG", timedelta(seconds=-60))
    github.listed = {2: Place("waiting", "2")}
    assert slots(2).next_up(1) == [2], "whoever died before its label said so has no slot"


def test_an_older_list_does_not_undo_a_newer_one(slots, github):
    def slow() -> dict[int, Place]:
        # While this answer is on its way, another worker asks and is answered.
        github.listed = {2: Place("working")}
        slots(2).next_up(1)
        return {1: Place("working")}

    assert slots(1, slow).next_up(1) == []
    assert slots(1).join("1", 2) is None


def test_after_everything_was_forgotten_githubs_list_is_believed_once_it_must_be_right(slots, github, redis):
    github.listed = {1: Place("working"), 2: Place("waiting", "2")}
    redis.flushall()
    remember_since(redis, NOW - timedelta(seconds=1))
    with pytest.raises(Later) as later:
        slots(2).join("2", 2)
    assert later.value.until == NOW + timedelta(seconds=4)
    redis.flushall()
    remember_since(redis, NOW - timedelta(seconds=6))
    assert slots(2).join("2", 1) == 0
    assert slots(2).join("2", 2) is None


def test_among_those_that_wait_githubs_list_says_whose_turn_it_is(slots, github):
    github.listed = {1: Place("working"), 2: Place("waiting", "b"), 3: Place("waiting", "c")}
    for number, rank in ((2, "a"), (3, "b"), (4, "d")):
        slots(number).join(rank, 1)
    assert slots(3).join("a", 1) == 1, "what it says itself counts only until it is on the list"
    github.listed = {1: Place("working"), 2: Place("waiting", "c"), 3: Place("waiting", "b")}
    slots(1).leave()
    assert slots(1).next_up(3, anew=True) == [3, 2, 4]
    assert slots(2).join("a", 1) == 1
