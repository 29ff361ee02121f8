"""Missed: which entries of the App's delivery log have to be taken in, and at what price. Pure.

The log's entries say event, action and installation, not the ticket; to know that, the payload has to be fetched, one
call each. So a payload is fetched only where a rule reads it, and where too many of them wait, a sweep takes their
place: it asks for each ticket of an installation once.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from jobs.ticket.request import Request, Sweep
from jobs.ticket.rules import RULES, asked, event_name

READ_FROM_THE_ENTRY = frozenset({"installation", "installation_repositories", "ping"})
"""Events whose rules read no more than the log's entry says."""
UNSEEN_BY_A_SWEEP = frozenset(
    {"pull_request.closed", "issue_comment.created", "check_run.requested_action", "projects_v2_item.edited"}
)
"""The merge of a ticket that rests, a command or a card that starts one: a sweep looks for labels, and there are none.
Of a button that was pressed, and of who moved a card, nothing else tells."""


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
    """Ids of the deliveries to fetch that a sweep would make good as well, oldest first; labels among them."""
    unseen: list[int] = field(default_factory=list)
    """Of those that no sweep makes good."""


def missed(
    entries: Iterable[Delivery],
    taken: Collection[str],
    *,
    is_only_source: bool,
    may_have_forgotten: bool = False,
) -> list[Delivery]:
    """The entries to take in, oldest first, one for each event.

    Args:
        taken: guids that were taken in before.
        is_only_source: nothing reaches us by itself, so whatever was answered was not answered by us.
        may_have_forgotten: what arrived may be lost all the same, so what no sweep sees is taken in once more.
    """
    found = list(entries)
    settled = set(taken)
    if not is_only_source:
        settled |= {
            entry.guid
            for entry in found
            if entry.arrived and not (may_have_forgotten and entry.name in UNSEEN_BY_A_SWEEP)
        }
    newest = {entry.guid: entry for entry in sorted(found, key=lambda entry: entry.id)}
    return sorted((newest[guid] for guid in newest.keys() - settled), key=lambda entry: entry.id)


def plan(deliveries: Iterable[Delivery], app_id: int, most: int, room: int) -> Plan:
    """Requests and payloads for these deliveries.

    Args:
        most: payloads of one installation; with more it is swept.
        room: payloads of all of them; who has missed most is swept until the others fit.
    """
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
    made.unseen.extend(delivery.id for delivery in by_payload if delivery.name in UNSEEN_BY_A_SWEEP)
    seen = [delivery for delivery in by_payload if delivery.name not in UNSEEN_BY_A_SWEEP]
    counts = Counter(delivery.installation for delivery in seen if delivery.installation is not None)
    swept = _too_many(counts, most, room)
    made.requests.extend(Sweep(number, why=f"{counts[number]} missed deliveries") for number in swept)
    made.payloads.extend(delivery.id for delivery in seen if delivery.installation not in swept)
    return made


def _too_many(counts: Counter[int], most: int, room: int) -> list[int]:
    """The installations to sweep; those with the fewest payloads come first into the room there is."""
    swept = []
    for number, count in sorted(counts.items(), key=lambda entry: (entry[1], entry[0])):
        if count > most or count > room:
            swept.append(number)
        else:
            room -= count
    return sorted(swept)
