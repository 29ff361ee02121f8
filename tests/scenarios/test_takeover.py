"""Takeover: what happens when reports and leases run out for real. The time is waited for once, by three tickets.

Of the first ticket's worker only the horse is paused, the second's is paused as a whole, the third's is killed; a
fourth worker is idle. When all three tickets are done, those who were paused wake up.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from redis import Redis

from jobs.lease import TTL
from tests.model.replies import edit, say, submit
from tests.processes import until
from tests.scenarios.test_people import calls_about
from tests.scenarios.world import RIGHT, Issue, World, playing
from tests.stack import Stack

TITLES = ("Greet people with a sleeping horse", "Greet people in a long sleep", "Greet people after death")
TURNS = 4
THINKS_FOR = (20, 20, 300)
"""Seconds that the first turn takes when it is asked for first: by then whoever asked is paused, or dead."""
TAKEN_OVER_WITHIN = 30.0
"""Seconds from a worker's death until another one works on its ticket."""


@dataclass
class Taken:
    """Three tickets that another worker has finished."""

    world: World
    issues: list[Issue]
    paused: list[psutil.Process]
    """Horses, still asleep."""
    seconds: float
    """From the third worker's death until its ticket was worked on again."""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    environ = {"AUTOCODE_CHECKS_WAIT": "3"}
    with playing(tmp_path_factory.mktemp("stack"), environ, processes=()) as world:
        stack = world.stack
        for title, seconds in zip(TITLES, THINKS_FOR, strict=True):
            thinking = {**edit("greet.py", "return ''", RIGHT), "faults": [{"delay": seconds}]}
            world.will(thinking, say("Hm."), submit(), submit(), when=(title,))
        stack.start("web", "tickets", "clock")
        issues = [thought_about(world, "sleeping horse", TITLES[0])]
        paused = [horse_of(stack, "sleeping horse")]
        paused[0].suspend()
        issues.append(thought_about(world, "sleeping worker", TITLES[1]))
        paused.append(horse_of(stack, "sleeping worker"))
        stack.pause("sleeping worker")
        issues.append(thought_about(world, "dead worker", TITLES[2]))
        stack.start_another("coding", "coding")
        stack.kill("dead worker")
        died = time.monotonic()
        issues[2].wait(lambda: calls_about(world, TITLES[2]) >= 2, "somebody to go on")
        seconds = time.monotonic() - died
        with Redis.from_url(stack.redis_url) as redis:
            lease = f"autocode:lease:*{issues[0].repo.name}#*"
            until("the lease to run out", lambda: not redis.keys(lease) or None, seconds=TTL + 5)
        # Nobody has died there: it goes on when somebody has a reason to look.
        issues[0].say("How is it going?")
        for issue in issues:
            issue.until("validating")
        yield Taken(world, issues, paused, seconds)


def thought_about(world: World, worker: str, title: str) -> Issue:
    """A ticket about which this new worker has asked the model."""
    issue = world.repository().issue(title).label()
    world.stack.start_another("coding", worker)
    issue.wait(lambda: calls_about(world, title) >= 1, "the first model call")
    return issue


def horse_of(stack: Stack, worker: str) -> psutil.Process:
    return until("its horse", lambda: stack.horse(worker), seconds=5)


def is_write(call: Mapping[str, Any]) -> bool:
    """Whether an API call changes something; minting a token does not."""
    if call["path"].endswith("/access_tokens") or call["method"] == "GET":
        return False
    return not call["path"].endswith("/graphql") or "mutation" in str(call["body"])


def test_a_dead_workers_ticket_is_taken_over_within_thirty_seconds(taken: Taken) -> None:
    assert taken.seconds <= TAKEN_OVER_WITHIN
    # The turn in hand is repeated and no other.
    assert calls_about(taken.world, TITLES[2]) == TURNS + 1


def test_who_was_paused_beyond_the_lease_makes_no_effect_when_it_wakes_up(taken: Taken) -> None:
    world = taken.world
    heads = [issue.pull_request()["head"]["sha"] for issue in taken.issues]
    turns = [calls_about(world, title) for title in TITLES]
    world.control("DELETE", "calls")
    taken.paused[0].resume()
    world.stack.resume("sleeping worker")
    for horse in taken.paused:
        until("the horse's end", lambda horse=horse: not horse.is_running() or None, seconds=20)  # type: ignore[misc]
    world.settle()
    calls = world.calls_of_the_app()
    assert [call for call in calls if is_write(call)] == []
    # They have noticed that something may have passed them by, and somebody has looked.
    assert [call for call in calls if call["path"].endswith("/graphql")]
    assert [issue.pull_request()["head"]["sha"] for issue in taken.issues] == heads
    assert [calls_about(world, title) for title in TITLES] == turns
    for issue in taken.issues:
        assert issue.conclusions() == ["success"]
        assert len(issue.told()) == 1
        assert len(issue.repo.branches()) == 1
