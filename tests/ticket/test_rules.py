"""Each rule: which deliveries ask for which ticket, and which are left alone."""

from dataclasses import replace
from typing import Any

import pytest

from jobs.ticket.configuration import PATH
from jobs.ticket.names import STATUS_MARKER, ticket_marker
from jobs.ticket.payloads import Unreadable, is_our_own_comment
from jobs.ticket.request import CardMoved, Changed, Inspect, Press, Reconcile, Sweep, Ticket
from jobs.ticket.rules import RULES, asked
from tests.web.payloads import (
    APP_ID,
    BOT,
    BRANCH,
    PERSON,
    comment,
    delivery,
    issue,
    labeled,
    pull_request,
    without,
)

TICKET = Ticket(17, "acme/shop", 12)
OURS = issue("bug", "autocode: review")
OUR_PULL_REQUEST = issue(number=13, pull_request={}, body=f"Closes it\n{ticket_marker(12)}")
FORK = {"id": 200}
SAME = {"id": 100}
PULL_REQUEST_ACTIONS = ("ready_for_review", "auto_merge_disabled", "dequeued")


def suite(branch: str | None, app: str = "circleci") -> dict[str, Any]:
    return {"head_branch": branch, "app": {"slug": app}}


def run(branch: str | None, repository: dict[str, int]) -> dict[str, Any]:
    return {"head_branch": branch, "head_repository": repository}


def press(branch: str = BRANCH) -> dict[str, Any]:
    run = {"external_id": "0123abcd 2", "check_suite": {"head_branch": branch}}
    return delivery("requested_action", check_run=run, requested_action={"identifier": "stop"})


def push(*modified: tuple[str, ...], ref: str = "refs/heads/main") -> dict[str, Any]:
    """A push of one commit for each list of files; they are called 0, 1, …"""
    files = modified or ((PATH,),)
    commits = [{"id": f"{n}", "added": [], "modified": list(names)} for n, names in enumerate(files)]
    return delivery(ref=ref, commits=commits)


def moved(sender: dict[str, Any] = PERSON, kind: str = "Issue", **change: Any) -> dict[str, Any]:
    """A card that was moved from no column into one called Autocode."""
    item = {"node_id": "PVTI_1", "content_type": kind, "updated_at": "2026-11-21T12:00:00Z"}
    value = {"field_type": "single_select", "field_name": "Status", "from": None, "to": {"name": "Autocode"}}
    payload = delivery(
        "edited", sender=sender, projects_v2_item=item, changes={"field_value": value | change}
    )
    # GitHub names no repository.
    del payload["repository"]
    return payload


ASKS = [
    ("check_run.requested_action", press()),
    ("issues.labeled", labeled()),
    ("issues.unlabeled", labeled() | {"action": "unlabeled"}),
    ("issues.edited", delivery("edited", issue=OURS)),
    *[
        (
            f"issue_dependencies.{action}",
            delivery(action, blocked_issue=OURS, blocking_issue=issue(number=13)),
        )
        for action in ("blocked_by_added", "blocked_by_removed")
    ],
    *[
        (f"sub_issues.{action}", delivery(action, parent_issue=OURS, sub_issue=issue(number=13)))
        for action in ("sub_issue_added", "sub_issue_removed")
    ],
    ("issue_comment.created", delivery("created", issue=OURS, comment=comment())),
    ("issue_comment.created", delivery("created", issue=OUR_PULL_REQUEST, comment=comment())),
    ("issue_comment.created", delivery("created", issue=issue(), comment={"body": "/autocode", "id": 5})),
    ("issue_comment.edited", delivery("edited", issue=OURS, comment={"body": f"{STATUS_MARKER} …"})),
    *[
        (f"pull_request.{action}", delivery(action, pull_request=pull_request()))
        for action in PULL_REQUEST_ACTIONS
    ],
    ("pull_request.edited", delivery("edited", pull_request=pull_request(), changes={"base": {}})),
    ("pull_request_review.submitted", delivery("submitted", pull_request=pull_request())),
    ("check_suite.completed", delivery("completed", check_suite=suite(BRANCH))),
    ("workflow_run.completed", delivery("completed", workflow_run=run(BRANCH, SAME))),
    ("status", delivery(state="failure", branches=[{"name": "main"}, {"name": BRANCH}])),
]

LEAVES = [
    ("another label", "issues.labeled", labeled("autocode: working")),
    ("no label of ours", "issues.edited", delivery("edited", issue=issue("bug"))),
    (
        "no label of ours",
        "issue_dependencies.blocked_by_added",
        delivery("blocked_by_added", blocked_issue=issue(), blocking_issue=OURS),
    ),
    (
        "no label of ours",
        "sub_issues.sub_issue_added",
        delivery("sub_issue_added", parent_issue=issue(), sub_issue=OURS),
    ),
    ("another comment", "issue_comment.edited", delivery("edited", issue=OURS, comment=comment())),
    ("no label of ours", "issue_comment.created", delivery("created", issue=issue(), comment=comment())),
    (
        "somebody's pull request",
        "issue_comment.created",
        delivery("created", issue=issue("autocode", pull_request={}, body=None), comment=comment()),
    ),
    *[
        ("our own doing", f"pull_request.{action}", delivery(action, pull_request=pull_request(), sender=BOT))
        for action in PULL_REQUEST_ACTIONS
    ],
    (
        "a branch of theirs",
        "pull_request.dequeued",
        delivery("dequeued", pull_request=pull_request("main")),
    ),
    (
        "a fork",
        "pull_request.dequeued",
        delivery("dequeued", pull_request=pull_request(repository=200)),
    ),
    (
        "its text",
        "pull_request.edited",
        delivery("edited", pull_request=pull_request(), changes={"body": {}}),
    ),
    (
        "a fork that is gone",
        "pull_request.dequeued",
        delivery("dequeued", pull_request=pull_request(repository=None)),
    ),
    (
        "a fork",
        "pull_request_review.submitted",
        delivery("submitted", pull_request=pull_request(repository=200)),
    ),
    ("a tag", "push", push(ref="refs/tags/v1")),
    ("another file", "push", push(("README.md",))),
    ("a branch that was deleted", "push", delivery(ref="refs/heads/main", commits=[])),
    ("somebody else's branch", "check_run.requested_action", press("main")),
    ("said by workflow_run", "check_suite.completed", delivery(check_suite=suite(BRANCH, "github-actions"))),
    ("a fork, which has no branch here", "check_suite.completed", delivery(check_suite=suite(None))),
    ("a fork", "workflow_run.completed", delivery(workflow_run=run(BRANCH, FORK))),
    ("a tag's run", "workflow_run.completed", delivery(workflow_run=run(None, SAME))),
    ("not final", "status", delivery(state="pending", branches=[{"name": BRANCH}])),
    ("a branch of theirs", "status", delivery(state="success", branches=[{"name": "main"}])),
    ("no branch", "status", delivery(state="success", branches=[])),
    ("the app was removed", "installation.deleted", delivery("deleted")),
    ("the app was suspended", "installation.suspend", delivery("suspend")),
    ("a ping", "ping", {"zen": "Keep it logically awesome."}),
    ("our own doing", "projects_v2_item.edited", moved(sender=BOT)),
    ("a draft", "projects_v2_item.created", moved(kind="DraftIssue")),
    ("a draft", "projects_v2_item.edited", moved(kind="DraftIssue")),
    ("a pull request", "projects_v2_item.edited", moved(kind="PullRequest")),
    ("a number", "projects_v2_item.edited", moved(field_type="number")),
    ("a draft's text", "projects_v2_item.edited", moved() | {"changes": {"body": {"from": "Soon"}}}),
]

READS = [
    ("issues.labeled", labeled(), "label.name"),
    ("issues.labeled", labeled(), "label"),
    ("issues.labeled", labeled(), "issue.number"),
    ("issues.labeled", labeled(), "repository.full_name"),
    ("issues.labeled", labeled(), "installation"),
    ("issues.edited", delivery("edited", issue=OURS), "issue.labels"),
    ("issues.closed", delivery("closed", issue=OURS), "issue.number"),
    ("issue_dependencies.blocked_by_added", delivery(blocked_issue=OURS), "blocked_issue"),
    ("sub_issues.sub_issue_added", delivery(parent_issue=OURS), "parent_issue"),
    ("issue_comment.created", delivery("created", issue=OURS, comment=comment()), "issue"),
    ("pull_request.closed", delivery("closed", pull_request=pull_request()), "pull_request.head"),
    ("pull_request.closed", delivery("closed", pull_request=pull_request()), "sender.id"),
    ("pull_request_review.submitted", delivery(pull_request=pull_request()), "pull_request.head.ref"),
    ("check_suite.completed", delivery(check_suite=suite(BRANCH)), "check_suite.head_branch"),
    ("workflow_run.completed", delivery(workflow_run=run(BRANCH, SAME)), "workflow_run.head_repository.id"),
    ("check_run.requested_action", press(), "requested_action.identifier"),
    ("check_run.requested_action", press(), "sender.id"),
    ("push", push(), "commits"),
    ("status", delivery(state="success", branches=[]), "branches"),
    ("installation.created", delivery("created"), "installation.id"),
    ("projects_v2_item.edited", moved(), "sender.login"),
    ("projects_v2_item.edited", moved(), "projects_v2_item.node_id"),
    ("projects_v2_item.edited", moved(), "changes.field_value.field_name"),
]


@pytest.mark.parametrize(("event", "payload"), ASKS, ids=[event for event, _ in ASKS])
def test_a_rule_asks_for_the_ticket_that_the_payload_holds(event: str, payload: dict[str, Any]) -> None:
    request = RULES[event](payload)
    assert isinstance(request, Reconcile)
    assert request.ticket == TICKET


@pytest.mark.parametrize("action", ["closed", "reopened", "deleted", "transferred"])
@pytest.mark.parametrize(("labels", "itself"), [(("bug",), False), (("autocode: review",), True)])
def test_whoever_waits_for_an_issue_hears_how_it_ends(
    action: str, labels: tuple[str, ...], itself: bool
) -> None:
    request = RULES[f"issues.{action}"](delivery(action, issue=issue(*labels)))
    assert request == Changed(TICKET, also=TICKET if itself else None, why=action)


@pytest.mark.parametrize("action", ["closed", "reopened", "synchronize"])
@pytest.mark.parametrize(("branch", "also"), [("main", None), (BRANCH, TICKET)])
def test_whoever_waits_for_a_pull_request_hears_what_becomes_of_it(
    action: str, branch: str, also: Ticket | None
) -> None:
    request = RULES[f"pull_request.{action}"](delivery(action, pull_request=pull_request(branch)))
    assert request == Changed(replace(TICKET, number=13), also=also, why=action)


def test_we_merge_too_but_do_not_reopen() -> None:
    """GitHub merges in the name of whoever asked it to merge by itself, which may be us."""
    asked = [
        RULES[f"pull_request.{action}"](delivery(action, pull_request=pull_request(), sender=BOT))
        for action in ("closed", "reopened")
    ]
    assert [one.also for one in asked if isinstance(one, Changed)] == [TICKET, None]


@pytest.mark.parametrize(("case", "event", "payload"), LEAVES, ids=[f"{row[1]}: {row[0]}" for row in LEAVES])
def test_a_rule_leaves_alone_what_is_not_a_tickets_business(
    case: str, event: str, payload: dict[str, Any]
) -> None:
    assert RULES[event](payload) is None


@pytest.mark.parametrize(
    "event",
    [
        "installation.created",
        "installation.new_permissions_accepted",
        "installation.unsuspend",
        "installation_repositories.added",
    ],
)
def test_more_to_see_asks_for_a_sweep(event: str) -> None:
    request = RULES[event](delivery(event.partition(".")[2]))
    assert isinstance(request, Sweep)
    assert request.installation == 17


def test_a_moved_card_is_asked_for_with_who_moved_it_and_from_where() -> None:
    request = RULES["projects_v2_item.edited"](moved())
    expected = CardMoved(17, "PVTI_1", "octocat", 1, "2026-11-21T12:00:00Z", "Status", "", "Autocode")
    assert request == expected
    assert CardMoved.parse(expected.key) == expected


@pytest.mark.parametrize("action", ["created", "restored"])
def test_a_card_that_came_onto_a_board_is_asked_for_whoever_put_it_there(action: str) -> None:
    request = RULES[f"projects_v2_item.{action}"](moved(sender=BOT) | {"action": action})
    assert isinstance(request, CardMoved)
    assert (request.item, request.field) == ("PVTI_1", "")


@pytest.mark.parametrize(("event", "payload", "path"), READS, ids=[f"{row[0]}: {row[2]}" for row in READS])
def test_a_missing_field_is_named(event: str, payload: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable, match=rf"^{path} is missing"):
        RULES[event](without(payload, path))


def test_a_field_of_another_kind_is_named() -> None:
    with pytest.raises(Unreadable, match=r"^issue.number is str, int was expected$"):
        RULES["issues.labeled"](labeled() | {"issue": {"number": "12"}})
    with pytest.raises(Unreadable, match=r"^check_suite.head_branch is int, str | None was expected$"):
        RULES["check_suite.completed"](delivery(check_suite={"head_branch": 1, "app": {"slug": "x"}}))


def test_a_person_may_push_to_our_pull_request_and_another_bot_may_close_it() -> None:
    for sender in (PERSON, BOT | {"id": 3}):
        payload = delivery("synchronize", pull_request=pull_request(), sender=sender)
        request = RULES["pull_request.synchronize"](payload)
        assert isinstance(request, Changed)
        assert request.also == TICKET


def test_only_what_our_app_does_with_its_comments_is_our_own() -> None:
    assert is_our_own_comment(delivery(comment=comment(app=APP_ID), sender=BOT), APP_ID)
    assert not is_our_own_comment(delivery(comment=comment(app=APP_ID), sender=PERSON), APP_ID)
    assert not is_our_own_comment(delivery(comment=comment(app=8), sender=BOT), APP_ID)
    assert not is_our_own_comment(delivery(comment=comment()), APP_ID)
    assert not is_our_own_comment(delivery(), APP_ID)


def test_a_press_comes_along_with_who_pressed_what() -> None:
    request = RULES["check_run.requested_action"](press())
    assert isinstance(request, Reconcile)
    assert (request.ticket, request.press) == (TICKET, Press("octocat", 1, "stop", "0123abcd 2"))


def test_the_last_commit_that_changed_the_configuration_is_inspected() -> None:
    pushed = push((PATH,), (PATH, "README.md"), ("README.md",))
    assert RULES["push"](pushed) == Inspect(17, "acme/shop", "1")


def test_the_completion_of_our_own_check_is_no_news() -> None:
    ours = {"head_branch": BRANCH, "app": {"slug": "autocode", "id": APP_ID}}
    assert asked("check_suite", delivery("completed", check_suite=ours), APP_ID)[0] is None
    assert asked("check_suite", delivery("completed", check_suite=ours), APP_ID + 1)[0] is not None


def test_every_rule_says_when_it_matters() -> None:
    for rule in RULES.values():
        line = (rule.__doc__ or "").partition("\n")[0]
        assert line.endswith(".")
