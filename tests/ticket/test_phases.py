"""The table itself: what must hold of any table that we would ship."""

import pytest

from jobs.steps import STEPS
from jobs.steps.arrivals import ARRIVALS
from jobs.ticket.phases import KIND, LABEL, LEAVES_WHEN, TRANSITIONS, Phase, Signal

UNFINISHED = [phase for phase in Phase if KIND[phase] != "resting"]


def test_every_phase_is_in_every_table() -> None:
    assert set(KIND) == set(LABEL) == set(LEAVES_WHEN) == set(TRANSITIONS) == set(Phase)


def test_every_working_phase_has_a_step_and_no_other_has() -> None:
    assert set(STEPS) == {phase for phase in Phase if KIND[phase] == "working"}


def test_nothing_is_announced_on_the_way_through_a_working_phase() -> None:
    assert not {phase for phase in ARRIVALS if KIND[phase] == "working"}


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_can_be_reached_from_the_start(phase: Phase) -> None:
    reached = {Phase.QUEUED}
    while new := {to for start in reached for to in TRANSITIONS[start].values()} - reached:
        reached |= new
    assert phase in reached


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_can_be_left(phase: Phase) -> None:
    assert set(TRANSITIONS[phase].values()) - {phase}


@pytest.mark.parametrize("phase", UNFINISHED)
@pytest.mark.parametrize(
    ("signal", "to"),
    [
        (Signal.UNLABELED, Phase.CANCELLED),
        (Signal.ISSUE_CLOSED, Phase.CANCELLED),
        (Signal.STOPPED, Phase.CANCELLED),
        (Signal.MERGED, Phase.DONE),
        (Signal.BROKEN, Phase.FAILED),
    ],
)
def test_what_may_happen_at_any_time_may_happen_in_every_unfinished_phase(
    phase: Phase, signal: Signal, to: Phase
) -> None:
    assert TRANSITIONS[phase][signal] is to


def test_every_signal_is_expected_somewhere() -> None:
    assert {signal for row in TRANSITIONS.values() for signal in row} == set(Signal)
