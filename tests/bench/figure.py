"""Figure: one measured number, what it should be, and how it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One number with its unit."""

    name: str
    value: float
    unit: str
    target: str = ""
    """`≤ 1.0` or `≥ 0.2`; empty where nothing is aimed at."""
    sides: Mapping[str, float] = field(default_factory=dict)
    """Of a ratio: what was divided by what, each with its unit in its name."""

    @property
    def is_met(self) -> bool | None:
        """Whether the target is; None without one."""
        if not self.target:
            return None
        sign, _, limit = self.target.partition(" ")
        return self.value <= float(limit) if sign == "≤" else self.value >= float(limit)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": round(self.value, 4),
            "unit": self.unit,
            "target": self.target or None,
            "met": self.is_met,
        } | ({"sides": {name: round(side, 4) for name, side in self.sides.items()}} if self.sides else {})


def table(figures: list[Figure]) -> str:
    """The figures in columns, for people."""
    rows = [("figure", "value", "unit", "target", "")]
    for figure in figures:
        sign = {None: "", True: "✓", False: "✗ missed"}[figure.is_met]
        rows.append((figure.name, f"{figure.value:,.3g}", figure.unit, figure.target, sign))
        rows += [(f"  {name}", f"{side:,.4g}", "", "", "") for name, side in figure.sides.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]:<{widths[3]}}  {row[4]}".rstrip()
        for row in rows
    )
