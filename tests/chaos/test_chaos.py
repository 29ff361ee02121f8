"""Short runs of the fault suite: three seeds, between them every fault that is over within seconds."""

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos.faults import FAULTS
from tests.chaos.report import KINDS, table
from tests.chaos.run import Outcome, play
from tests.chaos.schedule import schedule

SEEDS = (101, 102, 103)
TICKETS = 2
PROCESSES = ("web", "tickets", "coding", "coding-2", "clock")
SECONDS = 6.0
TOO_LONG = {"GitHub does not answer in time"}
"""20 seconds: only in the long run, `make chaos`."""


def faults_of(place: int) -> dict[str, tuple[float, float]]:
    """The faults of one run: dealt out like cards."""
    names = random.Random(SEEDS[0]).sample(sorted(FAULTS.keys() - TOO_LONG), len(FAULTS) - len(TOO_LONG))
    return {name: FAULTS[name].lasts for name in names[place :: len(SEEDS)]}


def test_nothing_is_lost_doubled_or_stuck(tmp_path: Path) -> None:
    def run(place: int) -> Outcome:
        plan = schedule(SEEDS[place], TICKETS, faults_of(place), SECONDS)
        return play(plan, tmp_path / str(SEEDS[place]), processes=PROCESSES)

    # At the same time: most of it is waiting for a dead worker to be missed.
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        outcomes = list(pool.map(run, range(len(SEEDS))))
    text = "\n".join(f"{outcome.schedule.strokes}\n{table(outcome)}" for outcome in outcomes)
    assert {kind: sum(outcome.count(kind) for outcome in outcomes) for kind in KINDS} == dict.fromkeys(
        KINDS, 0
    ), text
