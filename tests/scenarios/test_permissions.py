"""What the App asks for is what it uses, and where an account grants less, people read which permission is missing."""

import time
from collections.abc import Iterable, Iterator, Mapping

import pytest

from jobs.ticket.rules import RULES
from tests.board import new_board
from tests.hub.enterprise import NEWER_EVENTS
from tests.model.replies import edit, submit
from tests.permissions import CALLS, EVENTS, reasons
from tests.scenarios.conftest import ENVIRON
from tests.scenarios.relatives import adopt, block, unblock
from tests.scenarios.test_check_run import press
from tests.scenarios.test_label_to_review import red_then_green
from tests.scenarios.world import FILES, RIGHT, WITH_CHECKS, WRONG, Issue, Repo, World, playing

DECLARED = {name: access for name, (access, _) in reasons().items()}
SENT_TO_ALL = frozenset({"installation", "installation_repositories", "ping"})
"""Events that every App gets without subscribing."""
BRISK = (edit("greet.py", "return ''", RIGHT), submit(), submit())
RED = (edit("greet.py", "return ''", WRONG), submit(), submit())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack of its own: what an account has granted holds for all its repositories."""
    with playing(tmp_path_factory.mktemp("stack"), ENVIRON) as world:
        yield world


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
    board = new_board(world.stack.hub.url, "Everything")
    board.add(give_up.node_id)
    board.add(issue.node_id, "Autocode")
    issue.until("validating")
    talk_about(issue)
    relate(give_up.repo)
    give_up.until("failed")
    # More than before is granted, which is a reason to look at everything.
    world.control("POST", "permissions", without("statuses", None))
    world.control("POST", "permissions", DECLARED)
    world.settle()

    used = world.control("GET", "uses")["autocode[bot]"]
    # That all of it is used, `make contract` sees, which looks at every scenario.
    assert pairs(used) <= pairs(CALLS)
    highest = {name.partition(":")[0]: name.partition(":")[2] for name in sorted(used)}
    assert highest == DECLARED
    answered = {item["event"] for item in world.control("GET", "deliveries") if item["status_code"] == 202}
    with_rules = {name.partition(".")[0] for name in RULES} - SENT_TO_ALL
    subscribed = {event for events in EVENTS.values() for event in events}
    assert subscribed == with_rules
    assert answered - SENT_TO_ALL == subscribed - (NEWER_EVENTS if world.is_enterprise else set())


def pairs(calls: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
    """Every permission with each call that needs it."""
    return {(permission, call) for permission, needing in calls.items() for call in needing}


def relate(repo: Repo) -> None:
    """An issue is blocked, gets a sub-issue, and is blocked no more."""
    world = repo.world
    issue, other, part = repo.issue(), repo.issue(), repo.issue("Greet in part")
    world.will(*BRISK, when=("Greet in part",))
    block(issue, other)
    issue.label().until("queued")
    adopt(issue, part)
    unblock(issue, other)
    part.until("validating")


def talk_about(issue: Issue) -> None:
    """A comment, a review and a status by Bob, and a check of another App."""
    pull_request = issue.pull_request()
    bob, ci = issue.repo.world.person("bob"), issue.repo.world.stack.hub.other_app("acme-ci")
    issue.say("Nice.")
    press(issue, "fix")
    issue.repo.put(".github/autocode.yml", "modle: x\n")
    check = {"name": "style", "head_sha": pull_request["head"]["sha"], "conclusion": "success"}
    ci.post(f"/repos/{issue.repo.name}/check-runs", check)
    bob.post(f"/repos/{issue.repo.name}/statuses/{pull_request['head']['sha']}", {"state": "success"})
    issue.repo.world.settle()
    bob.post(f"/repos/{issue.repo.name}/pulls/{pull_request['number']}/reviews", {"event": "APPROVE"})
    issue.repo.put("README.md", "# Greet\n", branch=pull_request["head"]["ref"], by="bob")
    issue.repo.world.settle()


MISSING: list[tuple[str, str | None, str]] = [
    ("contents", None, "**contents: read**"),
    ("contents", "read", "**contents: write**"),
    ("pull_requests", None, "**pull_requests: read**"),
    ("pull_requests", "read", "**pull_requests: write**"),
    ("checks", None, "**checks: read and statuses: read**"),
    ("actions", None, "**actions: read**"),
    ("statuses", None, "**checks: read and statuses: read**"),
]
"""A permission, what is left of it, and how people are told of it."""
STILL: list[tuple[str | None, str]] = [
    (None, ""),
    ("read", "⚠ The card stays where it is: moving it needs the permission **organization_projects: write**"),
]
"""What is left of `organization_projects`, where cards stay, and what the status comment says of it."""
SILENCED: list[str | None] = [None, "read"]
"""What is left of `issues`, where nobody can be told."""
HINTED = frozenset({("checks", "read")})
"""Where the work goes on, and the status comment says what is missing."""
NEVER_REFUSED = frozenset({"metadata"})
"""GitHub gives it to every App that may see a repository, asked or not, so that no account can take it away:
https://docs.github.com/en/enterprise-server@3.0/rest/reference/permissions-required-for-github-apps#metadata-permissions"""


def test_every_way_of_granting_less_than_is_declared_has_a_scenario() -> None:
    shown = (
        {(permission, left) for permission, left, _ in MISSING}
        | {("issues", left) for left in SILENCED}
        | HINTED
    )
    shown |= {("organization_projects", left) for left, _ in STILL}
    refusable = DECLARED.keys() - NEVER_REFUSED
    less = {(name, None) for name in refusable} | {
        (name, "read") for name in refusable if DECLARED[name] == "write"
    }
    assert shown == less


@pytest.mark.parametrize(("permission", "left", "word"), MISSING)
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
    assert_is_quiet(issue)


@pytest.mark.parametrize(("left", "words"), STILL)
def test_where_cards_cannot_be_moved_the_ticket_goes_on(
    world: World, granted: None, left: str | None, words: str
) -> None:
    title = f"Greet people with {left or 'no'} projects"
    issue = world.repository(private=True).issue(title)
    world.will(*BRISK, when=(title,))
    world.control("POST", "permissions", without("organization_projects", left))
    board = new_board(world.stack.hub.url, title)
    card = board.add(issue.node_id, "Autocode")
    if left is None:
        # Then GitHub does not tell us of cards.
        world.settle()
        assert issue.record() is None
        issue.label()
    issue.until("validating")
    assert board.column(card) == "Autocode"
    status = issue.status_comment()
    assert status is not None
    assert words in status["body"]
    assert status["body"].count("⚠") == len(words[:1])


@pytest.mark.parametrize("left", SILENCED)
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
    assert_is_quiet(issue)
    # What was missing is granted, GitHub says so, and nobody has to ask again.
    world.control("POST", "permissions", DECLARED)
    issue.until("validating")


def without(permission: str, left: str | None) -> dict[str, str]:
    """What is granted when of one permission only that much is."""
    others = {name: access for name, access in DECLARED.items() if name != permission}
    return others | ({permission: left} if left else {})


def assert_is_quiet(issue: Issue) -> None:
    """Nobody asks GitHub anything about the issue's repository while nothing happens there."""
    issue.repo.world.settle()
    before = calls_about(issue.repo)
    time.sleep(0.5)
    assert calls_about(issue.repo) == before


def calls_about(repo: Repo) -> int:
    name = repo.name.partition("/")[2]
    return sum(
        f"/{repo.name}" in call["path"] or name in str(call["body"]) for call in repo.world.calls_of_the_app()
    )
