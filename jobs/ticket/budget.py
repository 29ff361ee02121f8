"""Budget: what one ticket may spend, what it has spent, and whether the next model call still fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Self


@dataclass(frozen=True)
class Budget:
    """What one ticket may spend."""

    usd: Decimal = field(default=Decimal(5), metadata={"env": "AUTOCODE_MAX_USD"})
    """Model cost of one ticket in US dollars, all iterations together; `/autocode continue` adds as much again."""
    max_iterations: int = field(default=5, metadata={"env": "AUTOCODE_MAX_ITERATIONS"})
    """Rounds of coding → publishing → checking before the ticket is given up."""
    turns: int = field(default=100, metadata={"env": "AUTOCODE_MAX_TURNS"})
    """Model calls in one iteration."""
    minutes: int = field(default=45, metadata={"env": "AUTOCODE_MAX_MINUTES"})
    """Wall time of one iteration's coding, in minutes."""
    checks_wait: int = field(default=600, metadata={"env": "AUTOCODE_CHECKS_WAIT"})
    """Seconds to wait for the first check of a commit before people are told that nothing verified it."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the limits that are set; ValueError names the variable, what arrived and what was expected."""
        values: dict[str, Decimal | int] = {}
        for item in fields(cls):
            name = item.metadata["env"]
            text = environ.get(name, "").strip()
            if text:
                values[item.name] = _positive(name, text, item.type is int)
        return cls(**values)  # type: ignore[arg-type]

    @property
    def checks_timeout(self) -> timedelta:
        """`checks_wait` as a duration."""
        return timedelta(seconds=self.checks_wait)


@dataclass(frozen=True)
class Spend:
    """What the model has cost so far."""

    calls: int = 0
    input_tokens: int = 0
    """Without those read from or written to the cache."""
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: Decimal = Decimal(0)

    def __add__(self, other: "Spend") -> "Spend":
        return Spend(*(getattr(self, item.name) + getattr(other, item.name) for item in fields(self)))

    @property
    def tokens(self) -> int:
        """All tokens, however they were charged."""
        return self.input_tokens + self.output_tokens + self.cache_read_tokens + self.cache_write_tokens


def _positive(name: str, text: str, whole: bool) -> Decimal | int:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value <= 0 or (whole and value != int(value)):
        expected = "a whole number above 0" if whole else "a number above 0"
        raise ValueError(f"{name}: {text!r} arrived, {expected} was expected")
    return int(value) if whole else value
