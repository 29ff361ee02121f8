"""Reading: from text to seconds."""

import re

from tempo.units import UNITS


def parse(text: str) -> int:
    """The seconds in a duration such as `90m`; ValueError for what is none."""
    match = re.match(r"(\d+)([hms])", text.strip())
    if match is None:
        raise ValueError(f"not a duration: {text!r}")
    return int(match[1]) * UNITS[match[2]]
