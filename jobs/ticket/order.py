"""Order: which of a repository's waiting tickets are next. Pure; `jobs.slots` counts under many hands."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PRIORITIES = {"priority: high": 0, "priority: medium": 1, "priority: low": 3}
"""Labels, compared without regard to case. Without one a ticket stands between medium and low."""
ORDINARY = 2


@dataclass(frozen=True)
class Place:
    """Where a ticket of a repository stands with regard to its slots."""

    state: Literal["working", "waiting", "gone"]
    """It holds a slot, waits for one, or does neither (any more)."""
    rank: str = ""
    """Of one that waits; the smallest is next."""


def rank(number: int, labels: Collection[str], created_at: datetime) -> str:
    """A text that sorts as tickets have their turns: by priority, then the oldest issue first."""
    given = [PRIORITIES[name.lower()] for name in labels if name.lower() in PRIORITIES]
    return f"{min(given, default=ORDINARY):02d} {created_at:%Y%m%d%H%M%S} {number:010d}"


def next_up(places: Mapping[int, Place], concurrency: int) -> list[int]:
    """The waiting tickets for which there is a slot, the first one first."""
    free = concurrency - sum(place.state == "working" for place in places.values())
    waiting = sorted((place.rank, number) for number, place in places.items() if place.state == "waiting")
    return [number for _, number in waiting[: max(free, 0)]]
