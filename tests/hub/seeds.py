"""How the hub's world begins: users, the App and its installation, repositories with their first commit."""

import secrets
import shutil
import subprocess
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.hub import git_facts, git_merge, operations
from tests.hub.auth import Actor
from tests.hub.entities import App, Installation, Repository, User
from tests.hub.git_facts import ENVIRONMENT
from tests.hub.seeds_projects import add_project
from tests.hub.state import State

MANIFEST = Path(__file__).parents[2] / "app.yml"
PERMISSIONS = {
    "metadata": "read", "contents": "write", "issues": "write", "pull_requests": "write", "checks": "read",
    "statuses": "read", "actions": "read",
}  # fmt: skip
EVENTS = [
    "issues", "issue_comment", "pull_request", "pull_request_review", "check_suite", "check_run", "workflow_run",
    "status", "push", "sub_issues",
]  # fmt: skip
DEFAULT: dict[str, Any] = {
    "users": ["alice", "bob", "carol", "dave", "mallory"],
    "organizations": ["acme"],
    "apps": ["acme-ci"],
    "repositories": [],
    "projects": [],
    "permissions": {},
    "events": [],
}
"""`apps`: slugs of other people's Apps that report checks, installed on the first organization; they act with tokens
`app:<slug>`, as people do with `user:<login>`."""
COLLABORATORS = {"alice": "admin", "bob": "write", "carol": "read", "dave": "triage"}
CONFIG = """
[uploadpack]
allowFilter = true
allowAnySHA1InWant = true
[http]
receivepack = true
[receive]
hideRefs = refs/pull
autogc = false
[gc]
auto = 0
"""
# Refuses what GitHub refuses to Apps without `workflows: write`, and what rules of branches refuse; the HTTP layer sets
# the variables for that.
UPDATE_HOOK = """#!/bin/sh
deleted=; case "$3" in *[!0]*) ;; *) deleted=1 ;; esac
IFS='
'
for line in $HUB_PROTECTED; do
    ref=${line%%|*} rest=${line#*|}
    kind=${rest%%|*} rest=${rest#*|}
    shas=${rest%%|*} reason=${rest#*|}
    [ "$ref" = "$1" ] || continue
    case "$kind" in
        delete) [ -n "$deleted" ] || continue ;;
        force) [ -z "$deleted" ] || continue; git merge-base --is-ancestor "$2" "$3" && continue ;;
        checks) [ -z "$deleted" ] || continue; case "$shas" in *"$3"*) continue ;; esac ;;
        *) [ -z "$deleted" ] || continue ;;
    esac
    printf 'error: GH006: Protected branch update failed for %s.\\n\\n- %s\\n' "$1" "$reason" >&2
    exit 1
done
[ -n "$HUB_REFUSE_WORKFLOWS" ] || exit 0
[ -z "$deleted" ] || exit 0
unset IFS
file=$(git log --format= --name-only "$3" --not --all -- .github/workflows | head -n 1)
[ -z "$file" ] && exit 0
echo "refusing to allow a GitHub App to create or update workflow \\`$file\\` without \\`workflows\\` permission" >&2
exit 1
"""


def begin(state: State, seed: dict[str, Any]) -> Installation:
    """Fill an empty state. `seed` has the keys of DEFAULT; see `add_repository` and `add_project` for what they hold.

    `permissions` and `events` are what the App has and hears beyond what app.yml declares.
    """
    _add_apps(state)
    state.app.permissions |= seed["permissions"]
    state.app.events += seed["events"]
    for login in seed.get("organizations", DEFAULT["organizations"]):
        add_user(state, login, "Organization")
    for login in seed.get("users", DEFAULT["users"]):
        add_user(state, login)
    organization = next(
        user for user in state.users.values() if user.type == "Organization" and user.login != "github"
    )
    installation = Installation(
        id=state.new_id(), app=state.app, account=organization, permissions=dict(state.app.permissions),
        created_at=state.now(),
    )  # fmt: skip
    state.installations[installation.id] = state.add(installation)
    for slug in seed.get("apps", DEFAULT["apps"]):
        _add_other_app(state, slug, organization)
    for row in seed.get("repositories", []):
        add_repository(state, row)
    for row in seed["projects"]:
        add_project(state, row, organization)
    return installation


def add_user(state: State, login: str, kind: str = "User") -> User:
    user = User(id=state.new_id(), login=login, type=kind, name=login.capitalize(), created_at=state.now())
    state.users[login.lower()] = state.add(user)
    return user


def _add_apps(state: State) -> None:
    owner = add_user(state, "github", "Organization")
    manifest = yaml.safe_load(MANIFEST.read_text()) if MANIFEST.is_file() else {}
    permissions = manifest.get("default_permissions") or dict(PERMISSIONS)
    permissions.setdefault("metadata", "read")
    ours = _app(state, "autocode", owner, permissions, manifest.get("default_events") or list(EVENTS))
    ours.private_key, ours.public_key = _key_pair()
    ours.webhook_secret, ours.hook_id = secrets.token_hex(20), state.new_id()
    _app(state, "github-actions", owner, {"actions": "write", "checks": "write"}, [])


def _add_other_app(state: State, slug: str, organization: User) -> None:
    permissions = {"checks": "write", "metadata": "read"}
    app = _app(state, slug, organization, permissions, ["check_run", "check_suite"])
    state.others[slug] = Installation(
        id=state.new_id(), app=app, account=organization, permissions=permissions, created_at=state.now()
    )


def _app(state: State, slug: str, owner: User, permissions: dict[str, str], events: list[str]) -> App:
    bot = add_user(state, f"{slug}[bot]", "Bot")
    app = App(
        id=state.new_id(), slug=slug, name=slug.replace("-", " "), client_id=f"Iv23{secrets.token_hex(8)}",
        owner=owner, bot=bot, permissions=permissions, events=events, created_at=state.now(),
    )  # fmt: skip
    state.apps[slug] = state.add(app)
    return app


@lru_cache(maxsize=1)
def _key_pair() -> tuple[str, str]:
    """(private, public) as PEM; one for the whole process, because making it takes long."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


def add_repository(state: State, row: dict[str, Any]) -> Repository:
    """One of a seed: `name` ("acme/greet"), `files` {path: text} or `path` of a local repository, `private`,
    `default_branch`, `archived`, `collaborators` {login: role}, `labels` [name],
    `issues` [{title, body, labels, user, age}]; `age` is in seconds.
    """
    login, _, name = row["name"].partition("/")
    owner = state.user(login) or add_user(state, login)
    repository = create_repository(
        state, owner, name, files={path: text.encode() for path, text in row.get("files", {}).items()},
        path=Path(row["path"]) if row.get("path") else None, private=row.get("private", True),
        default_branch=row.get("default_branch"),
    )  # fmt: skip
    people = row.get(
        "collaborators", {login: role for login, role in COLLABORATORS.items() if state.user(login)}
    )
    repository.collaborators |= {login.lower(): role for login, role in people.items()}
    for label in row.get("labels", []):
        operations.create_label(state, repository, label)
    for issue in row.get("issues", []):
        author = state.user(issue.get("user", "alice")) or add_user(state, issue["user"])
        made = operations.create_issue(
            state, Actor("user", user=author), repository, title=issue["title"], body=issue.get("body"),
            labels=issue.get("labels"),
        )  # fmt: skip
        made.created_at = made.updated_at = made.created_at - timedelta(seconds=issue.get("age", 0))
    repository.archived = row.get("archived", False)
    return repository


def create_repository(
    state: State, owner: User, name: str, *, files: dict[str, bytes] | None = None, path: Path | None = None,
    private: bool = True, default_branch: str | None = None,
) -> Repository:  # fmt: skip
    """A bare repository with `files` as its first commit, with the history of the one at `path`, or empty."""
    git_dir = state.directory / "repositories" / owner.login / f"{name}.git"
    shutil.rmtree(git_dir, ignore_errors=True)
    git_dir.parent.mkdir(parents=True, exist_ok=True)
    branch = default_branch or "main"
    if path is not None:
        branch = default_branch or _copy(path, git_dir)
    else:
        _git("init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}", str(git_dir))
    with (git_dir / "config").open("a") as config:
        config.write(CONFIG)
    hook = git_dir / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(UPDATE_HOOK)
    hook.chmod(0o755)
    now = state.now()
    repository = Repository(
        id=state.new_id(), owner=owner, name=name, git_dir=git_dir, created_at=now, updated_at=now, pushed_at=now,
        default_branch=branch, private=private,
    )  # fmt: skip
    if files:
        author = git_merge.person(owner, git_facts.timestamp(now))
        sha = git_merge.write_files(repository, None, dict(files), "Initial commit", author)
        git_facts.update_ref(repository, f"refs/heads/{branch}", sha)
    repository.seen_heads = git_facts.refs(repository)
    state.repositories[repository.id] = state.add(repository)
    return repository


def _copy(path: Path, git_dir: Path) -> str:
    """Copy a local repository's branches; the branch checked out there becomes the default one."""
    _git("clone", "--quiet", "--bare", "--template=", "--no-hardlinks", str(path), str(git_dir))
    git_facts.run_git(git_dir, "remote", "remove", "origin")
    return git_facts.text(git_dir, "symbolic-ref", "--short", "HEAD")


def _git(*args: str) -> None:
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *args], env=ENVIRONMENT, capture_output=True, cwd="/"
    )
    if done.returncode != 0:
        raise git_facts.GitError(f"git {' '.join(args)}: {done.stderr.decode(errors='replace').strip()}")
