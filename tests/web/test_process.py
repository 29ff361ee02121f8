"""The web process as it is really run: what it weighs, what it imports, how it takes a large body and an outage."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from redis import Redis

from app.webhook import MAX_BODY
from tests.processes import Child, end, free_port, spawn, until
from tests.web.payloads import APP_ID, SECRETS, labeled, signed

ROOT = Path(__file__).resolve().parent.parent.parent
PROCFILE = dict(re.findall(r"^(\w+): (.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE))
TOO_HEAVY = ("githubkit", "anthropic", "git", "httpx", "pydantic")
MEGABYTE = 1024 * 1024


def environ(**more: str) -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {
        "PATH": path,
        "GITHUB_APP_ID": str(APP_ID),
        "GITHUB_PRIVATE_KEY": "-----BEGIN PRIVATE KEY-----",
        "GITHUB_WEBHOOK_SECRET": ",".join(SECRETS),
        "ANTHROPIC_API_KEY": "key",
        **more,
    }


@pytest.fixture(scope="module")
def web(redis_server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Child, int]]:
    port, logs = free_port(), tmp_path_factory.mktemp("web")
    command = ["/bin/sh", "-c", f"exec {PROCFILE['web']}"]
    child = spawn(
        "web", command, cwd=ROOT, environ=environ(REDIS_URL=redis_server_url, PORT=str(port)), logs=logs
    )
    until("the web process", lambda: answers(port), seconds=15, watching=[child])
    yield child, port
    end([child])


def answers(port: int) -> bool | None:
    try:
        return ask(port, "GET", "/readyz")[0] == 200
    except OSError:
        return None


def ask(
    port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_signed_delivery_over_http_lands_in_the_queue(web: tuple[Child, int], redis: Redis) -> None:
    body = json.dumps(labeled()).encode()
    status, said = ask(web[1], "POST", "/webhook", body, signed(body, "issues"))
    assert (status, said["queued"]) == (202, "17/acme/shop#12")
    assert redis.llen("rq:queue:tickets") == 1


def test_a_body_of_26_mb_is_refused_before_it_is_read(web: tuple[Child, int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web[1], timeout=10)
    connection.putrequest("POST", "/webhook")
    connection.putheader("Content-Length", str(MAX_BODY + MEGABYTE))
    connection.endheaders()
    connection.send(b"x" * 1024)
    # Only 1 KB of it was ever sent.
    assert connection.getresponse().status == 413
    connection.close()


def test_a_sender_that_does_send_26_mb_is_refused_and_costs_no_memory(web: tuple[Child, int]) -> None:
    keep_busy(web[1])
    before = heaviest(web[0])
    # It may close the connection while we are sending, as RFC 9110 allows.
    with suppress(BrokenPipeError, ConnectionResetError):
        assert ask(web[1], "POST", "/webhook", b"x" * (MAX_BODY + MEGABYTE))[0] == 413
    assert heaviest(web[0]) - before < 10
    assert ask(web[1], "GET", "/healthz")[0] == 200


def test_a_body_without_a_length_is_read_too(web: tuple[Child, int], redis: Redis) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", web[1], timeout=10)
    body = json.dumps(labeled()).encode()
    connection.request("POST", "/webhook", iter([body]), signed(body, "issues"), encode_chunked=True)
    assert connection.getresponse().status == 202
    connection.close()


def test_none_of_its_processes_weighs_70_mb(web: tuple[Child, int], redis: Redis) -> None:
    keep_busy(web[1])
    assert heaviest(web[0]) < 70


def keep_busy(port: int) -> None:
    body = json.dumps(labeled()).encode()
    for _ in range(100):
        ask(port, "POST", "/webhook", body, signed(body, "issues"))


def heaviest(child: Child) -> float:
    """Resident megabytes of the server or its largest worker."""
    processes = [psutil.Process(child.pid), *child.descendants()]
    return max(process.memory_info().rss for process in processes) / MEGABYTE


def test_it_imports_no_library_that_only_workers_need() -> None:
    script = f"import sys, app.wsgi; print([name for name in {TOO_HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ(), capture_output=True, text=True
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_without_a_secret_it_says_so_and_exits_2() -> None:
    settings = environ() | {"GITHUB_WEBHOOK_SECRET": ""}
    done = subprocess.run(
        [sys.executable, "-c", "import app.wsgi"], cwd=ROOT, env=settings, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "GITHUB_WEBHOOK_SECRET is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_its_worker_does_not_outlive_it(web: tuple[Child, int]) -> None:
    workers = web[0].descendants()
    assert workers
    web[0].send(signal.SIGKILL)
    until("the end", lambda: not any(process.is_running() for process in workers) or None, seconds=5)
