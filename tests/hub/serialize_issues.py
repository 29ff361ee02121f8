"""The JSON GitHub gives for issues, comments and pull requests."""

from tests.hub import git_facts, mergeability
from tests.hub.entities import (
    Comment,
    Issue,
    PullRequest,
    Repository,
    User,
)
from tests.hub.serialize import (
    Json,
    api,
    app_json,
    iso,
    iso_or_none,
    label_json,
    repository_json,
    rollup_json,
    user_json,
)  # fmt: skip
from tests.hub.state import State


def association(repository: Repository, user: User) -> str:
    """`author_association`. Never to be trusted for rights: see DESIGN 7."""
    if user is repository.owner:
        return "OWNER"
    held = repository.collaborators.get(user.login.lower())
    if held in ("admin", "maintain", "write"):
        return "MEMBER" if repository.owner.type == "Organization" else "COLLABORATOR"
    return "CONTRIBUTOR" if held or user.type == "Bot" else "NONE"


def html_url(state: State, issue: Issue) -> str:
    kind = "pull" if isinstance(issue, PullRequest) else "issues"
    return f"{state.url}/{issue.repository.full_name}/{kind}/{issue.number}"


def issue_json(state: State, issue: Issue) -> Json:
    """https://docs.github.com/en/rest/issues/issues#get-an-issue (pull requests too, as `/issues` shows them)"""
    repository = issue.repository
    own = api(state, f"repos/{repository.full_name}/issues/{issue.number}")
    return {
        "id": issue.id, "node_id": issue.node_id, "url": own,
        "repository_url": api(state, f"repos/{repository.full_name}"),
        "labels_url": f"{own}/labels{{/name}}", "comments_url": f"{own}/comments", "events_url": f"{own}/events",
        "timeline_url": f"{own}/timeline", "html_url": html_url(state, issue),
        **_common(state, issue),
        "comments": len(issue.comments), "state_reason": issue.state_reason, "type": None,
        "closed_by": user_json(state, issue.closed_by) if issue.closed_by else None,
        "performed_via_github_app": app_json(state, issue.via_app) if issue.via_app else None,
        "reactions": rollup_json(own, issue.reactions),
        "sub_issues_summary": _sub_issues_summary(issue),
        "issue_dependencies_summary": _dependencies_summary(issue),
        **({"parent_issue_url": _issue_url(state, issue.parent)} if issue.parent else {}),
        **(_as_pull_request(state, issue) if isinstance(issue, PullRequest) else {}),
    }  # fmt: skip


def _issue_url(state: State, issue: Issue) -> str:
    return api(state, f"repos/{issue.repository.full_name}/issues/{issue.number}")


def _common(state: State, issue: Issue) -> Json:
    """What `/issues` and `/pulls` say alike."""
    assignees = [user_json(state, user) for user in issue.assignees]
    return {
        "number": issue.number, "state": issue.state, "title": issue.title, "body": issue.body,
        "user": user_json(state, issue.user), "labels": [label_json(state, label) for label in issue.labels],
        "assignee": assignees[0] if assignees else None, "assignees": assignees, "milestone": None,
        "locked": issue.locked, "active_lock_reason": None, "created_at": iso(issue.created_at),
        "updated_at": iso(issue.updated_at), "closed_at": iso_or_none(issue.closed_at),
        "author_association": association(issue.repository, issue.user),
    }  # fmt: skip


def _sub_issues_summary(issue: Issue) -> Json:
    total, done = len(issue.sub_issues), sum(child.state == "closed" for child in issue.sub_issues)
    return {"total": total, "completed": done, "percent_completed": 100 * done // total if total else 0}


def _dependencies_summary(issue: Issue) -> Json:
    return {
        "blocked_by": sum(other.state == "open" for other in issue.blocked_by),
        "total_blocked_by": len(issue.blocked_by),
        "blocking": sum(other.state == "open" for other in issue.blocking), "total_blocking": len(issue.blocking),
    }  # fmt: skip


def _as_pull_request(state: State, pull: PullRequest) -> Json:
    page = html_url(state, pull)
    return {
        "draft": pull.draft,
        "pull_request": {
            "url": api(state, f"repos/{pull.repository.full_name}/pulls/{pull.number}"), "html_url": page,
            "diff_url": f"{page}.diff", "patch_url": f"{page}.patch", "merged_at": iso_or_none(pull.merged_at),
        },
    }  # fmt: skip


def comment_json(state: State, comment: Comment) -> Json:
    """https://docs.github.com/en/rest/issues/comments"""
    repository = comment.issue.repository
    own = api(state, f"repos/{repository.full_name}/issues/comments/{comment.id}")
    return {
        "id": comment.id, "node_id": comment.node_id, "url": own,
        "html_url": f"{html_url(state, comment.issue)}#issuecomment-{comment.id}",
        "issue_url": _issue_url(state, comment.issue), "user": user_json(state, comment.user),
        "created_at": iso(comment.created_at), "updated_at": iso(comment.updated_at), "body": comment.body,
        "author_association": association(repository, comment.user),
        "performed_via_github_app": app_json(state, comment.via_app) if comment.via_app else None,
        "reactions": rollup_json(own, comment.reactions),
    }  # fmt: skip


def pull_json(state: State, pull: PullRequest) -> Json:
    """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests: without what takes git long to find."""
    repository = pull.repository
    own = api(state, f"repos/{repository.full_name}/pulls/{pull.number}")
    head, page = git_facts.head_sha(pull), html_url(state, pull)
    statuses = api(state, f"repos/{repository.full_name}/statuses/{head}")
    urls = {
        "issue": _issue_url(state, pull), "commits": f"{own}/commits", "review_comments": f"{own}/comments",
        "review_comment": api(state, f"repos/{repository.full_name}/pulls/comments{{/number}}"),
        "comments": f"{_issue_url(state, pull)}/comments", "statuses": statuses,
    }  # fmt: skip
    return {
        "url": own, "id": pull.pull_id, "node_id": pull.node_id, "html_url": page,
        "diff_url": f"{page}.diff", "patch_url": f"{page}.patch",
        **{f"{name}_url": url for name, url in urls.items()},
        **_common(state, pull),
        "merged_at": iso_or_none(pull.merged_at), "merge_commit_sha": pull.merge_commit_sha,
        "requested_reviewers": [user_json(state, user) for user in pull.requested_reviewers],
        "requested_teams": [], "draft": pull.draft, "auto_merge": _auto_merge(state, pull),
        "head": _side(state, pull.head_repository, pull.head_ref, head),
        "base": _side(state, repository, pull.base_ref, pull.base_sha),
        "_links": {name: {"href": url} for name, url in {"self": own, "html": page, **urls}.items()},
    }  # fmt: skip


def _side(state: State, repository: Repository | None, ref: str, sha: str) -> Json:
    owner = repository.owner if repository else None
    return {
        "label": f"{owner.login}:{ref}" if owner else ref, "ref": ref, "sha": sha,
        "user": user_json(state, owner) if owner else None,
        "repo": repository_json(state, repository) if repository else None,
    }  # fmt: skip


def _auto_merge(state: State, pull: PullRequest) -> Json | None:
    asked = pull.auto_merge
    if asked is None:
        return None
    return {
        "enabled_by": user_json(state, asked.enabled_by), "merge_method": asked.method,
        "commit_title": asked.title or f"{pull.title} (#{pull.number})", "commit_message": asked.message or "",
    }  # fmt: skip


def full_pull_json(state: State, pull: PullRequest) -> Json:
    """https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request"""
    files, mergeable = git_facts.pull_files(pull), mergeability.known(pull)
    return pull_json(state, pull) | {
        "merged": pull.merged, "merged_by": user_json(state, pull.merged_by) if pull.merged_by else None,
        "mergeable": mergeable, "rebaseable": mergeable, "mergeable_state": mergeability.merge_state(state, pull),
        "comments": len(pull.comments), "review_comments": sum(len(r.comments) for r in pull.reviews),
        "maintainer_can_modify": pull.maintainer_can_modify, "commits": len(git_facts.pull_commits(pull)),
        "additions": sum(f.additions for f in files), "deletions": sum(f.deletions for f in files),
        "changed_files": len(files),
    }  # fmt: skip
