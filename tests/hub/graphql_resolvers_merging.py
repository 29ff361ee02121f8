"""Resolvers of what merging needs: protection of branches, auto-merge, merge queues."""

from collections.abc import Mapping
from typing import Any

from tests.hub import merge_queue, mergeability
from tests.hub.entities import PullRequest, Repository
from tests.hub.errors import ApiError
from tests.hub.graphql_fields import Context, Fields, member
from tests.hub.graphql_kinds import Commit, Ref
from tests.hub.merging import MergeQueue, Protection, QueueEntry
from tests.hub.requirements import decision

Args = Mapping[str, Any]
MERGEABLE = {True: "MERGEABLE", False: "CONFLICTING", None: "UNKNOWN"}


def _auto_merge(pull: PullRequest, *_: Any) -> dict[str, Any] | None:
    asked = pull.auto_merge
    if asked is None:
        return None
    return {
        "authorEmail": None, "commitBody": asked.message, "commitHeadline": asked.title,
        "enabledAt": asked.enabled_at, "enabledBy": asked.enabled_by, "mergeMethod": asked.method,
        "pullRequest": pull,
    }  # fmt: skip


AUTO_MERGE = (
    "authorEmail", "commitBody", "commitHeadline", "enabledAt", "enabledBy", "mergeMethod", "pullRequest",
)  # fmt: skip


def _merge_state(pull: PullRequest, context: Context, _: Args) -> str:
    return mergeability.state_when(context.state, pull, mergeability.look(context.state, pull))


def _queue(pull: PullRequest, context: Context, _: Args) -> MergeQueue | None:
    return merge_queue.queue_of(context.state, pull.repository, pull.base_ref)


PULL_REQUEST: Fields = {
    "autoMergeRequest": _auto_merge,
    "isInMergeQueue": lambda pull, *_: pull.queue_entry is not None,
    "isMergeQueueEnabled": lambda pull, context, args: _queue(pull, context, args) is not None,
    "mergeQueue": _queue,
    "mergeQueueEntry": "queue_entry",
    "mergeStateStatus": _merge_state,
    "mergeable": lambda pull, context, _: MERGEABLE[mergeability.look(context.state, pull)],
    "reviewDecision": lambda pull, *_: decision(pull),
}


def queue_of_branch(repository: Repository, context: Context, args: Args) -> MergeQueue | None:
    """Of the default branch unless another is named."""
    return merge_queue.queue_of(context.state, repository, args.get("branch") or repository.default_branch)


REPOSITORY: Fields = {
    "autoMergeAllowed": "merging.allow_auto_merge",
    "deleteBranchOnMerge": "merging.delete_branch_on_merge",
    "mergeCommitAllowed": "merging.allow_merge_commit",
    "mergeQueue": queue_of_branch,
    "rebaseMergeAllowed": "merging.allow_rebase_merge",
    "squashMergeAllowed": "merging.allow_squash_merge",
}


def protection_of(ref: Ref, context: Context, _: Args) -> Protection | None:
    """Null for whoever may not read it: an App needs `administration: read`, people have to be able to write."""
    found = ref.repository.protections.get(ref.name)
    try:
        context.require(ref.repository, "administration:read", "write")
    except ApiError:
        return None
    return found


def _queue_path(queue: MergeQueue) -> str:
    return f"/{queue.repository.full_name}/queue/{queue.branch}"


def _configuration(queue: MergeQueue, *_: Any) -> dict[str, Any]:
    return {"mergeMethod": merge_queue.method_of(queue)}


def _commit(entry: QueueEntry, sha: str | None) -> Commit | None:
    return Commit(entry.queue.repository, sha) if sha else None


def _descriptions(protection: Protection, context: Context, _: Args) -> list[dict[str, Any]]:
    apps = {app.id: app for app in context.state.apps.values()}
    return [
        {"app": apps.get(check.app_id or 0), "context": check.context} for check in protection.rules.checks
    ]


TABLES: dict[str, Fields] = {
    "AutoMergeRequest": {name: member(name) for name in AUTO_MERGE},
    "BranchProtectionRule": {
        "allowsDeletions": "rules.deletions",
        "allowsForcePushes": "rules.force_pushes",
        "databaseId": "id",
        "dismissesStaleReviews": "rules.dismiss_stale",
        "id": "node_id",
        "isAdminEnforced": "rules.admins_too",
        "pattern": "branch",
        "repository": "repository",
        "requiredApprovingReviewCount": "rules.approvals",
        "requiredStatusCheckContexts": lambda found, *_: [check.context for check in found.rules.checks],
        "requiredStatusChecks": _descriptions,
        "requiresApprovingReviews": lambda found, *_: found.rules.approvals is not None,
        "requiresCodeOwnerReviews": lambda *_: False,
        "requiresConversationResolution": "rules.conversations",
        "requiresLinearHistory": "rules.linear",
        "requiresStatusChecks": "has_checks",
        "requiresStrictStatusChecks": "rules.strict",
        "restrictsPushes": lambda found, *_: found.rules.pushers is not None,
    },
    "MergeQueue": {
        "configuration": _configuration,
        "entries": "entries",
        "id": "node_id",
        "repository": "repository",
        "resourcePath": lambda queue, *_: _queue_path(queue),
        "url": lambda queue, context, _: context.state.url + _queue_path(queue),
    },
    "MergeQueueConfiguration": {"mergeMethod": member("mergeMethod")},
    "MergeQueueEntry": {
        "baseCommit": lambda entry, *_: _commit(entry, entry.base_sha),
        "enqueuedAt": "enqueued_at",
        "enqueuer": "enqueuer",
        "headCommit": lambda entry, *_: _commit(entry, entry.group_sha),
        "id": "node_id",
        "mergeQueue": "queue",
        "position": lambda entry, *_: (
            entry.queue.entries.index(entry) + 1 if entry in entry.queue.entries else 0
        ),
        "pullRequest": "pull_request",
        "state": "state",
    },
    "RequiredStatusCheckDescription": {"app": member("app"), "context": member("context")},
}
