"""Steps: what a worker does in each working phase. A new working phase is one row here and one file."""

from collections.abc import Callable

from jobs.steps.coding import code
from jobs.steps.preparing import prepare
from jobs.steps.publishing import publish
from jobs.steps.work import Work
from jobs.ticket.phases import Phase, Signal

Step = Callable[[Work], Signal | None]
"""Does the phase's work and says what happened; None: something was heard on the way, so observe again."""

STEPS: dict[Phase, Step] = {
    Phase.PREPARING: prepare,
    Phase.CODING: code,
    Phase.PUBLISHING: publish,
}
