"""First signs: how long a person waits, after putting the label on or moving a card, to see that somebody is there.

Where webhooks arrive, and where nothing does and GitHub's delivery log is read instead.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jobs.freshness import LAG
from tests.bench.figure import Figure
from tests.board import new_board
from tests.demo.watch import settle
from tests.hub_client import Person
from tests.processes import until
from tests.stack import Stack

TICKETS = 12
PULLED_TICKETS = 6
REPOSITORY = "acme/greet"
NOWHERE = "http://127.0.0.1:1/webhook"
"""Nobody listens there."""
POLL = 0.005
"""Seconds between two looks: the error of the figure."""


def measure(directory: Path) -> list[Figure]:
    """One ticket after the other, on a worker that has nothing else to do; the model is never asked."""
    with Stack(directory, seed=_seed(TICKETS)) as stack:
        stack.start("web", "tickets")
        # A Redis younger than this remembers nothing of what was written before, so whoever wants a slot waits.
        time.sleep(LAG.total_seconds())
        seconds = _each(stack, TICKETS)
    # The first one pays for what a worker does once.
    warm = seconds[1:]
    return [
        Figure("label → 👀 and status comment, median", statistics.median(warm), "s", "≤ 1.0"),
        Figure("label → 👀 and status comment, slowest", max(seconds), "s"),
    ]


def measure_cards(directory: Path) -> list[Figure]:
    """The same by moving the issue's card into the trigger column."""
    with Stack(directory, seed=_seed(TICKETS)) as stack:
        board, alice = new_board(stack.hub.url, "Roadmap"), stack.hub.person("alice")
        nodes = [alice.get(f"{_issue(number)}")["node_id"] for number in range(1, TICKETS + 1)]
        cards = [board.add(node) for node in nodes]
        stack.start("web", "tickets", "clock")
        # A Redis younger than this remembers nothing of what was written before, so tickets without a label wait.
        time.sleep(LAG.total_seconds())
        seconds = [
            _first_signs(alice, number, partial(board.move, card, "Autocode"))
            for number, card in enumerate(cards, start=1)
        ]
    return [
        Figure("card → 👀 and status comment, median", statistics.median(seconds[1:]), "s", "≤ 1.0"),
        Figure("card → 👀 and status comment, slowest", max(seconds), "s"),
    ]


def measure_pulled(directory: Path) -> list[Figure]:
    """The same with PULL_DELIVERIES, a webhook that leads nowhere, and no web process."""
    with Stack(directory, seed=_seed(PULLED_TICKETS), environ={"PULL_DELIVERIES": "1"}) as stack:
        stack.hub.set_webhook_url(NOWHERE)
        stack.start("tickets", "clock")
        settle(stack)
        seconds = _each(stack, PULLED_TICKETS)
    return [
        Figure("PULL_DELIVERIES: label → 👀, median", statistics.median(seconds), "s", "≤ 10"),
        Figure("PULL_DELIVERIES: label → 👀, slowest", max(seconds), "s", "≤ 10"),
    ]


def _seed(tickets: int) -> dict[str, Any]:
    issues = [{"title": f"Issue {number}", "body": "Do it."} for number in range(1, tickets + 1)]
    return {"repositories": [{"name": REPOSITORY, "files": {"greet.py": "pass\n"}, "issues": issues}]}


def _each(stack: Stack, tickets: int) -> list[float]:
    alice = stack.hub.person("alice")
    body = {"labels": ["autocode"]}
    return [
        _first_signs(alice, number, partial(alice.post, f"{_issue(number)}/labels", body))
        for number in range(1, tickets + 1)
    ]


def _issue(number: int) -> str:
    return f"/repos/{REPOSITORY}/issues/{number}"


def _first_signs(alice: Person, number: int, ask: Callable[[], object]) -> float:
    def seen() -> bool | None:
        now = alice.get(_issue(number))
        return (now["comments"] > 0 and now["reactions"]["eyes"] > 0) or None

    started = time.monotonic()
    ask()
    until("👀 and the status comment", seen, seconds=30, pause=POLL)
    return time.monotonic() - started
