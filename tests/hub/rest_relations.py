"""REST: sub-issues and the issues that wait for each other."""

from collections.abc import Iterable

from tests.hub import relation_operations
from tests.hub.auth import can_see
from tests.hub.entities import Issue
from tests.hub.errors import invalid, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize_issues import issue_json

ISSUE = "/repos/{owner}/{repo}/issues/{number}"


def _seen(request: Request, issues: Iterable[Issue]) -> list[Issue]:
    """Those in repositories that the caller knows of: others are left out without a word."""
    return [issue for issue in issues if can_see(request.state, request.actor, issue.repository)]


def _by_id(request: Request, issue_id: object) -> Issue:
    """The issue or pull request of that id, in whichever repository; ApiError 404 where the caller sees none."""
    everything = (
        issue
        for repository in request.state.repositories.values()
        for issue in repository.issues.values()
        if issue.id == issue_id
    )
    found = next(iter(_seen(request, everything)), None)
    if found is None:
        raise not_found()
    return found


def _named(request: Request, name: str) -> Issue:
    """The issue whose id stands in that field of the body: its id, not its number."""
    (issue_id,) = request.required(name)
    if not isinstance(issue_id, int):
        raise invalid("Issue", name, "invalid")
    return _by_id(request, issue_id)


def _addressed(request: Request, status: int = 200) -> Answer:
    """The issue of the path, and where to find it."""
    body = issue_json(request.state, request.issue)
    return Answer(body, status, {"Location": body["url"]})


# ── sub-issues: https://docs.github.com/en/rest/issues/sub-issues ───────────────────────────────────────────


@route("GET", ISSUE + "/parent", "issues:read")
def get_parent(request: Request) -> Answer:
    parents = _seen(request, [request.issue.parent] if request.issue.parent else [])
    if not parents:
        raise not_found()
    return Answer(issue_json(request.state, parents[0]))


@route("GET", ISSUE + "/sub_issues", "issues:read")
def list_sub_issues(request: Request) -> Answer:
    return request.page(_seen(request, request.issue.sub_issues), issue_json)


@route("POST", ISSUE + "/sub_issues", "issues:write", person="triage")
def add_sub_issue(request: Request) -> Answer:
    child, replace = _named(request, "sub_issue_id"), bool(request.fields().get("replace_parent"))
    relation_operations.add_sub_issue(request.state, request.actor, request.issue, child, replace=replace)
    return _addressed(request, 201)


@route("DELETE", ISSUE + "/sub_issue", "issues:write", person="triage")
def remove_sub_issue(request: Request) -> Answer:
    child = _named(request, "sub_issue_id")
    relation_operations.remove_sub_issue(request.state, request.actor, request.issue, child)
    return _addressed(request)


@route("PATCH", ISSUE + "/sub_issues/priority", "issues:write", person="triage")
def reprioritize_sub_issue(request: Request) -> Answer:
    child = _named(request, "sub_issue_id")
    places = {
        place: _named(request, f"{place}_id")
        for place in ("after", "before")
        if f"{place}_id" in request.fields()
    }
    relation_operations.reprioritize_sub_issue(request.state, request.issue, child, **places)
    return Answer(issue_json(request.state, request.issue))


# ── dependencies: https://docs.github.com/en/rest/issues/issue-dependencies ─────────────────────────────────


@route("GET", ISSUE + "/dependencies/blocked_by", "issues:read")
def list_blocked_by(request: Request) -> Answer:
    return request.page(_seen(request, request.issue.blocked_by), issue_json)


@route("GET", ISSUE + "/dependencies/blocking", "issues:read")
def list_blocking(request: Request) -> Answer:
    return request.page(_seen(request, request.issue.blocking), issue_json)


@route("POST", ISSUE + "/dependencies/blocked_by", "issues:write", person="triage")
def add_blocked_by(request: Request) -> Answer:
    blocker = _named(request, "issue_id")
    relation_operations.add_blocked_by(request.state, request.actor, request.issue, blocker)
    return _addressed(request, 201)


@route("DELETE", ISSUE + "/dependencies/blocked_by/{blocker_id}", "issues:write", person="triage")
def remove_blocked_by(request: Request) -> Answer:
    blocker = _by_id(request, int(request.params["blocker_id"]))
    relation_operations.remove_blocked_by(request.state, request.actor, request.issue, blocker)
    return Answer(issue_json(request.state, request.issue))
