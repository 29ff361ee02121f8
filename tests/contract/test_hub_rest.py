"""The hub is as strict as GitHub: what its REST API refuses, and in which words."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from tests.contract.app import REPO, SEED, app_jwt, bot, mint
from tests.hub import Hub, serve


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serve(seed=SEED, directory=tmp_path / "hub") as running:
        yield running


# ── who may call ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("claims", "status", "message"),
    [
        ({"iss": "4711"}, 404, "Integration not found"),
        ({"exp": -1}, 401, "must be a numeric value representing the future time"),
        ({"exp": 700}, 401, "'Expiration time' claim ('exp') is too far in the future"),
        ({"iat": 300}, 401, "'Issued at' claim ('iat') must be an Integer"),
    ],
)
def test_a_wrong_jwt_is_refused_in_githubs_words(hub: Hub, claims: dict[str, Any], status: int, message: str):
    now = int(time.time())
    dated = {name: value if name == "iss" else now + value for name, value in claims.items()}
    answer = hub.with_token(app_jwt(hub, **dated)).get("/app")
    assert answer.status_code == status
    assert message in answer.json()["message"]


def test_a_jwt_signed_with_another_key_cannot_be_decoded(hub: Hub):
    answer = hub.with_token(jwt.encode({"iss": "1"}, "another secret of enough length, 32+", "HS256")).get(
        "/app"
    )
    assert (answer.status_code, answer.json()["message"]) == (401, "A JSON web token could not be decoded")


def test_a_jwt_expires_on_the_hubs_clock(hub: Hub):
    token = app_jwt(hub)
    assert hub.with_token(token).get("/app").json()["slug"] == "autocode"
    hub.advance(600)
    assert hub.with_token(token).get("/app").status_code == 401


def test_an_installation_token_lives_for_an_hour(hub: Hub):
    client = bot(hub)
    assert client.get(REPO).status_code == 200
    hub.advance(3601)
    assert client.get(REPO).json()["message"] == "Bad credentials"


def test_a_token_cannot_have_more_than_was_granted(hub: Hub):
    answer = mint(hub, permissions={"administration": "write"})
    assert answer.status_code == 422
    assert "permissions requested are not granted" in answer.json()["message"]
    assert mint(hub, repositories=["nowhere"]).status_code == 422


def test_a_missing_permission_is_403_and_named(hub: Hub):
    client = bot(hub, permissions={"issues": "read"})
    answer = client.post(f"{REPO}/issues/1/comments", json={"body": "hello"})
    assert answer.status_code == 403
    assert answer.json()["message"] == "Resource not accessible by integration"
    assert answer.headers["X-Accepted-GitHub-Permissions"] == "issues=write; pull_requests=write"
    assert hub.calls[-1]["permission"] == "issues:write|pull_requests:write"


def test_a_repository_outside_the_token_does_not_exist(hub: Hub):
    client = bot(hub, repositories=["greet"])
    assert client.get(REPO).status_code == 200
    answer = client.get("/repos/acme/other")
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")


@pytest.mark.parametrize(
    ("login", "status"), [("alice", 200), ("dave", 200), ("carol", 403), ("mallory", 404)]
)
def test_people_may_label_from_triage_up(hub: Hub, login: str, status: int):
    answer = hub.as_user(login).post(f"{REPO}/issues/1/labels", json={"labels": ["autocode"]})
    assert answer.status_code == status


# ── what is valid ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "body", "message", "code"),
    [
        ("/issues", {"title": " "}, "Validation Failed", "missing_field"),
        ("/issues", {}, 'Invalid request.\n\n"title" wasn\'t supplied.', None),
        ("/issues/1/comments", {"body": "x" * 65_537}, "Validation Failed", "custom"),
        ("/issues/1/comments", {"body": ""}, "Validation Failed", "unprocessable"),
        ("/labels", {"name": "autocode"}, "Validation Failed", "already_exists"),
        ("/pulls", {"title": "t", "head": "nowhere", "base": "main"}, "Validation Failed", "invalid"),
        ("/issues/1/reactions", {"content": "applause"}, "Validation Failed", "invalid"),
    ],
)
def test_invalid_input_is_422(hub: Hub, path: str, body: dict[str, Any], message: str, code: str | None):
    answer = hub.as_user("alice").post(REPO + path, json=body)
    assert (answer.status_code, answer.json()["message"]) == (422, message)
    assert [error["code"] for error in answer.json().get("errors", [])] == ([code] if code else [])


def test_broken_json_and_archived_repositories_are_refused(hub: Hub):
    alice = hub.as_user("alice")
    assert alice.post(f"{REPO}/issues", content=b"{").json()["message"] == "Problems parsing JSON"
    assert alice.patch(REPO, json={"archived": True}).status_code == 200
    answer = alice.post(f"{REPO}/issues/1/comments", json={"body": "late"})
    assert (answer.status_code, answer.json()["message"]) == (403, "Repository was archived so is read-only.")


def test_answers_are_paged_and_cached(hub: Hub):
    alice = hub.as_user("alice")
    for number in range(3):
        alice.post(f"{REPO}/issues/1/comments", json={"body": f"comment {number}"})
    first = alice.get(f"{REPO}/issues/1/comments", params={"per_page": 2})
    assert [comment["body"] for comment in first.json()] == ["comment 0", "comment 1"]
    assert [comment["body"] for comment in alice.get(first.links["next"]["url"]).json()] == ["comment 2"]
    again = alice.get(
        f"{REPO}/issues/1/comments", params={"per_page": 2}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304


def test_enterprise_addresses_answer_the_same(hub: Hub):
    alice = hub.as_user("alice")
    assert alice.get(f"/api/v3{REPO}").json() == alice.get(REPO).json()


# ── faults ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("effect", "comments"), [("before", 0), ("after", 1)])
def test_a_fault_strikes_before_or_after_the_effect(hub: Hub, effect: str, comments: int):
    hub.fail(method="POST", path="/comments$", answer=502, effect=effect)
    client = bot(hub)
    assert client.post(f"{REPO}/issues/1/comments", json={"body": "once"}).status_code == 502
    assert client.get(f"{REPO}/issues/1").json()["comments"] == comments


def test_a_connection_can_be_cut(hub: Hub):
    hub.fail(path="/user$", answer="reset")
    alice = hub.as_user("alice")
    with pytest.raises(httpx.RemoteProtocolError):
        alice.get("/user")
    assert alice.get("/user").json()["login"] == "alice"


def test_an_enterprise_server_limits_nobody_unless_somebody_sets_limits(hub: Hub):
    hub.control("POST", "enterprise", {"version": "3.16.4"})
    client = hub.as_user("alice")
    assert "X-RateLimit-Limit" not in client.get(REPO).headers
    assert client.get("/rate_limit").status_code == 404
    hub.control("POST", "limits", {"core": 9})
    answer = client.get(REPO)
    assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == ("9", "8")
    assert answer.json()["url"] == f"{hub.url}/api/v3{REPO}"
