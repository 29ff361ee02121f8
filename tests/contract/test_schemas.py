"""What the schemas made of GitHub's descriptions notice, and what a hub writes down for them. Neither npm nor Node."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.headers import wrong_headers
from tests.contract.rest import Rest
from tests.contract.schemas import Description
from tests.contract.world import SEED, World
from tests.hub import serve
from tests.hub.recording import REDACTED, VARIABLE

USER = {"type": "object", "properties": {"login": {"type": "string"}}, "required": ["login"]}
NAMED = {"type": "object", "properties": {"name": {"type": "string", "nullable": True}}}
COMPONENTS: dict[str, Any] = {
    "user": USER,
    "named": NAMED,
    "person": {"allOf": [{"$ref": "#/components/schemas/user"}, {"$ref": "#/components/schemas/named"}]},
    "anybody": {"nullable": True, "anyOf": [{"$ref": "#/components/schemas/user"}, {"type": "string"}]},
    "change": {"type": ["null", "string", "object"], "oneOf": [{"type": "string"}, USER]},
    "issue": {
        "type": "object",
        "required": ["state"],
        "properties": {
            "state": {"type": "string", "enum": ["open", "closed"]},
            "reason": {"type": "string", "enum": ["completed"], "nullable": True},
            "at": {"type": "string", "format": "date-time"},
            "users": {"type": "array", "items": {"$ref": "#/components/schemas/user"}},
            "free": {"type": "object"},
        },
    },
}


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("issue", {"state": "open", "reason": None, "users": [{"login": "a"}], "free": {"x": 1}}, None),
        ("issue", {}, 'the body: "state" is a required property'),
        ("issue", {"state": "merged"}, "state: "),
        ("issue", {"state": "open", "reason": "x"}, "reason: "),
        ("issue", {"state": "open", "fun": 1}, "the body: Unevaluated properties are not allowed ('fun'"),
        ("issue", {"state": "open", "at": "yesterday"}, 'at: "yesterday" is not a "date-time"'),
        ("issue", {"state": "open", "users": [{"login": 1}]}, "users.*.login: it is not of type"),
        ("issue", {"state": "open", "users": [{"login": "a", "fun": 1}]}, "users.*: Unevaluated"),
        ("person", {"login": "a", "name": None}, None),
        ("person", {"login": "a", "fun": 1}, "the body: Unevaluated properties are not allowed ('fun'"),
        ("person", {"name": "a"}, 'the body: "login" is a required property'),
        ("anybody", None, None),
        ("anybody", {"login": "a"}, None),
        ("anybody", {"login": 1}, "login: it is not of type"),
        ("change", None, None),
        ("change", {"login": "a"}, None),
        ("change", {"login": 1}, "login: it is not of type"),
    ],
)
def test_a_value_is_held_against_a_description(kind: str, value: Any, said: str | None) -> None:
    wrong = list(Description(COMPONENTS).wrong(kind, {"$ref": f"#/components/schemas/{kind}"}, value))
    assert wrong == [] if said is None else len(wrong) == 1 and wrong[0].startswith(said), wrong


PATH = "/repos/{owner}/issues/{number}"
OPERATION = {
    "operationId": "issues/update",
    "parameters": [
        {"name": "owner", "in": "path", "required": True, "schema": {"type": "string"}},
        {"name": "number", "in": "path", "required": True, "schema": {"type": "integer"}},
        {"name": "per_page", "in": "query", "schema": {"type": "integer"}},
    ],
    "requestBody": {"required": True, "content": {"application/json": {"schema": NAMED}}},
    "responses": {
        "200": {"content": {"application/json": {"schema": USER}}, "headers": {"Link": {}, "Location": {}}}
    },
}
ERROR = {"type": "object", "properties": {"message": {}, "documentation_url": {}}}
REST = Rest({"paths": {PATH: {"patch": OPERATION}}, "components": {"schemas": {"basic-error": ERROR}}})
REQUEST: dict[str, Any] = {
    "method": "PATCH",
    "path": "/repos/acme/issues/1",
    "query": [],
    "body": {"name": "a"},
    "headers": {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": "Bearer redacted",
        "User-Agent": "autocode",
        "Content-Type": "application/json",
    },
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"path": "/repos/acme/issues/one"}, "path number: "),
        ({"query": [("page", "1")]}, "query page: there is no such parameter"),
        ({"query": [("per_page", "all")]}, "query per_page: "),
        ({"body": None}, "the body is missing"),
        ({"body": {"title": "a"}}, "the body: Unevaluated properties are not allowed ('title'"),
        ({"body": {"name": 1}}, "name: it is not of type"),
        ({"headers": REQUEST["headers"] | {"Accept": "*/*"}}, "Accept is '*/*'"),
        ({"headers": REQUEST["headers"] | {"X-GitHub-Api-Version": "3"}}, "X-GitHub-Api-Version is '3'"),
        ({"headers": REQUEST["headers"] | {"User-Agent": ""}}, "the header user-agent is missing"),
        ({"headers": REQUEST["headers"] | {"Content-Type": "text/plain"}}, "Content-Type is not"),
    ],
)
def test_a_request_is_held_against_its_endpoint(change: dict[str, Any], said: str | None) -> None:
    operation = REST.find("PATCH", "/repos/acme/issues/1")
    assert operation is not None
    wrong = list(REST.wrong_in_request(operation, REQUEST | change))
    assert wrong == [] if said is None else len(wrong) == 1 and wrong[0].startswith(said), wrong


ANSWER = {
    "status": 200,
    "headers": {"Content-Type": "application/json", "Location": "/"},
    "body": {"login": "a"},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"body": {}}, 'the body: "login" is a required property'),
        ({"headers": {"Content-Type": "application/json"}}, "the header Location is missing"),
        ({"status": 204, "body": None}, "204 is no answer of this endpoint"),
        ({"status": 404, "body": {"message": "x", "documentation_url": "y", "status": "404"}}, None),
        ({"status": 404, "body": {"message": "x"}}, 'the body: "documentation_url" is a required property'),
    ],
)
def test_an_answer_is_held_against_its_endpoint(change: dict[str, Any], said: str | None) -> None:
    operation = REST.find("PATCH", "/repos/acme/issues/1")
    assert operation is not None
    wrong = list(REST.wrong_in_answer(operation, ANSWER | change))
    assert wrong == [] if said is None else len(wrong) == 1 and wrong[0].startswith(said), wrong


def test_a_hub_writes_down_calls_and_deliveries_without_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with serve(seed=SEED, directory=tmp_path / "hub") as hub:
        world = World(hub)
        hub.webhook_url = "http://127.0.0.1:1/nobody"
        world.rest("POST", "/issues/1/labels", {"labels": ["autocode"]})
        secret = world.bot.headers["Authorization"].partition(" ")[2]
    [file] = tmp_path.glob("*.jsonl")
    text = file.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert secret not in text
    minted, labelled, delivered = lines[0], lines[-1], lines[-2]
    assert minted["answer"]["body"]["token"] == REDACTED
    assert minted["request"]["headers"]["Authorization"] == "Bearer redacted"
    assert (labelled["request"]["path"], labelled["answer"]["status"]) == (
        "/repos/acme/greet/issues/1/labels",
        200,
    )
    assert (delivered["kind"], delivered["payload"]["action"]) == ("delivery", "labeled")
    assert list(wrong_headers(labelled["request"], labelled["answer"], by_installation=False)) == []
