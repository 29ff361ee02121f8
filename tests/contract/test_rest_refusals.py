"""Every endpoint that the app calls, refusing: `make contract` holds the answers against GitHub's descriptions.

That the table is complete is checked there too, against the requests that the app was seen to send.
"""

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.app import app_jwt
from tests.contract.world import BRANCH, FILES, World
from tests.hub import Hub, serve

HIDDEN = "/repos/acme/hidden"
"""Private: of what is public, everybody may read everything."""
SEED = {
    "repositories": [
        {
            "name": f"acme/{name}",
            "private": name == "hidden",
            "files": FILES,
            "labels": ["autocode"],
            "issues": [{"title": f"Greet {number}", "body": "please"} for number in range(3)],
        }
        for name in ("greet", "hidden")
    ]
}
Endpoint = tuple[str, str, dict[str, Any] | None]
"""Method, path below the repository, body."""

WRITES: dict[str, Endpoint] = {
    "issues/create": ("POST", "/issues", {"title": "x"}),
    "issues/create-comment": ("POST", "/issues/1/comments", {"body": "x"}),
    "issues/update-comment": ("PATCH", "/issues/comments/{comment}", {"body": "x"}),
    "issues/add-sub-issue": ("POST", "/issues/1/sub_issues", {"sub_issue_id": 1}),
    "checks/create": ("POST", "/check-runs", {"name": "x", "head_sha": "0" * 40}),
    "pulls/create": ("POST", "/pulls", {"title": "x", "head": "x", "base": "main"}),
    "reactions/create-for-issue": ("POST", "/issues/1/reactions", {"content": "eyes"}),
    "reactions/create-for-issue-comment": (
        "POST",
        "/issues/comments/{comment}/reactions",
        {"content": "eyes"},
    ),
}
"""What needs a body."""
LENIENT: dict[str, Endpoint] = {
    "issues/add-labels": ("POST", "/issues/1/labels", {"labels": ["x"]}),
    "issues/remove-label": ("DELETE", "/issues/1/labels/autocode", None),
    "issues/update": ("PATCH", "/issues/1", {"state": "open"}),
    "git/delete-ref": ("DELETE", "/git/refs/heads/nothing", None),
    "pulls/merge": ("PUT", "/pulls/4/merge", {}),
    "pulls/update": ("PATCH", "/pulls/4", {"body": "x"}),
}
READS: dict[str, Endpoint] = {
    "issues/list-for-repo": ("GET", "/issues", None),
    "issues/get": ("GET", "/issues/1", None),
    "issues/list-comments": ("GET", "/issues/1/comments", None),
    "issues/list-dependencies-blocked-by": ("GET", "/issues/1/dependencies/blocked_by", None),
    "issues/list-sub-issues": ("GET", "/issues/1/sub_issues", None),
    "git/get-ref": ("GET", "/git/ref/heads/main", None),
    "repos/compare-commits": ("GET", "/compare/main...autocode/1-greet", None),
    "repos/list-commits": ("GET", "/commits?sha=autocode/1-greet", None),
    "repos/get-content": ("GET", "/contents/README.md", None),
    "checks/list-for-ref": ("GET", "/commits/main/check-runs", None),
    "pulls/list": ("GET", "/pulls", None),
    "pulls/list-commits": ("GET", "/pulls/4/commits", None),
    "pulls/get": ("GET", "/pulls/4", None),
    "actions/download-job-logs-for-workflow-run": ("GET", "/actions/jobs/1/logs", None),
}
MEMBERS: dict[str, Endpoint] = {
    "repos/get-collaborator-permission-level": ("GET", "/collaborators/alice/permission", None)
}
"""Needs `metadata: read`, which every token has."""
ALL = WRITES | LENIENT | READS | MEMBERS


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serve(seed=SEED, directory=tmp_path_factory.mktemp("refusals") / "hub") as hub:
        made = World(hub)
        made.open_pull_request()
        sha = made.rest("GET", f"/git/ref/heads/{BRANCH}")["object"]["sha"]
        made.rest("POST", "/git/refs", {"ref": "refs/heads/other", "sha": sha})
        made.rest("POST", "/pulls", {"title": "Other", "head": "other", "base": "main"})
        for number in (2, 3):
            child = made.rest("GET", f"/issues/{number}")["id"]
            made.rest("POST", "/issues/1/sub_issues", {"sub_issue_id": child})
        main = made.rest("GET", "/git/ref/heads/main")["object"]["sha"]
        for name in ("one", "two"):
            made.bot.post("/repos/acme/greet/check-runs", json={"name": name, "head_sha": main})
        content = base64.b64encode(b"# greet!\n").decode()
        change = {"message": "More", "content": content, "branch": BRANCH}
        change["sha"] = made.rest("GET", "/contents/README.md")["sha"]
        made.rest("PUT", "/contents/README.md", change)
        yield made


def ask(client: httpx.Client, repository: str, endpoint: Endpoint, **headers: str) -> httpx.Response:
    method, path, body = endpoint
    return client.request(method, repository + path.replace("{comment}", "1"), json=body, headers=headers)


@pytest.mark.parametrize("name", ALL)
def test_a_token_that_is_not_known_is_401(world: World, name: str) -> None:
    answer = ask(world.hub.with_token(f"ghs_{'0' * 36}"), HIDDEN, ALL[name])
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


@pytest.mark.parametrize("name", WRITES | LENIENT | READS)
def test_a_token_without_the_permission_is_403_and_told_which(world: World, name: str) -> None:
    client = world.installation(metadata="read")
    answer = ask(client, HIDDEN, ALL[name])
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")
    level = "read" if name in READS else "write"
    assert f"={level}" in answer.headers["X-Accepted-GitHub-Permissions"]


@pytest.mark.parametrize("name", ALL)
def test_what_does_not_exist_is_404(world: World, name: str) -> None:
    answer = ask(world.bot, "/repos/acme/nowhere", ALL[name])
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


@pytest.mark.parametrize("name", WRITES)
def test_a_body_without_what_is_required_is_422(world: World, name: str) -> None:
    method, path, _ = WRITES[name]
    made = world.rest("POST", "/issues/1/comments", {"body": "to be changed"})
    path = path.replace("{comment}", str(made["id"]))
    answer = ask(world.bot, "/repos/acme/greet", (method, path, {}))
    assert answer.status_code == 422, answer.text
    assert answer.json()["message"].startswith(("Invalid request.", "Validation Failed"))


PAGED = (
    "issues/list-for-repo", "issues/list-sub-issues", "checks/list-for-ref", "pulls/list", "pulls/list-commits",
    "repos/list-commits",
)  # fmt: skip


@pytest.mark.parametrize("name", PAGED)
def test_a_list_has_pages_and_is_not_sent_twice(world: World, name: str) -> None:
    method, path, _ = READS[name]
    path += "&per_page=1" if "?" in path else "?per_page=1"
    first = ask(world.bot, "/repos/acme/greet", (method, path, None))
    assert {"next", "last"} == first.links.keys()
    second = world.bot.get(first.links["next"]["url"])
    assert {"prev", "first"} <= second.links.keys()
    assert second.json() != first.json()
    tag = {"If-None-Match": first.headers["ETag"]}
    again = ask(world.bot, "/repos/acme/greet", (method, path, None), **tag)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("repos/get-collaborator-permission-level", "permission", "admin"),
        ("pulls/get", "number", 4),
        ("issues/get", "number", 1),
        ("git/get-ref", "ref", "refs/heads/main"),
        ("repos/compare-commits", "status", "ahead"),
    ],
)
def test_what_has_not_changed_is_not_sent_twice(world: World, name: str, field: str, value: object) -> None:
    # `mergeable` is worked out only once somebody has asked for it.
    ask(world.bot, "/repos/acme/greet", ALL[name])
    first = ask(world.bot, "/repos/acme/greet", ALL[name])
    again = ask(world.bot, "/repos/acme/greet", ALL[name], **{"If-None-Match": first.headers["ETag"]})
    assert (first.json()[field], again.status_code) == (value, 304)


def test_what_nothing_blocks_is_not_sent_twice(world: World) -> None:
    endpoint = READS["issues/list-dependencies-blocked-by"]
    first = ask(world.bot, "/repos/acme/greet", endpoint)
    again = ask(world.bot, "/repos/acme/greet", endpoint, **{"If-None-Match": first.headers["ETag"]})
    assert (first.json(), again.status_code) == ([], 304)


# ── the App itself ──────────────────────────────────────────────────────────────────────────────────────────

APP: dict[str, Endpoint] = {
    "apps/list-installations": ("GET", "/app/installations", None),
    "apps/get-installation": ("GET", "/app/installations/{installation}", None),
    "apps/create-installation-access-token": ("POST", "/app/installations/{installation}/access_tokens", {}),
    "apps/list-webhook-deliveries": ("GET", "/app/hook/deliveries", None),
    "apps/get-webhook-delivery": ("GET", "/app/hook/deliveries/{delivery}", None),
}


def as_app(hub: Hub, endpoint: Endpoint, installation: int, **claims: Any) -> httpx.Response:
    method, path, body = endpoint
    address = path.replace("{installation}", str(installation)).replace("{delivery}", "1")
    return hub.with_token(app_jwt(hub, **claims)).request(method, address, json=body)


@pytest.mark.parametrize("name", APP)
def test_a_jwt_that_is_too_old_is_401_and_another_apps_404(world: World, name: str) -> None:
    hub = world.hub
    old = as_app(hub, APP[name], hub.installation_id, exp=1, iat=0)
    assert (old.status_code, "expiration" in old.json()["message"].lower()) == (401, True)
    assert as_app(hub, APP[name], hub.installation_id, iss="4711").status_code == 404


def test_what_an_app_may_read_is_not_sent_twice_and_another_installation_does_not_exist(world: World) -> None:
    hub = world.hub
    client = hub.with_token(app_jwt(hub))
    hub.control(
        "POST", "deliveries", [{"event": "issues", "action": "labeled", "payload": {}, "seconds_ago": 1}]
    )
    (delivery,) = client.get("/app/hook/deliveries", params={"status": "failure"}).json()
    paths = ("installations", f"installations/{hub.installation_id}", "hook/deliveries")
    for path in (*paths, f"hook/deliveries/{delivery['id']}"):
        tag = client.get(f"/app/{path}").headers["ETag"]
        assert client.get(f"/app/{path}", headers={"If-None-Match": tag}).status_code == 304
    assert as_app(hub, APP["apps/get-installation"], 1).status_code == 404
