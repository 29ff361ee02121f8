"""Disturbance: what happens to webhooks on their way: late, twice, in another order, or not at all.

Set over `/_hub/webhooks`, for deliveries from then on. Which of them it strikes is drawn by a seed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.hub.deliveries import Delivery

if TYPE_CHECKING:
    from tests.hub.state import State

OVERTAKEN_FOR = 1.0
"""Seconds that a delivery is held back for others to overtake it."""
DOUBLED_AFTER = 0.3
"""Seconds until a doubled one comes again."""


@dataclass
class Disturbance:
    """Shares of all deliveries, from 0 to 1."""

    late: tuple[float, float] = (0.0, 0.0)
    """The least and the most seconds that each one takes."""
    doubled: float = 0.0
    reordered: float = 0.0
    dropped: float = 0.0
    seed: int = 0
    draws: random.Random = field(default_factory=random.Random)

    def set(self, fields: dict[str, object]) -> None:
        """These fields; what is not named does not happen any more."""
        known = {"late", "doubled", "reordered", "dropped", "seed"}
        if not set(fields) <= known:
            raise ValueError(f"{sorted(set(fields) - known)}: expected some of {sorted(known)}")
        self.__init__(**fields)  # type: ignore[misc]
        self.draws = random.Random(self.seed)

    def fate(self, state: "State", delivery: Delivery) -> Iterator[tuple[float, Delivery]]:
        """Each time it is delivered: after how many seconds, and its entry in the log; one that is dropped, never."""
        draw = self.draws.random
        if draw() < self.dropped:
            # As GitHub notes it when it cannot reach the host.
            delivery.status = "failed to connect to host"
            return
        delay = self.draws.uniform(*self.late) + (OVERTAKEN_FOR if draw() < self.reordered else 0.0)
        yield delay, delivery
        if draw() < self.doubled:
            again = replace(delivery, id=state.new_id())
            state.deliveries.log.append(again)
            yield delay + DOUBLED_AFTER, again
