"""Listing: which tickets an account has, page by page, and how far each has come on GitHub.

GitHub shows the first 1,000 results of a search and no more, though it says how many there are. Beyond them the search
begins anew at the second in which the last of them was created, so what was created in that second comes twice.
https://docs.github.com/en/graphql/reference/objects#searchresultitemconnection
"""

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jobs.github.api import Api
from jobs.ticket.errors import TellPeople
from jobs.ticket.names import BLOCKED, NEEDS_INPUT, QUEUED, REVIEW, WORKING
from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.request import Ticket

UNFINISHED = (QUEUED, BLOCKED, WORKING, NEEDS_INPUT, REVIEW)
"""State labels of a ticket that is not at rest."""
QUIET = (None, "PENDING", "EXPECTED")
"""Rollup states which the last check to complete cannot but change; without any check a time to look is set."""
FRESH = timedelta(minutes=1)
"""A change is fresh for longer than a second because GitHub's clock is not ours."""

log = logging.getLogger("autocode")


@dataclass(frozen=True)
class Found:
    """A ticket as the search shows it."""

    ticket: Ticket
    fingerprint: bytes | None
    """Changes when something has happened that the ticket may have to act upon. None: that cannot be told."""


@dataclass
class _Search:
    """One search and how far it has been read."""

    query: str
    since: str = ""
    """`>=2026-11-20T12:00:00Z`: only what was created then or later, once there was too much to be shown."""
    after: str | None = None
    seen: int = 0
    """Results since it began or began anew."""

    def variables(self, name: str) -> dict[str, Any]:
        query = f"{self.query} created:{self.since}" if self.since else self.query
        return {name: query, f"{name}After": self.after, f"{name}Wanted": True}

    def advance(self, page: dict[str, Any]) -> bool:
        """Whether there is more after this page."""
        self.seen += len(page["nodes"])
        if page["pageInfo"]["hasNextPage"]:
            self.after = page["pageInfo"]["endCursor"]
            return True
        if self.seen >= page["issueCount"] or not page["nodes"]:
            return False
        last = page["nodes"][-1]["createdAt"]
        is_stuck = self.since.endswith(last)
        if is_stuck:
            log.warning(
                "of %d tickets, many of them created at %s, not all are seen", page["issueCount"], last
            )
        self.since, self.after, self.seen = (">" if is_stuck else ">=") + last, None, 0
        return True


class Listing:
    """Reads the tickets of one installation; each page is one GraphQL query."""

    def __init__(self, api: Api, installation: int, now: datetime) -> None:
        self._api = api
        self._installation = installation
        self._now = now
        self._sees_everything = True
        self._with_waiting = set[str]()
        """Repositories with a ticket that waits for a slot."""

    def found(self, login: str) -> Iterator[Found]:
        """Every ticket that wants looking at, oldest first within each search."""
        searches = _searches(login)
        while searches:
            answer = self._ask(searches)
            for name, page in answer.items():
                yield from (self._read(node) for node in page["nodes"] if node)
                if not searches[name].advance(page):
                    del searches[name]

    def _ask(self, searches: dict[str, _Search]) -> dict[str, Any]:
        variables: dict[str, Any] = {}
        for name, search in searches.items():
            variables |= search.variables(name)
        try:
            return self._query(variables)
        except TellPeople:
            # The account has not granted all that the fingerprint takes; the tickets themselves are to be seen still.
            if not self._sees_everything:
                raise
            self._sees_everything = False
            return self._query(variables)

    def _query(self, variables: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._api.query(
            "open_tickets", variables | {"everything": self._sees_everything}
        )
        return answer

    def _read(self, node: dict[str, Any]) -> Found:
        ticket = Ticket(self._installation, node["repository"]["nameWithOwner"], node["number"])
        if not self._sees_everything or self._is_first_waiting(node):
            return Found(ticket, None)
        return Found(ticket, fingerprint(node, self._now))

    def _is_first_waiting(self, node: dict[str, Any]) -> bool:
        """One for each repository is always looked at: if there is a slot, it calls whoever is next."""
        repository = node["repository"]["nameWithOwner"]
        is_first = QUEUED in _labels(node) and repository not in self._with_waiting
        if is_first:
            self._with_waiting.add(repository)
        return is_first


def fingerprint(node: dict[str, Any], now: datetime) -> bytes | None:
    """8 bytes that stand for the issue and its pull requests as they are now.

    None where more may happen without being seen here. The blocker of a blocked ticket may be closed. Times are in
    seconds, and in the present one a second change may follow. A ticket at work, or whose checks wait for people,
    waits until all checks are complete, and once one of them is red the rollup does not tell when the others are.
    GitHub links no pull request into another branch than the default one: where no open one is linked, that of a
    ticket at work, in review or in people's hands may be such a one.
    https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    """
    pulls = [pull for pull in node["closedByPullRequestsReferences"]["nodes"] if pull]
    labels = _labels(node)
    checks = [(pull["statusCheckRollup"] or {}).get("state") for pull in pulls if pull["state"] == "OPEN"]
    if BLOCKED in labels:
        return None
    if labels & {WORKING, NEEDS_INPUT} and any(state not in QUIET for state in checks):
        return None
    if labels & {WORKING, NEEDS_INPUT, REVIEW} and not checks:
        return None
    changed = max(item["updatedAt"] for item in [node, *pulls])
    if datetime.fromisoformat(changed) > now - FRESH:
        return None
    # GitHub looks at a pull request whose base has moved once somebody asks, and says UNKNOWN meanwhile.
    pulls = [pull | {"mergeable": pull["mergeable"] != "CONFLICTING"} for pull in pulls]
    text = json.dumps([node["updatedAt"], node["state"], pulls], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def _labels(node: dict[str, Any]) -> set[str]:
    return {label["name"] for label in node["labels"]["nodes"]}


def _searches(login: str) -> dict[str, _Search]:
    """None of them finds what another finds."""
    scope = f"is:issue archived:false user:{login} sort:created-asc"
    names = ",".join(f'"{name}"' for name in UNFINISHED)
    trigger = f'label:"{TRIGGER_LABEL}"'
    unfinished = f"{scope} label:{names}"
    return {
        "open": _Search(f"{scope} is:open {trigger}"),
        "closed": _Search(f"{unfinished} is:closed"),
        "unlabeled": _Search(f"{unfinished} is:open -{trigger}"),
    }
