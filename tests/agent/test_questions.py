"""What people have answered is what the agent waits for, whatever was lost in between."""

import pytest

from jobs.agent.transcript import Progress
from jobs.steps.holding import is_answered, question_of
from jobs.ticket.record import PlanStep, Question

FIRST, SECOND = (PlanStep("rewrite everything"),), (PlanStep("mend greet.py"),)


@pytest.mark.parametrize(
    ("asked", "progress", "answered"),
    [
        (None, Progress(question="Which?"), False),
        (Question("Which?"), Progress(question="Which?"), False),
        (Question("Which?", is_answered=True), Progress(question="Which?"), True),
        (Question("Which?", is_answered=True), Progress(question="Why?"), False),
        (question_of(FIRST), Progress(plan=FIRST), False),
        (Question(question_of(FIRST).text, "plan", is_answered=True), Progress(plan=FIRST), True),
        (Question(question_of(FIRST).text, "plan", is_answered=True), Progress(plan=SECOND), False),
        (Question("Which?", is_answered=True), Progress(plan=FIRST), False),
    ],
)
def test_an_answer_belongs_to_one_question(
    asked: Question | None, progress: Progress, answered: bool
) -> None:
    assert is_answered(asked, progress) is answered
