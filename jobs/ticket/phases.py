"""Phases: the life of a ticket as a table.

A ticket is in one phase. What happens to it has a name, a `Signal`; `TRANSITIONS` says which phase follows.
Signals come from three places: `jobs.ticket.signals` reads them off GitHub, a command gives one
(`jobs.ticket.replies`) or a moved card (`jobs.ticket.boards`), and the step of a working phase, or
`jobs.steps.waiting` for a queued ticket, returns one (BROKEN is the controller's, for what nobody foresaw). A signal
that the table does not expect is logged and dropped.

The diagram and the phase table in the README are drawn from this file (`make docs`).
"""

from enum import StrEnum
from typing import Literal

from jobs.ticket import names


class Phase(StrEnum):
    """Where a ticket stands."""

    QUEUED = "queued"
    PREPARING = "preparing"
    CODING = "coding"
    ASKING = "asking"
    APPROVING = "approving"
    PUBLISHING = "publishing"
    CHECKING = "checking"
    VALIDATING = "validating"
    MERGING = "merging"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Signal(StrEnum):
    """What happened to a ticket."""

    # Read off GitHub.
    TRIGGERED = "triggered"
    REFUSED = "refused"
    ANSWERED = "answered"
    CONTINUED = "continued"
    APPROVED = "plan approved"
    PLAN_DISCUSSED = "plan discussed"
    CHECKS_PASSED = "checks passed"
    CHECKS_FAILED = "checks failed"
    CHECKS_MISSING = "checks missing"
    EXHAUSTED = "iterations exhausted"
    CHANGES_REQUESTED = "changes requested"
    PUSHED = "pushed by a person"
    MERGE_WANTED = "merge wanted"
    MERGE_REFUSED = "merge refused"
    OUTDATED = "to be updated"
    BASE_REPLACED = "base replaced"
    STUCK = "conflicts again"
    MERGED = "merged"
    PULL_REQUEST_CLOSED = "pull request closed"
    ISSUE_CLOSED = "issue closed"
    UNLABELED = "unlabeled"
    STOPPED = "stopped"
    CARD_MOVED_OUT = "card moved out"
    # Returned by a step.
    SLOT_FREE = "slot free"
    PARTS_DONE = "sub-issues closed"
    PREPARED = "prepared"
    UPDATED = "updated"
    SUBMITTED = "submitted"
    ASKED = "asked"
    PLANNED = "planned"
    OUT_OF_BUDGET = "out of budget"
    GAVE_UP = "gave up"
    PUBLISHED = "published"
    HELD = "held"
    SET_BACK = "set back"
    BROKEN = "broken"


Kind = Literal["working", "parked", "resting"]

KIND: dict[Phase, Kind] = {
    Phase.QUEUED: "parked",
    Phase.PREPARING: "working",
    Phase.CODING: "working",
    Phase.ASKING: "parked",
    Phase.APPROVING: "parked",
    Phase.PUBLISHING: "working",
    Phase.CHECKING: "parked",
    Phase.VALIDATING: "parked",
    Phase.MERGING: "parked",
    Phase.DONE: "resting",
    Phase.FAILED: "resting",
    Phase.CANCELLED: "resting",
}
"""working: a worker is busy with it · parked: waits for GitHub or a person, costs nothing · resting: over."""

HOLDS_SLOT = frozenset({Phase.PREPARING, Phase.CODING, Phase.PUBLISHING, Phase.CHECKING})
"""Phases in which a ticket takes one of its repository's slots. Those that wait for people take none: unanswered
questions would keep all others from being worked on. So whoever is called back from there waits for a slot again."""

LABEL: dict[Phase, str | None] = {
    Phase.QUEUED: names.QUEUED,
    Phase.PREPARING: names.WORKING,
    Phase.CODING: names.WORKING,
    Phase.ASKING: names.NEEDS_INPUT,
    Phase.APPROVING: names.NEEDS_INPUT,
    Phase.PUBLISHING: names.WORKING,
    Phase.CHECKING: names.WORKING,
    Phase.VALIDATING: names.REVIEW,
    Phase.MERGING: names.REVIEW,
    Phase.DONE: None,
    Phase.FAILED: names.FAILED,
    Phase.CANCELLED: None,
}
"""The label that shows the phase to people and to search."""

LEAVES_WHEN: dict[Phase, str] = {
    Phase.QUEUED: "a slot of its repository is free and nobody is before it",
    Phase.PREPARING: "mirror fetched, branch checked out, the base's commits brought in if they are wanted",
    Phase.CODING: "the agent submits, asks, proposes a plan, or runs out",
    Phase.ASKING: "a person with write permission answers",
    Phase.APPROVING: "a person with write permission approves the plan, or says what to change in it",
    Phase.PUBLISHING: "commit pushed, pull request open",
    Phase.CHECKING: "every check of the head commit is complete, or none came in time",
    Phase.VALIDATING: "a person requests changes, pushes, merges or closes, or a check turns red",
    Phase.MERGING: "GitHub has merged it, at once or when the branch's rules allow it, or has refused to",
    Phase.DONE: "`/autocode`, or the label or the card is put back",
    Phase.FAILED: "`/autocode retry`, `/autocode continue`, or the label or the card is put back",
    Phase.CANCELLED: "`/autocode retry`, or the label or the card is put back",
}

Transitions = dict[Phase, dict[Signal, Phase]]


def _unfinished(rows: Transitions) -> Transitions:
    """Add to every unfinished phase what may happen at any time."""
    always = {
        Signal.UNLABELED: Phase.CANCELLED,
        Signal.ISSUE_CLOSED: Phase.CANCELLED,
        Signal.PULL_REQUEST_CLOSED: Phase.CANCELLED,
        Signal.STOPPED: Phase.CANCELLED,
        Signal.CARD_MOVED_OUT: Phase.CANCELLED,
        Signal.MERGED: Phase.DONE,
        Signal.BROKEN: Phase.FAILED,
        # Taken off and put back before anybody looked: a fresh start all the same.
        Signal.TRIGGERED: Phase.QUEUED,
    }
    return {phase: {**row, **always} for phase, row in rows.items()}


TRANSITIONS: Transitions = _unfinished(
    {
        Phase.QUEUED: {
            Signal.SLOT_FREE: Phase.PREPARING,
            Signal.REFUSED: Phase.CANCELLED,
            Signal.PARTS_DONE: Phase.DONE,
        },
        Phase.PREPARING: {
            Signal.PREPARED: Phase.CODING,
            Signal.UPDATED: Phase.PUBLISHING,
            # What it was to begin on is gone before it had published anything.
            Signal.BASE_REPLACED: Phase.QUEUED,
        },
        Phase.CODING: {
            Signal.SUBMITTED: Phase.PUBLISHING,
            # It was begun for review threads that people have resolved meanwhile.
            Signal.PUBLISHED: Phase.CHECKING,
            Signal.ASKED: Phase.ASKING,
            Signal.PLANNED: Phase.APPROVING,
            Signal.OUT_OF_BUDGET: Phase.PUBLISHING,
            Signal.BASE_REPLACED: Phase.QUEUED,
            Signal.GAVE_UP: Phase.FAILED,
        },
        Phase.ASKING: {Signal.ANSWERED: Phase.QUEUED, Signal.CONTINUED: Phase.QUEUED},
        Phase.APPROVING: {Signal.APPROVED: Phase.QUEUED, Signal.PLAN_DISCUSSED: Phase.QUEUED},
        Phase.PUBLISHING: {
            Signal.PUBLISHED: Phase.CHECKING,
            Signal.HELD: Phase.ASKING,
            Signal.BASE_REPLACED: Phase.QUEUED,
            Signal.GAVE_UP: Phase.FAILED,
            Signal.SET_BACK: Phase.PREPARING,
        },
        Phase.CHECKING: {
            Signal.CHECKS_PASSED: Phase.VALIDATING,
            Signal.CHECKS_MISSING: Phase.VALIDATING,
            # Whoever has kept its slot begins at once; one whose checks waited for people has not.
            Signal.CHECKS_FAILED: Phase.QUEUED,
            Signal.EXHAUSTED: Phase.FAILED,
            Signal.PUSHED: Phase.CHECKING,
            Signal.CHANGES_REQUESTED: Phase.QUEUED,
            Signal.OUTDATED: Phase.QUEUED,
            Signal.BASE_REPLACED: Phase.QUEUED,
            Signal.STUCK: Phase.ASKING,
        },
        Phase.VALIDATING: {
            Signal.CHANGES_REQUESTED: Phase.QUEUED,
            Signal.PUSHED: Phase.CHECKING,
            Signal.OUTDATED: Phase.QUEUED,
            Signal.BASE_REPLACED: Phase.QUEUED,
            Signal.STUCK: Phase.ASKING,
            # A check that came late, or was run again.
            Signal.CHECKS_FAILED: Phase.QUEUED,
            Signal.EXHAUSTED: Phase.FAILED,
            Signal.MERGE_WANTED: Phase.MERGING,
        },
        Phase.MERGING: {
            Signal.MERGE_REFUSED: Phase.VALIDATING,
            Signal.CHANGES_REQUESTED: Phase.QUEUED,
            Signal.PUSHED: Phase.CHECKING,
            Signal.OUTDATED: Phase.QUEUED,
            Signal.BASE_REPLACED: Phase.QUEUED,
            Signal.STUCK: Phase.ASKING,
            Signal.CHECKS_FAILED: Phase.QUEUED,
            Signal.EXHAUSTED: Phase.FAILED,
        },
    }
) | {
    Phase.DONE: {Signal.TRIGGERED: Phase.QUEUED},
    Phase.FAILED: {
        Signal.TRIGGERED: Phase.QUEUED,
        Signal.CONTINUED: Phase.QUEUED,
        Signal.MERGED: Phase.DONE,
    },
    Phase.CANCELLED: {Signal.TRIGGERED: Phase.QUEUED, Signal.MERGED: Phase.DONE},
}
