"""Dependencies: what a ticket waits for or stands on, which sub-issues are next, and what waits for itself in a circle.

Pure: issues in, references out.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.ticket.names import QUEUED, STATE_LABELS, WORKING
from jobs.ticket.observation import TRIGGER_LABEL

LONGEST_REFERENCE = 160
"""Characters of `owner/name#number`, of which GitHub takes 39 and 100."""
MOST = 10
"""References of one body that count."""
MOST_STEPS = 20
"""Issues at which a search for a cycle ends."""

LINE = re.compile(r"^[ \t>*+-]*(?:depends on|blocked by)\b:?(?P<rest>.*)$", re.IGNORECASE | re.MULTILINE)
REFERENCE = re.compile(r"(?<![\w/#-])(?P<repository>[\w-]+/[\w.-]+)?#(?P<number>[1-9]\d{0,9})\b")
FENCED = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, order=True)
class Reference:
    """An issue, in whichever repository."""

    repository: str
    number: int

    def shown(self, home: str) -> str:
        """As people write it in a comment in that repository."""
        is_near = self.repository.lower() == home.lower()
        return f"#{self.number}" if is_near else f"{self.repository}#{self.number}"


@dataclass(frozen=True)
class Stacked:
    """What a ticket stands on that began before its blocker was merged."""

    issue: int
    """The blocker's number."""
    pull_request: int | None
    """Of the blocker; None once it was closed without a merge: the ticket waits for the issue again."""
    trunk: str
    """The branch that the ticket would have begun from otherwise."""
    head_sha: str = ""
    """The pull request's head when it was looked at last."""


@dataclass(frozen=True)
class Part:
    """A sub-issue of a ticket."""

    reference: Reference
    is_open: bool
    author: str
    opened_at: datetime
    labels: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        """In a word, for people."""
        if not self.is_open:
            return "closed"
        shown = [label for label in STATE_LABELS if label in self.labels]
        return shown[0].removeprefix(f"{TRIGGER_LABEL}: ") if shown else "open"

    @property
    def is_in_hand(self) -> bool:
        """It is worked on, or will be as soon as there is a slot."""
        return self.is_open and TRIGGER_LABEL in self.labels and not self.labels.isdisjoint((QUEUED, WORKING))


def to_begin(parts: Sequence[Part], begun: Collection[int], home: str, concurrency: int) -> list[int]:
    """The sub-issues of that repository whose turn it is, in their order; who has begun is not begun again."""
    free = concurrency - sum(part.is_in_hand for part in parts)
    wanted = [
        part.reference.number
        for part in parts
        if part.is_open
        and part.reference.repository == home
        and part.reference.number not in begun
        and TRIGGER_LABEL not in part.labels
    ]
    return wanted[: max(free, 0)]


@dataclass(frozen=True)
class Found:
    """What GitHub and the body said about what a ticket waits for."""

    open: tuple[Reference, ...] = ()
    """Those that it waits for."""
    unseen: tuple[str, ...] = ()
    """What may block it, and cannot be seen: it is named and not waited for."""
    parts: tuple[Part, ...] = ()
    """Its sub-issues, in their order."""


def references(body: str, home: str) -> tuple[Reference, ...]:
    """The issues that the lines "Depends on #12" and "Blocked by owner/repo#3" name; code is left out.

    Args:
        home: the repository that a number alone is about.
    """
    lines = (found["rest"] for found in LINE.finditer(FENCED.sub("", body)))
    named = (
        Reference(found["repository"] or home, int(found["number"]))
        for line in lines
        for found in REFERENCE.finditer(line)
    )
    return tuple(dict.fromkeys(named))[:MOST]


def cycle(
    start: Reference,
    blockers: Iterable[Reference],
    blockers_of: Callable[[Reference], Iterable[Reference]],
) -> list[Reference]:
    """The way from an issue over what blocks it back to itself, the issue first; empty when none was found.

    `blockers_of` is asked about `MOST_STEPS` issues at most.
    """
    came_from = dict.fromkeys(blockers, start)
    if start in came_from:
        return [start]
    left = deque(came_from)
    for _ in range(MOST_STEPS):
        if not left:
            break
        here = left.popleft()
        for further in blockers_of(here):
            if further == start:
                return _way(came_from, start, here)
            if further not in came_from:
                came_from[further] = here
                left.append(further)
    return []


def _way(came_from: dict[Reference, Reference], start: Reference, end: Reference) -> list[Reference]:
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
