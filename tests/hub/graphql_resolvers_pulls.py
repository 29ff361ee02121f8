"""Resolvers of pull requests."""

from collections.abc import Mapping
from typing import Any

from tests.hub import git_facts, graphql_resolvers_merging, graphql_resolvers_reviews
from tests.hub.entities import Issue, PullRequest
from tests.hub.graphql_fields import Context, Fields
from tests.hub.graphql_kinds import Commit, Rollup
from tests.hub.graphql_resolvers import ref_of, rollup
from tests.hub.graphql_resolvers_issues import TICKET, pull_commits
from tests.hub.timeline import closed_by

Args = Mapping[str, Any]


def _closing_issues(pull: PullRequest, *_: Any) -> list[Issue]:
    numbers = closed_by(pull, pull.body)
    return [pull.repository.issues[number] for number in numbers if number in pull.repository.issues]


def _head_rollup(pull: PullRequest, context: Context, _: Args) -> Rollup | None:
    return rollup(head_of(pull), context)


def head_of(pull: PullRequest) -> Commit:
    return Commit(pull.repository, git_facts.head_sha(pull))


def _changes(pull: PullRequest, what: str) -> int:
    return sum(getattr(change, what) for change in git_facts.pull_files(pull))


PULL_REQUEST: Fields = {
    **TICKET,
    **graphql_resolvers_merging.PULL_REQUEST,
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
    "latestOpinionatedReviews": graphql_resolvers_reviews.opinionated,
    "latestReviews": graphql_resolvers_reviews.latest_reviews,
    "maintainerCanModify": "maintainer_can_modify",
    "mergeCommit": lambda pull, *_: Commit(pull.repository, pull.merge_commit_sha) if pull.merged else None,
    "merged": "merged",
    "mergedAt": "merged_at",
    "mergedBy": "merged_by",
    "permalink": lambda pull, context, _: (
        f"{context.state.url}/{pull.repository.full_name}/pull/{pull.number}"
    ),
    "reviewRequests": graphql_resolvers_reviews.requests,
    "reviewThreads": graphql_resolvers_reviews.threads,
    "reviews": graphql_resolvers_reviews.reviews,
    "statusCheckRollup": _head_rollup,
}

TABLES: dict[str, Fields] = {
    "PullRequest": PULL_REQUEST,
    "PullRequestCommit": {"commit": "commit", "id": "node_id", "pullRequest": "pull_request"},
}
