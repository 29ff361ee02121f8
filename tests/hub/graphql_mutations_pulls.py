"""Mutations of reviews, merging, auto-merge and merge queues."""

from collections.abc import Callable, Mapping

from tests.hub import (
    auto_merge,
    git_facts,
    merge_operations,
    merge_queue,
    operations,
    protection,
    pushes,
    review_operations,
)
from tests.hub.auth import not_accessible
from tests.hub.entities import Comment, Issue, PullRequest, Repository, Review, User
from tests.hub.errors import ApiError
from tests.hub.git_facts import NULL_SHA
from tests.hub.graphql_errors import Refused, unresolved
from tests.hub.graphql_fields import Context
from tests.hub.graphql_lookup import CONTENTS, Input, Payload, find, issue_to_write
from tests.hub.graphql_resolvers import node
from tests.hub.graphql_resolvers_reviews import may_resolve
from tests.hub.review_entities import ReviewComment, ReviewThread

Mutation = Callable[[Context, Input], Payload]


def _pull(context: Context, node_id: str, *needs: str) -> PullRequest:
    """The pull request, if the caller has all of these rights there."""
    pull = find(context, node_id, PullRequest)
    for need in needs:
        context.require(pull.repository, need)
    return pull


# ── reactions ───────────────────────────────────────────────────────────────────────────────────────────────


def _subject(context: Context, node_id: str) -> Issue | Comment | ReviewComment:
    subject = node(context, node_id)
    if isinstance(subject, ReviewComment):
        issue_to_write(context, subject.thread.pull_request.node_id, "read")
        return subject
    if not isinstance(subject, Issue | Comment):
        raise unresolved(f"a node with the global id of '{node_id}'")
    issue_to_write(context, (subject.issue if isinstance(subject, Comment) else subject).node_id, "read")
    return subject


def _add_reaction(context: Context, given: Input) -> Payload:
    subject = _subject(context, given["subjectId"])
    reaction, _ = operations.add_reaction(context.state, context.actor, subject, CONTENTS[given["content"]])
    return {"reaction": reaction, "subject": subject}


def _remove_reaction(context: Context, given: Input) -> Payload:
    subject = _subject(context, given["subjectId"])
    gone = operations.remove_reaction(context.state, context.actor, subject, CONTENTS[given["content"]])
    return {"reaction": gone, "subject": subject}


# ── reviews ─────────────────────────────────────────────────────────────────────────────────────────────────


def _set_resolved(context: Context, given: Input, *, resolved: bool) -> Payload:
    """An App needs `contents: write` for it as well, as everybody who pushes."""
    thread = find(context, given["threadId"], ReviewThread)
    if not may_resolve(thread, context):
        raise not_accessible("") if context.actor.kind == "installation" else ApiError(403, f"{context.actor.name} does not have the correct permissions to execute `{'R' if resolved else 'Unr'}esolveReviewThread`")  # noqa: E501 # fmt: skip
    return {"thread": review_operations.set_resolved(context.state, context.actor, thread, resolved=resolved)}


def _reply(context: Context, given: Input) -> Payload:
    thread = find(context, given["pullRequestReviewThreadId"], ReviewThread)
    context.require(thread.pull_request.repository, "pull_requests:write", "read")
    if given.get("pullRequestReviewId"):
        raise Refused("UNPROCESSABLE", "The hub takes no replies into a pending review.")
    return {"comment": review_operations.reply(context.state, context.actor, thread, given["body"])}


def _update_comment(context: Context, given: Input) -> Payload:
    comment = find(context, given["pullRequestReviewCommentId"], ReviewComment)
    own = comment.user is context.actor.user
    context.require(comment.thread.pull_request.repository, "pull_requests:write", "read" if own else "write")
    changed = review_operations.edit_comment(context.state, context.actor, comment, given["body"])
    return {"pullRequestReviewComment": changed}


def _dismiss(context: Context, given: Input) -> Payload:
    review = find(context, given["pullRequestReviewId"], Review)
    context.require(review.pull_request.repository, "pull_requests:write")
    return {"pullRequestReview": review_operations.dismiss(context.state, context.actor, review)}


def _request_reviews(context: Context, given: Input) -> Payload:
    """`union: false` takes back what was asked for before."""
    pull = _pull(context, given["pullRequestId"], "pull_requests:write")
    users = [find(context, user_id, User) for user_id in given.get("userIds") or ()]
    if not given.get("union"):
        others = [user for user in pull.requested_reviewers if user not in users]
        review_operations.withdraw_requests(context.state, context.actor, pull, others)
    review_operations.request_reviews(context.state, context.actor, pull, users)
    return {"pullRequest": pull, "actor": context.actor.user}


# ── merging ─────────────────────────────────────────────────────────────────────────────────────────────────


def _expect(pull: PullRequest, given: Input) -> None:
    if given.get("expectedHeadOid") not in (None, git_facts.head_sha(pull)):
        raise Refused("UNPROCESSABLE", "Head sha didn't match expectedHeadOid")


def _merge(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"], "contents:write")
    merge_operations.merge(
        context.state, context.actor, pull, method=(given.get("mergeMethod") or "MERGE").lower(),
        sha=given.get("expectedHeadOid"), title=given.get("commitHeadline"), message=given.get("commitBody"),
    )  # fmt: skip
    return {"pullRequest": pull, "actor": context.actor.user}


def _update_branch(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"], "pull_requests:write", "contents:write")
    merge_operations.update_branch(
        context.state, context.actor, pull, expected=given.get("expectedHeadOid"),
        method=(given.get("updateMethod") or "MERGE").lower(),
    )  # fmt: skip
    return {"pullRequest": pull}


def _enable_auto_merge(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"], "contents:write", "pull_requests:write")
    _expect(pull, given)
    method = (given.get("mergeMethod") or "MERGE").lower()
    auto_merge.enable(
        context.state, context.actor, pull, method, given.get("commitHeadline"), given.get("commitBody")
    )
    return {"pullRequest": pull, "actor": context.actor.user}


def _disable_auto_merge(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"], "contents:write", "pull_requests:write")
    auto_merge.disable(context.state, context.actor, pull)
    return {"pullRequest": pull, "actor": context.actor.user}


def _enqueue(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"], "contents:write", "pull_requests:write")
    _expect(pull, given)
    jump = bool(given.get("jump"))
    return {"mergeQueueEntry": merge_queue.enqueue(context.state, context.actor, pull, jump=jump)}


def _dequeue(context: Context, given: Input) -> Payload:
    """`id` is the pull request's, though it is not called so."""
    pull = _pull(context, given["id"], "contents:write", "pull_requests:write")
    return {"mergeQueueEntry": merge_queue.dequeue(context.state, context.actor, pull)}


def _delete_ref(context: Context, given: Input) -> Payload:
    repository, ref = _ref(context, given["refId"])
    context.require(repository, "contents:write")
    operations.ensure_writable(repository)
    protection.refuse(context.state, context.actor, repository, ref, NULL_SHA)
    git_facts.update_ref(repository, ref, None)
    pushes.process(context.state, context.actor, repository)
    return {}


def _ref(context: Context, node_id: str) -> tuple[Repository, str]:
    """The id of a Ref says what it is: it is no thing that is kept."""
    prefix, _, rest = node_id.partition("_kwDO")
    number, name = rest[:8], rest[8:]
    try:
        repository = context.state.repositories.get(int(number, 16))
        ref = bytes.fromhex(name).decode()
    except ValueError:
        repository, ref = None, ""
    is_there = repository is not None and git_facts.ref_sha(repository, ref) is not None
    if prefix != "REF" or repository is None or not is_there or not context.sees(repository):
        raise unresolved(f"a node with the global id of '{node_id}'")
    return repository, ref


MUTATIONS: Mapping[str, Mutation] = {
    "addPullRequestReviewThreadReply": _reply,
    "addReaction": _add_reaction,
    "deleteRef": _delete_ref,
    "dequeuePullRequest": _dequeue,
    "disablePullRequestAutoMerge": _disable_auto_merge,
    "dismissPullRequestReview": _dismiss,
    "enablePullRequestAutoMerge": _enable_auto_merge,
    "enqueuePullRequest": _enqueue,
    "mergePullRequest": _merge,
    "removeReaction": _remove_reaction,
    "requestReviews": _request_reviews,
    "resolveReviewThread": lambda context, given: _set_resolved(context, given, resolved=True),
    "unresolveReviewThread": lambda context, given: _set_resolved(context, given, resolved=False),
    "updatePullRequestBranch": _update_branch,
    "updatePullRequestReviewComment": _update_comment,
}
