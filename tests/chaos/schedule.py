"""Schedule: which ticket is labelled when, what breaks when and for how long. Pure: same seed, same schedule."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.chaos.scripts import SCRIPTS


@dataclass(frozen=True)
class Stroke:
    """One fault."""

    at: float
    """Seconds from the beginning."""
    fault: str
    lasts: float
    """Seconds until it is mended."""


@dataclass(frozen=True)
class Opening:
    """One ticket's beginning."""

    at: float
    script: str
    pace: float
    """Seconds that the model takes for each reply."""


@dataclass(frozen=True)
class Schedule:
    """One run. Times are seconds from its beginning."""

    seed: int
    seconds: float
    """When the last fault is mended."""
    openings: tuple[Opening, ...]
    strokes: tuple[Stroke, ...]


def schedule(seed: int, tickets: int, faults: Mapping[str, tuple[float, float]], seconds: float) -> Schedule:
    """Every fault once, somewhere in the first `seconds`, and the kinds of tickets as evenly as they go.

    Args:
        faults: name → how many seconds it lasts, at least and at most. One that would last longer than the run is
            cut to it.
    """
    draw = random.Random(seed)
    kinds = [name for name, _ in zip(_endlessly(draw), range(tickets), strict=False)]
    # The last ticket begins early enough to meet most of the faults.
    openings = [
        Opening(round(draw.uniform(0, seconds * 0.4), 2), kind, round(draw.uniform(0.1, 0.7), 2))
        for kind in kinds
    ]
    strokes = [_stroke(draw, name, lasts, seconds) for name, lasts in sorted(faults.items())]
    return Schedule(
        seed,
        seconds,
        tuple(sorted(openings, key=lambda opening: opening.at)),
        tuple(sorted(strokes, key=lambda stroke: stroke.at)),
    )


def _stroke(draw: random.Random, fault: str, lasts: tuple[float, float], seconds: float) -> Stroke:
    length = min(draw.uniform(*lasts), seconds * 0.9)
    return Stroke(round(draw.uniform(seconds * 0.05, seconds - length), 2), fault, round(length, 2))


def _endlessly(draw: random.Random) -> Iterator[str]:
    """All scripts in a drawn order, then all of them again in another."""
    while True:
        yield from draw.sample(sorted(SCRIPTS), len(SCRIPTS))
