"""Api: how every request to GitHub is sent: which are repeated, what waits, when credentials are renewed.

Reads are repeated twice at most, and not at all where GitHub let us wait for nothing: that takes a worker each time,
and closes the door for the others. A write is sent once: when its answer is lost, nobody knows whether it
happened, and `Uncertain` says so. Rate limits are never slept out in a worker, they raise `Later`, before they are
reached where there is a `Quota`.
"""

import re
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import httpx
from githubkit import GitHub
from githubkit.auth import BaseAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import RequestError, RequestFailed

from jobs.github.errors import (
    OUTAGE_WAIT,
    Gone,
    Silent,
    Throttled,
    Unanswered,
    Uncertain,
    exhausted,
    graphql_refusal,
    refusal,
)
from jobs.github.quota import Quota
from jobs.settings import Settings
from jobs.ticket.errors import Later, TellPeople

TIMEOUT = httpx.Timeout(20, connect=5)
"""Seconds. githubkit's own default is to wait forever."""
PAUSES = (0.2, 0.8)
"""Seconds before a read is repeated."""
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""GitHub was not reached, so even a write may be repeated."""
MOVED = frozenset({301, 307, 308})
"""How GitHub redirects to a renamed or transferred repository:
https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"""
API_VERSION = "2022-11-28"
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions: the one Enterprise Server speaks too."""
USER_AGENT = "autocode"
Refused = TypeVar("Refused", Exception, Exception | None)


def utc_now() -> datetime:
    """The time, timezone-aware."""
    return datetime.now(UTC)


class Api:
    """GitHub's REST and GraphQL APIs over one connection kept alive, with one set of credentials."""

    def __init__(
        self,
        settings: Settings,
        authenticate: Callable[[], BaseAuthStrategy],
        clock: Callable[[], datetime],
        quota: Quota | None = None,
        guard: Callable[[], None] | None = None,
        is_borrowed: Callable[[], bool] = lambda: False,
    ) -> None:
        """`authenticate` gives credentials: at the first request, and fresh ones when GitHub answers 401.

        `is_borrowed` tells whether they are older than this job: then a refusal may be out of date, and what was
        refused is asked for once more with fresh ones.

        `quota` is the installation's; the App itself has none. `guard` is called directly before each write, a
        repeated one too: whatever takes time (waiting, credentials) is behind it. It raises what has to stop it.
        """
        self._url = settings.api_url
        self._graphql_url = re.sub("/api/v3$", "/api", settings.api_url) + "/graphql"
        self._authenticate = authenticate
        self._clock = clock
        self._quota = quota
        self._guard = guard
        self._is_borrowed = is_borrowed
        self._github: GitHub[Any] | None = None
        self._open = ExitStack()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._open.close()
        self._github = None

    def reconnect(self) -> GitHub[Any]:
        """Start anew with fresh credentials."""
        self.close()
        try:
            credentials = self._authenticate()
        except Silent as silent:
            # The App has no quota itself, and asks on behalf of the installation.
            raise self._heed(silent) from silent
        # Held in self because githubkit's namespaces refer to their client weakly.
        self._github = self._open.enter_context(
            GitHub(
                credentials,
                base_url=self._url,
                user_agent=USER_AGENT,
                follow_redirects=False,
                timeout=TIMEOUT,
                ssl_verify=tls(),
                # Of its own: githubkit's default is shared by the whole process, JSON web tokens included.
                cache_strategy=MemCacheStrategy(),
                http_cache=False,
                auto_retry=False,
            )
        )
        return self._github

    def get(self, path: str, params: dict[str, Any] | None = None) -> httpx.Response:
        """Read. A moved repository is followed, on GitHub itself; any other redirect is returned as it is."""
        response = self._answer("GET", path, repeatable=True, is_write=False, params=params)
        for _ in range(3):
            if response.status_code not in MOVED or not self._is_ours(response):
                break
            response = self._answer("GET", str(_target(response)), repeatable=True, is_write=False)
        return response

    def pages(self, path: str, params: dict[str, Any] | None = None) -> Iterator[Any]:
        """The JSON of every page, 100 items each.

        https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
        """
        response = self.get(path, {"per_page": 100} | (params or {}))
        yield response.json()
        while following := response.links.get("next"):
            response = self.get(following["url"])
            yield response.json()

    def send(
        self, method: str, path: str, body: dict[str, Any] | None, *, repeatable: bool = False
    ) -> httpx.Response:
        """Write. `repeatable` is for what does no harm when it happens twice."""
        response = self._answer(method, path, repeatable=repeatable, is_write=True, json=body)
        if response.is_redirect:
            raise refusal(response, self._clock())
        self._has_written()
        return response

    def query(self, name: str, variables: dict[str, Any], optional: Collection[str] = ()) -> Any:
        """The data of `queries/<name>.graphql`, which must not change anything.

        Never partial data, but in the fields called like one of `optional`: None where there is nothing for us.
        """
        return self._graphql(name, variables, is_write=False, optional=optional)

    def mutate(self, name: str, variables: dict[str, Any], optional: Collection[str] = ()) -> Any:
        """Carry out `queries/<name>.graphql`; top fields in `optional` are None where GitHub refuses them."""
        return self._graphql(name, variables, is_write=True, optional=optional)

    def _graphql(
        self, name: str, variables: dict[str, Any], *, is_write: bool, optional: Collection[str] = ()
    ) -> Any:
        body = {"query": document(name), "variables": variables}
        response = self._answer(
            "POST", self._graphql_url, repeatable=not is_write, is_write=is_write, json=body
        )
        answer = response.json()
        errors = [
            error
            for error in answer.get("errors") or []
            if not _is_absence(error, optional, is_write=is_write)
        ]
        if not errors:
            if is_write:
                self._has_written()
            return answer["data"]
        refused = graphql_refusal(errors, response, self._clock())
        is_undone = not is_write or not any((answer.get("data") or {}).values())
        if is_undone and self._may_be_outdated(refused):
            self.reconnect()
            return self._graphql(name, variables, is_write=is_write, optional=optional)
        raise self._heed(refused) or self._lost(f"{name}: {errors[0].get('message')}", not is_write)

    def _answer(
        self, method: str, path: str, *, repeatable: bool, is_write: bool, **content: Any
    ) -> httpx.Response:
        """The first answer below 400 that is worth having, or what its absence means."""
        pauses, renewed = iter(PAUSES), False
        while True:
            if self._quota is not None:
                self._quota.spend(is_graphql=path == self._graphql_url, is_write=is_write)
            try:
                response = self._once(method, path, is_write=is_write, **content)
            except RequestError as error:
                what = f"{method} {path}"
                may_repeat = self._may_repeat(error, what, repeatable)
                self._pause(pauses, f"{what}: {error.exc!r}", may_repeat)
                continue
            if response.status_code >= 500:
                self._pause(pauses, f"{method} {path}: {response.status_code}", repeatable)
            elif response.status_code == 401:
                if renewed:
                    raise Unanswered(
                        self._clock() + OUTAGE_WAIT, f"GitHub takes no credentials of ours ({path})"
                    )
                renewed = True
                self.reconnect()
            elif response.is_error:
                refused = refusal(response, self._clock())
                if not self._may_be_outdated(refused):
                    raise self._heed(refused)
                self.reconnect()
            else:
                self._heed(exhausted(response, self._clock()))
                return response

    def _may_repeat(self, error: RequestError[Any], what: str, repeatable: bool) -> bool:
        """Whether what got no answer may be sent once more; Silent where another wait would take the worker as long."""
        if not isinstance(error.exc, httpx.HTTPError):
            # githubkit wraps everything, the end of our job's time too, which comes only once.
            raise error.exc from None
        may_repeat = repeatable or isinstance(error.exc, NEVER_SENT)
        if may_repeat and isinstance(error.exc, httpx.TimeoutException):
            silent = Silent(self._clock() + OUTAGE_WAIT, f"GitHub kept us waiting ({what})")
            raise self._heed(silent) from error
        return may_repeat

    def _may_be_outdated(self, refused: Exception | None) -> bool:
        """What was hidden or not allowed when these credentials were made may be granted now."""
        return self._is_borrowed() and isinstance(refused, TellPeople | Gone)

    def _heed(self, refused: Refused) -> Refused | Later:
        """What GitHub says of limits to one worker holds for all; gives what to raise, with the time to come back."""
        if self._quota is None or not isinstance(refused, Later):
            return refused
        if isinstance(refused, Silent):
            self._quota.fall_silent()
            return refused
        if isinstance(refused, Throttled):
            return Later(self._quota.back_off(), refused.why)
        self._quota.close(refused.until)
        return refused

    def _has_written(self) -> None:
        if self._quota is not None:
            self._quota.proceed()

    def _once(self, method: str, path: str, *, is_write: bool, **content: Any) -> httpx.Response:
        """Send it once; RequestError when there is no answer at all."""
        headers = {"X-GitHub-Api-Version": API_VERSION}
        github = self._github or self.reconnect()
        if is_write and self._guard is not None:
            self._guard()
        try:
            return github.request(method, path, headers=headers, **content).raw_response
        except RequestFailed as failed:
            return failed.response.raw_response

    def _pause(self, pauses: Iterator[float], what: str, repeatable: bool) -> None:
        """Wait before the next attempt; raise when there is none."""
        pause = next(pauses, None) if repeatable else None
        if pause is None:
            raise self._lost(what, repeatable)
        time.sleep(pause)

    def _lost(self, what: str, repeatable: bool) -> Exception:
        if repeatable:
            return Unanswered(self._clock() + OUTAGE_WAIT, f"GitHub did not answer ({what})")
        return Uncertain(what)

    def _is_ours(self, response: httpx.Response) -> bool:
        """The redirect stays on the API's own host, so the token may go there."""
        there, here = _target(response), httpx.URL(self._url)
        return (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)


@cache
def document(name: str) -> str:
    """The text of `queries/<name>.graphql`."""
    return (Path(__file__).parent / "queries" / f"{name}.graphql").read_text()


@cache
def tls() -> ssl.SSLContext:
    """Made once: loading the certificates takes longer than a request."""
    return httpx.create_ssl_context()


def _is_absence(error: Mapping[str, Any], optional: Collection[str], *, is_write: bool) -> bool:
    """The error only says that an optional field is not there, or not for us, or that GitHub does not write it."""
    path, kind = error.get("path") or (), error.get("type")
    is_refusal = kind in ("NOT_FOUND", "FORBIDDEN", "UNPROCESSABLE")
    # Without a kind it is trouble of GitHub's own, after which a write may have happened.
    is_refusal |= is_write and kind is not None and not kind.startswith("RATE_LIMIT")
    is_refusal &= "archived" not in str(error.get("message", ""))
    return not set(optional).isdisjoint(path) and is_refusal


def _target(response: httpx.Response) -> httpx.URL:
    return response.request.url.join(response.headers["location"])
