"""Gateway: brings back one whole answer of the model with what it cost, or says when to ask again.

anthropic takes a second and a half and 40 MB to import: only a coding worker imports this module, before it forks.
"""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import TracebackType
from typing import Self, get_args

import anthropic
import httpx2
from anthropic.types import RawMessageStreamEvent

from jobs.models import failures, prices
from jobs.models.reply import ModelBusy, Reply, Usage
from jobs.models.stream import Answer, Json
from jobs.settings import Settings
from jobs.ticket.errors import TellPeople

PUBLIC_API = "https://api.anthropic.com"
CONTEXT_EXCEEDED = "model_context_window_exceeded"
CACHED = {"type": "ephemeral"}


@dataclass(frozen=True)
class Patience:
    """How long one call may hold its worker, in seconds unless said otherwise."""

    waits: tuple[float, ...] = (1, 4, 15)
    """Before the second attempt, the third, …; longer where the API asks for it."""
    longest_wait: float = 30
    """If the API asks for more than this, the worker is freed at once."""
    comeback: timedelta = timedelta(minutes=2)
    """When to ask again if the API does not say."""
    latest_comeback: timedelta = timedelta(hours=1)
    """The API is not believed beyond this."""
    connect: float = 10
    between_events: float = 120
    """The API sends a ping every few seconds while the model thinks."""


class _Again(Exception):
    """An attempt failed in a way that passes."""

    def __init__(self, why: str, *, after: float | None = None, cut_off: bool = False, used: Usage) -> None:
        super().__init__(why)
        self.after = after
        self.cut_off = cut_off
        self.used = used


class Model:
    """The model named in the settings. A context manager; one HTTP client for its life.

    Raises TellPeople if the key is missing or the model's price unknown.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        patience: Patience = Patience(),
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        prices.priced_name(settings.model)
        if not settings.anthropic_api_key:
            raise TellPeople(f"No key for the model's API arrived. {failures.ADVICE[401]}")
        self.name = settings.model
        self._patience, self._sleep, self._now = patience, sleep, now
        _build_events()
        self._client = anthropic.Anthropic(
            api_key=settings.anthropic_api_key,
            base_url=settings.anthropic_base_url or PUBLIC_API,
            timeout=httpx2.Timeout(patience.between_events, connect=patience.connect),
            http_client=anthropic.DefaultHttpxClient(verify=_tls()),
            # The SDK would sleep for all of `retry-after` and not repeat a broken stream: `reply` decides.
            max_retries=0,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def reply(
        self, *, system: str, tools: list[Json], messages: list[Json], max_tokens: int = 16_000
    ) -> Reply:
        """Ask for the next message of the conversation; every stop reason is returned and none raised.

        Raises ModelBusy after the retries (429, 5xx, overload, no connection, a stream cut off twice),
        TellPeople for what somebody can mend (key, payment, model), anthropic.APIError for a request that we
        made wrongly.
        """
        request = {
            "model": self.name,
            "max_tokens": max_tokens,
            "tools": tools,
            # This breakpoint lets later conversations share tools and system prompt, the one on the request
            # itself moves along with the end of this conversation.
            "system": [{"type": "text", "text": system, "cache_control": CACHED}],
            "messages": messages,
            "cache_control": CACHED,
        }
        waits = iter(self._patience.waits)
        spent, cuts = Usage(), 0
        while True:
            try:
                reply = self._attempt(request)
            except _Again as again:
                spent += again.used
                cuts += again.cut_off
                wait = self._wait(next(waits, None), again.after)
                if wait is None or cuts > 1:
                    raise ModelBusy(self._until(again.after), str(again), spent) from again
                self._sleep(wait)
            else:
                return replace(reply, usage=spent + reply.usage)

    def worst_case(self, *, prompt_chars: int, max_tokens: int) -> Decimal:
        """US dollars the next answer may cost at most; a repeat after a stream was cut off comes on top.

        `prompt_chars` counts the system prompt, the tools and the messages as JSON.
        """
        return prices.worst_case(self.name, prompt_chars=prompt_chars, max_tokens=max_tokens)

    def _attempt(self, request: Json) -> Reply:
        answer = Answer()
        try:
            with self._client.messages.create(**request, stream=True) as events:
                for event in events:
                    answer.add(event.to_dict())
        except anthropic.APIError as error:
            return self._reply_to(error, answer)
        except httpx2.TransportError as error:
            if answer.stop_reason is None:
                raise self._cut_off(answer) from error
        # A proxy may end a stream early and in good order: then nothing but this tells.
        if answer.stop_reason is None:
            raise self._cut_off(answer)
        return Reply(answer.content, answer.stop_reason, self._usage(answer.usage), answer.explanation)

    def _reply_to(self, error: anthropic.APIError, answer: Answer) -> Reply:
        """The error as a reply if it is one, else raised as what it means."""
        if failures.is_too_long(error):
            return Reply([], CONTEXT_EXCEEDED, self._usage(answer.usage))
        if failures.is_passing(error):
            why, after = failures.in_short(error), failures.retry_after(error)
            raise _Again(why, after=after, used=self._used(answer)) from error
        raise failures.for_people(error, model=self.name) or error

    def _cut_off(self, answer: Answer) -> _Again:
        return _Again("the model's answer was cut off on its way", cut_off=True, used=self._used(answer))

    def _used(self, answer: Answer) -> Usage:
        """What an unfinished answer has used: the count of its output tokens would have come last."""
        if not answer.usage:
            return Usage()
        return self._usage(answer.usage | {"output_tokens": answer.chars // prices.CHARS_PER_TOKEN})

    def _usage(self, counts: Json) -> Usage:
        """The API's counts with the dollars they come to.

        Names: https://platform.claude.com/docs/en/api/messages (`usage`).
        """
        written = counts.get("cache_creation_input_tokens", 0)
        for_an_hour = (counts.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)
        tokens = {
            "input_tokens": counts.get("input_tokens", 0),
            "output_tokens": counts.get("output_tokens", 0),
            "cache_read_tokens": counts.get("cache_read_input_tokens", 0),
        }
        usd = prices.cost(
            self.name,
            **tokens,
            cache_write_tokens=written - for_an_hour,
            cache_write_1h_tokens=for_an_hour,
        )
        return Usage(calls=1, **tokens, cache_write_tokens=written, usd=usd)

    def _wait(self, planned: float | None, asked: float | None) -> float | None:
        """Seconds to sleep before the next attempt, or None to give up for now."""
        if planned is None or (asked or 0) > self._patience.longest_wait:
            return None
        return max(planned, asked or 0)

    def _until(self, asked: float | None) -> datetime:
        wait = self._patience.comeback if asked is None else timedelta(seconds=min(asked, 86_400))
        return self._now() + min(wait, self._patience.latest_comeback)


@cache
def _tls() -> ssl.SSLContext:
    """Made once, before the worker forks: it holds all certificates."""
    return httpx2.create_ssl_context()


@cache
def _build_events() -> None:
    """Once, before the worker forks: the SDK puts off what reads a stream's events until the first comes, 30 ms."""
    kinds, *_ = get_args(RawMessageStreamEvent)
    for kind in get_args(kinds):
        kind.model_rebuild()
