"""The same on an Enterprise Server: other addresses, an older API, models without the newest fields, no rate limits."""

from collections.abc import Iterator

import pytest

from tests.model.replies import edit, submit
from tests.scenarios.test_label_to_review import red_then_green
from tests.scenarios.world import WRONG, World, playing

VERSION = "3.16.4"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    environ = {"AUTOCODE_MAX_ITERATIONS": "2", "AUTOCODE_CHECKS_WAIT": "3"}
    with playing(tmp_path_factory.mktemp("stack"), environ, VERSION) as world:
        yield world


def test_a_ticket_goes_through_a_red_and_a_green_round(world: World) -> None:
    issue = red_then_green(world).label()
    issue.until("validating")
    assert issue.conclusions() == ["failure", "success"]
    [ready] = issue.told()
    assert "is ready for review" in ready
    addresses = {call["address"] for call in world.calls_of_the_app()}
    assert all(address.startswith(("/api/v3/", "/api/graphql")) for address in addresses)
    assert {call["status"] for call in world.calls_of_the_app()} <= {200, 201, 204, 302}


def test_without_sub_issues_the_ticket_about_a_failure_stands_alone(world: World) -> None:
    title = "Greet people wrongly"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(edit("greet.py", "'Hi '", "'Ho '"), submit(), submit(), when=(title, "Iteration 2 of"))
    issue.label().until("failed")
    [bug] = issue.repo.bugs()
    assert f"#{issue.number}" in bug["title"]
    assert "sub_issues_summary" not in bug
    [failed] = issue.told()
    assert f"#{bug['number']}" in failed


def test_a_comment_reaches_a_ticket_that_waits(world: World) -> None:
    issue = red_then_green(world).label()
    issue.until("validating")
    issue.say("/autocode stop", by="bob")
    issue.until("cancelled")
