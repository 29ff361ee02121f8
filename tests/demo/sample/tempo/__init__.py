"""Durations as people write them: `parse("90m")`, `write(5400)`."""

from tempo.parse import parse
from tempo.write import write

__all__ = ["parse", "write"]
