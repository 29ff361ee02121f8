"""Deliveries: webhooks held against the payload schemas that GitHub publishes. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.schemas import Description, Json

FORMS = {
    "Content-Type": re.compile("application/json"),
    "User-Agent": re.compile(r"GitHub-Hookshot/[0-9a-f]{7,}"),
    "X-GitHub-Delivery": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "X-Hub-Signature-256": re.compile("sha256=[0-9a-f]{64}"),
}
"""https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers"""

NEWER = re.compile(r'\bevents\.\*: "(issue_dependencies|projects_v2_item|sub_issues)" is not one of ')
"""Events that an App can subscribe to, and that the description does not list among those of an App."""


class Deliveries:
    """GitHub's description of its webhooks."""

    def __init__(self, document: Json) -> None:
        self._webhooks = document["webhooks"]
        self._schemas = Description(document["components"]["schemas"])

    def wrong(self, headers: Mapping[str, str], payload: Json) -> Iterator[str]:
        """What the description does not allow in a delivery."""
        name = event_name(headers["X-GitHub-Event"], payload)
        described = self._webhooks.get(name.replace(".", "-").replace("_", "-"), {}).get("post")
        if described is None:
            yield "there is no such webhook"
            return
        given = {key.lower() for key in headers}
        for row in described["parameters"]:
            if row.get("required") and row["name"].lower() not in given:
                yield f"the header {row['name']} is missing"
        for key, form in FORMS.items():
            if not form.fullmatch(headers.get(key, "")):
                yield f"the header {key} is {headers.get(key)!r}"
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        yield from (line for line in self._schemas.wrong(name, schema, payload) if not NEWER.search(line))


def event_name(event: str, payload: Mapping[str, Any]) -> str:
    """`issues.labeled`, or the event alone where it has no actions."""
    action = payload.get("action")
    return f"{event}.{action}" if action else event
