"""The same on an Enterprise Server: other addresses, an older API, models without the newest fields, no rate limits."""

from collections.abc import Iterator

import pytest

from tests.hub_client import Refused
from tests.model.replies import edit, submit
from tests.scenarios.relatives import adopt, block, sub_issues
from tests.scenarios.test_label_to_review import red_then_green
from tests.scenarios.test_slots import line
from tests.scenarios.world import RIGHT, WRONG, Issue, Repo, World, playing

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


def brisk(repo: Repo, title: str) -> Issue:
    """One that is ready after one change."""
    repo.world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title,))
    return repo.issue(title)


def test_sub_issues_are_found_although_neither_rest_nor_a_webhook_tells_of_them(world: World) -> None:
    repo = world.repository()
    parent, child = repo.issue(), brisk(repo, "Greet in part")
    with pytest.raises(Refused, match=r"sub_issues: 404 "):
        repo.get(f"/issues/{parent.number}/sub_issues")
    adopt(parent, child)
    assert "sub_issues_summary" not in repo.get(f"/issues/{parent.number}")
    parent.label()
    child.until("validating")
    child.close()
    parent.until("done")
    assert not [item for item in world.control("GET", "deliveries") if item["event"] == "sub_issues"]


def test_without_dependencies_a_line_in_the_body_does_the_same(world: World) -> None:
    repo = world.repository()
    blocker, issue = repo.issue(), brisk(repo, "Greet later")
    with pytest.raises(Refused, match=r"dependencies/blocked_by: 404 "):
        repo.get(f"/issues/{issue.number}/dependencies/blocked_by")
    block(issue, blocker)
    issue.label().until("queued")
    issue.wait(lambda: f"#{blocker.number} must be closed first" in line(issue), "what it waits for")
    blocker.close()
    issue.until("validating")


def test_the_ticket_about_a_failure_hangs_below_the_failed_one(world: World) -> None:
    title = "Greet people wrongly"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(edit("greet.py", "'Hi '", "'Ho '"), submit(), submit(), when=(title, "Iteration 2 of"))
    issue.label().until("failed")
    [bug] = issue.repo.bugs()
    assert f"#{issue.number}" in bug["title"]
    assert sub_issues(issue) == [bug["number"]]
    [failed] = issue.told()
    assert f"#{bug['number']}" in failed


def test_a_comment_reaches_a_ticket_that_waits(world: World) -> None:
    issue = red_then_green(world).label()
    issue.until("validating")
    issue.say("/autocode stop", by="bob")
    issue.until("cancelled")
