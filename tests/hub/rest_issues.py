"""REST: issues, their timeline, reactions; labels on issues and of repositories."""

from datetime import datetime

from tests.hub import operations
from tests.hub.auth import has_role
from tests.hub.entities import Label
from tests.hub.errors import ApiError, invalid, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import label_json, reaction_json
from tests.hub.serialize_issues import issue_json
from tests.hub.serialize_timeline import event_json, timeline_json

REPO = "/repos/{owner}/{repo}"
ISSUE = REPO + "/issues/{number}"
READ = "issues:read|pull_requests:read"
WRITE = "issues:write|pull_requests:write"


@route("GET", REPO + "/issues", READ)
def list_issues(request: Request) -> Answer:
    """Pull requests too, as on GitHub. Filters: state, labels, creator, assignee, since; sort and direction."""
    query = request.query
    state, labels = query.get("state", "open"), [name for name in query.get("labels", "").split(",") if name]
    found = [
        issue
        for issue in request.repository.issues.values()
        if state in ("all", issue.state)
        and set(map(str.lower, labels)) <= {label.name.lower() for label in issue.labels}
        and query.get("creator", issue.user.login) == issue.user.login
        and query.get("assignee", "*") in ("*", *(user.login for user in issue.assignees))
        and (not query.get("since") or issue.updated_at >= datetime.fromisoformat(query["since"]))
    ]
    sort = {"updated": lambda i: i.updated_at, "comments": lambda i: len(i.comments)}
    found.sort(key=sort.get(query.get("sort", ""), lambda i: (i.created_at, i.number)))
    if query.get("direction", "desc") == "desc":
        found.reverse()
    return request.page(found, issue_json)


@route("POST", REPO + "/issues", "issues:write", person="read")
def create_issue(request: Request) -> Answer:
    (title,), body = request.required("title"), request.fields()
    names = [label["name"] if isinstance(label, dict) else label for label in body.get("labels") or []]
    if not _may_triage(request):
        names = []  # GitHub drops silently what the author may not set
    issue = operations.create_issue(
        request.state, request.actor, request.repository, title=title, body=body.get("body"), labels=names,
        assignees=body.get("assignees"),
    )  # fmt: skip
    answer = issue_json(request.state, issue)
    return Answer(answer, 201, {"Location": answer["url"]})


def _may_triage(request: Request) -> bool:
    return request.actor.kind == "installation" or has_role(request.actor, request.repository, "triage")


@route("GET", ISSUE, READ)
def get_issue(request: Request) -> Answer:
    return Answer(issue_json(request.state, request.issue))


@route("PATCH", ISSUE, WRITE, person="read")
def update_issue(request: Request) -> Answer:
    """Authors may edit and close their own; labels and the rest need triage."""
    issue, body = request.issue, request.fields()
    if not _may_triage(request) and (issue.user is not request.user or "labels" in body):
        raise ApiError(403, "Must have admin rights to Repository.")
    return Answer(issue_json(request.state, operations.edit_issue(request.state, request.actor, issue, body)))


@route("GET", ISSUE + "/events", READ)
def list_events(request: Request) -> Answer:
    events = [event for event in request.issue.timeline if event.event != "cross-referenced"]
    return request.page(events, event_json)


@route("GET", ISSUE + "/timeline", READ)
def list_timeline(request: Request) -> Answer:
    rows = timeline_json(request.state, request.issue)
    return request.page(rows, lambda _, row: row)


# ── reactions ───────────────────────────────────────────────────────────────────────────────────────────────


@route("GET", ISSUE + "/reactions", READ)
def list_reactions(request: Request) -> Answer:
    return request.page(request.issue.reactions, reaction_json)


@route("POST", ISSUE + "/reactions", WRITE, person="read")
def add_reaction(request: Request) -> Answer:
    """201 for a new one, 200 for one that is there."""
    (content,) = request.required("content")
    reaction, new = operations.add_reaction(request.state, request.actor, request.issue, content)
    return Answer(reaction_json(request.state, reaction), 201 if new else 200)


@route("DELETE", ISSUE + "/reactions/{reaction_id}", WRITE, person="read")
def delete_reaction(request: Request) -> Answer:
    for reaction in request.issue.reactions:
        if reaction.id == int(request.params["reaction_id"]) and reaction.user is request.user:
            operations.remove_reaction(request.state, request.actor, request.issue, reaction.content)
            return Answer(status=204)
    raise not_found()


# ── labels on an issue ──────────────────────────────────────────────────────────────────────────────────────


def _names(request: Request) -> list[str]:
    """`{"labels": […]}` or a bare list, of names or of objects with a name."""
    body = request.body if isinstance(request.body, list) else request.required("labels")[0]
    names = [label.get("name") if isinstance(label, dict) else label for label in body or []]
    if not all(isinstance(name, str) for name in names):
        raise invalid("Label", "name", "invalid")
    return [str(name) for name in names]


@route("GET", ISSUE + "/labels", READ)
def list_labels_on_issue(request: Request) -> Answer:
    return request.page(request.issue.labels, label_json)


@route("POST", ISSUE + "/labels", WRITE, person="triage")
def add_labels(request: Request) -> Answer:
    return request.page(
        operations.add_labels(request.state, request.actor, request.issue, _names(request)), label_json
    )


@route("PUT", ISSUE + "/labels", WRITE, person="triage")
def set_labels(request: Request) -> Answer:
    return request.page(
        operations.set_labels(request.state, request.actor, request.issue, _names(request)), label_json
    )


@route("DELETE", ISSUE + "/labels", WRITE, person="triage")
def remove_all_labels(request: Request) -> Answer:
    operations.set_labels(request.state, request.actor, request.issue, [])
    return Answer(status=204)


@route("DELETE", ISSUE + "/labels/{name}", WRITE, person="triage")
def remove_label(request: Request) -> Answer:
    issue = request.issue
    found = [label for label in issue.labels if label.name.lower() == request.params["name"].lower()]
    if not found:
        raise ApiError(404, "Label does not exist")
    return request.page(operations.remove_labels(request.state, request.actor, issue, found), label_json)


# ── labels of the repository ────────────────────────────────────────────────────────────────────────────────


def _label(request: Request) -> Label:
    found = request.repository.labels.get(request.params["name"].lower())
    if found is None:
        raise not_found()
    return found


@route("GET", REPO + "/labels", READ)
def list_labels(request: Request) -> Answer:
    return request.page(sorted(request.repository.labels.values(), key=lambda label: label.name), label_json)


@route("POST", REPO + "/labels", WRITE)
def create_label(request: Request) -> Answer:
    (name,), body = request.required("name"), request.fields()
    color = str(body.get("color", "ededed")).lstrip("#")
    label = operations.create_label(request.state, request.repository, name, color, body.get("description"))
    return Answer(label_json(request.state, label), 201)


@route("GET", REPO + "/labels/{name}", READ)
def get_label(request: Request) -> Answer:
    return Answer(label_json(request.state, _label(request)))


@route("PATCH", REPO + "/labels/{name}", WRITE)
def update_label(request: Request) -> Answer:
    label, body = _label(request), request.fields()
    operations.ensure_writable(request.repository)
    new = body.get("new_name", label.name)
    if new.lower() != label.name.lower() and new.lower() in request.repository.labels:
        raise invalid("Label", "name", "already_exists")
    del request.repository.labels[label.name.lower()]
    label.name, label.color = new, body.get("color", label.color)
    label.description = body.get("description", label.description)
    request.repository.labels[new.lower()] = label
    return Answer(label_json(request.state, label))


@route("DELETE", REPO + "/labels/{name}", WRITE)
def delete_label(request: Request) -> Answer:
    label = _label(request)
    operations.ensure_writable(request.repository)
    for issue in request.repository.issues.values():
        issue.labels = [other for other in issue.labels if other is not label]
    del request.repository.labels[label.name.lower()]
    request.state.remove(label)
    return Answer(status=204)
