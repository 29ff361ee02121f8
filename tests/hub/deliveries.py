"""The webhook delivery log: what was sent where, and what came back, also of deliveries that failed."""

import queue
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

KEPT = timedelta(days=3)
"""https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/viewing-webhook-deliveries"""


@dataclass(kw_only=True)
class Delivery:
    """One attempt. A redelivery is a new entry with the same guid.

    https://docs.github.com/en/rest/apps/webhooks#get-a-delivery-for-an-app-webhook
    """

    id: int
    guid: str
    event: str
    action: str | None
    payload: bytes
    """The exact body, over which it was signed."""
    headers: dict[str, str]
    url: str
    delivered_at: datetime
    redelivery: bool = False
    duration: float = 0.0
    """Seconds."""
    status: str = "pending"
    """`OK`, or what went wrong in a few words."""
    status_code: int = 0
    """0 while pending; where no answer came, 502 or 504 in its place."""
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""
    installation_id: int | None = None
    repository_id: int | None = None

    def is_shown(self, now: datetime) -> bool:
        """Whether the log has it: it has been tried, and not too long ago."""
        return self.status != "pending" and now - self.delivered_at <= KEPT


@dataclass
class Deliveries:
    """The log, oldest first, and the queue the delivering thread works off in order (None stops it)."""

    log: list[Delivery] = field(default_factory=list)
    waiting: "queue.SimpleQueue[Delivery | None]" = field(default_factory=queue.SimpleQueue)

    def find(self, delivery_id: int) -> Delivery | None:
        return next((d for d in self.log if d.id == delivery_id), None)

    def summary(self) -> list[dict[str, Any]]:
        """For `/_hub/deliveries`."""
        return [
            {
                "id": d.id, "guid": d.guid, "event": d.event, "action": d.action,
                "redelivery": d.redelivery, "status": d.status, "status_code": d.status_code,
            }
            for d in self.log
        ]  # fmt: skip
