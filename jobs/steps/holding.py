"""Holding: what a kept conversation waits for, and whether people have given it."""

import hashlib
from collections.abc import Sequence

from jobs.agent.transcript import Progress
from jobs.steps.work import Work
from jobs.ticket.phases import Signal
from jobs.ticket.record import PlanStep, Question


def holds(work: Work, progress: Progress) -> Signal | None:
    """Record what the conversation waits for, of which a dead worker had no time to tell; None when it may go on."""
    asked = work.record.question
    if progress.asked and not is_answered(asked, progress):
        if progress.question:
            work.note(question=Question(progress.question))
            return Signal.ASKED
        work.note(question=question_of(progress.plan), plan=progress.plan)
        return Signal.PLANNED
    if progress.held and not is_granted(asked, progress):
        work.note(question=Question(progress.held, kind="budget"))
        return Signal.OUT_OF_BUDGET
    if progress.held:
        # Granted once: it may be held again in the same words.
        work.note(question=None)
    return None


def question_of(plan: Sequence[PlanStep]) -> Question:
    """Stands for the plan while it waits for approval; another plan is another question."""
    steps = "\n".join(f"{step.done} {step.text}" for step in plan)
    return Question(hashlib.sha256(steps.encode("utf-8", "replace")).hexdigest()[:16], kind="plan")


def is_answered(asked: Question | None, progress: Progress) -> bool:
    """Whether people have answered the very question that the agent waits for, or spoken about this very plan."""
    wanted = progress.question or question_of(progress.plan).text
    return asked is not None and asked.is_answered and asked.text == wanted


def is_granted(asked: Question | None, progress: Progress) -> bool:
    """Whether people let it go on after what has held it."""
    return asked is not None and asked.is_answered and (asked.kind, asked.text) == ("budget", progress.held)
