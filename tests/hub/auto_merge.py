"""Auto-merge: what GitHub merges by itself once nothing is in the way.

https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/automatically-merging-a-pull-request
"""

from tests.hub import git_merge, merge_operations, merge_queue
from tests.hub.auth import Actor
from tests.hub.entities import PullRequest, User
from tests.hub.errors import ApiError
from tests.hub.mergeability import state_when
from tests.hub.merging import AutoMerge
from tests.hub.requirements import needs_queue, rules_of
from tests.hub.state import State
from tests.hub.timeline import ensure_writable
from tests.hub.webhooks import emit_for


def enable(
    state: State, actor: Actor, pull: PullRequest, method: str, title: str | None, message: str | None
) -> PullRequest:
    """422 where the repository does not allow it, or where there is nothing to wait for."""
    ensure_writable(pull.repository)
    if not pull.repository.merging.allow_auto_merge:
        raise ApiError(422, "Auto merge is not allowed for this repository")
    if pull.state == "closed" or pull.draft:
        raise ApiError(422, "Pull request Can't enable auto-merge for this pull request.")
    merge_operations.refuse_method(pull, method)
    standing = state_when(state, pull, git_merge.mergeable(pull))
    if standing in ("clean", "unstable"):
        raise ApiError(422, f"Pull request Pull request is in {standing} status")
    if not rules_of(pull.repository, pull.base_ref):
        raise ApiError(422, "Pull request Protected branch rules not configured for this branch")
    pull.auto_merge = AutoMerge(actor.author, state.now(), method, title, message)
    emit_for(state, actor, pull, "auto_merge_enabled")
    return pull


def disable(state: State, actor: Actor, pull: PullRequest, reason: str = "") -> PullRequest:
    ensure_writable(pull.repository)
    if pull.auto_merge is None:
        raise ApiError(422, "Can't disable auto-merge for this pull request.")
    pull.auto_merge = None
    emit_for(state, actor, pull, "auto_merge_disabled", reason=reason)
    return pull


def proceed(state: State) -> None:
    """Merge everything that waited and now may be merged."""
    for repository in list(state.repositories.values()):
        for pull in repository.pull_requests:
            if pull.auto_merge is not None and not repository.archived:
                _try(state, pull, pull.auto_merge)


def _try(state: State, pull: PullRequest, asked: AutoMerge) -> None:
    actor = actor_for(state, asked.enabled_by)
    if pull.state == "closed":
        pull.auto_merge = None
        return
    if state_when(state, pull, git_merge.mergeable(pull)) not in ("clean", "unstable"):
        return
    try:
        if needs_queue(pull.repository, pull.base_ref):
            merge_queue.enqueue(state, actor, pull)
            pull.auto_merge = None
        else:
            merge_operations.merge(
                state, actor, pull, method=asked.method, title=asked.title, message=asked.message
            )
    except ApiError as refusal:  # the rules have changed since
        disable(state, actor, pull, refusal.message)


def actor_for(state: State, user: User) -> Actor:
    """Whoever enabled it is who merges."""
    app = next((app for app in state.apps.values() if app.bot is user), None)
    return Actor("installation", user=user, app=app) if app else Actor("user", user=user)
