"""How issues hang together: sub-issues and dependencies, with the events they cause. REST and GraphQL call these.

Whoever calls has asked `auth.require` already. Refusals are `ApiError`s, in words that GitHub was seen to use.
https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/creating-issue-dependencies
https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/adding-sub-issues
"""

from tests.hub.auth import Actor
from tests.hub.entities import Issue, PullRequest
from tests.hub.errors import ApiError, not_found
from tests.hub.serialize import Json, repository_json
from tests.hub.serialize_issues import issue_json
from tests.hub.state import State
from tests.hub.timeline import ensure_writable, record
from tests.hub.webhooks import emit, emit_for

MOST_SUB_ISSUES = 100
MOST_LEVELS = 8
MOST_DEPENDENCIES = 50
"""Of either kind, for one issue."""

# ── sub-issues ──────────────────────────────────────────────────────────────────────────────────────────────


def add_sub_issue(state: State, actor: Actor, parent: Issue, child: Issue, *, replace: bool = False) -> None:
    """Make `child` the last sub-issue; 422 where GitHub would say so, 404 where the repository has none."""
    ensure_writable(parent.repository)
    if not parent.repository.sub_issues_enabled:
        raise not_found()
    if (why := _why_no_child(parent, child, replace=replace)) is not None:
        raise ApiError(422, f"An error occurred while adding the sub-issue to the parent issue. {why}")
    if child.parent:
        remove_sub_issue(state, actor, child.parent, child)
    parent.sub_issues.append(child)
    child.parent = parent
    _tell_family(state, actor, parent, child, "added")


def _why_no_child(parent: Issue, child: Issue, *, replace: bool) -> str | None:
    if isinstance(parent, PullRequest):
        return "Parent may only be an issue"
    if isinstance(child, PullRequest):
        return "Sub issue may only be an issue"
    if child.parent is parent:
        return "Issue may not contain duplicate sub-issues and Sub issue may only have one parent"
    if child.parent and not replace:
        return "Sub issue may only have one parent"
    if child in (ancestors := _ancestors(parent)):
        return "Sub issue may not be an ancestor of its parent"
    if parent.repository.owner is not child.repository.owner:
        return "Sub issue must belong to the same repository owner as the parent issue"
    if len(parent.sub_issues) >= MOST_SUB_ISSUES:
        return f"Parent cannot have more than {MOST_SUB_ISSUES} sub-issues"
    if len(ancestors) + _levels(child) > MOST_LEVELS:
        return f"Sub-issues cannot be nested more than {MOST_LEVELS} layers deep"
    return None


def _ancestors(issue: Issue) -> list[Issue]:
    """The issue itself, its parent, its parent's parent and so on."""
    found = [issue]
    while found[-1].parent:
        found.append(found[-1].parent)
    return found


def _levels(issue: Issue) -> int:
    """How deep the tree below an issue is, at least 1."""
    return 1 + max(map(_levels, issue.sub_issues), default=0)


def remove_sub_issue(state: State, actor: Actor, parent: Issue, child: Issue) -> None:
    ensure_writable(parent.repository)
    if child.parent is not parent:
        raise not_found()
    parent.sub_issues.remove(child)
    child.parent = None
    _tell_family(state, actor, parent, child, "removed")


def reprioritize_sub_issue(
    state: State, parent: Issue, child: Issue, *, after: Issue | None = None, before: Issue | None = None
) -> None:
    """Move a sub-issue behind or in front of another one. It causes no event."""
    ensure_writable(parent.repository)
    if child.parent is not parent:
        raise not_found()
    beside = after or before
    if beside is None or (after and before) or beside is child or beside.parent is not parent:
        why = "Exactly one of after_id and before_id must name another sub-issue of this issue"
        raise ApiError(422, "Validation Failed", [why])
    parent.sub_issues.remove(child)
    parent.sub_issues.insert(parent.sub_issues.index(beside) + (1 if after else 0), child)
    parent.updated_at = state.now()


def _tell_family(state: State, actor: Actor, parent: Issue, child: Issue, change: str) -> None:
    """Both hear of it: each repository gets the event of its own side."""
    record(state, actor, parent, f"sub_issue_{change}", source=child)
    record(state, actor, child, f"parent_issue_{change}", source=parent)
    both = {
        "sub_issue_id": child.id, "sub_issue": _issue(state, child), "parent_issue_id": parent.id,
        "parent_issue": _issue(state, parent),
    }  # fmt: skip
    for at, other, name in ((parent, child, "sub_issue"), (child, parent, "parent_issue")):
        theirs = {f"{name}_repo": repository_json(state, other.repository)}
        emit(state, actor.author, "sub_issues", f"{name}_{change}", at.repository, **both, **theirs)


# ── dependencies ────────────────────────────────────────────────────────────────────────────────────────────


def add_blocked_by(state: State, actor: Actor, issue: Issue, blocker: Issue) -> None:
    """Note that `issue` waits for `blocker`, which may be in another repository; 422 where GitHub would say so.

    GitHub looks for cycles of two issues only: a longer one gets through.
    """
    ensure_writable(issue.repository)
    if (why := _why_no_blocker(issue, blocker)) is not None:
        lead = "An error occurred while adding the blocking issue to the issue. Validation failed:"
        raise ApiError(422, f"{lead} {why}")
    issue.blocked_by.append(blocker)
    blocker.blocking.append(issue)
    _tell_both(state, actor, issue, blocker, "added")


def _why_no_blocker(issue: Issue, blocker: Issue) -> str | None:
    if isinstance(issue, PullRequest):
        return "Source issue may only be an issue"
    if isinstance(blocker, PullRequest):
        return "Target issue may only be an issue"
    if issue is blocker:
        return "Target issue cannot be the same as the source issue"
    if blocker in issue.blocked_by:
        return "Target issue has already been taken"
    if issue in blocker.blocked_by:
        return "this dependency would create a cycle where the target is already blocked by the source"
    if max(len(issue.blocked_by), len(blocker.blocking)) >= MOST_DEPENDENCIES:
        return f"an issue can have at most {MOST_DEPENDENCIES} dependencies of a kind"
    return None


def remove_blocked_by(state: State, actor: Actor, issue: Issue, blocker: Issue) -> None:
    """Nothing happens where there is no such dependency, as on GitHub."""
    ensure_writable(issue.repository)
    if blocker in issue.blocked_by:
        issue.blocked_by.remove(blocker)
        blocker.blocking.remove(issue)
        _tell_both(state, actor, issue, blocker, "removed")


def _tell_both(state: State, actor: Actor, issue: Issue, blocker: Issue, change: str) -> None:
    record(state, actor, issue, f"blocked_by_{change}", source=blocker)
    record(state, actor, blocker, f"blocking_{change}", source=issue)
    both = {
        "blocked_issue_id": issue.id, "blocked_issue": _issue(state, issue), "blocking_issue_id": blocker.id,
        "blocking_issue": _issue(state, blocker),
    }  # fmt: skip
    sides = (
        (issue, blocker, "blocked_by", "blocking_issue_repo"),
        (blocker, issue, "blocking", "blocked_issue_repo"),
    )
    for at, other, action, key in sides:
        theirs = {key: repository_json(state, other.repository)}
        emit(state, actor.author, "issue_dependencies", f"{action}_{change}", at.repository, **both, **theirs)


def _issue(state: State, issue: Issue) -> Json:
    """An issue as webhooks have it: REST alone says who closed it."""
    return {key: value for key, value in issue_json(state, issue).items() if key != "closed_by"}


# ── deletion ────────────────────────────────────────────────────────────────────────────────────────────────


def delete_issue(state: State, actor: Actor, issue: Issue) -> None:
    """For ever, its cards too. Whether GitHub tells of its relations' end is not written anywhere, so this does not."""
    ensure_writable(issue.repository)
    emit_for(state, actor, issue, "deleted")
    for blocked in issue.blocking:
        blocked.blocked_by.remove(issue)
    for blocker in issue.blocked_by:
        blocker.blocking.remove(issue)
    for child in issue.sub_issues:
        child.parent = None
    if issue.parent:
        issue.parent.sub_issues.remove(issue)
    for project in state.projects:
        project.items = [item for item in project.items if item.content is not issue]
    del issue.repository.issues[issue.number]
    issue.repository.deleted.add(issue.number)
    state.remove(issue)
