"""Resolvers of reviews, their threads and comments, and of who reacted to what."""

from collections.abc import Mapping
from typing import Any

from tests.hub import auth
from tests.hub.diff_lines import standing
from tests.hub.entities import PullRequest, Review
from tests.hub.errors import ApiError
from tests.hub.graphql_fields import Context, Fields, member
from tests.hub.graphql_kinds import Commit
from tests.hub.graphql_resolvers_issues import POST
from tests.hub.requirements import opinions
from tests.hub.review_entities import ReviewComment, ReviewThread

Args = Mapping[str, Any]


def reviews(pull: PullRequest, context: Context, args: Args) -> list[Review]:
    """What is not submitted yet only its author sees."""
    wanted, author = args.get("states"), args.get("author")
    return [
        review
        for review in pull.reviews
        if (review.state != "PENDING" or review.user is context.actor.user)
        and (not wanted or review.state in wanted)
        and (not author or review.user.login == author)
    ]


def latest_reviews(pull: PullRequest, *_: Any) -> list[Review]:
    """The newest review of each reviewer."""
    return list({review.user.id: review for review in pull.reviews if review.state != "PENDING"}.values())


def opinionated(pull: PullRequest, _: Context, args: Args) -> list[Review]:
    """The newest approval or rejection of each reviewer; `writersOnly` those that count."""
    counting = opinions(pull)
    latest = {r.user.id: r for r in pull.reviews if r.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")}
    return counting if args.get("writersOnly") else list(latest.values())


def threads(pull: PullRequest, context: Context, _: Args) -> list[ReviewThread]:
    return [thread for thread in pull.threads if visible(thread, context)]


def visible(thread: ReviewThread, context: Context) -> list[ReviewComment]:
    return [
        comment
        for comment in thread.comments
        if comment.review.state != "PENDING" or comment.user is context.actor.user
    ]


def may_resolve(thread: ReviewThread, context: Context) -> bool:
    """Who may write, and who opened the pull request."""
    pull, actor = thread.pull_request, context.actor
    if actor.kind == "user":
        return pull.user is actor.user or auth.has_role(actor, pull.repository, "write")
    try:
        context.require(pull.repository, "pull_requests:write")
        context.require(pull.repository, "contents:write")
    except ApiError:
        return False
    return True


def _resolved_by(thread: ReviewThread, *_: Any) -> Any:
    """A Bot is no User, which is the type of this field."""
    return thread.resolved_by if thread.resolved_by and thread.resolved_by.type == "User" else None


REVIEW: Fields = {
    **POST,
    "comments": "comments",
    "commit": lambda review, *_: Commit(review.pull_request.repository, review.commit_id),
    "pullRequest": "pull_request",
    "state": "state",
    "submittedAt": lambda review, *_: None if review.state == "PENDING" else review.submitted_at,
}
REVIEW_COMMENT: Fields = {
    **POST,
    "diffHunk": "thread.hunk",
    "isMinimized": lambda *_: False,
    "line": lambda comment, *_: standing(comment.thread).line,
    "originalCommit": lambda comment, *_: Commit(
        comment.thread.pull_request.repository, comment.thread.commit_id
    ),
    "originalLine": "thread.line",
    "originalStartLine": "thread.start_line",
    "outdated": lambda comment, *_: standing(comment.thread).outdated,
    "path": "path",
    "pullRequest": "thread.pull_request",
    "pullRequestReview": "review",
    "replyTo": "reply_to",
    "startLine": lambda comment, *_: standing(comment.thread).start_line,
    "state": lambda comment, *_: "PENDING" if comment.review.state == "PENDING" else "SUBMITTED",
    "subjectType": lambda comment, *_: _subject(comment.thread),
}


def _subject(thread: ReviewThread) -> str:
    return "FILE" if thread.line is None else "LINE"


THREAD: Fields = {
    "comments": lambda thread, context, args: visible(thread, context)[args.get("skip") or 0 :],
    "diffSide": "side",
    "id": "node_id",
    "isCollapsed": lambda thread, *_: thread.resolved_by is not None,
    "isOutdated": lambda thread, *_: standing(thread).outdated,
    "isResolved": lambda thread, *_: thread.resolved_by is not None,
    "line": lambda thread, *_: standing(thread).line,
    "originalLine": "line",
    "originalStartLine": "start_line",
    "path": "path",
    "pullRequest": "pull_request",
    "repository": "pull_request.repository",
    "resolvedBy": _resolved_by,
    "startDiffSide": "start_side",
    "startLine": lambda thread, *_: standing(thread).start_line,
    "subjectType": lambda thread, *_: _subject(thread),
    "viewerCanReply": lambda *_: True,
    "viewerCanResolve": lambda thread, context, _: (
        thread.resolved_by is None and may_resolve(thread, context)
    ),
    "viewerCanUnresolve": lambda thread, context, _: (
        thread.resolved_by is not None and may_resolve(thread, context)
    ),
}
REQUEST = ("asCodeOwner", "id", "pullRequest", "requestedReviewer")


def requests(pull: PullRequest, *_: Any) -> list[dict[str, Any]]:
    return [
        {
            "asCodeOwner": False,
            "id": f"RR_kwDO{pull.id:08x}{user.id:08x}",
            "pullRequest": pull,
            "requestedReviewer": user,
        }
        for user in pull.requested_reviewers
    ]


TABLES: dict[str, Fields] = {
    "PullRequestReview": REVIEW,
    "PullRequestReviewComment": REVIEW_COMMENT,
    "PullRequestReviewThread": THREAD,
    "ReviewRequest": {name: member(name) for name in REQUEST},
}
