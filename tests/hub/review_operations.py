"""What may be done with reviews and their threads, with the events it causes. REST and GraphQL call these."""

from typing import Any

from tests.hub import git_facts
from tests.hub.auth import Actor, has_role
from tests.hub.entities import PullRequest, Review, User
from tests.hub.errors import ApiError, invalid
from tests.hub.operations import checked_body, revise
from tests.hub.review_entities import ReviewComment, ReviewThread
from tests.hub.review_threads import begin_thread, begin_thread_of_review
from tests.hub.serialize import Json, user_json
from tests.hub.serialize_issues import pull_json
from tests.hub.serialize_reviews import review_comment_json, review_payload, thread_json
from tests.hub.state import State
from tests.hub.timeline import ensure_writable
from tests.hub.webhooks import emit, emit_for

REVIEW_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def unprocessable(message: str) -> ApiError:
    return ApiError(422, "Unprocessable Entity", [message])


# ── reviews ─────────────────────────────────────────────────────────────────────────────────────────────────


def submit_review(
    state: State, actor: Actor, pull: PullRequest, *, event: str | None, body: str = "",
    commit_id: str | None = None, comments: list[Json] | None = None,
) -> Review:  # fmt: skip
    """`APPROVE`, `REQUEST_CHANGES` or `COMMENT`; without an event GitHub keeps it `PENDING`."""
    ensure_writable(pull.repository)
    _check_event(actor, pull, event, body, is_empty=not comments)
    if event is None and any(r.user is actor.author and r.state == "PENDING" for r in pull.reviews):
        raise unprocessable("User can only have one pending review per pull request")
    # One comment that does not fit refuses the whole review.
    threads = [begin_thread_of_review(state, pull, row, commit_id) for row in comments or []]
    texts = [checked_body("PullRequestReviewComment", row.get("body"), blank=False) for row in comments or []]
    review = _new_review(state, actor, pull, "PENDING", body, commit_id)
    for thread, text in zip(threads, texts, strict=True):
        pull.threads.append(state.add(thread))
        _add_comment(state, actor, review, thread, text)
    return publish(state, actor, review, event) if event else review


def publish(state: State, actor: Actor, review: Review, event: str, body: str | None = None) -> Review:
    """Submit what was pending: https://docs.github.com/en/rest/pulls/reviews#submit-a-review-for-a-pull-request"""
    pull = review.pull_request
    if review.state != "PENDING":
        raise unprocessable("Review has already been submitted")
    review.body = body if body is not None else review.body
    _check_event(actor, pull, event, review.body, is_empty=not review.comments)
    review.state, review.submitted_at = REVIEW_STATES[event], state.now()
    pull.updated_at = state.now()
    if review.user in pull.requested_reviewers:
        pull.requested_reviewers.remove(review.user)
    for comment in review.comments:
        emit_comment(state, actor, comment, "created")
    emit_review(state, actor, review, "submitted")
    return review


def _check_event(actor: Actor, pull: PullRequest, event: str | None, body: str, *, is_empty: bool) -> None:
    if event is not None and event not in REVIEW_STATES:
        raise invalid("PullRequestReview", "event", "invalid")
    if pull.user is actor.author and event in ("APPROVE", "REQUEST_CHANGES"):
        word = "approve" if event == "APPROVE" else "request changes on"
        raise unprocessable(f"Can not {word} your own pull request")
    if event in ("REQUEST_CHANGES", "COMMENT") and not body and is_empty:
        raise unprocessable("Body cannot be blank")


def _new_review(
    state: State, actor: Actor, pull: PullRequest, kind: str, body: str, commit_id: str | None = None
) -> Review:
    review = Review(
        id=state.new_id(), pull_request=pull, user=actor.author, body=body, via_app=actor.via_app, state=kind,
        submitted_at=state.now(), commit_id=commit_id or git_facts.head_sha(pull),
    )  # fmt: skip
    pull.reviews.append(state.add(review))
    return review


def edit_review(state: State, actor: Actor, review: Review, body: str) -> Review:
    ensure_writable(review.pull_request.repository)
    before = review.body
    revise(state, actor, review, checked_body("PullRequestReview", body, blank=False))
    emit_review(state, actor, review, "edited", changes={"body": {"from": before}})
    return review


def discard(state: State, review: Review) -> Review:
    """Delete a review that was never submitted, and what it began."""
    if review.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    review.pull_request.reviews.remove(review)
    for comment in list(review.comments):
        _take_out(state, comment)
    state.remove(review)
    return review


def dismiss(state: State, actor: Actor, review: Review) -> Review:
    """https://docs.github.com/en/rest/pulls/reviews#dismiss-a-review-for-a-pull-request"""
    ensure_writable(review.pull_request.repository)
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        word = {"COMMENTED": "commented", "PENDING": "pending"}.get(review.state, "dismissed")
        raise unprocessable(f"Can not dismiss a {word} pull request review")
    review.state = "DISMISSED"
    emit_review(state, actor, review, "dismissed")
    return review


def dismiss_stale(state: State, actor: Actor, pull: PullRequest) -> None:
    """New commits take approvals away, where the branch's rules say so."""
    for review in pull.reviews:
        if review.state == "APPROVED":
            dismiss(state, actor, review)


# ── comments and threads ────────────────────────────────────────────────────────────────────────────────────


def comment_on_line(state: State, actor: Actor, pull: PullRequest, row: Json) -> ReviewComment:
    """https://docs.github.com/en/rest/pulls/comments#create-a-review-comment-for-a-pull-request"""
    ensure_writable(pull.repository)
    text = checked_body("PullRequestReviewComment", row.get("body"), blank=False)
    thread = begin_thread(state, pull, row)
    pull.threads.append(state.add(thread))
    return _in_review_of_its_own(state, actor, thread, text)


def reply(state: State, actor: Actor, thread: ReviewThread, body: str) -> ReviewComment:
    ensure_writable(thread.pull_request.repository)
    text = checked_body("PullRequestReviewComment", body, blank=False)
    return _in_review_of_its_own(state, actor, thread, text)


def _in_review_of_its_own(state: State, actor: Actor, thread: ReviewThread, text: str) -> ReviewComment:
    """GitHub wraps a single comment into a review without a body, and tells of both."""
    review = _new_review(state, actor, thread.pull_request, "COMMENTED", "")
    comment = _add_comment(state, actor, review, thread, text)
    thread.pull_request.updated_at = state.now()
    emit_comment(state, actor, comment, "created")
    emit_review(state, actor, review, "submitted")
    return comment


def _add_comment(
    state: State, actor: Actor, review: Review, thread: ReviewThread, text: str
) -> ReviewComment:
    now = state.now()
    made = ReviewComment(
        id=state.new_id(), review=review, thread=thread, user=actor.author, body=text, created_at=now,
        updated_at=now, via_app=actor.via_app,
    )  # fmt: skip
    thread.comments.append(state.add(made))
    review.comments.append(made)
    return made


def edit_comment(state: State, actor: Actor, comment: ReviewComment, body: str) -> ReviewComment:
    ensure_writable(comment.thread.pull_request.repository)
    before, text = comment.body, checked_body("PullRequestReviewComment", body, blank=False)
    if text != before:
        revise(state, actor, comment, text)
        comment.updated_at = state.now()
        emit_comment(state, actor, comment, "edited", changes={"body": {"from": before}})
    return comment


def delete_comment(state: State, actor: Actor, comment: ReviewComment) -> None:
    ensure_writable(comment.thread.pull_request.repository)
    emit_comment(state, actor, comment, "deleted")
    _take_out(state, comment)


def _take_out(state: State, comment: ReviewComment) -> None:
    thread = comment.thread
    thread.comments.remove(comment)
    comment.review.comments.remove(comment)
    state.remove(comment)
    if not thread.comments:
        thread.pull_request.threads.remove(thread)
        state.remove(thread)


def set_resolved(state: State, actor: Actor, thread: ReviewThread, *, resolved: bool) -> ReviewThread:
    """`resolveReviewThread` and its opposite; a second time they change nothing."""
    ensure_writable(thread.pull_request.repository)
    if resolved is (thread.resolved_by is not None):
        return thread
    thread.resolved_by = actor.author if resolved else None
    word = "resolved" if resolved else "unresolved"
    payload = {"pull_request": pull_json(state, thread.pull_request), "thread": thread_json(state, thread)}
    repository = thread.pull_request.repository
    emit(state, actor.author, "pull_request_review_thread", word, repository, **payload)
    return thread


# ── whose review is wanted ──────────────────────────────────────────────────────────────────────────────────


def request_reviews(state: State, actor: Actor, pull: PullRequest, users: list[User]) -> PullRequest:
    """Ask for a review, also of who has given one already; 422 for the author and for strangers."""
    ensure_writable(pull.repository)
    if pull.user in users:
        raise ApiError(422, "Review cannot be requested from pull request author.")
    for user in users:
        if not has_role(Actor("user", user=user), pull.repository, "read"):
            raise not_a_collaborator(pull)
    for user in users:
        if user not in pull.requested_reviewers:
            pull.requested_reviewers.append(user)
            emit_for(state, actor, pull, "review_requested", requested_reviewer=user_json(state, user))
    return pull


def not_a_collaborator(pull: PullRequest) -> ApiError:
    name = pull.repository.full_name
    return ApiError(422, f"Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the {name} repository.")  # noqa: E501 # fmt: skip


def withdraw_requests(state: State, actor: Actor, pull: PullRequest, users: list[User]) -> PullRequest:
    for user in users:
        if user in pull.requested_reviewers:
            pull.requested_reviewers.remove(user)
            emit_for(state, actor, pull, "review_request_removed", requested_reviewer=user_json(state, user))
    return pull


# ── events ──────────────────────────────────────────────────────────────────────────────────────────────────


def emit_review(state: State, actor: Actor, review: Review, action: str, **extra: Any) -> None:
    pull: Any = pull_json(state, review.pull_request)
    repository, payload = review.pull_request.repository, review_payload(state, review)
    emit(
        state, actor.author, "pull_request_review", action, repository, review=payload, pull_request=pull,
        **extra,
    )  # fmt: skip


def emit_comment(state: State, actor: Actor, comment: ReviewComment, action: str, **extra: Any) -> None:
    if comment.review.state == "PENDING":
        return
    pull: Any = pull_json(state, comment.thread.pull_request)
    payload, repository = review_comment_json(state, comment), comment.thread.pull_request.repository
    emit(
        state, actor.author, "pull_request_review_comment", action, repository, comment=payload,
        pull_request=pull, **extra,
    )  # fmt: skip
