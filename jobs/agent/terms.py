"""Terms: what a run of the agent is given, what it says on its way, and how it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from jobs.ticket.budget import Spend
from jobs.ticket.phases import Signal
from jobs.ticket.record import Answer, CommandRun, PlanStep


class Interrupted(Exception):
    """Something else comes first: this worker has to stop, or the ticket has changed. The conversation is kept."""


@dataclass(frozen=True)
class Limits:
    """How far a run may go."""

    usd_left: Decimal
    """US dollars this run may cost."""
    turns: int
    """Model calls of the iteration, those of earlier runs included."""
    deadline: datetime
    """Until when the run may ask the model; earlier runs of the iteration have used up some of its time."""


@dataclass(frozen=True)
class Turn:
    """How things stand after a turn."""

    number: int
    spend: Spend
    """Of this run so far."""
    plan: tuple[PlanStep, ...]
    action: str
    """What the model did last, in a few words; text of the model's."""


@dataclass(frozen=True)
class Hooks:
    """What happens around each turn."""

    before_turn: Callable[[], list[str]]
    """New comments for the agent to hear; raises Interrupted to end the run."""
    after_turn: Callable[[Turn], None]
    """Called as soon as money was spent, so that a crash loses the accounts of one turn at most."""
    heard: Callable[[], int]
    """The id of the newest comment that the agent knows of."""
    still_ours: Callable[[], None]
    """Called before a tool is run and before the conversation is kept; raises when somebody else has the ticket now,
    who works on the same files and the same conversation."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    signal: Signal
    """SUBMITTED, ASKED, PLANNED, OUT_OF_BUDGET or GAVE_UP."""
    summary: str
    """The agent's words about its change, with SUBMITTED."""
    answers: tuple[Answer, ...]
    """To review threads, with SUBMITTED."""
    question: str | None
    """With ASKED."""
    reason: str
    """Why, for people, with OUT_OF_BUDGET and GAVE_UP."""
    plan: tuple[PlanStep, ...]
    commands: tuple[CommandRun, ...]
    """The newest of the iteration, oldest first."""
    spend: Spend
    """Of this run."""
    turns: int
    """Of the iteration."""
