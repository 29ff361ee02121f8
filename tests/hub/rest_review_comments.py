"""REST: comments on lines of the diff, replies to them, reactions on them."""

from datetime import datetime

from tests.hub import operations, review_operations
from tests.hub.entities import Reaction
from tests.hub.errors import ApiError, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.rest_reviews import may_change
from tests.hub.review_entities import ReviewComment
from tests.hub.serialize import reaction_json
from tests.hub.serialize_reviews import review_comment_json

REPO = "/repos/{owner}/{repo}"
PULL = REPO + "/pulls/{number}"
COMMENT = REPO + "/pulls/comments/{comment_id}"
READ, WRITE = "pull_requests:read", "pull_requests:write"


def _listed(request: Request, comments: list[ReviewComment]) -> Answer:
    since, sort = request.query.get("since"), request.query.get("sort", "created")
    seen = [c for c in comments if c.review.state != "PENDING" or c.user is request.actor.user]
    found = [c for c in seen if not since or c.updated_at >= datetime.fromisoformat(since)]
    is_down = request.query.get("direction") == "desc"
    found.sort(key=lambda c: (c.updated_at if sort == "updated" else c.created_at, c.id), reverse=is_down)
    return request.page(found, review_comment_json)


def _comment(request: Request) -> ReviewComment:
    wanted = int(request.params["comment_id"])
    pulls = request.repository.pull_requests
    found = (c for pull in pulls for thread in pull.threads for c in thread.comments if c.id == wanted)
    comment = next(found, None)
    if comment is None or (comment.review.state == "PENDING" and comment.user is not request.actor.user):
        raise not_found()
    return comment


@route("GET", PULL + "/comments", READ)
def list_review_comments(request: Request) -> Answer:
    return _listed(request, [c for thread in request.pull.threads for c in thread.comments])


@route("GET", REPO + "/pulls/comments", READ)
def list_all_review_comments(request: Request) -> Answer:
    pulls = request.repository.pull_requests
    return _listed(request, [c for pull in pulls for thread in pull.threads for c in thread.comments])


@route("POST", PULL + "/comments", WRITE, person="read")
def create_review_comment(request: Request) -> Answer:
    """With `in_reply_to` everything but the body is left out of account."""
    body, parent = request.fields(), request.fields().get("in_reply_to")
    if parent is not None:
        (text,) = request.required("body")
        return _reply(request, parent, text)
    request.required("body", "commit_id", "path")
    made = review_operations.comment_on_line(request.state, request.actor, request.pull, body)
    return _created(request, made)


@route("POST", PULL + "/comments/{comment_id}/replies", WRITE, person="read")
def create_reply(request: Request) -> Answer:
    """Only the first comment of a thread can be replied to."""
    (text,) = request.required("body")
    return _reply(request, int(request.params["comment_id"]), text)


def _reply(request: Request, parent: int, text: str) -> Answer:
    threads = request.pull.threads
    thread = next((t for t in threads if t.comments[0].id == parent), None)
    if thread is None or thread.comments[0].review.state == "PENDING":
        raise not_found()
    return _created(request, review_operations.reply(request.state, request.actor, thread, text))


def _created(request: Request, made: ReviewComment) -> Answer:
    answer = review_comment_json(request.state, made)
    return Answer(answer, 201, {"Location": answer["url"]})


@route("GET", COMMENT, READ)
def get_review_comment(request: Request) -> Answer:
    return Answer(review_comment_json(request.state, _comment(request)))


@route("PATCH", COMMENT, WRITE, person="read")
def update_review_comment(request: Request) -> Answer:
    (body,), comment = request.required("body"), _comment(request)
    may_change(request, comment.user)
    changed = review_operations.edit_comment(request.state, request.actor, comment, body)
    return Answer(review_comment_json(request.state, changed))


@route("DELETE", COMMENT, WRITE, person="read")
def delete_review_comment(request: Request) -> Answer:
    comment = _comment(request)
    may_change(request, comment.user)
    review_operations.delete_comment(request.state, request.actor, comment)
    return Answer(status=204)


# ── reactions ───────────────────────────────────────────────────────────────────────────────────────────────


@route("GET", COMMENT + "/reactions", READ)
def list_reactions(request: Request) -> Answer:
    wanted = request.query.get("content")
    found = [r for r in _comment(request).reactions if wanted in (None, r.content)]
    return request.page(found, reaction_json)


@route("POST", COMMENT + "/reactions", WRITE, person="read")
def add_reaction(request: Request) -> Answer:
    (content,) = request.required("content")
    reaction, new = operations.add_reaction(request.state, request.actor, _comment(request), content)
    return Answer(reaction_json(request.state, reaction), 201 if new else 200)


@route("DELETE", COMMENT + "/reactions/{reaction_id}", WRITE, person="read")
def delete_reaction(request: Request) -> Answer:
    take_away(request, _comment(request))
    return Answer(status=204)


def take_away(request: Request, target: operations.Reactable) -> None:
    """Remove the caller's own reaction; ApiError 404 without it, 403 for somebody else's."""
    wanted = int(request.params["reaction_id"])
    found: Reaction | None = next((r for r in target.reactions if r.id == wanted), None)
    if found is None:
        raise not_found()
    if found.user is not request.user:
        raise ApiError(403, "Resource not accessible by integration" if request.actor.kind == "installation" else "Must have admin rights to Repository.")  # noqa: E501 # fmt: skip
    operations.remove_reaction(request.state, request.actor, target, found.content)
