"""Deliveries: how many the web process takes in a second, beside a Flask route that does nothing on the same server.

Nobody works off the queue meanwhile. Every delivery is for another ticket, so that none is coalesced, and Redis
writes its append-only file, as it does in the embedded server.
"""

import hashlib
import hmac
import json
import socket
import statistics
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis

from tests.bench.figure import Figure
from tests.bench.load import packed
from tests.processes import end, free_port, spawn, until
from tests.stack import ROOT, Stack, procfile

COUNT = 3_000
"""Deliveries in one round."""
ROUNDS = 3
"""Each side is measured so often, in turn; medians are compared."""
CONNECTIONS = 8
BODY = 11_600
"""Bytes of a delivery: what GitHub sends for a labelled issue with some text."""

Send = Callable[[int, list[bytes]], float]


def measure(directory: Path) -> list[Figure]:
    """Deliveries that ask for a ticket, deliveries that nobody is interested in, and requests to the no-op route."""
    seed = {
        "repositories": [
            {"name": "acme/greet", "files": {"greet.py": "pass\n"}, "issues": [{"title": "One"}]}
        ]
    }
    rates: dict[str, list[float]] = {"no-op": [], "queued": [], "ignored": []}
    with Stack(directory, seed=seed) as stack:
        stack.start("web")
        payload, secret = real_payload(stack), stack.hub.webhook_secret
        stars = [delivery(secret, "star", payload | {"action": "created"}) for _ in range(COUNT)]
        with _noop(stack) as noop_port:
            for _ in range(ROUNDS):
                _empty_queue(stack)
                labels = [delivery(secret, "issues", numbered(payload, number)) for number in range(COUNT)]
                rates["no-op"].append(_rate(directory, noop_port, stars, "202"))
                rates["queued"].append(_rate(directory, stack.port, labels, "202"))
                _check_queue(stack)
                rates["ignored"].append(_rate(directory, stack.port, stars, "200"))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    return [
        _ratio("deliveries queued ÷ no-op route", medians, "queued", "≥ 0.20"),
        _ratio("deliveries ignored ÷ no-op route", medians, "ignored", "≥ 0.60"),
    ]


def _ratio(name: str, medians: dict[str, float], side: str, target: str) -> Figure:
    sides = {f"{side}, per second": medians[side], "no-op, per second": medians["no-op"]}
    return Figure(name, medians[side] / medians["no-op"], "", target, sides)


def real_payload(stack: Stack) -> dict[str, Any]:
    """A real delivery of the hub, made as long as GitHub's are."""
    stack.hub.person("alice").post("/repos/acme/greet/issues/1/labels", {"labels": ["autocode"]})

    def sent() -> int | None:
        log = stack.hub.app.get("/app/hook/deliveries")
        found = [row["id"] for row in log if (row["event"], row["action"]) == ("issues", "labeled")]
        return found[0] if found else None

    found = stack.hub.app.get(f"/app/hook/deliveries/{until('the delivery', sent, seconds=10)}")
    payload: dict[str, Any] = found["request"]["payload"]
    missing = BODY - len(json.dumps(payload))
    payload["issue"]["body"] = "x" * max(missing, 0)
    return payload


def numbered(payload: dict[str, Any], number: int) -> dict[str, Any]:
    return payload | {"issue": payload["issue"] | {"number": number + 1}}


def delivery(secret: str, event: str, payload: dict[str, Any]) -> bytes:
    """The bytes of one request, signed."""
    body = json.dumps(payload).encode()
    headers = {
        "Host": "127.0.0.1",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-GitHub-Delivery": str(uuid.uuid4()),
        "X-GitHub-Event": event,
        "X-Hub-Signature-256": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /webhook HTTP/1.1\r\n{lines}\r\n".encode() + body


def _rate(directory: Path, port: int, requests: list[bytes], status: str) -> float:
    """Answers per second; RuntimeError unless every one has this status."""
    path = directory / "requests"
    path.write_bytes(packed(requests))
    command = [sys.executable, "-m", "tests.bench.load", str(port), str(path), str(CONNECTIONS)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120)
    result = json.loads(done.stdout)
    if result["statuses"] != {status: len(requests)}:
        raise RuntimeError(f"{len(requests)} answers with {status} were expected, {result['statuses']} came")
    return float(result["count"] / result["seconds"])


def _empty_queue(stack: Stack) -> None:
    with Redis.from_url(stack.redis_url) as redis:
        redis.flushall()


def _check_queue(stack: Stack) -> None:
    """What was answered with 202 is in the queue, all of it."""
    with Redis.from_url(stack.redis_url) as redis:
        waiting = redis.llen("rq:queue:tickets")
    if waiting != COUNT:
        raise RuntimeError(f"{COUNT} jobs were expected in the queue, {waiting} are there")


@contextmanager
def _noop(stack: Stack) -> Iterator[int]:
    """The no-op route, served like the web process; its port."""
    port = free_port()
    command = procfile()["web"].replace("app.wsgi:application", "tests.bench.noop:application")
    environ = stack.environ | {"PORT": str(port)}
    child = spawn(
        "noop", ["/bin/sh", "-c", f"exec {command}"], cwd=ROOT, environ=environ, logs=stack.directory / "logs"
    )
    try:
        until("the no-op route", lambda: _listens(port), seconds=20, watching=[child])
        yield port
    finally:
        end([child])


def _listens(port: int) -> bool | None:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0 or None
