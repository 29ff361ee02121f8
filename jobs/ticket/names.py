"""Names: how a ticket's branch, labels and hidden markers are spelt, and how they are read back."""

import re
import unicodedata
from datetime import datetime

STATUS_MARKER = "<!-- autocode:status"
"""Begins our one status comment's hidden block."""

QUEUED = "autocode: queued"
BLOCKED = "autocode: blocked"
WORKING = "autocode: working"
NEEDS_INPUT = "autocode: needs input"
REVIEW = "autocode: review"
FAILED = "autocode: failed"
STATE_LABELS = (QUEUED, BLOCKED, WORKING, NEEDS_INPUT, REVIEW, FAILED)
"""At most one of them is on a ticket; none means resting or untouched."""

SLUG_LENGTH = 40


def slug(title: str) -> str:
    """The title as lower-case ASCII words with dashes; `ticket` when nothing is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    return words[:SLUG_LENGTH].rstrip("-") or "ticket"


def ticket_branch(number: int, title: str, taken: frozenset[str] = frozenset()) -> str:
    """`autocode/<number>-<slug>`, with `-2`, `-3`, … behind it while the name is taken."""
    name = candidate = f"autocode/{number}-{slug(title)}"
    suffix = 2
    while candidate in taken:
        candidate = f"{name}-{suffix}"
        suffix += 1
    return candidate


def number_of_branch(name: str | None) -> int | None:
    """The issue number that a branch name carries; None for everybody else's branches."""
    match = re.fullmatch(r"autocode/([1-9]\d*)-[\w.-]+", name or "")
    return int(match[1]) if match else None


def ticket_marker(number: int) -> str:
    """The hidden line in a pull request's body that says whose it is."""
    return f"<!-- autocode:ticket {number} -->"


def ticket_of_body(body: str | None) -> int | None:
    """The issue number in a pull request's body, as `ticket_marker` wrote it."""
    match = re.search(r"<!-- autocode:ticket ([1-9]\d*) -->", body or "")
    return int(match[1]) if match else None


def comment_marker(run: str, key: str) -> str:
    """The hidden line by which a comment of ours is found again before it is made twice."""
    return f"<!-- autocode:comment {run} {key} -->"


def start_marker(run: str, login: str, user_id: int | None, asked_at: datetime) -> str:
    """The hidden line by which a comment of ours starts a sub-issue for somebody, who asked for its parent then."""
    return f"<!-- autocode:start {run} @{login} {user_id or 0} {asked_at.isoformat()} -->"


def started_for(body: str) -> tuple[str, int | None, datetime | None] | None:
    """Login and id of the person for whom a comment of ours starts a ticket, and when they asked for its parent."""
    match = re.match(r"<!-- autocode:start \w+ @([\w\[\]-]+) (\d+)(?: ([\dT:.+-]+))? -->", body)
    if match is None:
        return None
    return match[1], int(match[2]) or None, datetime.fromisoformat(match[3]) if match[3] else None


APPROVE = "<!-- autocode:approve -->"
"""Stands behind the box that approves a plan."""


def is_approved(body: str) -> bool:
    """Whether somebody has ticked the box below the plan in our status comment."""
    return re.search(rf"^- \[[xX]\] .*{re.escape(APPROVE)}", body, re.MULTILINE) is not None


def is_plan(body: str, run: str) -> bool:
    """Whether a comment of ours proposes a plan of that run."""
    return f"<!-- autocode:comment {run} plan " in body


def is_question(body: str) -> bool:
    """Whether a comment of ours asks people something."""
    return re.search(r"<!-- autocode:comment \w+ question ", body) is not None
