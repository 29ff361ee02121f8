"""Resolvers of pull requests, reviews and their remarks."""

import re
from collections.abc import Mapping
from typing import Any

from tests.hub import git_facts, git_merge
from tests.hub.entities import Issue, PullRequest, Review, ReviewComment
from tests.hub.graphql_fields import Context, Fields
from tests.hub.graphql_kinds import Commit, ReviewThread, Rollup
from tests.hub.graphql_resolvers import ref_of, rollup
from tests.hub.graphql_resolvers_issues import POST, TICKET, pull_commits
from tests.hub.serialize_issues import mergeable_state
from tests.hub.timeline import closing_numbers

Args = Mapping[str, Any]
OPINIONS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
HUNK = re.compile(r"^@@ -\S+ \+(?P<start>\d+)", re.MULTILINE)


def _closing_issues(pull: PullRequest, *_: Any) -> list[Issue]:
    numbers = closing_numbers(pull.body or "")
    return [pull.repository.issues[number] for number in numbers if number in pull.repository.issues]


def _mergeable(pull: PullRequest) -> bool | None:
    return git_merge.mergeable(pull) if pull.state == "open" else None


def _reviews(pull: PullRequest, _: Context, args: Args) -> list[Review]:
    wanted, author = args.get("states"), args.get("author")
    return [
        review
        for review in pull.reviews
        if (not wanted or review.state in wanted) and (not author or review.user.login == author)
    ]


def _latest_reviews(pull: PullRequest, *_: Any) -> list[Review]:
    """The newest review of each reviewer."""
    return list({review.user.id: review for review in pull.reviews if review.state != "PENDING"}.values())


def _decision(pull: PullRequest, *_: Any) -> str | None:
    """What the newest opinions come to; None while nobody has one, for no branch here asks for reviews."""
    opinions = {review.user.id: review.state for review in pull.reviews if review.state in OPINIONS}.values()
    return (
        "CHANGES_REQUESTED"
        if "CHANGES_REQUESTED" in opinions
        else "APPROVED"
        if "APPROVED" in opinions
        else None
    )


def _threads(pull: PullRequest, *_: Any) -> list[ReviewThread]:
    return [ReviewThread(comment) for review in pull.reviews for comment in review.comments]


def _head_rollup(pull: PullRequest, context: Context, _: Args) -> Rollup | None:
    return rollup(head_of(pull), context)


def head_of(pull: PullRequest) -> Commit:
    return Commit(pull.repository, git_facts.head_sha(pull))


def diff_hunk(comment: ReviewComment) -> str:
    """The lines of the diff up to the one the remark is about; empty where the diff no longer has it."""
    pull = comment.review.pull_request
    files = git_facts.changed_files(pull.repository.git_dir, pull.base_sha, comment.review.commit_id)
    patch = next((change.patch for change in files if change.path == comment.path), "")
    for hunk in re.split(r"^(?=@@ )", patch, flags=re.MULTILINE):
        found = HUNK.match(hunk)
        if found and comment.line is not None:
            lines, number = hunk.splitlines(), int(found["start"]) - 1
            for index, line in enumerate(lines[1:], start=1):
                number += not line.startswith(("-", "\\"))
                if number == comment.line:
                    return "\n".join(lines[: index + 1])
    return ""


def _outdated(comment: ReviewComment) -> bool:
    return comment.review.commit_id != git_facts.head_sha(comment.review.pull_request)


def _changes(pull: PullRequest, what: str) -> int:
    return sum(getattr(change, what) for change in git_facts.pull_files(pull))


def _merge_state(pull: PullRequest, context: Context, _: Args) -> str:
    return mergeable_state(context.state, pull, _mergeable(pull))


PULL_REQUEST: Fields = {
    **TICKET,
    "additions": lambda pull, *_: _changes(pull, "additions"),
    "baseRef": lambda pull, *_: ref_of(pull.repository, f"refs/heads/{pull.base_ref}"),
    "baseRefName": "base_ref",
    "baseRefOid": "base_sha",
    "baseRepository": "repository",
    "changedFiles": lambda pull, *_: len(git_facts.pull_files(pull)),
    "closingIssuesReferences": _closing_issues,
    "commits": lambda pull, *_: pull_commits(pull),
    "databaseId": "pull_id",
    "deletions": lambda pull, *_: _changes(pull, "deletions"),
    "fullDatabaseId": lambda pull, *_: str(pull.pull_id),
    "headRef": lambda pull, *_: ref_of(pull.head_repository, f"refs/heads/{pull.head_ref}"),
    "headRefName": "head_ref",
    "headRefOid": lambda pull, *_: git_facts.head_sha(pull),
    "headRepository": "head_repository",
    "headRepositoryOwner": lambda pull, *_: pull.head_repository.owner if pull.head_repository else None,
    "isCrossRepository": lambda pull, *_: pull.head_repository is not pull.repository,
    "isDraft": "draft",
    "latestReviews": _latest_reviews,
    "maintainerCanModify": "maintainer_can_modify",
    "mergeCommit": lambda pull, *_: Commit(pull.repository, pull.merge_commit_sha) if pull.merged else None,
    "mergeStateStatus": _merge_state,
    "mergeable": lambda pull, *_: {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}[
        _mergeable(pull)
    ],
    "merged": "merged",
    "mergedAt": "merged_at",
    "mergedBy": "merged_by",
    "permalink": lambda pull, context, _: (
        f"{context.state.url}/{pull.repository.full_name}/pull/{pull.number}"
    ),
    "reviewDecision": _decision,
    "reviewThreads": _threads,
    "reviews": _reviews,
    "statusCheckRollup": _head_rollup,
}
REVIEW: Fields = {
    **POST,
    "comments": "comments",
    "commit": lambda review, *_: Commit(review.pull_request.repository, review.commit_id),
    "pullRequest": "pull_request",
    "state": "state",
    "submittedAt": "submitted_at",
}
REVIEW_COMMENT: Fields = {
    **POST,
    "diffHunk": lambda comment, *_: diff_hunk(comment),
    "line": "line",
    "originalLine": "line",
    "outdated": lambda comment, *_: _outdated(comment),
    "path": "path",
    "pullRequest": "review.pull_request",
    "pullRequestReview": "review",
}
THREAD: Fields = {
    "comments": lambda thread, *_: [thread.comment],
    "id": "node_id",
    "isOutdated": lambda thread, *_: _outdated(thread.comment),
    "isResolved": lambda *_: False,
    "line": "comment.line",
    "originalLine": "comment.line",
    "path": "comment.path",
    "pullRequest": "comment.review.pull_request",
    "repository": "comment.review.pull_request.repository",
}

TABLES: dict[str, Fields] = {
    "PullRequest": PULL_REQUEST,
    "PullRequestCommit": {"commit": "commit", "id": "node_id", "pullRequest": "pull_request"},
    "PullRequestReview": REVIEW,
    "PullRequestReviewComment": REVIEW_COMMENT,
    "PullRequestReviewThread": THREAD,
}
