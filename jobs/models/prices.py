"""Prices: what a call of the model costs in US dollars. Pure: token counts in, dollars out."""

import math
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from jobs.ticket.errors import TellPeople

SOURCE = "https://platform.claude.com/docs/en/about-claude/pricing"
AS_OF = date(2026, 11, 20)


@dataclass(frozen=True)
class Rates:
    """US dollars per million tokens."""

    input: Decimal
    """Prompt tokens that were neither read from the cache nor written to it."""
    output: Decimal
    """Thinking included."""
    cache_read: Decimal
    cache_write_5m: Decimal
    """Into a cache entry that lives for five minutes: the only kind this app asks for."""
    cache_write_1h: Decimal


def _usd(input: str, output: str, cache_read: str, cache_write_5m: str, cache_write_1h: str) -> Rates:
    return Rates(*map(Decimal, (input, output, cache_read, cache_write_5m, cache_write_1h)))


# SOURCE, as of AS_OF: input, output, cache read, cache write for 5 minutes and for 1 hour.
PRICES: dict[str, Rates] = {
    "claude-opus-5-5": _usd("4", "20", "0.20", "5", "8"),
    "claude-sonnet-5-5": _usd("2", "10", "0.10", "2.50", "4"),
    "claude-haiku-5-5": _usd("0.10", "0.50", "0.01", "0.125", "0.20"),
    "claude-fable-5-2": _usd("8", "40", "0.20", "10", "16"),
    "claude-fable-5-1": _usd("10", "50", "0.25", "12.50", "20"),
    "claude-opus-5": _usd("5", "25", "0.50", "6.25", "10"),
    "claude-sonnet-5": _usd("2", "10", "0.20", "2.50", "4"),
}

# Models whose whole request, the answer included, costs more once its prompt is longer than this many tokens.
LONG_PROMPTS: dict[str, tuple[int, Rates]] = {
    "claude-haiku-5-5": (100_000, _usd("0.50", "2.50", "0.05", "0.625", "1")),
}

# English prose and code come to about 3.5 characters per token with the older tokenizer and to 2.7 with the
# one in use since Claude 4.7, which makes 30 % more tokens of the same text
# (https://platform.claude.com/docs/en/build-with-claude/token-counting). Two leaves a quarter for dense text
# such as hashes and logs. A prompt written mostly in Chinese or Japanese can exceed it: then the ticket
# overshoots by one call, because what was really used is booked after each.
CHARS_PER_TOKEN = 2

# What the API adds to a request that offers tools: its own tool prompt and those of `bash` and the text
# editor, some hundreds of tokens each (https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview).
HIDDEN_TOKENS = 2_000

MILLION = 1_000_000


def cost(
    model: str,
    *,
    input_tokens: int = 0,
    output_tokens: int = 0,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
    cache_write_1h_tokens: int = 0,
) -> Decimal:
    """US dollars for one call, exactly; `cache_write_tokens` are those of five-minute entries.

    One call at a time: where a long prompt costs more, sums of several calls would be priced wrongly.
    Raises TellPeople for a model without a known price.
    """
    prompt = input_tokens + cache_read_tokens + cache_write_tokens + cache_write_1h_tokens
    rates = _rates(priced_name(model), prompt)
    dollars = (
        input_tokens * rates.input
        + output_tokens * rates.output
        + cache_read_tokens * rates.cache_read
        + cache_write_tokens * rates.cache_write_5m
        + cache_write_1h_tokens * rates.cache_write_1h
    )
    return dollars / MILLION


def worst_case(model: str, *, prompt_chars: int, max_tokens: int) -> Decimal:
    """What one answer may cost at most: nothing is in the cache, all is written to it, every token is used.

    `prompt_chars` counts the system prompt, the tools and the messages as JSON.
    """
    return cost(model, cache_write_tokens=tokens_at_most(prompt_chars), output_tokens=max_tokens)


def tokens_at_most(prompt_chars: int) -> int:
    """Upper bound of the tokens in a prompt of so many characters; see CHARS_PER_TOKEN."""
    return math.ceil(prompt_chars / CHARS_PER_TOKEN) + HIDDEN_TOKENS


def priced_name(model: str) -> str:
    """The row of PRICES for a model, which may be named with the date of its snapshot."""
    name = re.sub(r"-\d{8}$", "", model)
    if name not in PRICES:
        known = ", ".join(f"`{name}`" for name in PRICES)
        raise TellPeople(
            f"`AUTOCODE_MODEL` is `{model}`. What that costs is not known here, so no budget could be kept. "
            f"Expected: one of {known}, with or without the date of a snapshot. Set `AUTOCODE_MODEL` to one "
            "of them, or add the model's prices to `jobs/models/prices.py`."
        )
    return name


def _rates(name: str, prompt_tokens: int) -> Rates:
    if name in LONG_PROMPTS:
        longest, above = LONG_PROMPTS[name]
        if prompt_tokens > longest:
            return above
    return PRICES[name]
