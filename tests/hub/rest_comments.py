"""REST: comments on issues and pull requests, and the reactions on them."""

from datetime import datetime

from tests.hub import operations
from tests.hub.auth import has_role
from tests.hub.entities import Comment
from tests.hub.errors import ApiError, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.rest_review_comments import take_away
from tests.hub.serialize import reaction_json
from tests.hub.serialize_issues import comment_json

REPO = "/repos/{owner}/{repo}"
READ = "issues:read|pull_requests:read"
WRITE = "issues:write|pull_requests:write"


def _since(request: Request, comments: list[Comment]) -> list[Comment]:
    since = request.query.get("since")
    return [c for c in comments if not since or c.updated_at >= datetime.fromisoformat(since)]


@route("GET", REPO + "/issues/{number}/comments", READ)
def list_comments(request: Request) -> Answer:
    return request.page(_since(request, request.issue.comments), comment_json)


@route("POST", REPO + "/issues/{number}/comments", WRITE, person="read")
def create_comment(request: Request) -> Answer:
    (body,) = request.required("body")
    comment = operations.create_comment(request.state, request.actor, request.issue, body)
    answer = comment_json(request.state, comment)
    return Answer(answer, 201, {"Location": answer["url"]})


@route("GET", REPO + "/issues/comments", READ)
def list_all_comments(request: Request) -> Answer:
    issues = request.repository.issues.values()
    comments = sorted((c for issue in issues for c in issue.comments), key=lambda c: c.id)
    return request.page(_since(request, comments), comment_json)


def _comment(request: Request) -> Comment:
    wanted = int(request.params["comment_id"])
    for issue in request.repository.issues.values():
        for comment in issue.comments:
            if comment.id == wanted:
                return comment
    raise not_found()


def _own(request: Request) -> Comment:
    """The comment, if the actor may change it: its author or who may write."""
    comment = _comment(request)
    mine = comment.user is request.user
    if request.actor.kind == "user" and not mine and not has_role(request.actor, request.repository, "write"):
        raise ApiError(403, "Must have admin rights to Repository.")
    return comment


@route("GET", REPO + "/issues/comments/{comment_id}", READ)
def get_comment(request: Request) -> Answer:
    return Answer(comment_json(request.state, _comment(request)))


@route("PATCH", REPO + "/issues/comments/{comment_id}", WRITE, person="read")
def update_comment(request: Request) -> Answer:
    (body,), comment = request.required("body"), _own(request)
    return Answer(
        comment_json(request.state, operations.edit_comment(request.state, request.actor, comment, body))
    )


@route("DELETE", REPO + "/issues/comments/{comment_id}", WRITE, person="read")
def delete_comment(request: Request) -> Answer:
    operations.delete_comment(request.state, request.actor, _own(request))
    return Answer(status=204)


@route("GET", REPO + "/issues/comments/{comment_id}/reactions", READ)
def list_reactions(request: Request) -> Answer:
    return request.page(_comment(request).reactions, reaction_json)


@route("POST", REPO + "/issues/comments/{comment_id}/reactions", WRITE, person="read")
def add_reaction(request: Request) -> Answer:
    (content,) = request.required("content")
    reaction, new = operations.add_reaction(request.state, request.actor, _comment(request), content)
    return Answer(reaction_json(request.state, reaction), 201 if new else 200)


@route("DELETE", REPO + "/issues/comments/{comment_id}/reactions/{reaction_id}", WRITE, person="read")
def delete_reaction(request: Request) -> Answer:
    take_away(request, _comment(request))
    return Answer(status=204)
