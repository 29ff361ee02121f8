"""REST: installations of the App: what they reach, their tokens, suspending and ending them."""

from tests.hub import webhooks
from tests.hub.auth import has_role, mint
from tests.hub.entities import Installation, Repository, User
from tests.hub.errors import ApiError, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import Json, full_repository_json, installation_json, iso, repository_json, user_json
from tests.hub.state import State

ONE = "/app/installations/{installation_id}"


def _installation(request: Request) -> Installation:
    found = request.state.installations.get(int(request.params["installation_id"]))
    if found is None:
        raise not_found()
    return found


@route("GET", "/app/installations", "app")
def list_installations(request: Request) -> Answer:
    return request.page(list(request.state.installations.values()), installation_json)


@route("GET", ONE, "app")
def get_installation(request: Request) -> Answer:
    return Answer(installation_json(request.state, _installation(request)))


@route("GET", "/repos/{owner}/{repo}/installation", "app")
def get_installation_of_repository(request: Request) -> Answer:
    found = request.state.installation_of(request.repository)
    if found is None:
        raise not_found()
    return Answer(installation_json(request.state, found))


# ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────


@route("POST", ONE + "/access_tokens", "app")
def create_token(request: Request) -> Answer:
    """https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app"""
    installation, body, state = _installation(request), request.fields(), request.state
    if installation.suspended_at:
        raise ApiError(403, "This installation has been suspended")
    ids = set(body["repository_ids"]) if body.get("repository_ids") else None
    for name in body.get("repositories") or []:
        repository = state.repository(installation.account.login, str(name))
        ids = (ids or set()) | {repository.id if repository else -1}
    secret, token = mint(state, installation, body.get("permissions"), ids)
    answer: Json = {
        "token": secret, "expires_at": iso(token.expires_at), "permissions": token.permissions,
        "repository_selection": "selected" if ids or installation.repository_ids is not None else "all",
    }  # fmt: skip
    if ids:
        answer["repositories"] = [repository_json(state, state.repositories[i]) for i in sorted(ids)]
    return Answer(answer, 201)


@route("DELETE", "/installation/token", "installation")
def revoke_token(request: Request) -> Answer:
    """https://docs.github.com/en/rest/apps/installations#revoke-an-installation-access-token"""
    tokens = request.state.tokens
    for secret in [secret for secret, token in tokens.items() if token is request.actor.token]:
        del tokens[secret]
    return Answer(status=204)


@route("GET", "/installation/repositories", "installation")
def list_repositories(request: Request) -> Answer:
    state, token = request.state, request.actor.token
    assert token is not None
    reached = [
        repository
        for repository in _reached(state, token.installation)
        if token.repository_ids is None or repository.id in token.repository_ids
    ]
    rows, headers = request.slice(reached)
    listed = [full_repository_json(state, row, "none") for row in rows]
    everything = token.repository_ids is None and token.installation.repository_ids is None
    selection = "all" if everything else "selected"
    body = {"total_count": len(reached), "repository_selection": selection, "repositories": listed}
    return Answer(body, headers=headers)


def _reached(state: State, installation: Installation) -> list[Repository]:
    return [row for row in state.repositories.values() if state.installation_of(row) is installation]


# ── what an installation reaches, and its end ───────────────────────────────────────────────────────────────


def _stub(repository: Repository) -> Json:
    return {
        "id": repository.id, "node_id": repository.node_id, "name": repository.name,
        "full_name": repository.full_name, "private": repository.private,
    }  # fmt: skip


def _emit(
    state: State, sender: User, event: str, action: str, installation: Installation, body: Json
) -> None:
    """`installation` and `installation_repositories` go to every App, and name no repository of their own."""
    payload = {"action": action, "installation": installation_json(state, installation)} | body
    payload["sender"] = user_json(state, sender)
    webhooks.enqueue(state, event, action, payload, installation, None)


def _selected(request: Request) -> tuple[Installation, Repository]:
    """An installation and a repository, for a person who administers it."""
    repository = request.state.repositories.get(int(request.params["repository_id"]))
    if repository is None or not has_role(request.actor, repository, "admin"):
        raise not_found()
    return _installation(request), repository


@route("PUT", "/user/installations/{installation_id}/repositories/{repository_id}", "user")
def add_repository(request: Request) -> Answer:
    installation, repository = _selected(request)
    if installation.repository_ids is not None and repository.id not in installation.repository_ids:
        installation.repository_ids.add(repository.id)
        _emit_repositories(request, installation, "added", repository)
    return Answer(status=204)


@route("DELETE", "/user/installations/{installation_id}/repositories/{repository_id}", "user")
def remove_repository(request: Request) -> Answer:
    """From then on the installation has selected repositories."""
    installation, repository = _selected(request)
    reached = {row.id for row in _reached(request.state, installation)}
    if repository.id in reached:
        installation.repository_ids = reached - {repository.id}
        _emit_repositories(request, installation, "removed", repository)
    return Answer(status=204)


def _emit_repositories(
    request: Request, installation: Installation, action: str, repository: Repository
) -> None:
    selection = "all" if installation.repository_ids is None else "selected"
    lists = {
        "repositories_added": [],
        "repositories_removed": [],
        f"repositories_{action}": [_stub(repository)],
    }
    body = {"repository_selection": selection, "requester": None} | lists
    _emit(request.state, request.user, "installation_repositories", action, installation, body)


@route("PUT", ONE + "/suspended", "app")
def suspend(request: Request) -> Answer:
    return _change(request, "suspend")


@route("DELETE", ONE + "/suspended", "app")
def unsuspend(request: Request) -> Answer:
    return _change(request, "unsuspend")


@route("DELETE", ONE, "app")
def delete_installation(request: Request) -> Answer:
    return _change(request, "deleted")


def _change(request: Request, action: str) -> Answer:
    state, installation = request.state, _installation(request)
    reached = [_stub(repository) for repository in _reached(state, installation)]
    installation.suspended_at = state.now() if action == "suspend" else None
    if action == "deleted":
        del state.installations[installation.id]
    body = {"repositories": reached, "requester": None}
    _emit(state, installation.account, "installation", action, installation, body)
    return Answer(status=204)
