"""Burst: 500 deliveries a second for 20 seconds, Redis away for one of them; what was answered 202 must not get lost.

Three in ten ask for a ticket, each for another one, the others interest nobody. The web process is the Procfile's.
What is answered 503 GitHub keeps in its delivery log; whether it is found there is not measured here.
"""

import json
import re
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from redis import Redis

from tests.bench.deliveries import delivery, numbered, real_payload
from tests.bench.figure import Figure
from tests.bench.load import packed
from tests.stack import ROOT, Stack

RATE, SECONDS = 500, 20
AWAY_AFTER, AWAY_FOR = 8.0, 1.0
"""Seconds."""
CONNECTIONS = 64


def measure(directory: Path) -> list[Figure]:
    """Latencies count from the moment at which a delivery was to be sent."""
    repository = {"name": "acme/greet", "files": {"greet.py": "pass\n"}, "issues": [{"title": "One"}]}
    with Stack(directory, seed={"repositories": [repository]}) as stack:
        stack.start("web")
        payload, secret = real_payload(stack), stack.hub.webhook_secret
        requests = [_request(secret, payload, number) for number in range(RATE * SECONDS)]
        with Redis.from_url(stack.redis_url) as redis:
            redis.flushall()
        answers = _answers(directory, stack, requests)
        lost = _accepted(answers) - _queued(stack)
    return _figures(answers, len(lost))


def _request(secret: str, payload: dict[str, Any], number: int) -> bytes:
    if number % 10 < 3:
        return delivery(secret, "issues", numbered(payload, number))
    return delivery(secret, "star", payload | {"action": "created"})


def _answers(directory: Path, stack: Stack, requests: list[bytes]) -> list[tuple[str, float]]:
    """(status, seconds) of each request. In the middle Redis is killed, and brought back."""
    path = directory / "requests"
    path.write_bytes(packed(requests))
    command = [
        sys.executable, "-m", "tests.bench.paced", str(stack.port), str(path), str(CONNECTIONS), str(RATE)
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as client:
        time.sleep(AWAY_AFTER)
        stack.kill("redis", signal.SIGKILL)
        time.sleep(AWAY_FOR)
        stack.start_redis()
        output, _ = client.communicate(timeout=120)
    answers: list[tuple[str, float]] = json.loads(output)
    return answers


def _accepted(answers: list[tuple[str, float]]) -> set[int]:
    """The numbers of the tickets that were answered 202."""
    return {number + 1 for number, (status, _) in enumerate(answers) if status == "202"}


def _queued(stack: Stack) -> set[int]:
    """The numbers of the tickets in the queue."""
    with Redis.from_url(stack.redis_url) as redis:
        jobs = [job.decode() for job in redis.lrange("rq:queue:tickets", 0, -1)]
    return {int(re.search(r"_23(\d+)-", job)[1]) for job in jobs}  # type: ignore[index]


def _figures(answers: list[tuple[str, float]], lost: int) -> list[Figure]:
    relevant = [answer for number, answer in enumerate(answers) if number % 10 < 3]
    accepted = sorted(seconds for status, seconds in relevant if status == "202")
    refused = sum(status == "503" for status, _ in relevant)
    name = f"{RATE} deliveries a second for {SECONDS} s"
    return [
        Figure(f"{name}: answered 202, median", statistics.median(accepted) * 1000, "ms"),
        Figure(f"{name}: answered 202, 99th percentile", accepted[len(accepted) * 99 // 100] * 1000, "ms"),
        Figure(f"{name}: answered 202, slowest", accepted[-1] * 1000, "ms", "≤ 1000"),
        Figure(f"{name}: answered 503 while Redis was away for {AWAY_FOR:g} s", refused, "of 3,000"),
        Figure(f"{name}: answered otherwise", len(relevant) - len(accepted) - refused, "", "≤ 0"),
        Figure(f"{name}: answered 202 and lost", lost, "", "≤ 0"),
    ]
