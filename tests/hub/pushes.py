"""After the refs of a repository moved, over git or over REST: pull requests follow, issues close, checks start."""

from typing import Any

from tests.hub import actions, git_facts
from tests.hub.auth import Actor
from tests.hub.check_operations import await_other_apps
from tests.hub.entities import PullRequest, Repository
from tests.hub.git_facts import NULL_SHA, Commit
from tests.hub.operations import close
from tests.hub.requirements import rules_of
from tests.hub.review_operations import dismiss_stale
from tests.hub.serialize import Json, user_of
from tests.hub.state import State
from tests.hub.timeline import closed_by, closing_numbers, record
from tests.hub.webhooks import emit, emit_for


def process(state: State, actor: Actor, repository: Repository) -> None:
    """Compare the branches with those seen last, and let happen what GitHub lets happen for each that moved."""
    before, after = repository.seen_heads, git_facts.refs(repository)
    repository.seen_heads = after
    for ref in sorted({*before, *after}):
        old, new = before.get(ref, NULL_SHA), after.get(ref, NULL_SHA)
        if old != new:
            repository.pushed_at = state.now()
            _branch_moved(state, actor, repository, ref.removeprefix("refs/heads/"), old, new)


def _branch_moved(
    state: State, actor: Actor, repository: Repository, branch: str, old: str, new: str
) -> None:
    _emit_push(state, actor, repository, branch, old, new)
    for pull in repository.pull_requests:
        if pull.state == "open" and pull.base_ref == branch:
            _base_moved(state, actor, pull, new)
        if pull.state == "open" and pull.head_repository is repository and pull.head_ref == branch:
            _head_moved(state, actor, pull, old, new)
    if new != NULL_SHA:
        start_actions(state, actor, repository, "push", branch, new, before=old)
        await_other_apps(state, repository, branch, new, old)
        if branch == repository.default_branch:
            _close_named(state, actor, repository, _pushed(repository, old, new))


def _pushed(repository: Repository, old: str, new: str) -> list[Commit]:
    """The commits a push brought, oldest first; of a new branch those no other branch holds."""
    if new == NULL_SHA:
        return []
    tip = git_facts.commit(repository, new)
    if tip is not None and tip.parents == [old]:
        return [tip]
    if old != NULL_SHA:
        return list(reversed(git_facts.log(repository.git_dir, f"{old}..{new}")))
    others = [f"^{sha}" for sha in repository.seen_heads.values() if sha != new]
    return list(reversed(git_facts.log(repository.git_dir, new, *others)))


def _emit_push(state: State, actor: Actor, repository: Repository, branch: str, old: str, new: str) -> None:
    commits = [_push_commit(state, repository, commit) for commit in _pushed(repository, old, new)]
    forced = NULL_SHA not in (old, new) and not git_facts.contains(repository, new, old)
    page = f"{state.url}/{repository.full_name}"
    pusher = {"name": actor.author.login, "email": f"{actor.author.login}@users.noreply.github.com"}
    emit(
        state, actor.author, "push", None, repository, ref=f"refs/heads/{branch}", before=old, after=new,
        created=old == NULL_SHA, deleted=new == NULL_SHA, forced=forced, base_ref=None, commits=commits,
        head_commit=commits[-1] if commits else None, compare=f"{page}/compare/{old[:12]}...{new[:12]}",
        pusher=pusher,
    )  # fmt: skip


def _push_commit(state: State, repository: Repository, commit: Commit) -> Json:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#push"""
    base = commit.parents[0] if commit.parents else None
    changed = git_facts.changed_paths(repository.git_dir, base, commit.sha) if base else []
    people: dict[str, Any] = {}
    for role, person in (("author", commit.author), ("committer", commit.committer)):
        user = user_of(state, person)
        login = {"username": user.login} if user else {}
        people[role] = {"name": person.name, "email": person.email, **login}
    return {
        "id": commit.sha, "tree_id": commit.tree, "distinct": True, "message": commit.message,
        "timestamp": commit.committer.date, "url": f"{state.url}/{repository.full_name}/commit/{commit.sha}",
        **people, **{
            kind: [path for letter, path in changed if letter in letters]
            for kind, letters in {"added": "AC", "removed": "D", "modified": "MRT"}.items()
        },
    }  # fmt: skip


def _head_moved(state: State, actor: Actor, pull: PullRequest, old: str, new: str) -> None:
    if new == NULL_SHA:
        record(state, actor, pull, "head_ref_deleted")
        close(state, actor, pull)
        return
    git_facts.update_ref(pull.repository, f"refs/pull/{pull.number}/head", new)
    if old != NULL_SHA and not git_facts.contains(pull.repository, new, old):
        record(state, actor, pull, "head_ref_force_pushed")
    pull.base_sha = git_facts.branch_sha(pull.repository, pull.base_ref) or pull.base_sha
    pull.updated_at = state.now()
    if any(rules.dismiss_stale for rules in rules_of(pull.repository, pull.base_ref)):
        dismiss_stale(state, actor, pull)
    emit_for(state, actor, pull, "synchronize", before=old, after=new)
    start_actions(state, actor, pull.repository, "pull_request", pull.head_ref, new, pull, before=old)


def _base_moved(state: State, actor: Actor, pull: PullRequest, new: str) -> None:
    if new == NULL_SHA:
        close(state, actor, pull)
    elif git_facts.contains(pull.repository, new, git_facts.head_sha(pull)):
        mark_merged(state, actor, pull, new)
    else:
        pull.base_sha = new


def mark_merged(state: State, actor: Actor, pull: PullRequest, tip: str) -> None:
    """The pull request is merged, by the button or by a push that holds its head."""
    pull.merged, pull.merged_at, pull.merged_by = True, state.now(), actor.author
    pull.merge_commit_sha = tip
    record(state, actor, pull, "merged", commit_id=tip)
    close(state, actor, pull)
    for number in closed_by(pull, pull.body):
        issue = pull.repository.issues.get(number)
        if issue is not None and not isinstance(issue, PullRequest):
            close(state, actor, issue, closer=pull)


def _close_named(state: State, actor: Actor, repository: Repository, commits: list[Commit]) -> None:
    """`Closes #n` in a commit message closes the issue once it is on the default branch."""
    for commit in commits:
        for number in closing_numbers(commit.message):
            issue = repository.issues.get(number)
            if issue is not None and not isinstance(issue, PullRequest):
                close(state, actor, issue, commit_id=commit.sha)


def start_actions(
    state: State, actor: Actor, repository: Repository, event: str, branch: str, sha: str,
    pull: PullRequest | None = None, before: str | None = None,
) -> None:  # fmt: skip
    """Let the workflows of the commit that listen to this event run."""
    actions.start(state, actor, repository, event=event, branch=branch, sha=sha, pull=pull, before=before)
