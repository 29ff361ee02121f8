"""Review threads: the submission counts once each has an answer, and what was answered is not lost."""

from dataclasses import replace
from typing import Any

from jobs.ticket.record import Answer
from tests.agent.world import World
from tests.model.replies import call, edit, submit

MEND = edit("greet.py", "Hi", "Hello")
NO = {"thread": "T2", "kind": "declined", "words": " Too long. "}
YES = {"thread": "T1", "kind": "changed", "words": "Renamed."}


def handed_in(*answers: dict[str, Any]) -> dict[str, Any]:
    return call("submit", {"summary": "Done.", "answers": list(answers)})


def test_a_submission_counts_once_every_thread_is_answered(world: World) -> None:
    world.threads = ("PRRT_1", "PRRT_2")
    stray = {"thread": "T9", "kind": "answered", "words": "?"}
    outcome = world.run(MEND, submit(), handed_in(YES), handed_in(stray, NO, YES))
    assert outcome.answers == (
        Answer("PRRT_1", "changed", "Renamed."),
        Answer("PRRT_2", "declined", "Too long."),
    )
    assert "these are missing: T1, T2" in world.told(2)
    assert "these are missing: T2" in world.told(3)
    again = world.run()
    assert replace(again, spend=outcome.spend) == outcome


def test_an_agent_that_answers_nobody_is_given_up(world: World) -> None:
    world.threads = ("PRRT_1",)
    outcome = world.run(MEND, *[submit()] * 4)
    assert outcome.signal == "gave up"
    assert "these are missing: T1" in outcome.reason


def test_an_answer_of_no_known_kind_is_refused(world: World) -> None:
    world.threads = ("PRRT_1",)
    outcome = world.run(MEND, submit(), handed_in(YES | {"kind": "maybe"}), handed_in(YES))
    assert "expected one of changed, answered, declined" in world.told(3)
    assert outcome.answers[0].kind == "changed"
