"""Every change is delivered signed, kept in the log, and can be delivered again."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.contract.app import REPO, SEED, app_jwt, bot
from tests.hub import Hub, serve


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serve(seed=SEED, directory=tmp_path / "hub") as running:
        yield running


@pytest.fixture
def deliveries(hub: Hub) -> Iterator[list[tuple[dict[str, str], bytes]]]:
    """What arrives where the App listens."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((dict(self.headers), body))
            self.send_response(202)
            self.end_headers()
            self.wfile.write(b"queued")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    hub.webhook_url = f"http://127.0.0.1:{server.server_port}/webhook"
    yield received
    server.shutdown()
    server.server_close()


def test_a_delivery_is_signed_and_redelivery_keeps_its_guid(
    hub: Hub, deliveries: list[tuple[dict[str, str], bytes]]
):
    hub.as_user("alice").post(f"{REPO}/issues/1/labels", json={"labels": ["autocode"]})
    headers, body = hub.until(lambda: deliveries)[0]
    expected = hmac.new(hub.webhook_secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={expected}"
    payload = json.loads(body)
    assert (headers["X-GitHub-Event"], payload["action"], payload["label"]["name"]) == (
        "issues",
        "labeled",
        "autocode",
    )
    assert (payload["sender"]["login"], payload["installation"]["id"]) == ("alice", hub.installation_id)
    client = hub.with_token(app_jwt(hub))
    (item,) = hub.until(lambda: client.get("/app/hook/deliveries").json())
    kept = client.get(f"/app/hook/deliveries/{item['id']}").json()
    assert (kept["status_code"], kept["request"]["payload"], kept["response"]["payload"]) == (
        202,
        payload,
        "queued",
    )
    assert client.post(f"/app/hook/deliveries/{item['id']}/attempts").status_code == 202
    again, _ = hub.until(lambda: deliveries[1:])[0]
    assert again["X-GitHub-Delivery"] == headers["X-GitHub-Delivery"] == item["guid"]


def test_what_the_app_writes_is_its_bots_and_marked(hub: Hub, deliveries: list[tuple[dict[str, str], bytes]]):
    bot(hub).post(f"{REPO}/issues/1/comments", json={"body": "working on it"})
    payload = json.loads(hub.until(lambda: deliveries)[0][1])
    assert payload["sender"]["type"] == "Bot"
    assert payload["comment"]["performed_via_github_app"]["id"] == hub.app_id


def test_a_delivery_nobody_takes_is_kept_with_its_payload(hub: Hub):
    hub.webhook_url = "http://127.0.0.1:1/webhook"
    hub.as_user("alice").post(f"{REPO}/issues", json={"title": "lost"})
    client = hub.with_token(app_jwt(hub))
    (item,) = hub.until(lambda: client.get("/app/hook/deliveries").json())
    assert (item["status"], item["status_code"]) == ("failed to connect to host", 502)
    assert (
        client.get(f"/app/hook/deliveries/{item['id']}").json()["request"]["payload"]["issue"]["title"]
        == "lost"
    )


def test_the_log_is_read_newest_first_by_cursor_and_by_outcome_for_three_days(hub: Hub):
    client = hub.with_token(app_jwt(hub))
    missed = [
        {"event": "issues", "action": "labeled", "payload": {"number": number}, "seconds_ago": 100 - number}
        for number in range(3)
    ]
    hub.control("POST", "deliveries", missed)
    newest = client.get("/app/hook/deliveries", params={"per_page": 2})
    oldest = client.get(newest.links["next"]["url"])
    ids = [item["id"] for answer in (newest, oldest) for item in answer.json()]
    assert len(ids) == 3
    assert ids == sorted(ids, reverse=True)
    assert "next" not in oldest.links
    failed, succeeded = (
        client.get("/app/hook/deliveries", params={"status": status}).json()
        for status in ("failure", "success")
    )
    assert (len(failed), succeeded) == (3, [])
    assert client.get("/app/hook/deliveries", params={"status": "odd"}).status_code == 422
    assert client.get("/app/hook/deliveries", params={"cursor": "odd"}).status_code == 400
    four_days = {"event": "issues", "action": "labeled", "payload": {}, "seconds_ago": 4 * 86_400}
    hub.control("POST", "deliveries", [four_days])
    assert [item["id"] for item in client.get("/app/hook/deliveries").json()] == ids
    assert client.get(f"/app/hook/deliveries/{ids[0] + 1}").status_code == 404


def test_a_webhook_that_is_switched_off_leaves_nothing_in_the_log(hub: Hub):
    hub.webhook_url = None
    hub.as_user("alice").post(f"{REPO}/issues", json={"title": "unheard"})
    assert hub.with_token(app_jwt(hub)).get("/app/hook/deliveries").json() == []
