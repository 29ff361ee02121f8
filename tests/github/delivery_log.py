"""A hub's delivery log with what was missed in it, our reader of it, and what it asked for."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import rq
from redis import Redis

from jobs import deliveries
from jobs.queue import Queue
from jobs.settings import Settings
from tests.hub import Hub
from tests.web.payloads import delivery, issue, pull_request

HOUR = 3600
LIST = "GET /app/hook/deliveries"


class Log:
    """A hub's delivery log, and our reader of it."""

    def __init__(self, hub: Hub, redis: Redis) -> None:
        self.hub, self.redis, self.queue = hub, redis, Queue(redis)
        self.settings = Settings(hub.app_id, hub.private_key, (hub.webhook_secret,), api_url=hub.url)
        with hub.state.lock:
            hub.state.deliveries.log.clear()
        hub.control("DELETE", "calls")
        hub.control("DELETE", "faults")

    def miss(self, *events: tuple[str, dict[str, Any]], ago: float = 60) -> None:
        """These happened, and reached nobody."""
        rows = []
        for position, (name, payload) in enumerate(events):
            event, _, action = name.partition(".")
            seconds = ago * (len(events) - position) / len(events)
            rows.append(
                {"event": event, "action": action or None, "payload": payload, "seconds_ago": seconds}
            )
        self.hub.control("POST", "deliveries", rows)

    def read(self, **changes: Any) -> None:
        settings = replace(self.settings, **changes)
        deliveries.read(settings, self.redis, self.queue, lambda: datetime.now(UTC))

    def asked_for(self) -> list[str]:
        """Tickets (`12`) and sweeps (`sweep 17`) in the order of the queue, which is emptied."""
        lane = rq.Queue("tickets", connection=self.redis, serializer="json")
        found = [
            job.args[0].partition("#")[2] if job.func_name.endswith("reconcile") else f"sweep {job.args[0]}"
            for job in lane.jobs
        ]
        for job in lane.jobs:
            self.queue.begin(job.id)
        lane.empty()
        return found

    def calls(self) -> list[str]:
        """`METHOD path` of our calls since the last time."""
        calls = [f"{call['method']} {call['path']}" for call in self.hub.calls]
        self.hub.control("DELETE", "calls")
        return calls


def labeled(number: int, action: str = "labeled") -> tuple[str, dict[str, Any]]:
    what = delivery(action, issue=issue("autocode", number=number), label={"name": "autocode"})
    return f"issues.{action}", what


def commented(number: int) -> tuple[str, dict[str, Any]]:
    what = delivery("created", issue=issue("autocode", number=number), comment={"id": 1, "body": "Hello"})
    return "issue_comment.created", what


def ran(number: int) -> tuple[str, dict[str, Any]]:
    run = {"head_branch": f"autocode/{number}-issue", "head_repository": {"id": 100}}
    return "workflow_run.completed", delivery("completed", workflow_run=run)


def merged(number: int) -> tuple[str, dict[str, Any]]:
    what = pull_request(f"autocode/{number}-issue")
    return "pull_request.closed", delivery("closed", pull_request=what)
