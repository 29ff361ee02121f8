"""REST: repositories and who may work on them."""

from dataclasses import replace

from tests.hub import git_facts, seeds
from tests.hub.auth import role
from tests.hub.entities import Repository, User
from tests.hub.errors import ApiError, invalid, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import Json, full_repository_json, user_json

REPO = "/repos/{owner}/{repo}"
# What the legacy `permission` field calls a role: https://docs.github.com/en/rest/collaborators/collaborators
LEGACY = {"maintain": "write", "triage": "read"}
ROLE_NAMES = {"pull": "read", "push": "write", "read": "read", "write": "write", "triage": "triage", "maintain": "maintain", "admin": "admin"}  # noqa: E501 # fmt: skip


def _full(request: Request, repository: Repository) -> Json:
    return full_repository_json(request.state, repository, role(request.actor, repository))


@route("GET", REPO, "metadata:read")
def get_repository(request: Request) -> Answer:
    return Answer(_full(request, request.repository))


@route("PATCH", REPO, "administration:write", person="admin")
def update_repository(request: Request) -> Answer:
    """name, archived, default_branch, private, description, and how pull requests are merged."""
    repository, body = request.repository, request.fields()
    if repository.archived and body.get("archived") is not False:
        raise ApiError(403, "Repository was archived so is read-only.")
    branch = body.get("default_branch", repository.default_branch)
    if branch != repository.default_branch and git_facts.branch_sha(repository, branch) is None:
        raise invalid("Repository", "default_branch", "invalid", "The branch does not exist")
    repository.default_branch = branch
    git_facts.run_git(repository.git_dir, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    repository.archived = bool(body.get("archived", repository.archived))
    repository.private = bool(body.get("private", repository.private))
    repository.description = body.get("description", repository.description)
    _set_merging(repository, body)
    _rename(request, repository, str(body.get("name", repository.name)))
    repository.updated_at = request.state.now()
    return Answer(_full(request, repository))


def _rename(request: Request, repository: Repository, name: str) -> None:
    """https://docs.github.com/en/repositories/creating-and-managing-repositories/renaming-a-repository

    The hub leads from the former name to the present one in GraphQL only.
    """
    if name == repository.name:
        return
    if request.state.repository(repository.owner.login, name):
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    request.state.renamed[repository.full_name.lower()] = repository.id
    repository.name = name


def _set_merging(repository: Repository, body: Json) -> None:
    given = {name: bool(body[name]) for name in vars(repository.merging) if name in body}
    wanted = replace(repository.merging, **given)
    if not (wanted.allow_merge_commit or wanted.allow_squash_merge or wanted.allow_rebase_merge):
        raise invalid("Repository", "merge_commit_allowed", "custom", "Sorry, you need to allow at least one merge strategy.")  # noqa: E501 # fmt: skip
    repository.merging = wanted


@route("DELETE", REPO, "administration:write", person="admin")
def delete_repository(request: Request) -> Answer:
    del request.state.repositories[request.repository.id]
    return Answer(status=204)


def _create(request: Request, owner: User) -> Answer:
    """An empty repository, or with `auto_init` one with a README."""
    (name,), body = request.required("name"), request.fields()
    if request.state.repository(owner.login, name):
        raise invalid("Repository", "name", "custom", "name already exists on this account")
    files = {"README.md": f"# {name}\n".encode()} if body.get("auto_init") else {}
    private = bool(body.get("private", False))
    repository = seeds.create_repository(request.state, owner, name, files=files, private=private)
    repository.collaborators[request.user.login.lower()] = "admin"
    return Answer(_full(request, repository), 201)


@route("POST", "/user/repos", "user")
def create_own_repository(request: Request) -> Answer:
    return _create(request, request.user)


@route("POST", "/orgs/{org}/repos", "user")
def create_organization_repository(request: Request) -> Answer:
    organization = request.state.user(request.params["org"])
    if organization is None or organization.type != "Organization":
        raise not_found()
    return _create(request, organization)


# ── collaborators ───────────────────────────────────────────────────────────────────────────────────────────


def _user(request: Request) -> User:
    user = request.state.user(request.params["login"])
    if user is None:
        raise not_found()
    return user


@route("PUT", REPO + "/collaborators/{login}", "administration:write", person="admin")
def add_collaborator(request: Request) -> Answer:
    """As for a member of the organization: at once and without an invitation, 204."""
    wanted = request.fields().get("permission", "push")
    if wanted not in ROLE_NAMES:
        raise invalid("Repository", "permission", "invalid")
    request.repository.collaborators[_user(request).login.lower()] = ROLE_NAMES[wanted]
    return Answer(status=204)


@route("DELETE", REPO + "/collaborators/{login}", "administration:write", person="admin")
def remove_collaborator(request: Request) -> Answer:
    request.repository.collaborators.pop(_user(request).login.lower(), None)
    return Answer(status=204)


@route("GET", REPO + "/collaborators/{login}", "metadata:read", person="write")
def is_collaborator(request: Request) -> Answer:
    if _user(request).login.lower() not in request.repository.collaborators:
        raise not_found()
    return Answer(status=204)


@route("GET", REPO + "/collaborators/{login}/permission", "metadata:read", person="write")
def get_permission(request: Request) -> Answer:
    """`none` for who has no access to a private repository, `read` for everybody on a public one."""
    user, repository = _user(request), request.repository
    held = repository.collaborators.get(user.login.lower(), "none")
    if held == "none" and not repository.private:
        held = "read"
    names = ("pull", "triage", "push", "maintain", "admin")
    rank = ("read", "triage", "write", "maintain", "admin").index(held) if held != "none" else -1
    flags = {"permissions": {name: i <= rank for i, name in enumerate(names)}, "role_name": held}
    listed = user_json(request.state, user) | flags
    return Answer({"permission": LEGACY.get(held, held), "role_name": held, "user": listed})


@route("GET", REPO + "/collaborators", "metadata:read", person="write")
def list_collaborators(request: Request) -> Answer:
    logins = sorted(request.repository.collaborators.items())
    users = [(user, held) for login, held in logins if (user := request.state.user(login))]
    return request.page(users, lambda state, row: user_json(state, row[0]) | {"role_name": row[1]})
