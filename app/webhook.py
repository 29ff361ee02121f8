"""POST /webhook: verify the signature, match a rule, enqueue. Also says whether the process and its queue are well.

GitHub waits 10 seconds for an answer, shows it in its delivery log and never tries again by itself
(https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries), so every answer says why.
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Iterable
from typing import Any

from flask import Flask
from flask import request as http
from werkzeug.exceptions import HTTPException

from jobs.queue import Queue, QueueDown
from jobs.settings import Settings
from jobs.ticket.payloads import Unreadable
from jobs.ticket.request import CardMoved, Changed, Reconcile, Request
from jobs.ticket.rules import RULES, asked, event_name, no_rule

MAX_BODY = 25 * 1024 * 1024
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads: payloads are capped at 25 MB."""

FORM = "application/x-www-form-urlencoded"

ACTION = re.compile(rb'\s*\{\s*"action"\s*:\s*"(\w+)"')
"""GitHub writes the action first: what matters to no rule need not be parsed."""

Answer = tuple[dict[str, Any], int]

log = logging.getLogger("autocode.web")


class Refused(Exception):
    """The delivery cannot be used."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def create_app(settings: Settings, queue: Queue) -> Flask:
    """The web process: three addresses and JSON answers."""
    app = Flask("autocode", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @app.post("/webhook")
    def webhook() -> Answer:
        # Too large is found out from Content-Length, before a byte is read.
        body = http.get_data(cache=False)
        verify(body, http.headers.get("X-Hub-Signature-256"), settings.webhook_secrets)
        event = http.headers.get("X-GitHub-Event")
        if not event:
            raise Refused(400, "X-GitHub-Event is missing")
        request, why = match(event, body, settings.app_id)
        if request is None:
            return {"ignored": why}, 200
        queue.request(request)
        return {"queued": name_of(request), "why": why}, 202

    @app.get("/healthz")
    def healthz() -> Answer:
        return {"status": "ok"}, 200

    @app.get("/readyz")
    def readyz() -> Answer:
        queue.ping()
        return {"status": "ok"}, 200

    app.register_error_handler(Refused, lambda error: ({"error": str(error)}, error.status))
    app.register_error_handler(QueueDown, answer_queue_down)
    app.register_error_handler(HTTPException, lambda error: ({"error": error.description}, error.code))
    return app


def verify(body: bytes, signature: str | None, secrets: Iterable[str]) -> None:
    """Refused unless one of the secrets made the signature of exactly these bytes.

    https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    """
    if signature is None:
        raise Refused(
            401, "X-Hub-Signature-256 is missing: set the webhook's secret to GITHUB_WEBHOOK_SECRET"
        )
    # Header bytes outside ASCII would make compare_digest raise on text.
    given = signature.encode()
    made = [
        b"sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        for secret in secrets
    ]
    if not any(hmac.compare_digest(given, one) for one in made):
        raise Refused(
            401, "X-Hub-Signature-256 does not fit: is the webhook's secret one of GITHUB_WEBHOOK_SECRET?"
        )


def match(event: str, body: bytes, app_id: int) -> tuple[Request | None, str]:
    """What the event's rule asks for, and why; Refused when the body or a field that the rule reads is unreadable."""
    glance = ACTION.match(body)
    if glance and (name := event_name(event, glance[1].decode())) not in RULES:
        return None, no_rule(name)
    try:
        return asked(event, parse(body), app_id)
    except Unreadable as error:
        raise Refused(400, str(error)) from None


def parse(body: bytes) -> dict[str, Any]:
    """The payload."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as error:
        if http.mimetype == FORM:
            raise Refused(
                400,
                "the body is form-encoded: set Content type to application/json in the webhook's settings",
            ) from None
        raise Refused(400, f"the body is not JSON: {error}" if body else "the body is empty") from None
    if not isinstance(payload, dict):
        raise Refused(400, f"the body is a JSON {type(payload).__name__}, an object was expected")
    return payload


def name_of(request: Request) -> str:
    """What was asked for, in a word."""
    match request:
        case Reconcile(ticket=ticket) | Changed(ticket=ticket):
            return ticket.key
        case CardMoved(item=item):
            return f"card {item}"
        case _:
            return f"installation {request.installation}"


def answer_queue_down(error: Exception) -> Answer:
    """GitHub records the failure, and the clock takes the delivery in later."""
    log.error("the queue cannot take it: %s", error)
    return {"error": f"the queue cannot take it: {error}"}, 503
