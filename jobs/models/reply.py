"""Reply: what the gateway brings back, for those who read it without loading the model's library."""

from dataclasses import dataclass
from datetime import datetime

from jobs.models.stream import Json
from jobs.ticket.budget import Spend
from jobs.ticket.errors import Later

Usage = Spend
"""What one call used: tokens by kind, and dollars."""


@dataclass(frozen=True)
class Reply:
    """One whole answer of the model."""

    content: list[Json]
    """Content blocks as plain JSON, ready to be appended to the messages as they are.

    Tool input that was no JSON object is `{"INVALID_JSON": text}` (`stream.INVALID_JSON`).
    """
    stop_reason: str
    """The API's word: end_turn, max_tokens, stop_sequence, tool_use, pause_turn, refusal,
    model_context_window_exceeded (then the content may be empty)."""
    usage: Usage
    """Attempts that were cut off included."""
    explanation: str = ""
    """Why the model refused, if it says."""


class ModelBusy(Later):
    """The model has no time for us; ask for the ticket again at `until`."""

    def __init__(self, until: datetime, why: str, spent: Usage) -> None:
        super().__init__(until, why)
        self.spent = spent
        """What the attempts that were cut off have used nevertheless."""
