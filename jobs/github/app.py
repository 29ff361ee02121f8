"""App: what autocode asks GitHub as itself: where it is installed, which tickets are open there, what was delivered."""

import codecs
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from jobs.github.api import Api, utc_now
from jobs.github.credentials import Credentials, Scope, SharedTokens
from jobs.github.listing import Found, Listing
from jobs.github.quota import Quota
from jobs.github.tokens import PROJECTS, app_credentials
from jobs.settings import Settings
from jobs.ticket.missed import Delivery
from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.request import CardMoved, Ticket

READS = {"checks": "read", "contents": "read", "issues": "read", "pull_requests": "read", "statuses": "read"}
"""What finding the tickets takes; `contents` and `statuses` in case a rollup wants more than `checks`."""


@dataclass(frozen=True)
class Account:
    """A person or an organization that has installed the App."""

    installation: int
    login: str


class App:
    """The App by its own key; a context manager that holds one connection."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime] = utc_now,
        quota_of: Callable[[int], Quota] | None = None,
        shared: SharedTokens | None = None,
    ) -> None:
        """`quota_of` gives what an installation's workers share of GitHub's limits, `shared` are their tokens."""
        self._settings = settings
        self._clock = clock
        self._quota_of = quota_of
        self._shared = shared
        self._api = Api(settings, lambda: app_credentials(settings), clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.close()

    def prepare(self) -> None:
        """Read the key, load the library and the certificates, and ask for nothing: the process keeps them."""
        app_credentials(self._settings)
        self._api.reconnect()
        # Python loads it for the first name of a host that it looks up.
        codecs.lookup("idna")

    def installations(self) -> list[Account]:
        """Everywhere the App is installed and not suspended."""
        return [
            Account(found["id"], found["account"]["login"])
            for page in self._api.pages("/app/installations")
            for found in page
            if not found.get("suspended_at")
        ]

    def account(self, installation: int) -> Account:
        """Whose installation this is; Gone when it is removed."""
        found = self._api.get(f"/app/installations/{installation}").json()
        return Account(found["id"], found["account"]["login"])

    def deliveries(self) -> Iterator[list[Delivery]]:
        """The delivery log of three days, newest first, in pages of 100, one call each.

        Not filtered by GitHub's `status`: it knows 200 to 599 only, and Enterprise Server does not know it at all.
        """
        for page in self._api.pages("/app/hook/deliveries"):
            yield [_delivery(entry) for entry in page]

    def payload(self, delivery: int) -> tuple[str, Any]:
        """Event and payload of one delivery; Gone when the log does not have it any more.

        https://docs.github.com/en/rest/apps/webhooks#get-a-delivery-for-an-app-webhook
        """
        found = self._api.get(f"/app/hook/deliveries/{delivery}").json()
        return found["event"], found["request"]["payload"]

    def ticket_of(self, moved: CardMoved) -> Ticket | None:
        """The issue of a card; None when it has none that we may see, is on another account's Project, or came onto its
        board without being a ticket.

        Gone when GitHub knows no such card, or not for us.
        """
        with self._installation(moved.installation, {"issues": "read", PROJECTS: "read"}) as api:
            card = api.query("moved_card", {"item": moved.item})["node"]
        content, owner = card.get("content") or {}, card["project"]["owner"].get("login", "")
        repository = content.get("repository", {}).get("nameWithOwner", "")
        if owner.lower() != repository.partition("/")[0].lower():
            return None
        is_ticket = any(label["name"] == TRIGGER_LABEL for label in content["labels"]["nodes"])
        if not moved.field and not is_ticket:
            return None
        return Ticket(moved.installation, repository, content["number"])

    def open_tickets(self, account: Account) -> Iterator[Found]:
        """The account's issues that want looking at, by GitHub's search, which may lag behind; some of them twice.

        Open ones with the trigger label, and those that still show an unfinished ticket's label. Of those that wait
        for a slot one for each repository: if there is a slot it calls whoever is next.
        """
        with self._installation(account.installation, READS) as api:
            yield from Listing(api, account.installation, self._clock()).found(account.login)

    @contextmanager
    def _installation(self, installation: int, permissions: dict[str, str]) -> Iterator[Api]:
        """All that an installation may see, with no more permissions than these."""
        quota = self._quota_of(installation) if self._quota_of else None
        scope = Scope(installation, tuple(sorted(permissions.items())))
        api = Credentials(self._settings, self._clock, scope, self._shared).api(quota)
        try:
            yield api
        finally:
            api.close()


def _delivery(entry: dict[str, Any]) -> Delivery:
    return Delivery(
        id=entry["id"],
        guid=entry["guid"],
        at=datetime.fromisoformat(entry["delivered_at"]),
        status_code=entry["status_code"],
        event=entry["event"],
        action=entry["action"],
        installation=entry["installation_id"],
    )
