"""The schedule: the same seed gives the same, every fault is in it, and all of it lies within the run."""

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.schedule import Schedule, schedule
from tests.chaos.scripts import SCRIPTS

LASTS = {name: fault.lasts for name, fault in FAULTS.items()}


def drawn(seed: int, tickets: int = 10) -> Schedule:
    return schedule(seed, tickets, LASTS, 35.0)


def test_the_same_seed_gives_the_same_schedule() -> None:
    assert drawn(7) == drawn(7)


def test_another_seed_gives_another_schedule() -> None:
    assert drawn(7).strokes != drawn(8).strokes
    assert drawn(7).openings != drawn(8).openings


@pytest.mark.parametrize("seed", range(50))
def test_every_fault_strikes_once_and_is_mended_before_the_end(seed: int) -> None:
    strokes = drawn(seed).strokes
    assert sorted(stroke.fault for stroke in strokes) == sorted(FAULTS)
    assert all(stroke.at > 0 and stroke.at + stroke.lasts <= 35.01 for stroke in strokes)
    assert [stroke.at for stroke in strokes] == sorted(stroke.at for stroke in strokes)


def test_as_many_tickets_as_there_are_kinds_are_one_of_each() -> None:
    openings = drawn(3, tickets=len(SCRIPTS)).openings
    assert sorted(opening.script for opening in openings) == sorted(SCRIPTS)


def test_a_short_run_cuts_what_would_last_longer() -> None:
    short = schedule(1, 3, {"a worker is paused": (18.0, 33.0)}, 8.0)
    [stroke] = short.strokes
    assert stroke.at + stroke.lasts <= 8.01
