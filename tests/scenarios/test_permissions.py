"""What the App asks for is what it uses, and where an account grants less, people read which permission is missing."""

import time
from collections.abc import Iterator

import pytest

from jobs.ticket.rules import RULES
from tests.model.replies import edit, submit
from tests.permissions import CALLS, EVENTS, reasons
from tests.scenarios.test_label_to_review import red_then_green
from tests.scenarios.world import FILES, RIGHT, WITH_CHECKS, WRONG, Issue, World

DECLARED = {name: access for name, (access, _) in reasons().items()}
BRISK = (edit("greet.py", "return ''", RIGHT), submit(), submit())
RED = (edit("greet.py", "return ''", WRONG), submit(), submit())
WITHOUT_CHECKS_HERE = frozenset({"check_suite"})
"""Events that the hub's only CI, GitHub Actions, reports in another way."""


@pytest.fixture
def granted(world: World) -> Iterator[None]:
    """What an account has agreed to is as declared, before and after."""
    world.control("POST", "permissions", DECLARED)
    yield
    world.control("POST", "permissions", DECLARED)


def test_every_permission_and_event_that_is_declared_is_used_and_no_other(world: World) -> None:
    issue = red_then_green(world)
    give_up = world.repository(private=True).issue("Greet people wrongly")
    world.will(*RED, when=("Greet people wrongly", "Iteration 1 of"))
    world.will(
        edit("greet.py", "'Hi '", "'Ho '"),
        submit(),
        submit(),
        when=("Greet people wrongly", "Iteration 2 of"),
    )
    give_up.label()
    issue.label().until("validating")
    talk_about(issue)
    give_up.until("failed")
    world.settle()

    used = world.control("GET", "uses")["autocode[bot]"]
    unknown = {f"{name} for {call}" for name, calls in used.items() for call in set(calls) - set(CALLS[name])}
    assert not unknown
    highest = {name.partition(":")[0]: name.partition(":")[2] for name in sorted(used)}
    assert highest == DECLARED
    answered = {item["event"] for item in world.control("GET", "deliveries") if item["status_code"] == 202}
    with_rules = {name.partition(".")[0] for name in RULES}
    subscribed = {event for events in EVENTS.values() for event in events}
    assert answered | WITHOUT_CHECKS_HERE == subscribed
    assert subscribed == with_rules - {"installation", "installation_repositories", "ping"}


def talk_about(issue: Issue) -> None:
    """A comment, a review and a status by Bob."""
    pull_request = issue.pull_request()
    bob = issue.repo.world.person("bob")
    issue.say("Nice.")
    bob.post(f"/repos/{issue.repo.name}/statuses/{pull_request['head']['sha']}", {"state": "success"})
    issue.repo.world.settle()
    bob.post(f"/repos/{issue.repo.name}/pulls/{pull_request['number']}/reviews", {"event": "APPROVE"})
    issue.repo.put("README.md", "# Greet\n", branch=pull_request["head"]["ref"], by="bob")
    issue.repo.world.settle()


@pytest.mark.parametrize(
    ("permission", "left", "word"),
    [
        ("contents", None, "**contents: read**"),
        ("contents", "read", "`Contents: write`"),
        ("pull_requests", None, "**pull_requests: read**"),
        ("pull_requests", "read", "**pull_requests: write**"),
        ("checks", None, "**checks: read and statuses: read**"),
        ("actions", None, "**actions: read**"),
        ("statuses", None, "**checks: read and statuses: read**"),
    ],
)
def test_people_read_which_permission_is_missing(
    world: World, granted: None, permission: str, left: str | None, word: str
) -> None:
    title = f"Greet people with {left or 'no'} {permission}"
    files = FILES if permission == "statuses" else WITH_CHECKS
    issue = world.repository(files, private=True).issue(title)
    world.will(*(RED if permission == "actions" else BRISK), when=(title,))
    world.control("POST", "permissions", without(permission, left))
    issue.label()
    if permission == "statuses":
        issue.until("checking")
        pull_request = issue.pull_request()
        path = f"/repos/{issue.repo.name}/statuses/{pull_request['head']['sha']}"
        world.person("bob").post(path, {"state": "success"})
    issue.until("failed")
    [told] = issue.told()
    assert word in told
    assert "@alice" in told
    assert "Traceback" not in told
    assert issue.state_labels() == {"autocode: failed"}
    assert_is_quiet(world)


@pytest.mark.parametrize("left", [None, "read"])
def test_where_the_issue_cannot_be_written_the_log_says_why(
    world: World, granted: None, left: str | None
) -> None:
    title = f"Greet people with {left or 'no'} issues"
    issue = world.repository(private=True).issue(title)
    world.will(*BRISK, when=(title,))
    world.control("POST", "permissions", without("issues", left))
    issue.label()
    world.settle()
    assert issue.all_comments() == []
    words = "**issues: write**" if left else "**issues: read**"
    assert any(issue.repo.name in line and words in line for line in world.stack.logs("tickets").splitlines())
    assert_is_quiet(world)
    # What was missing is granted, GitHub says so, and nobody has to ask again.
    world.control("POST", "permissions", DECLARED)
    issue.until("validating")


def without(permission: str, left: str | None) -> dict[str, str]:
    """What is granted when of one permission only that much is."""
    others = {name: access for name, access in DECLARED.items() if name != permission}
    return others | ({permission: left} if left else {})


def assert_is_quiet(world: World) -> None:
    """Nobody asks GitHub anything while nothing happens there."""
    world.settle()
    before = len(world.calls_of_the_app())
    time.sleep(0.5)
    assert len(world.calls_of_the_app()) == before
