"""Prices: dollars from token counts, and the bound that is reserved before a call."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models.prices import CHARS_PER_TOKEN, PRICES, cost, worst_case
from jobs.ticket.errors import TellPeople

MILLION = 1_000_000
MODELS = st.sampled_from(sorted(PRICES))


@pytest.mark.parametrize(
    ("kind", "usd"),
    [
        ("input_tokens", "4"),
        ("output_tokens", "20"),
        ("cache_read_tokens", "0.20"),
        ("cache_write_tokens", "5"),
        ("cache_write_1h_tokens", "8"),
    ],
)
def test_each_kind_of_token_has_its_price(kind: str, usd: str) -> None:
    assert cost("claude-opus-5-5", **{kind: MILLION}) == Decimal(usd)


@pytest.mark.parametrize(
    ("prompt", "usd"),
    [
        ({"input_tokens": 100_000}, "0.01"),
        ({"input_tokens": 100_001}, "0.0500005"),
        ({"input_tokens": 1, "cache_read_tokens": 100_000}, "0.0050005"),
        ({"cache_read_tokens": 60_000, "cache_write_tokens": 60_000}, "0.0405"),
    ],
)
def test_haiku_costs_more_once_the_whole_prompt_is_long(prompt: dict[str, int], usd: str) -> None:
    assert cost("claude-haiku-5-5", **prompt) == Decimal(usd)


def test_behind_a_long_prompt_the_answer_costs_more_too() -> None:
    short = cost("claude-haiku-5-5", input_tokens=100_000, output_tokens=1_000)
    long = cost("claude-haiku-5-5", input_tokens=100_001, output_tokens=1_000)
    assert (short, long) == (Decimal("0.0105"), Decimal("0.0525005"))


def test_a_snapshot_costs_what_its_model_costs() -> None:
    assert cost("claude-opus-5-5-20260922", input_tokens=MILLION) == Decimal("4")


@pytest.mark.parametrize("model", ["claude-opus-5-6", "claude-opus-5-5-fast", "gpt-7", ""])
def test_a_model_without_a_price_names_the_setting_and_the_known_ones(model: str) -> None:
    with pytest.raises(TellPeople, match=r"AUTOCODE_MODEL.*`claude-opus-5-5`, `claude-sonnet-5-5`"):
        cost(model, input_tokens=1)


@given(
    model=MODELS,
    kinds=st.tuples(*[st.integers(0, 200_000)] * 3),
    spare_chars=st.integers(0, 1_000),
    output=st.integers(0, 16_000),
    spare_tokens=st.integers(0, 16_000),
)
def test_no_call_costs_more_than_its_worst_case(
    model: str, kinds: tuple[int, ...], spare_chars: int, output: int, spare_tokens: int
) -> None:
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens")
    real = cost(model, **dict(zip(names, kinds, strict=True)), output_tokens=output)
    prompt_chars = sum(kinds) * CHARS_PER_TOKEN + spare_chars
    assert real <= worst_case(model, prompt_chars=prompt_chars, max_tokens=output + spare_tokens)
