"""The JSON GitHub gives for users, Apps, repositories, labels, reactions and commits.

Field for field as https://docs.github.com/en/rest has them; `tests/contract` checks that with githubkit's models.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from tests.hub import git_facts
from tests.hub.entities import App, Installation, Label, Reaction, Repository, User
from tests.hub.git_facts import Commit, Person
from tests.hub.state import State

Json = dict[str, Any]
USER_URLS = {
    "followers_url": "followers", "following_url": "following{/other_user}", "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}", "subscriptions_url": "subscriptions", "organizations_url": "orgs",
    "repos_url": "repos", "events_url": "events{/privacy}", "received_events_url": "received_events",
}  # fmt: skip
REPOSITORY_URLS = {
    "archive_url": "{archive_format}{/ref}", "assignees_url": "assignees{/user}", "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}", "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}", "commits_url": "commits{/sha}", "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}", "contributors_url": "contributors", "deployments_url": "deployments",
    "downloads_url": "downloads", "events_url": "events", "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}", "git_refs_url": "git/refs{/sha}", "git_tags_url": "git/tags{/sha}",
    "issue_comment_url": "issues/comments{/number}", "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}", "keys_url": "keys{/key_id}", "labels_url": "labels{/name}",
    "languages_url": "languages", "merges_url": "merges", "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}", "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}", "stargazers_url": "stargazers", "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers", "subscription_url": "subscription", "tags_url": "tags",
    "teams_url": "teams", "trees_url": "git/trees{/sha}", "hooks_url": "hooks",
}  # fmt: skip


def iso(moment: datetime) -> str:
    """GitHub's form, in whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(moment: datetime | None) -> str | None:
    return iso(moment) if moment else None


def api(state: State, path: str) -> str:
    return f"{state.api_url}/{path}"


def user_json(state: State, user: User) -> Json:
    """https://docs.github.com/en/rest/users/users: a simple user."""
    # A bot's login has brackets, which no address may have.
    own = api(state, f"users/{quote(user.login)}")
    page = (
        f"{state.url}/apps/{user.login.removesuffix('[bot]')}"
        if user.type == "Bot"
        else f"{state.url}/{user.login}"
    )
    return {
        "login": user.login, "id": user.id, "node_id": user.node_id, "gravatar_id": "",
        "avatar_url": f"{state.url}/avatars/{user.id}", "url": own, "html_url": page,
        **{name: f"{own}/{path}" for name, path in USER_URLS.items()},
        "type": user.type, "user_view_type": "public", "site_admin": False,
    }  # fmt: skip


def organization_json(state: State, user: User) -> Json:
    """An organization as webhook payloads carry it."""
    own = api(state, f"orgs/{user.login}")
    return {
        "login": user.login, "id": user.id, "node_id": user.node_id, "url": own, "repos_url": f"{own}/repos",
        "events_url": f"{own}/events", "hooks_url": f"{own}/hooks", "issues_url": f"{own}/issues",
        "members_url": f"{own}/members{{/member}}", "public_members_url": f"{own}/public_members{{/member}}",
        "avatar_url": f"{state.url}/avatars/{user.id}", "description": None,
    }  # fmt: skip


def profile_json(state: State, user: User) -> Json:
    """https://docs.github.com/en/rest/users/users#get-a-user"""
    owned = sum(repository.owner is user for repository in state.repositories.values())
    return user_json(state, user) | {
        "name": user.name, "company": None, "blog": "", "location": None, "email": None, "hireable": None,
        "bio": None, "public_repos": owned, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": iso(user.created_at), "updated_at": iso(user.created_at),
    }  # fmt: skip


def minimal_repository_json(state: State, repository: Repository) -> Json:
    """The repository as other objects embed it."""
    own = api(state, f"repos/{repository.full_name}")
    return {
        "id": repository.id, "node_id": repository.node_id, "name": repository.name,
        "full_name": repository.full_name, "owner": user_json(state, repository.owner),
        "private": repository.private, "html_url": f"{state.url}/{repository.full_name}",
        "description": repository.description, "fork": False, "url": own,
        **{name: f"{own}/{path}" for name, path in REPOSITORY_URLS.items()},
    }  # fmt: skip


def repository_json(state: State, repository: Repository) -> Json:
    """https://docs.github.com/en/rest/repos/repos#get-a-repository"""
    page = f"{state.url}/{repository.full_name}"
    host = state.url.partition("://")[2]
    open_issues = sum(issue.state == "open" for issue in repository.issues.values())
    return minimal_repository_json(state, repository) | {
        "git_url": f"git://{host}/{repository.full_name}.git", "ssh_url": f"git@{host}:{repository.full_name}.git",
        "clone_url": f"{page}.git", "svn_url": page, "mirror_url": None, "homepage": None, "language": None,
        "forks_count": 0, "stargazers_count": 0, "watchers_count": 0, "size": 1, "forks": 0, "watchers": 0,
        "default_branch": repository.default_branch, "open_issues_count": open_issues, "open_issues": open_issues,
        "has_issues": True, "has_projects": True, "has_wiki": False, "has_pages": False, "has_downloads": True,
        "has_discussions": False, "archived": repository.archived, "disabled": False, "is_template": False,
        "visibility": "private" if repository.private else "public", "topics": [], "license": None,
        "pushed_at": iso(repository.pushed_at), "created_at": iso(repository.created_at),
        "updated_at": iso(repository.updated_at), "allow_forking": True, "web_commit_signoff_required": False,
    }  # fmt: skip


def full_repository_json(state: State, repository: Repository, role: str) -> Json:
    """The repository in full; `role` is that of who asks."""
    levels = ("read", "triage", "write", "maintain", "admin")
    names = ("pull", "triage", "push", "maintain", "admin")
    rank = levels.index(role) if role in levels else -1
    return repository_json(state, repository) | {
        "subscribers_count": 0, "network_count": 0, "permissions": {n: i <= rank for i, n in enumerate(names)},
        **vars(repository.merging),
    }  # fmt: skip


def label_json(state: State, label: Label) -> Json:
    """https://docs.github.com/en/rest/issues/labels"""
    return {
        "id": label.id, "node_id": label.node_id, "name": label.name, "color": label.color,
        "url": api(state, f"repos/{label.repository.full_name}/labels/{quote(label.name, safe=':')}"),
        "default": label.default, "description": label.description, "archived_at": None, "archived_by": None,
    }  # fmt: skip


def reaction_json(state: State, reaction: Reaction) -> Json:
    return {
        "id": reaction.id, "node_id": reaction.node_id, "user": user_json(state, reaction.user),
        "content": reaction.content, "created_at": iso(reaction.created_at),
    }  # fmt: skip


def rollup_json(url: str, reactions: Iterable[Reaction]) -> Json:
    """How often each reaction was given."""
    given = [reaction.content for reaction in reactions]
    kinds = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": len(given)} | {
        kind: given.count(kind) for kind in kinds
    }


def app_json(state: State, app: App) -> Json:
    """https://docs.github.com/en/rest/apps/apps#get-the-authenticated-app"""
    return {
        "id": app.id, "slug": app.slug, "node_id": app.node_id, "client_id": app.client_id, "name": app.name,
        "owner": user_json(state, app.owner), "description": "", "external_url": state.url,
        "html_url": f"{state.url}/apps/{app.slug}", "created_at": iso(app.created_at),
        "updated_at": iso(app.created_at), "permissions": app.permissions, "events": app.events,
    }  # fmt: skip


def installation_json(state: State, installation: Installation) -> Json:
    """https://docs.github.com/en/rest/apps/apps#get-an-installation-for-the-authenticated-app"""
    own = api(state, f"app/installations/{installation.id}")
    return {
        "id": installation.id, "account": user_json(state, installation.account),
        "repository_selection": "all" if installation.repository_ids is None else "selected",
        "access_tokens_url": f"{own}/access_tokens", "repositories_url": api(state, "installation/repositories"),
        "html_url": f"{state.url}/organizations/{installation.account.login}/settings/installations/{installation.id}",
        "app_id": installation.app.id, "app_slug": installation.app.slug, "client_id": installation.app.client_id,
        "target_id": installation.account.id, "target_type": installation.account.type,
        "permissions": installation.permissions, "events": installation.app.events,
        "created_at": iso(installation.created_at), "updated_at": iso(installation.created_at),
        "single_file_name": None, "has_multiple_single_files": False, "single_file_paths": [],
        "suspended_by": None, "suspended_at": iso_or_none(installation.suspended_at),
    }  # fmt: skip


def person_json(person: Person) -> Json:
    """The author or committer of a git commit."""
    return {"name": person.name, "email": person.email, "date": person.date}


def user_of(state: State, person: Person) -> User | None:
    """The account a commit's e-mail belongs to: `ID+login@users.noreply.…` or `login@…`."""
    local = person.email.partition("@")[0]
    return state.user(local.partition("+")[2] or local)


def commit_json(state: State, repository: Repository, commit: Commit) -> Json:
    """https://docs.github.com/en/rest/commits/commits"""
    own = api(state, f"repos/{repository.full_name}")
    page = f"{state.url}/{repository.full_name}/commit"
    author, committer = user_of(state, commit.author), user_of(state, commit.committer)
    unsigned = {
        "verified": False,
        "reason": "unsigned",
        "signature": None,
        "payload": None,
        "verified_at": None,
    }
    return {
        "url": f"{own}/commits/{commit.sha}", "sha": commit.sha, "node_id": f"C_kwDO{commit.sha[:16]}",
        "html_url": f"{page}/{commit.sha}", "comments_url": f"{own}/commits/{commit.sha}/comments",
        "commit": {
            "url": f"{own}/git/commits/{commit.sha}", "author": person_json(commit.author),
            "committer": person_json(commit.committer), "message": commit.message, "comment_count": 0,
            "tree": {"sha": commit.tree, "url": f"{own}/git/trees/{commit.tree}"}, "verification": unsigned,
        },
        "author": user_json(state, author) if author else None,
        "committer": user_json(state, committer) if committer else None,
        "parents": [
            {"sha": sha, "url": f"{own}/commits/{sha}", "html_url": f"{page}/{sha}"} for sha in commit.parents
        ],
    }  # fmt: skip


def simple_commit_json(repository: Repository, sha: str) -> Json | None:
    """The commit as check suites and workflow runs embed it."""
    commit = git_facts.commit(repository, sha)
    if commit is None:
        return None
    return {
        "id": commit.sha, "tree_id": commit.tree, "message": commit.message, "timestamp": commit.committer.date,
        "author": {"name": commit.author.name, "email": commit.author.email},
        "committer": {"name": commit.committer.name, "email": commit.committer.email},
    }  # fmt: skip
