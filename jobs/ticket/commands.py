"""Commands: what a person may write to us in the first line of a comment."""

import re

COMMANDS = {
    "continue": "go on after the budget ran out, with as much again",
    "retry": "start again after it failed or was cancelled",
    "stop": "cancel; the branch and the draft stay",
}
"""Name → what it does."""


def command(body: str) -> str | None:
    """The command in a comment's first line, a key of `COMMANDS`; None when it is an ordinary comment."""
    match = re.match(r"\s*/autocode[ \t]+(\w+)", body)
    name = match[1].lower() if match else ""
    return name if name in COMMANDS else None
