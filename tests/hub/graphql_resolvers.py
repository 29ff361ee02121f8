"""Resolvers of the query's roots, of repositories, of people and of what git knows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.hub import auth, git_facts, graphql_resolvers_merging
from tests.hub.checks import CheckRun, Status
from tests.hub.entities import Issue, Node, PullRequest, Repository, User
from tests.hub.git_facts import Person
from tests.hub.graphql_blobs import BLOB, found_object
from tests.hub.graphql_errors import unresolved
from tests.hub.graphql_fields import Context, Fields, member
from tests.hub.graphql_kinds import Commit, Ref, Rollup
from tests.hub.graphql_search import issues, pull_requests, search
from tests.hub.serialize import user_of

Args = Mapping[str, Any]


def ref_of(repository: Repository | None, full_name: str) -> Ref | None:
    sha = git_facts.ref_sha(repository, full_name) if repository else None
    return Ref(repository, full_name, sha) if repository and sha else None


# ── Query ───────────────────────────────────────────────────────────────────────────────────────────────────


def _repository(_: Any, context: Context, args: Args) -> Repository:
    found = context.state.repository(args["owner"], args["name"])
    if found is None:
        # `followRenames` is true unless it is told otherwise.
        former = f"{args['owner']}/{args['name']}".lower()
        found = context.state.repositories.get(context.state.renamed.get(former, 0))
    if found is None or not context.sees(found):
        raise unresolved(f"a Repository with the name '{args['owner']}/{args['name']}'")
    return found


def node(context: Context, node_id: str) -> Node:
    """Whatever has that id, if the caller may know of it; Refused otherwise."""
    found = context.state.node(node_id)
    if found is None:
        raise unresolved(f"a node with the global id of '{node_id}'")
    return found


def _account(kind: str, login: str, context: Context) -> User:
    found = context.state.user(login)
    if found is None or found.type != kind:
        article = "an" if kind == "Organization" else "a"
        raise unresolved(f"{article} {kind} with the login of '{login}'")
    return found


def _rate_limit(_: Any, context: Context, __: Args) -> dict[str, Any]:
    state = context.state
    standing = state.limits.standing(context.actor.client, "graphql", state.now())
    return standing | {
        "cost": context.size.points,
        "nodeCount": context.size.nodes,
        "resetAt": datetime.fromtimestamp(standing["reset"], UTC),
    }


RATE_LIMIT = ("cost", "limit", "nodeCount", "remaining", "resetAt", "used")

QUERY: Fields = {
    "id": lambda *_: "Q_kgDOAA",
    "node": lambda _, context, args: node(context, args["id"]),
    "nodes": lambda _, context, args: [context.state.node(node_id) for node_id in args["ids"]],
    "organization": lambda _, context, args: _account("Organization", args["login"], context),
    "rateLimit": _rate_limit,
    "repository": _repository,
    "repositoryOwner": lambda _, context, args: context.state.user(args["login"]),
    "search": lambda _, context, args: search(context, args["query"], args["type"]),
    "user": lambda _, context, args: _account("User", args["login"], context),
    "viewer": lambda _, context, args: context.actor.author,
}

# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────


def _path(user: User) -> str:
    return f"/apps/{user.login.removesuffix('[bot]')}" if user.type == "Bot" else f"/{user.login}"


ACCOUNT: Fields = {
    "avatarUrl": lambda user, context, _: f"{context.state.url}/avatars/{user.id}",
    "createdAt": "created_at",
    "databaseId": "id",
    "email": lambda *_: "",
    "id": "node_id",
    "login": "login",
    "name": "name",
    "resourcePath": lambda user, *_: _path(user),
    "updatedAt": "created_at",
    "url": lambda user, context, _: context.state.url + _path(user),
}
# A Bot's login is the App's slug; only the REST API and `viewer`, which is a User, append `[bot]`.
BOT: Fields = {**ACCOUNT, "login": lambda user, *_: user.login.removesuffix("[bot]")}

# ── Repository ──────────────────────────────────────────────────────────────────────────────────────────────


def _numbered(repository: Repository, number: int, kind: type[Issue], what: str) -> Issue:
    found = repository.issues.get(number)
    if found is None or not isinstance(found, kind) or (kind is Issue and isinstance(found, PullRequest)):
        raise unresolved(f"{what} with the number of {number}")
    return found


def _either(repository: Repository, number: int) -> Issue:
    if number not in repository.issues:
        raise unresolved(f"an issue or pull request with the number of {number}")
    return repository.issues[number]


def _labels(repository: Repository, _: Context, args: Args) -> list[Any]:
    wanted = (args.get("query") or "").lower()
    return sorted(
        (label for key, label in repository.labels.items() if wanted in key), key=lambda label: label.name
    )


def _refs(repository: Repository, _: Context, args: Args) -> list[Ref]:
    prefix, wanted = args["refPrefix"], (args.get("query") or "").lower()
    named = git_facts.refs(repository, prefix.rpartition("/")[0]).items()
    found = [Ref(repository, name, sha) for name, sha in named if name.startswith(prefix)]
    if args.get("direction") == "DESC":
        found.reverse()
    return [ref for ref in found if wanted in ref.full_name.removeprefix(prefix).lower()]


def _qualified_ref(repository: Repository, _: Context, args: Args) -> Ref | None:
    """`main`, `heads/main` and `refs/heads/main` are all understood, as on GitHub."""
    name = args["qualifiedName"]
    candidates = (name, f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}")
    return next((ref for c in candidates if c.startswith("refs/") and (ref := ref_of(repository, c))), None)


def _viewer_permission(repository: Repository, context: Context, _: Args) -> str | None:
    if context.actor.kind == "installation":
        return None
    held = auth.role(context.actor, repository)
    return None if held == "none" else held


REPOSITORY: Fields = {
    **graphql_resolvers_merging.REPOSITORY,
    "createdAt": "created_at",
    "databaseId": "id",
    "defaultBranchRef": lambda found, *_: ref_of(found, f"refs/heads/{found.default_branch}"),
    "description": "description",
    "id": "node_id",
    "isArchived": "archived",
    "isEmpty": lambda found, *_: not git_facts.refs(found, "refs/"),
    "isFork": lambda *_: False,
    "isInOrganization": lambda found, *_: found.owner.type == "Organization",
    "isPrivate": "private",
    "issue": lambda found, _, args: _numbered(found, args["number"], Issue, "an Issue"),
    "issueOrPullRequest": lambda found, _, args: _either(found, args["number"]),
    "issues": lambda found, _, args: issues(found, args),
    "label": lambda found, _, args: found.labels.get(args["name"].lower()),
    "labels": _labels,
    "name": "name",
    "nameWithOwner": "full_name",
    "object": found_object,
    "owner": "owner",
    "pullRequest": lambda found, _, args: _numbered(found, args["number"], PullRequest, "a PullRequest"),
    "pullRequests": lambda found, _, args: pull_requests(found, args),
    "pushedAt": "pushed_at",
    "ref": _qualified_ref,
    "refs": _refs,
    "resourcePath": lambda found, *_: f"/{found.full_name}",
    "updatedAt": "updated_at",
    "url": lambda found, context, _: f"{context.state.url}/{found.full_name}",
    "viewerPermission": _viewer_permission,
    "visibility": lambda found, *_: "PRIVATE" if found.private else "PUBLIC",
}

# ── git ─────────────────────────────────────────────────────────────────────────────────────────────────────


def rollup(commit: Commit, context: Context) -> Rollup | None:
    """The commit's checks, each name's newest per suite, and statuses; None while there are none."""
    contexts: list[CheckRun | Status] = [
        *context.state.check_runs(commit.repository, commit.sha),
        *context.state.statuses(commit.repository, commit.sha),
    ]
    return Rollup(commit, contexts) if contexts else None


def _status(commit: Commit, context: Context, _: Args) -> Rollup | None:
    statuses = context.state.statuses(commit.repository, commit.sha)
    return Rollup(commit, [*statuses]) if statuses else None


def _suites(commit: Commit, _: Context, args: Args) -> list[Any]:
    wanted = (args.get("filterBy") or {}).get("appId")
    found = [suite for suite in commit.repository.suites if suite.head_sha == commit.sha]
    return [suite for suite in found if wanted in (None, suite.app.id)]


def _pulls_of_commit(commit: Commit, *_: Any) -> list[Any]:
    return [pull for pull in commit.repository.pull_requests if git_facts.head_sha(pull) == commit.sha]


def _url(commit: Commit) -> str:
    return f"/{commit.repository.full_name}/commit/{commit.sha}"


REF: Fields = {
    "associatedPullRequests": lambda ref, _, args: pull_requests(
        ref.repository, {**args, "headRefName": ref.name}
    ),
    "branchProtectionRule": graphql_resolvers_merging.protection_of,
    "id": "node_id",
    "name": "name",
    "prefix": "prefix",
    "repository": "repository",
    "target": lambda ref, *_: Commit(ref.repository, ref.sha),
}
COMMIT: Fields = {
    "abbreviatedOid": lambda commit, *_: commit.sha[:7],
    "associatedPullRequests": _pulls_of_commit,
    "author": "facts.author",
    "authoredDate": lambda commit, *_: datetime.fromisoformat(commit.facts.author.date),
    "checkSuites": _suites,
    "commitResourcePath": lambda commit, *_: _url(commit),
    "commitUrl": lambda commit, context, _: context.state.url + _url(commit),
    "committedDate": lambda commit, *_: datetime.fromisoformat(commit.facts.committer.date),
    "committer": "facts.committer",
    "id": "node_id",
    "message": "facts.message",
    "messageBody": lambda commit, *_: commit.facts.message.partition("\n")[2].lstrip("\n"),
    "messageHeadline": lambda commit, *_: commit.facts.message.partition("\n")[0],
    "oid": "sha",
    "parents": lambda commit, *_: [Commit(commit.repository, sha) for sha in commit.facts.parents],
    "repository": "repository",
    "resourcePath": lambda commit, *_: _url(commit),
    "status": _status,
    "statusCheckRollup": lambda commit, context, _: rollup(commit, context),
    "url": lambda commit, context, _: context.state.url + _url(commit),
}


def _git_user(person: Person, context: Context, _: Args) -> User | None:
    """A GitActor's user is a User, so a Bot's commits have none, as on GitHub."""
    found = user_of(context.state, person)
    return found if found and found.type == "User" else None


GIT_ACTOR: Fields = {"date": "date", "email": "email", "name": "name", "user": _git_user}

TABLES: dict[str, Fields] = {
    "Blob": BLOB,
    "Bot": BOT,
    "Commit": COMMIT,
    "GitActor": GIT_ACTOR,
    "Mannequin": ACCOUNT,
    "Organization": ACCOUNT,
    "Query": QUERY,
    "RateLimit": {name: member(name) for name in RATE_LIMIT},
    "Ref": REF,
    "Repository": REPOSITORY,
    "User": ACCOUNT,
}
