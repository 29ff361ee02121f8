"""Rate limits: how much one client may ask for in a time, counted on the hub's clock and refused in GitHub's words.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api

Everybody is counted, but only installations are refused: people on the hub are tests, which look many times a second.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.hub.errors import ApiError

if TYPE_CHECKING:
    from tests.hub.auth import Actor

LIMITS_PAGE = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
PLEASE_WAIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass
class Rates:
    """The limits themselves, which `/_hub/limits` may lower, and its windows, which it may shorten."""

    core: int = 5000
    """REST requests an hour."""
    graphql: int = 5000
    """GraphQL points an hour."""
    content_per_minute: int = 80
    content_per_hour: int = 500
    rest_points: int = 900
    """A minute: 1 for a read, 5 for a write."""
    graphql_points: int = 2000
    """A minute: 1 for a query, 5 for a mutation."""
    concurrent: int = 100
    nodes: int = 500_000
    """That one GraphQL query may ask for."""
    search_results: int = 1000
    """Of one search, on all its pages."""
    minute: float = 60.0
    """Seconds."""
    hour: float = 3600.0
    retry_after: int = 60
    """Seconds that a secondary limit asks to wait."""


@dataclass(frozen=True)
class Cost:
    """What one request takes of the limits."""

    resource: str
    """`core` or `graphql`: the two are limited apart."""
    points: int
    """Of the hour."""
    load: int
    """Of the minute."""
    creates: bool
    """Content; on the hub every write counts as that."""


REST_READ, REST_WRITE = Cost("core", 1, 1, creates=False), Cost("core", 1, 5, creates=True)


@dataclass
class Ledger:
    """What one client has used."""

    used: dict[str, int] = field(default_factory=dict)
    """Points of the present hour, by resource."""
    resets_at: dict[str, datetime] = field(default_factory=dict)
    recent: deque[tuple[datetime, Cost]] = field(default_factory=deque)
    """Of the last hour, oldest first."""
    told_to_wait_until: datetime | None = None
    running: int = 0
    """Requests on their way, this one included."""
    refused: int = 0
    """Requests that met a limit."""
    disregarded: int = 0
    """Those of them that came although the client had been told to wait."""


@dataclass
class Limits:
    """Every client's ledger, by `Actor.client`."""

    rates: Rates = field(default_factory=Rates)
    off: bool = False
    """As on Enterprise Server, unless somebody sets some there."""
    ledgers: dict[str, Ledger] = field(default_factory=dict)

    def ledger(self, client: str) -> Ledger:
        return self.ledgers.setdefault(client, Ledger())

    def take(self, actor: "Actor", cost: Cost, now: datetime) -> None:
        """Count a request that is about to be carried out; ApiError when an installation asks for too much."""
        ledger = self._present(actor.client, now)
        if actor.kind == "installation" and not self.off:
            try:
                self._admit(actor, ledger, cost, now)
            except ApiError:
                ledger.refused += 1
                raise
        ledger.used[cost.resource] = ledger.used.get(cost.resource, 0) + cost.points
        ledger.recent.append((now, cost))

    def headers(self, client: str, resource: str, now: datetime) -> dict[str, str]:
        """The `X-RateLimit-*` headers of an answer."""
        standing = self.standing(client, resource, now)
        return {f"X-RateLimit-{word.capitalize()}": str(value) for word, value in standing.items()} | {
            "X-RateLimit-Resource": resource
        }

    def standing(self, client: str, resource: str, now: datetime) -> dict[str, int]:
        """`limit`, `used`, `remaining` and `reset` (seconds since 1970) of one resource."""
        ledger = self._present(client, now)
        limit, used = int(getattr(self.rates, resource)), ledger.used.get(resource, 0)
        reset = ledger.resets_at.get(resource, now + timedelta(seconds=self.rates.hour))
        # A second that has begun is over when it ends.
        return {
            "limit": limit, "used": used, "remaining": max(limit - used, 0), "reset": int(reset.timestamp()) + 1
        }  # fmt: skip

    def _present(self, client: str, now: datetime) -> Ledger:
        """The ledger without what is over."""
        ledger = self.ledger(client)
        for resource in ("core", "graphql"):
            if ledger.resets_at.get(resource, now) <= now:
                ledger.used[resource] = 0
                ledger.resets_at[resource] = now + timedelta(seconds=self.rates.hour)
        while ledger.recent and ledger.recent[0][0] <= now - timedelta(seconds=self.rates.hour):
            ledger.recent.popleft()
        return ledger

    def _admit(self, actor: "Actor", ledger: Ledger, cost: Cost, now: datetime) -> None:
        if ledger.told_to_wait_until and now < ledger.told_to_wait_until:
            ledger.disregarded += 1
            raise self._secondary(ledger, now, 429)
        if ledger.used[cost.resource] + cost.points > getattr(self.rates, cost.resource):
            ledger.told_to_wait_until = ledger.resets_at[cost.resource]
            raise _primary(actor, cost.resource)
        if any(spent > most for spent, most in self._secondary_limits(ledger, cost, now)):
            ledger.told_to_wait_until = now + timedelta(seconds=self.rates.retry_after)
            raise self._secondary(ledger, now, 403)

    def _secondary_limits(self, ledger: Ledger, cost: Cost, now: datetime) -> Iterator[tuple[int, int]]:
        """(spent with this request, the most that is allowed) of each."""
        rates, since = self.rates, now - timedelta(seconds=self.rates.minute)
        minute = [item for at, item in ledger.recent if at > since]
        yield ledger.running, rates.concurrent
        load = cost.load + sum(item.load for item in minute if item.resource == cost.resource)
        yield load, rates.graphql_points if cost.resource == "graphql" else rates.rest_points
        if cost.creates:
            yield 1 + sum(item.creates for item in minute), rates.content_per_minute
            yield 1 + sum(item.creates for _, item in ledger.recent), rates.content_per_hour

    def _secondary(self, ledger: Ledger, now: datetime, status: int) -> ApiError:
        """Documented are 403 and 429, both with `Retry-After`."""
        assert ledger.told_to_wait_until is not None
        left = ledger.told_to_wait_until - now
        headers = {"Retry-After": str(int(left.total_seconds()) + 1)}
        return ApiError(status, PLEASE_WAIT, headers=headers, documentation=LIMITS_PAGE)


class GraphqlLimit(ApiError):
    """The hour's points are used up. GraphQL says so with status 200."""

    def body(self) -> dict[str, Any]:
        error = {"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": self.message}
        return {"errors": [error]}


def _primary(actor: "Actor", resource: str) -> ApiError:
    assert actor.installation is not None
    whose = f"installation ID {actor.installation.id}."
    if resource == "graphql":
        return GraphqlLimit(200, f"API rate limit already exceeded for {whose}")
    return ApiError(403, f"API rate limit exceeded for {whose}", documentation=LIMITS_PAGE)
