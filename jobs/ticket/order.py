"""Order: which of a repository's waiting tickets are next. Pure; `jobs.slots` counts under many hands."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

PRIORITIES = {"priority: high": 0, "priority: medium": 1, "priority: low": 3}
"""Labels, compared without regard to case. Without one a ticket stands between medium and low."""
ORDINARY = 2
UNPLACED = 999_999
"""The position of a ticket without a card on the board."""
UNSAID = 10**9
"""The number that stands for none in a Project's field; larger ones count as this one."""


@dataclass(frozen=True)
class Place:
    """Where a ticket of a repository stands with regard to its slots."""

    state: Literal["working", "waiting", "gone"]
    """It holds a slot, waits for one, or does neither (any more)."""
    rank: str = ""
    """Of one that waits; the smallest is next."""


def rank(
    number: int,
    labels: Collection[str],
    created_at: datetime,
    priorities: Iterable[float] = (),
    position: int = UNPLACED,
) -> str:
    """A text that sorts as tickets have their turns: by label, by what a field says, by position, the oldest first.

    Args:
        priorities: what the ticket's cards say, see `priority`; the smallest counts.
        position: of its card on the board, from the top.
    """
    given = [PRIORITIES[name.lower()] for name in labels if name.lower() in PRIORITIES]
    on_boards = UNSAID + min([UNSAID, *(max(-UNSAID, value) for value in priorities)])
    by_label = min(given, default=ORDINARY)
    return f"{by_label:02d} {on_boards:017.6f} {position:06d} {created_at:%Y%m%d%H%M%S} {number:010d}"


def priority(value: str | float | None, options: Iterable[str] = ()) -> float | None:
    """What a card's field says, the smaller the earlier: its number, or how far down its option stands in the list."""
    if isinstance(value, str):
        names = list(options)
        return float(names.index(value)) if value in names else None
    return value


def next_up(places: Mapping[int, Place], concurrency: int) -> list[int]:
    """The waiting tickets for which there is a slot, the first one first."""
    free = concurrency - sum(place.state == "working" for place in places.values())
    waiting = sorted((place.rank, number) for number, place in places.items() if place.state == "waiting")
    return [number for _, number in waiting[: max(free, 0)]]
