"""Commands: what a person may write to us in the first line of a comment."""

import re
from dataclasses import dataclass

COMMANDS = {
    "continue": "go on after the budget ran out, with as much again",
    "retry": "start again after it failed or was cancelled",
    "stop": "cancel; the branch and the draft stay",
}
"""Name → what it does."""


@dataclass(frozen=True)
class Command:
    """One command as it was written."""

    name: str
    """A key of `COMMANDS`."""


def command(body: str) -> Command | None:
    """The command in a comment's first line; None when it is an ordinary comment."""
    match = re.match(r"\s*/autocode[ \t]+(\w+)", body)
    if match is None or match[1].lower() not in COMMANDS:
        return None
    return Command(match[1].lower())
