"""Missed: which entries of the App's delivery log have to be taken in, and at what price. Pure.

The log's entries say event, action and installation, not the ticket; to know that, the payload has to be fetched, one
call each. So a payload is fetched only where a rule reads it, and where an installation has missed too many of them, a
sweep takes their place: it asks for each of its tickets once.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from jobs.ticket.request import Request, Sweep
from jobs.ticket.rules import RULES, asked, event_name

READ_FROM_THE_ENTRY = frozenset({"installation", "installation_repositories", "ping"})
"""Events whose rules read no more than the log's entry says."""
UNSEEN_BY_A_SWEEP = frozenset({"pull_request.closed", "issue_comment.created"})
"""The merge of a ticket that rests, and a command that starts one: a sweep looks for labels, and there are none."""


@dataclass(frozen=True)
class Delivery:
    """One entry of the log. https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook"""

    id: int
    """Of this attempt."""
    guid: str
    """Of the event: a redelivery has the same."""
    at: datetime
    """By GitHub's clock."""
    status_code: int
    """Of our answer, or what GitHub puts in its place where none came."""
    event: str
    action: str | None
    installation: int | None

    @property
    def arrived(self) -> bool:
        """It was answered in a way that means: durably queued, or nobody's business."""
        return 200 <= self.status_code < 300

    @property
    def name(self) -> str:
        """As `RULES` calls it."""
        return event_name(self.event, self.action)


@dataclass(frozen=True)
class Plan:
    """What is to be done about missed deliveries."""

    requests: list[Request] = field(default_factory=list)
    """To be asked for at once."""
    payloads: list[int] = field(default_factory=list)
    """Ids of the deliveries to fetch, oldest first."""


def missed(entries: Iterable[Delivery], taken: Collection[str], *, is_only_source: bool) -> list[Delivery]:
    """The entries to take in, oldest first, one for each event.

    Args:
        taken: guids that were taken in before.
        is_only_source: nothing reaches us by itself, so whatever was answered was not answered by us.
    """
    found = list(entries)
    settled = set(taken)
    if not is_only_source:
        settled |= {entry.guid for entry in found if entry.arrived}
    newest = {entry.guid: entry for entry in sorted(found, key=lambda entry: entry.id)}
    return sorted((newest[guid] for guid in newest.keys() - settled), key=lambda entry: entry.id)


def plan(deliveries: Iterable[Delivery], app_id: int, most: int) -> Plan:
    """Requests and payloads for these deliveries; of an installation with more than `most` a sweep and the rest."""
    made = Plan()
    by_payload = []
    for delivery in deliveries:
        if delivery.name not in RULES:
            continue
        if delivery.event not in READ_FROM_THE_ENTRY or delivery.installation is None:
            by_payload.append(delivery)
            continue
        entry = {"action": delivery.action, "installation": {"id": delivery.installation}}
        request, _ = asked(delivery.event, entry, app_id)
        if request is not None and request not in made.requests:
            made.requests.append(request)
    counts = Counter(delivery.installation for delivery in by_payload)
    swept = sorted(number for number, count in counts.items() if number is not None and count > most)
    made.requests.extend(Sweep(number, why=f"{counts[number]} missed deliveries") for number in swept)
    made.payloads.extend(
        delivery.id
        for delivery in by_payload
        if delivery.installation not in swept or delivery.name in UNSEEN_BY_A_SWEEP
    )
    return made
