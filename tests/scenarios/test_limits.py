"""GitHub's limits put tickets off: no worker waits, no ticket is lost or fails, nobody asks while told to wait."""

from collections.abc import Iterator

import pytest

from tests.model.replies import ask
from tests.scenarios.world import Issue, World
from tests.stack import NO_LIMITS

TICKETS = 24
TOLD_TO_WAIT = "GitHub asked to wait; again at"
FOR_WHO_MAY_NOT = 16
"""Of them; they need no model, only a word to whoever asked."""


@pytest.fixture
def limits(world: World) -> Iterator[None]:
    """No limits before and after, and nobody else who would meet them."""
    world.settle()
    world.stack.hub.set_limits(**NO_LIMITS)
    yield
    world.stack.hub.set_limits(**NO_LIMITS)


def tickets(world: World, title: str) -> list[tuple[Issue, str]]:
    """Labelled issues of one repository, each with the phase that it has to come to."""
    repo = world.repository()
    world.will(ask("Formal or casual?"), when=(title,))
    issues = [repo.issue(f"{title} {number}") for number in range(TICKETS)]
    for number, issue in enumerate(issues):
        issue.label(by="dave" if number < FOR_WHO_MAY_NOT else "alice")
    return [
        (issue, "cancelled" if number < FOR_WHO_MAY_NOT else "asking") for number, issue in enumerate(issues)
    ]


def standing(world: World) -> dict[str, int]:
    """What the hub has counted of the installation."""
    clients = world.control("GET", "limits")["clients"]
    [found] = [row for client, row in clients.items() if client.startswith("installation")]
    return {"refused": found["refused"], "disregarded": found["disregarded"]}


def logged(world: World, before: dict[str, int]) -> str:
    """What these processes have written since their logs were so long."""
    return "".join(world.stack.logs(name)[length:] for name, length in before.items())


def test_two_dozen_tickets_stay_within_lowered_limits(world: World, limits: None) -> None:
    before = {name: len(world.stack.logs(name)) for name in ("tickets", "coding")}
    lowered = {"core": 60, "hour": 2.5, "content_per_minute": 20, "minute": 1.5, "retry_after": 1}
    # Even on a slow machine somebody meets a limit.
    world.stack.hub.set_limits(**NO_LIMITS | lowered | {"core": 1})
    waiting = tickets(world, "Greet people within limits")
    waiting[0][0].wait(lambda: TOLD_TO_WAIT in logged(world, before), "somebody who is put off")
    world.stack.hub.set_limits(**NO_LIMITS | lowered)
    for issue, phase in waiting:
        issue.until(phase)
        assert len(issue.told()) == 1
    counted = standing(world)
    log = logged(world, before)
    # Somebody has to find out, and what is on its way just then cannot be called back; nobody else asks too early.
    assert counted["refused"] < TICKETS
    assert counted["disregarded"] <= TICKETS / 4
    assert "Traceback" not in log
    assert " → failed" not in log
