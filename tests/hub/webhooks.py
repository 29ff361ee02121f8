"""Webhooks: which state change is delivered, signed, to the App, and what came of it."""

import hashlib
import heapq
import hmac
import http.client
import json
import queue
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.hub import enterprise
from tests.hub.deliveries import Delivery
from tests.hub.entities import Installation, Issue, PullRequest, Repository, User
from tests.hub.sending import Sender
from tests.hub.serialize import organization_json, repository_json, user_json
from tests.hub.serialize_issues import full_pull_json, issue_json
from tests.hub.state import State

if TYPE_CHECKING:
    from tests.hub.auth import Actor

# Delivered to every App, whatever it subscribes to: https://docs.github.com/en/webhooks/webhook-events-and-payloads
ALWAYS = ("ping", "installation", "installation_repositories")


def emit(
    state: State, sender: User, event: str, action: str | None, repository: Repository, /, **payload: Any
) -> None:
    """Queue an event for the App, if it is installed on the repository and subscribed."""
    installation = state.installation_of(repository)
    if installation is None or not listens(state, event, repository):
        return
    body = ({"action": action} if action else {}) | payload
    body |= {"repository": repository_json(state, repository)}
    if repository.owner.type == "Organization":
        body |= {"organization": organization_json(state, repository.owner)}
    body |= {"sender": user_json(state, sender), "installation": installation_stub(installation)}
    enqueue(state, event, action, body, installation, repository)


def emit_to_organization(
    state: State, sender: User, event: str, action: str, organization: User, permission: str, /, **payload: Any
) -> None:  # fmt: skip
    """Queue an event of no repository for the App, if it is installed there with the permission and subscribed."""
    for installation in state.installations.values():
        if installation.account is not organization or installation.suspended_at is not None:
            continue
        if event in installation.app.events and permission in installation.permissions:
            body = {"action": action} | payload | {"organization": organization_json(state, organization)}
            body |= {"sender": user_json(state, sender), "installation": installation_stub(installation)}
            enqueue(state, event, action, body, installation, None)


def listens(state: State, event: str, repository: Repository) -> bool:
    """Ask before building a costly payload."""
    installation = state.installation_of(repository)
    return installation is not None and event in (*installation.app.events, *ALWAYS)


def installation_stub(installation: Installation) -> dict[str, Any]:
    return {"id": installation.id, "node_id": installation.node_id}


def emit_for(state: State, actor: "Actor", issue: Issue, action: str, **extra: Any) -> None:
    """`issues` or `pull_request`, whichever the issue is."""
    sender = actor.author
    if isinstance(issue, PullRequest):
        if not listens(state, "pull_request", issue.repository):
            return
        payload = {"number": issue.number, "pull_request": full_pull_json(state, issue)}
        emit(state, sender, "pull_request", action, issue.repository, **payload, **extra)
    else:
        # REST alone says who closed it.
        payload = {key: value for key, value in issue_json(state, issue).items() if key != "closed_by"}
        emit(state, sender, "issues", action, issue.repository, issue=payload, **extra)


def enqueue(
    state: State, event: str, action: str | None, body: dict[str, Any], installation: Installation | None,
    repository: Repository | None,
) -> None:  # fmt: skip
    """Sign the payload as it is now and hand it to the delivering thread; nothing without a webhook URL."""
    app = state.app
    if not app.webhook_url or not enterprise.has_event(state, event, action):
        return
    payload = json.dumps(
        enterprise.spoken_here(state, body), ensure_ascii=False, separators=(",", ":")
    ).encode()
    guid = str(uuid.uuid4())
    delivery = Delivery(
        id=state.new_id(), guid=guid, event=event, action=action, payload=payload, url=app.webhook_url,
        headers=_headers(state, event, guid, payload), delivered_at=state.now(),
        installation_id=installation.id if installation else None,
        repository_id=repository.id if repository else None,
    )  # fmt: skip
    state.recording.delivery(delivery.headers, payload)
    state.deliveries.log.append(delivery)
    state.deliveries.waiting.put(delivery)


def miss(
    state: State, event: str, action: str | None, body: dict[str, Any], installation: Installation, ago: float
) -> None:
    """Put into the log what was sent so many seconds ago and reached nobody."""
    payload = json.dumps(body).encode()
    guid = str(uuid.uuid4())
    delivery = Delivery(
        id=state.new_id(), guid=guid, event=event, action=action, payload=payload, url=state.app.webhook_url or "",
        headers=_headers(state, event, guid, payload), delivered_at=state.now() - timedelta(seconds=ago),
        installation_id=installation.id, status_code=502, status="failed to connect to host",
    )  # fmt: skip
    state.deliveries.log.append(delivery)


def _headers(state: State, event: str, guid: str, payload: bytes) -> dict[str, str]:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers"""
    app = state.app
    signature = hmac.new(app.webhook_secret.encode(), payload, hashlib.sha256).hexdigest()
    return {
        "Accept": "*/*", "Content-Type": "application/json", "User-Agent": f"GitHub-Hookshot/{app.hook_id:07x}",
        "X-GitHub-Delivery": guid, "X-GitHub-Event": event, "X-GitHub-Hook-ID": str(app.hook_id),
        "X-GitHub-Hook-Installation-Target-ID": str(app.id),
        "X-GitHub-Hook-Installation-Target-Type": "integration", "X-Hub-Signature-256": f"sha256={signature}",
    } | enterprise.delivery_headers(state)  # fmt: skip


def redeliver(state: State, old: Delivery) -> Delivery:
    """Send it again, to where the App listens now: same guid, same payload, new entry in the log."""
    again = Delivery(
        id=state.new_id(), guid=old.guid, event=old.event, action=old.action, payload=old.payload,
        headers=_headers(state, old.event, old.guid, old.payload), url=state.app.webhook_url or old.url,
        delivered_at=state.now(), redelivery=True, installation_id=old.installation_id,
        repository_id=old.repository_id,
    )  # fmt: skip
    state.deliveries.log.append(again)
    state.deliveries.waiting.put(again)
    return again


def ping(state: State) -> None:
    """What GitHub sends when a webhook is set up."""
    app = state.app
    hook = {
        "type": "App", "id": app.hook_id, "name": "web", "active": True, "events": app.events, "app_id": app.id,
        "config": {"content_type": "json", "insecure_ssl": "0", "url": app.webhook_url},
    }  # fmt: skip
    enqueue(
        state,
        "ping",
        None,
        {"zen": "Keep it logically awesome.", "hook_id": app.hook_id, "hook": hook},
        None,
        None,
    )


def start_delivering(state: State) -> Callable[[], None]:
    """Start the thread that delivers in order; gives the function that ends it."""
    thread = threading.Thread(target=_deliver_all, args=(state,), name="hub-webhooks", daemon=True)
    thread.start()

    def stop() -> None:
        state.deliveries.waiting.put(None)
        thread.join(timeout=15)

    return stop


def _deliver_all(state: State) -> None:
    """In order, but for what `/_hub/webhooks` says; None ends it."""
    held: list[tuple[float, int, Delivery]] = []
    sender = Sender()
    while True:
        wait = max(0.0, held[0][0] - time.monotonic()) if held else None
        try:
            delivery = state.deliveries.waiting.get(timeout=wait)
        except queue.Empty:
            _deliver(sender, heapq.heappop(held)[2])
            continue
        if delivery is None:
            sender.close()
            return
        with state.lock:
            for delay, entry in state.disturbance.fate(state, delivery):
                heapq.heappush(held, (time.monotonic() + delay, entry.id, entry))


def _deliver(sender: Sender, delivery: Delivery) -> None:
    """One attempt: GitHub waits ten seconds and never tries again by itself."""
    started = time.monotonic()
    try:
        status, headers, body = sender.post(delivery.url, delivery.payload, delivery.headers)
    except TimeoutError:
        delivery.status_code, delivery.status = 504, "timed out"
    except (OSError, http.client.HTTPException):
        delivery.status_code, delivery.status = 502, "failed to connect to host"
    else:
        delivery.status_code = status
        delivery.status = "OK" if 200 <= status < 300 else f"Invalid HTTP Response: {status}"
        delivery.response_headers, delivery.response_body = headers, body
    delivery.duration = round(time.monotonic() - started, 3)
