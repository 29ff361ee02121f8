"""Whatever is broken in a recording is named, and what nobody noticed would be told. Needs neither npm nor Node."""

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema

from jobs.github.client import Installation
from jobs.settings import Settings
from jobs.ticket.request import Ticket
from tests.contract.broken import Breakage, breakages, unnoticed
from tests.contract.deliveries import Deliveries
from tests.contract.recordings import calls, deliveries
from tests.contract.rest import Rest
from tests.contract.world import SEED, World
from tests.hub import serve
from tests.hub.recording import VARIABLE
from tests.hub.trim_schema import SCHEMA

OPEN: dict[str, Any] = {"type": "object", "additionalProperties": True}
COMMENT: dict[str, Any] = OPEN | {"required": ["id"], "properties": {"id": {"type": "integer"}}}
BODY = {"type": "object", "required": ["body"], "properties": {"body": {"type": "string"}}}
PARAMETERS = [
    {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name in ("owner", "repo", "number")
]
OPERATION = {
    "operationId": "issues/create-comment",
    "parameters": PARAMETERS,
    "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
    "responses": {"201": {"content": {"application/json": {"schema": COMMENT}}}},
}
PATHS = {"/repos/{owner}/{repo}/issues/{number}/comments": {"post": OPERATION}}
EVENT = OPEN | {"required": ["sender"], "properties": {"sender": OPEN}}
WEBHOOK = {"parameters": [], "requestBody": {"content": {"application/json": {"schema": EVENT}}}}
NOTHING: dict[str, Any] = {"schemas": {}}


def test_whatever_is_broken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with serve(seed=SEED, directory=tmp_path / "hub") as hub:
        World(hub)
        hub.webhook_url = "http://127.0.0.1:1/nobody"
        settings = Settings(hub.app_id, hub.private_key, (hub.webhook_secret,), api_url=hub.url)
        with Installation(settings, Ticket(hub.installation_id, "acme/greet", 1), lambda: None) as github:
            github.create_comment("Hello.")
    hooks = Deliveries({"webhooks": {"issue-comment-created": {"post": WEBHOOK}}, "components": NOTHING})
    found = list(
        breakages(
            Rest({"paths": PATHS, "components": NOTHING}),
            hooks,
            build_schema(SCHEMA.read_text()),
            (call for call in calls(tmp_path) if call.request["path"].endswith("/comments")),
            deliveries(tmp_path),
        )
    )
    assert list(unnoticed(found)) == [], found
    said = {each.what: each.broken for each in found}
    assert "Cannot query field 'viewerBroken'" in said["a field of jobs/github/queries/observe.graphql"][0]
    assert any('"body" is a required property' in line for line in said["a key of a request's body"])
    assert any('"id" is a required property' in line for line in said["a field of an answer"])
    assert "the header X-GitHub-Request-Id is None" in said["a header of an answer"][0]
    assert '"sender" is a required property' in said["a field of a delivery"][0]
    assert "the header X-Hub-Signature-256 is None" in said["a header of a delivery"][0]


def test_what_nobody_notices_is_told() -> None:
    silent = Breakage("a field", [], [])
    assert list(unnoticed([silent])) == ["a field was broken, and nothing is said of that"]
