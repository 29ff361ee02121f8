"""First signs: how long a person waits, after putting the label on, until they see that somebody is there."""

import statistics
import time
from pathlib import Path

from tests.bench.figure import Figure
from tests.hub_client import Person
from tests.processes import until
from tests.stack import Stack

TICKETS = 12
REPOSITORY = "acme/greet"
POLL = 0.005
"""Seconds between two looks: the error of the figure."""


def measure(directory: Path) -> list[Figure]:
    """One ticket after the other, on a worker that has nothing else to do; the model is never asked."""
    issues = [{"title": f"Issue {number}", "body": "Do it."} for number in range(1, TICKETS + 1)]
    seed = {"repositories": [{"name": REPOSITORY, "files": {"greet.py": "pass\n"}, "issues": issues}]}
    with Stack(directory, seed=seed) as stack:
        stack.start("web", "tickets")
        alice = stack.hub.person("alice")
        seconds = [_first_signs(alice, number) for number in range(1, TICKETS + 1)]
    # The first one pays for what a worker does once.
    warm = seconds[1:]
    return [
        Figure("label → 👀 and status comment, median", statistics.median(warm), "s", "≤ 1.0"),
        Figure("label → 👀 and status comment, slowest", max(seconds), "s"),
    ]


def _first_signs(alice: Person, number: int) -> float:
    issue = f"/repos/{REPOSITORY}/issues/{number}"

    def seen() -> bool | None:
        now = alice.get(issue)
        return (now["comments"] > 0 and now["reactions"]["eyes"] > 0) or None

    started = time.monotonic()
    alice.post(f"{issue}/labels", {"labels": ["autocode"]})
    until("👀 and the status comment", seen, seconds=30, pause=POLL)
    return time.monotonic() - started
