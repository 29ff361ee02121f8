"""Waiting: what 10,000 tickets cost that wait: memory in Redis, and the sweeps over them.

One real ticket is brought to the phase `checking`; whatever Redis keeps of it then is multiplied. The 10,000 issues of
the sweep have the labels of tickets that wait for a slot: those that wait for checks have pull requests, and the hub
would take minutes to make so many. One of each repository is always looked at, for it calls whoever is next.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis import Redis

from jobs.github.quota import Quota
from jobs.queue import Queue
from jobs.settings import Settings
from jobs.sweep import Fingerprints, sweep
from jobs.ticket.names import QUEUED, WORKING
from jobs.ticket.request import Ticket
from tests.bench.figure import Figure
from tests.hub_client import Person
from tests.model.replies import create, submit
from tests.processes import until
from tests.stack import Stack

REPOSITORIES, EACH = 20, 500
TOTAL = REPOSITORIES * EACH
WORKFLOW = "on: push\njobs:\n  check:\n    runs-on: ubuntu-latest\n    steps:\n      - run: sleep 600\n"
SCRIPT = {"rules": [{"replies": [create("notes.md", "Done.\n"), submit(), submit()]}]}
REAL = "acme/real"
LIMITED = ("sequence:", "quota:")
"""Kept for seconds, or once for all tickets."""


def measure(directory: Path) -> list[Figure]:
    """The tickets are made as long ago as 10,000 people would need."""
    with Stack(directory, seed=_seed(), script=SCRIPT) as stack, Redis.from_url(stack.redis_url) as redis:
        stack.start("web", "tickets", "coding")
        real = Ticket(stack.hub.installation_id, REAL, 1)
        own_keys = _bring_to_checking(stack, redis, real)
        for name in ("web", "tickets", "coding"):
            stack.kill(name)
        settings = Settings.from_environment(stack.environ | {"GITHUB_RATE_LIMITS": "yes"})
        stack.hub.set_limits()
        before = redis.info("memory")["used_memory"]
        first, _ = _sweep(stack, redis, settings)
        asked = redis.llen("rq:queue:tickets")
        _finish_looks(stack, redis, real, own_keys)
        memory = (redis.info("memory")["used_memory"] - before) / TOTAL
        second, seconds = _sweep(stack, redis, settings)
        asked_again = redis.llen("rq:queue:tickets")
    name = f"{TOTAL:,} tickets that wait"
    if asked < TOTAL:
        raise RuntimeError(f"the first sweep asked for {asked} of {TOTAL} tickets")
    return [
        Figure(f"{name}: Redis memory for each", memory, "bytes", "≤ 2048"),
        Figure(f"{name}: GraphQL requests of the first sweep for each 50", first[0] / TOTAL * 50, "", "≤ 1"),
        Figure(f"{name}: GraphQL requests of a sweep for each 50", second[0] / TOTAL * 50, "", "≤ 1"),
        Figure(f"{name}: other API calls of a sweep", second[1], "calls"),
        Figure(f"{name}: tickets that a second sweep asks for", asked_again, "", f"≤ {REPOSITORIES}"),
        Figure(f"{name}: a sweep, the hub's part included", seconds, "s"),
    ]


def _seed() -> dict[str, Any]:
    labels = ["autocode", QUEUED]
    repositories: list[dict[str, Any]] = [
        {
            "name": f"acme/greet-{number}",
            "issues": [
                {"title": f"Greet {ticket}", "labels": labels, "age": 120 + ticket * REPOSITORIES + number}
                for ticket in range(EACH)
            ],
        }
        for number in range(REPOSITORIES)
    ]
    files = {"greet.py": "pass\n", ".github/workflows/ci.yml": WORKFLOW}
    return {"repositories": [*repositories, {"name": REAL, "files": files, "issues": [{"title": "Real"}]}]}


def _bring_to_checking(stack: Stack, redis: Redis, ticket: Ticket) -> list[str]:
    """Work a ticket until its checks run and nobody is busy; the keys that Redis has of it and of no other."""
    alice, path = stack.hub.person("alice"), f"/repos/{REAL}"
    alice.post(f"{path}/issues/1/labels", {"labels": ["autocode"]})
    until("the checks", lambda: alice.get(f"{path}/actions/runs")["total_count"] or None, seconds=60)

    def rests() -> bool | None:
        keys = [*redis.keys("autocode:lease:*"), *redis.keys("rq:job:*"), *redis.keys("transcript:*")]
        return not keys or None

    until("the ticket to wait", rests, seconds=60)
    # What only concerns the last seconds, or all tickets together, is no matter of how many wait.
    found: Any = redis.keys(f"*{ticket.key}*")
    for label in ("autocode", WORKING):
        # It is not to be swept.
        alice.delete(f"{path}/issues/1/labels/{quote(label)}")
    return [key.decode() for key in found if not key.decode().startswith(LIMITED)]


def _sweep(stack: Stack, redis: Redis, settings: Settings) -> tuple[tuple[int, int], float]:
    """(GraphQL requests, other calls) and the seconds it took."""
    control = Person(stack.hub.url, "")
    control.delete("/_hub/calls")

    def clock() -> datetime:
        return datetime.now(UTC)

    def quota_of(installation: int) -> Quota:
        return Quota(redis, installation, clock)

    started = time.monotonic()
    queue = Queue(redis)
    sweep(settings, redis, queue, quota_of, clock, None)
    # As a worker does with what that has asked for.
    job: Any = redis.rpop("rq:queue:tickets")
    queue.begin(job.decode())
    sweep(settings, redis, queue, quota_of, clock, stack.hub.installation_id)
    seconds = time.monotonic() - started
    calls = [call["path"] for call in stack.hub.calls()]
    graphql = calls.count("/graphql")
    return (graphql, len(calls) - graphql), seconds


def _finish_looks(stack: Stack, redis: Redis, real: Ticket, own_keys: list[str]) -> None:
    """As if workers had looked at each ticket and found nothing to do but wait, until a time of its own."""
    queue, fingerprints = Queue(redis), Fingerprints(redis, stack.hub.installation_id)
    for ticket in _tickets(stack):
        fingerprints.finish(ticket, fingerprints.asked(ticket))
        queue.request_at(ticket, datetime.now(UTC) + timedelta(minutes=10))
        for key in own_keys:
            redis.copy(key, key.replace(real.key, ticket.key))
    for pattern in ("rq:job:*", "autocode:waiting:*"):
        for key in redis.scan_iter(pattern, count=1000):
            redis.delete(key)
    redis.delete("rq:queue:tickets")


def _tickets(stack: Stack) -> Iterator[Ticket]:
    for number in range(REPOSITORIES):
        for issue in range(EACH):
            yield Ticket(stack.hub.installation_id, f"acme/greet-{number}", issue + 1)
