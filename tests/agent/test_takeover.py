"""The loop, when a worker dies or has lost its ticket to another one."""

from datetime import timedelta
from itertools import count

import pytest

from jobs.agent.terms import Interrupted
from jobs.ticket.errors import LeaseLost
from tests.agent.world import NOW, World
from tests.model.replies import edit, say, submit

POLITE = edit("greet.py", "Hi", "Good day,")


def test_the_time_of_an_iteration_survives_a_worker(world: World) -> None:
    ticks = (NOW + timedelta(minutes=minutes) for minutes in count())
    world.clock = lambda: next(ticks)
    world.before = [[], Interrupted()]
    with pytest.raises(Interrupted):
        world.run(POLITE, say("Hm."), submit(), submit())
    transcript = world.checkpoint.load()
    assert transcript
    assert transcript.progress.seconds >= 60


def test_who_lost_the_ticket_while_the_model_was_thinking_touches_neither_files_nor_conversation(
    world: World,
) -> None:
    world.still_ours = refuse
    with pytest.raises(LeaseLost):
        world.run(POLITE)
    assert "Good day," not in (world.path / "greet.py").read_text()
    assert world.checkpoint.load() is None
    assert len(world.requests) == 1


def refuse() -> None:
    raise LeaseLost("another has it")


def test_what_was_submitted_and_not_recorded_is_not_asked_of_the_model_again(world: World) -> None:
    first = world.run(POLITE, submit("Politer."), submit("Politer."))
    asked = len(world.requests)
    again = world.run()
    assert (again.signal, again.summary) == (first.signal, "Politer.")
    assert len(world.requests) == asked


def test_who_speaks_after_it_was_submitted_is_heard_by_the_model(world: World) -> None:
    world.run(POLITE, submit("Politer."), submit("Politer."), submit("As @bob said."))
    asked = len(world.requests)
    assert world.run(answers=["@bob: say it louder"]).summary == "As @bob said."
    assert len(world.requests) == asked + 1
