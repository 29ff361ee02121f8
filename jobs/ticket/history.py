"""History: an issue's title and body as they stood when somebody asked for it. Pure.

GitHub's times are whole seconds: what was changed in the second that matters counts as later.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Revision:
    """One text of the body."""

    at: datetime
    by: str
    """Login of who wrote it."""
    text: str | None
    """None where its author has deleted it from the history."""


@dataclass(frozen=True)
class Renaming:
    """Another title was given."""

    at: datetime
    before: str
    """The title that was replaced."""


@dataclass(frozen=True)
class History:
    """An issue's text as it is now, and as it was."""

    title: str
    body: str
    renamings: tuple[Renaming, ...] = ()
    """Oldest first; of the old ones some may be missing."""
    revisions: tuple[Revision, ...] = ()
    """Newest first, as GitHub lists them. It keeps none until the first edit, and then the original too."""

    def title_at(self, at: datetime) -> str:
        """The title that was replaced by the first renaming since then; the present one if there was none."""
        later = (item for item in self.renamings if item.at >= at)
        replaced = min(later, key=lambda item: item.at, default=None)
        return self.title if replaced is None else replaced.before

    def body_at(self, at: datetime, reader: str) -> str:
        """The newest revision that this person can have read then.

        An edit in that very second counts only if it is theirs. For a revision whose text was deleted stands nothing,
        lest a later text slip in unseen.
        """
        if not self.revisions:
            return self.body
        # Of several in one second the last one is the oldest.
        original = min(reversed(self.revisions), key=lambda item: item.at)
        in_time = [
            item
            for item in self.revisions
            if item.at < at or (item.at == at and (item is original or item.by == reader))
        ]
        newest = max(in_time, key=lambda item: item.at, default=None)
        if newest is None:
            return ""
        return self.body if len(in_time) == len(self.revisions) else newest.text or ""
