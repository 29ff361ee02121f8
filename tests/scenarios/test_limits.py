"""GitHub's limits put tickets off: no worker waits, no ticket is lost or fails, nobody asks while told to wait."""

from collections.abc import Iterator

import pytest

from tests.model.replies import ask
from tests.scenarios.world import Issue, World
from tests.stack import NO_LIMITS

TICKETS = 24


@pytest.fixture
def limits(world: World) -> Iterator[None]:
    """No limits before and after."""
    world.stack.hub.set_limits(**NO_LIMITS)
    yield
    world.stack.hub.set_limits(**NO_LIMITS)


def tickets(world: World, count: int, title: str) -> list[Issue]:
    """So many labelled issues of one repository, each of which comes to a question."""
    repo = world.repository()
    world.will(ask("Formal or casual?"), when=(title,))
    issues = [repo.issue(f"{title} {number}") for number in range(count)]
    for issue in issues:
        issue.label()
    return issues


def standing(world: World) -> dict[str, int]:
    """What the hub has counted of the installation."""
    clients = world.control("GET", "limits")["clients"]
    [found] = [row for client, row in clients.items() if client.startswith("installation")]
    return {"refused": found["refused"], "disregarded": found["disregarded"]}


def test_two_dozen_tickets_stay_within_lowered_limits(world: World, limits: None) -> None:
    lowered = {"core": 60, "hour": 2.5, "content_per_minute": 35, "minute": 1.5, "retry_after": 1}
    world.stack.hub.set_limits(**NO_LIMITS | lowered)
    issues = tickets(world, TICKETS, "Greet people within limits")
    for issue in issues:
        issue.until("asking")
    counted = standing(world)
    log = world.stack.logs("tickets") + world.stack.logs("coding")
    assert all(len(issue.told()) == 1 for issue in issues)
    # Some have to find out; nobody else asks before it is time.
    assert 0 < counted["refused"] < TICKETS
    assert counted["disregarded"] <= 2
    assert "GitHub asked to wait; again at" in log
    assert "Traceback" not in log
    assert "failed" not in {issue.record().phase for issue in issues}
