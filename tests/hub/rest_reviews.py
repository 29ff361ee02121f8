"""REST: reviews of pull requests, and whose review is wanted."""

from tests.hub import review_operations
from tests.hub.auth import has_role
from tests.hub.entities import Review, User
from tests.hub.errors import ApiError, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import user_json
from tests.hub.serialize_issues import pull_json
from tests.hub.serialize_reviews import review_comment_json, review_json

PULL = "/repos/{owner}/{repo}/pulls/{number}"
REVIEW = PULL + "/reviews/{review_id}"
READ, WRITE = "pull_requests:read", "pull_requests:write"


def _visible(request: Request) -> list[Review]:
    """A review that is not submitted yet only its author sees."""
    return [r for r in request.pull.reviews if r.state != "PENDING" or r.user is request.actor.user]


def _review(request: Request) -> Review:
    wanted = int(request.params["review_id"])
    found = next((review for review in _visible(request) if review.id == wanted), None)
    if found is None:
        raise not_found()
    return found


def _own(request: Request) -> Review:
    """The review, if it is the caller's: nobody may speak for somebody else."""
    review = _review(request)
    if review.user is not request.user:
        raise ApiError(403, "Must have admin rights to Repository.")
    return review


@route("GET", PULL + "/reviews", READ)
def list_reviews(request: Request) -> Answer:
    return request.page(_visible(request), review_json)


@route("POST", PULL + "/reviews", WRITE, person="read")
def create_review(request: Request) -> Answer:
    body = request.fields()
    review = review_operations.submit_review(
        request.state, request.actor, request.pull, event=body.get("event"), body=body.get("body") or "",
        commit_id=body.get("commit_id"), comments=body.get("comments"),
    )  # fmt: skip
    return Answer(review_json(request.state, review))


@route("GET", REVIEW, READ)
def get_review(request: Request) -> Answer:
    return Answer(review_json(request.state, _review(request)))


@route("PUT", REVIEW, WRITE, person="read")
def update_review(request: Request) -> Answer:
    (body,) = request.required("body")
    review = review_operations.edit_review(request.state, request.actor, _own(request), body)
    return Answer(review_json(request.state, review))


@route("DELETE", REVIEW, WRITE, person="read")
def delete_review(request: Request) -> Answer:
    return Answer(review_json(request.state, review_operations.discard(request.state, _own(request))))


@route("POST", REVIEW + "/events", WRITE, person="read")
def submit_review(request: Request) -> Answer:
    (event,), body = request.required("event"), request.fields().get("body")
    review = review_operations.publish(request.state, request.actor, _own(request), event, body)
    return Answer(review_json(request.state, review))


@route("PUT", REVIEW + "/dismissals", WRITE)
def dismiss_review(request: Request) -> Answer:
    request.required("message")
    review = review_operations.dismiss(request.state, request.actor, _review(request))
    return Answer(review_json(request.state, review))


@route("GET", REVIEW + "/comments", READ)
def list_comments_of_review(request: Request) -> Answer:
    # https://docs.github.com/en/rest/pulls/reviews#list-comments-for-a-pull-request-review knows no lines.
    newer = (
        "line",
        "original_line",
        "side",
        "start_line",
        "original_start_line",
        "start_side",
        "subject_type",
    )
    return request.page(
        _review(request).comments,
        lambda state, c: {key: v for key, v in review_comment_json(state, c).items() if key not in newer},
    )


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────


def _users(request: Request) -> list[User]:
    logins = request.fields().get("reviewers", [])
    found = [request.state.user(login) for login in logins]
    if None in found:
        raise review_operations.not_a_collaborator(request.pull)
    return [user for user in found if user]


@route("GET", PULL + "/requested_reviewers", READ)
def list_requested_reviewers(request: Request) -> Answer:
    users = [user_json(request.state, user) for user in request.pull.requested_reviewers]
    return Answer({"users": users, "teams": []})


@route("POST", PULL + "/requested_reviewers", WRITE, person="triage")
def request_reviewers(request: Request) -> Answer:
    pull = review_operations.request_reviews(request.state, request.actor, request.pull, _users(request))
    return Answer(pull_json(request.state, pull), 201)


@route("DELETE", PULL + "/requested_reviewers", WRITE, person="triage")
def remove_requested_reviewers(request: Request) -> Answer:
    request.required("reviewers")
    pull = review_operations.withdraw_requests(request.state, request.actor, request.pull, _users(request))
    return Answer(pull_json(request.state, pull))


def may_change(request: Request, author: User) -> None:
    """ApiError 403 unless it is the caller's own, or the caller may write."""
    mine = author is request.user
    if request.actor.kind == "user" and not mine and not has_role(request.actor, request.repository, "write"):
        raise ApiError(403, "Must have admin rights to Repository.")
