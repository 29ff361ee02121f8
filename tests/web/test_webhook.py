"""The web process's answers, over a real queue: what GitHub's delivery log will show."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from app.webhook import MAX_BODY, create_app
from jobs.queue import Queue, connect
from jobs.settings import Settings
from tests.web.payloads import APP_ID, BOT, SECRETS, comment, delivery, issue, labeled, signed, without

Send = Callable[..., TestResponse]
SETTINGS = Settings(app_id=APP_ID, private_key="", webhook_secrets=SECRETS)


@pytest.fixture
def client(redis: Redis) -> FlaskClient:
    return create_app(SETTINGS, Queue(redis)).test_client()


@pytest.fixture
def send(client: FlaskClient) -> Send:
    def send(payload: Any, event: str | None = "issues", **options: Any) -> TestResponse:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return client.post("/webhook", data=body, headers=signed(body, event, **options))

    return send


def said(answer: TestResponse, name: str = "error") -> str:
    return str((answer.json or {})[name])


def waiting(redis: Redis) -> int:
    return int(redis.llen("rq:queue:tickets"))


def test_a_labelled_issue_is_queued_and_says_so(send: Send, redis: Redis) -> None:
    answer = send(labeled())
    assert (answer.status_code, answer.json) == (
        202,
        {"queued": "17/acme/shop#12", "why": "issues.labeled"},
    )
    assert waiting(redis) == 1


def test_deliveries_of_one_ticket_coalesce_and_are_all_accepted(send: Send, redis: Redis) -> None:
    assert [send(labeled()).status_code for _ in range(3)] == [202, 202, 202]
    assert waiting(redis) == 1


def test_an_installation_is_swept(send: Send) -> None:
    answer = send(delivery("created"), "installation")
    assert (answer.status_code, answer.json) == (
        202,
        {"queued": "installation 17", "why": "installation.created"},
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_every_secret_of_a_rotation_is_accepted(send: Send, secret: str) -> None:
    assert send(labeled(), secret=secret).status_code == 202


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        (
            "issues",
            labeled("bug"),
            "issues.labeled matters only when: our label was put on an issue or taken off it.",
        ),
        ("ping", {"zen": "…"}, "ping matters only when: never: GitHub asks whether anybody is here"),
        ("gollum", {}, "there is no rule for gollum"),
        ("issues", delivery("pinned"), "there is no rule for issues.pinned"),
        ("issues", delivery(), "there is no rule for issues"),
        ("issues", {"action": ["labeled"]}, "there is no rule for issues"),
        (
            "issue_comment",
            delivery("created", issue=issue("autocode"), comment=comment(app=APP_ID), sender=BOT),
            "issue_comment.created: our own comment",
        ),
    ],
)
def test_what_does_not_matter_is_ignored_with_the_reason(
    send: Send, redis: Redis, event: str, payload: dict[str, Any], reason: str
) -> None:
    answer = send(payload, event)
    assert answer.status_code == 200
    assert said(answer, "ignored").startswith(reason)
    assert waiting(redis) == 0


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha1=abc",
        "sha256=" + "0" * 64,
        "sha256=é",
        "sha256=" + "\udcff".encode("utf8", "surrogateescape").decode("latin1"),
    ],
)
def test_an_unsigned_or_wrongly_signed_delivery_is_refused_before_it_is_read(
    client: FlaskClient, redis: Redis, header: str | None
) -> None:
    headers = {"X-GitHub-Event": "issues"} | ({} if header is None else {"X-Hub-Signature-256": header})
    for body in (b"not JSON", json.dumps(labeled()).encode()):
        answer = client.post("/webhook", data=body, headers=headers)
        assert answer.status_code == 401
        assert "X-Hub-Signature-256" in said(answer)
    assert waiting(redis) == 0


def test_a_signature_of_other_bytes_is_refused(client: FlaskClient) -> None:
    headers = signed(json.dumps(labeled()).encode(), "issues")
    assert client.post("/webhook", data=json.dumps(labeled(), indent=1), headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is empty"),
        (b"payload", "the body is not JSON"),
        (b'{"action":', "the body is not JSON"),
        (b"\xff\xfe{}", "the body is not JSON"),
        (b"[" * 200_000, "the body is not JSON"),
        (b"[1]", "the body is a JSON list, an object was expected"),
        (b"null", "the body is a JSON NoneType, an object was expected"),
        (b'"text"', "the body is a JSON str, an object was expected"),
    ],
    ids=["empty", "text", "cut off", "not UTF-8", "nested too deeply", "list", "null", "string"],
)
def test_an_unreadable_body_is_refused(send: Send, body: bytes, reason: str) -> None:
    answer = send(body)
    assert answer.status_code == 400
    assert said(answer).startswith(reason)


def test_a_form_is_told_to_become_json(client: FlaskClient) -> None:
    body = b"payload=%7B%7D"
    headers = signed(body, "issues", **{"Content-Type": "application/x-www-form-urlencoded"})
    answer = client.post("/webhook", data=body, headers=headers)
    assert answer.status_code == 400
    assert "set Content type to application/json" in said(answer)


def test_a_delivery_without_an_event_is_refused(send: Send) -> None:
    answer = send(labeled(), None)
    assert (answer.status_code, answer.json) == (400, {"error": "X-GitHub-Event is missing"})


def test_a_payload_without_a_field_that_its_rule_reads_is_refused(send: Send) -> None:
    answer = send(without(labeled(), "label"))
    assert (answer.status_code, answer.json) == (400, {"error": "issues.labeled: label is missing"})


def test_a_repositorys_own_webhook_is_told_that_it_is_the_wrong_one(send: Send) -> None:
    answer = send(without(labeled(), "installation"))
    assert answer.status_code == 400
    assert "needs the webhook of its GitHub App" in said(answer)


def test_too_large_a_body_is_refused(client: FlaskClient) -> None:
    answer = client.post("/webhook", data=b"x" * (MAX_BODY + 1))
    assert answer.status_code == 413
    assert said(answer)


def test_other_addresses_and_methods_answer_in_json_too(client: FlaskClient) -> None:
    for answer, status in ((client.get("/nowhere"), 404), (client.get("/webhook"), 405)):
        assert answer.status_code == status
        assert said(answer)


def test_without_a_queue_it_is_alive_but_not_ready_and_takes_nothing() -> None:
    queue = Queue(connect("unix:///nowhere/redis.sock", timeout=0.5, retries=0))
    client = create_app(SETTINGS, queue).test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    body = json.dumps(labeled()).encode()
    for answer in (client.get("/readyz"), client.post("/webhook", data=body, headers=signed(body, "issues"))):
        assert answer.status_code == 503
        assert said(answer).startswith("the queue cannot take it: ConnectionError")


def test_with_a_queue_it_is_ready(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ok"}
