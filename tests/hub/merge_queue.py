"""Merge queues: one pull request after the other is built on the base's tip, checked there, and merged.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges/managing-a-merge-queue
Unlike GitHub's, ours builds one entry at a time.
"""

from tests.hub import actions, git_facts, git_merge, merge_operations, pushes
from tests.hub.auth import Actor
from tests.hub.entities import PullRequest, Repository, User
from tests.hub.errors import ApiError
from tests.hub.mergeability import state_when
from tests.hub.merging import MergeQueue, QueueEntry, RequiredCheck
from tests.hub.requirements import rules_of, standing_of, unmet
from tests.hub.serialize import Json, simple_commit_json
from tests.hub.state import State
from tests.hub.timeline import ensure_writable
from tests.hub.webhooks import emit, emit_for


def queue_of(state: State, repository: Repository, branch: str) -> MergeQueue | None:
    """The queue of a branch whose rules ask for one."""
    if _parameters(repository, branch) is None:
        return None
    if branch not in repository.queues:
        queue = MergeQueue(id=state.new_id(), repository=repository, branch=branch)
        repository.queues[branch] = state.add(queue)
    return repository.queues[branch]


def _parameters(repository: Repository, branch: str) -> Json | None:
    return next((r.queue for r in rules_of(repository, branch) if r.queue is not None), None)


def method_of(queue: MergeQueue) -> str:
    """`merge`, `squash` or `rebase`."""
    return str((_parameters(queue.repository, queue.branch) or {}).get("merge_method", "MERGE")).lower()


def enqueue(state: State, actor: Actor, pull: PullRequest, *, jump: bool = False) -> QueueEntry:
    """422 where the branch has no queue, or what it asks for is not met."""
    ensure_writable(pull.repository)
    queue = queue_of(state, pull.repository, pull.base_ref)
    if queue is None:
        raise ApiError(422, "Pull request The base branch does not have a merge queue")
    if pull.queue_entry is not None:
        raise ApiError(422, "Pull request is already in the queue")
    if missing := unmet(state, pull):
        raise ApiError(422, f"Pull request {missing[0]}")
    if state_when(state, pull, git_merge.mergeable(pull)) not in ("clean", "unstable"):
        raise ApiError(422, "Pull request Pull request is not mergeable")
    entry = QueueEntry(
        id=state.new_id(), queue=queue, pull_request=pull, enqueuer=actor.author, enqueued_at=state.now(),
        head_id=git_facts.head_sha(pull),
    )  # fmt: skip
    queue.entries.insert(0 if jump else len(queue.entries), state.add(entry))
    pull.queue_entry = entry
    emit_for(state, actor, pull, "enqueued")
    return entry


def dequeue(state: State, actor: Actor, pull: PullRequest, reason: str = "MANUAL") -> QueueEntry:
    """Take it out; `reason` is what the event says."""
    entry = pull.queue_entry
    if entry is None:
        raise ApiError(422, f"Failed to remove PR #{pull.number} from the merge queue")
    _leave(state, actor, entry, "dequeued")
    emit_for(state, actor, pull, "dequeued", reason=reason)
    return entry


def _leave(state: State, actor: Actor, entry: QueueEntry, why: str) -> None:
    entry.queue.entries.remove(entry)
    entry.pull_request.queue_entry = None
    _unbuild(state, actor, entry, why)


def proceed(state: State) -> None:
    """Let every queue do what can be done now."""
    for repository in list(state.repositories.values()):
        for queue in list(repository.queues.values()):
            while queue.entries and not repository.archived and _step(state, queue.entries[0]):
                pass


def _step(state: State, entry: QueueEntry) -> bool:
    """Something was done with the first entry, so that there may be more to do."""
    pull, queue = entry.pull_request, entry.queue
    actor = _bot(state)
    tip = git_facts.branch_sha(queue.repository, queue.branch)
    if pull.state == "closed" or git_facts.head_sha(pull) != entry.head_id or tip is None:
        dequeue(state, actor, pull, "BRANCH_PROTECTIONS" if pull.state == "open" else "MANUAL")
        return True
    if entry.group_sha is None or entry.base_sha != tip:
        _unbuild(state, actor, entry, "invalidated")
        return _build(state, actor, entry, tip)
    words = [standing_of(state, queue.repository, check, entry.group_sha) for check in _checks(queue)]
    if "failing" in words:
        dequeue(state, actor, pull, "CI_FAILURE")
        return True
    if any(word != "passed" for word in words):
        return False
    sha = entry.group_sha
    _leave(state, actor, entry, "merged")
    merge_operations.finish(state, actor, pull, sha)
    emit_for(state, actor, pull, "dequeued", reason="MERGE")
    return True


def _bot(state: State) -> Actor:
    """Who merges on GitHub then."""
    login = "github-merge-queue[bot]"
    user = state.user(login)
    if user is None:
        user = User(id=state.new_id(), login=login, type="Bot", created_at=state.now())
        state.users[login] = state.add(user)
    return Actor("user", user=user)


def _checks(queue: MergeQueue) -> list[RequiredCheck]:
    return [check for rules in rules_of(queue.repository, queue.branch) for check in rules.checks]


def _build(state: State, actor: Actor, entry: QueueEntry, tip: str) -> bool:
    """Make the group's commit and branch, and ask for its checks."""
    pull, repository, method = entry.pull_request, entry.queue.repository, method_of(entry.queue)
    author = git_merge.person(
        pull.user if method == "squash" else entry.enqueuer, git_facts.timestamp(state.now())
    )
    message = merge_operations.merge_message(pull, method, None, None)
    made = git_merge.merge_pull(pull, method, author, message)
    if made is None:
        dequeue(state, actor, pull, "MERGE_CONFLICT")
        return True
    entry.base_sha, entry.group_sha, entry.state = tip, made, "AWAITING_CHECKS"
    branch = f"gh-readonly-queue/{entry.queue.branch}/pr-{pull.number}-{tip}"
    entry.group_ref = f"refs/heads/{branch}"
    git_facts.update_ref(repository, entry.group_ref, made)
    pushes.process(state, actor, repository)
    emit(state, actor.author, "merge_group", "checks_requested", repository, merge_group=group_json(entry))
    actions.start(
        state, actor, repository, event="merge_group", branch=branch, sha=made, pull=None, before=tip
    )
    return True


def _unbuild(state: State, actor: Actor, entry: QueueEntry, why: str) -> None:
    """Take the group's branch away; `why` is `merged`, `invalidated` or `dequeued`."""
    if entry.group_ref is None:
        return
    group, repository = group_json(entry), entry.queue.repository
    git_facts.update_ref(repository, entry.group_ref, None)
    pushes.process(state, actor, repository)
    emit(state, actor.author, "merge_group", "destroyed", repository, merge_group=group, reason=why)
    entry.group_sha, entry.group_ref, entry.state = None, None, "QUEUED"


def group_json(entry: QueueEntry) -> Json:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#merge_group"""
    assert entry.group_sha is not None
    return {
        "head_sha": entry.group_sha, "head_ref": entry.group_ref, "base_sha": entry.base_sha,
        "base_ref": f"refs/heads/{entry.queue.branch}",
        "head_commit": simple_commit_json(entry.queue.repository, entry.group_sha),
    }  # fmt: skip
