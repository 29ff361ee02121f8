"""Record: what the app remembers of a ticket, kept as signed JSON in its own status comment."""

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobs.ticket.budget import Spend
from jobs.ticket.names import STATUS_MARKER
from jobs.ticket.phases import Phase

VERSION = 1
KEPT = 30
"""How many of the newest moments, rounds and commands a record keeps: a comment holds 65,536 characters."""


@dataclass(frozen=True)
class Moment:
    """When a phase was entered."""

    phase: Phase
    at: datetime


@dataclass(frozen=True)
class PlanStep:
    """One line of the agent's plan."""

    text: str
    done: bool = False


@dataclass(frozen=True)
class CommandRun:
    """A command that the agent ran in the sandbox."""

    command: str
    exit_code: int
    seconds: float


@dataclass(frozen=True)
class Round:
    """What the checks said of one pushed commit."""

    iteration: int
    head_sha: str
    verdict: str = "pending"
    checks: tuple[tuple[str, str, str], ...] = ()
    """Name, conclusion, address."""
    at: datetime | None = None
    """When its commit was pushed, or the checks' word was heard."""


@dataclass(frozen=True)
class Question:
    """What we wait for a person to say."""

    text: str
    kind: str = "question"
    """`question`: any answer will do · `budget`: only `/autocode continue`."""


@dataclass(frozen=True)
class Record:
    """The memory of one run of one ticket. Times are timezone-aware UTC."""

    run: str
    """Id of this run, for logs, trailers and comments. A fresh start is a new run."""
    phase: Phase
    trigger_at: datetime
    """When the label that started this run was put on."""
    trigger_id: str
    """Node id of that event."""
    requested_by: str
    """Login of the person who put it on."""
    requested_by_id: int | None
    """Their user id; None when the account is gone."""
    started_at: datetime
    sequence: int = 0
    """Grows with every write, so that a read of an older state is noticed."""
    iteration: int = 1
    branch: str | None = None
    base: str | None = None
    pull_request: int | None = None
    head_sha: str | None = None
    """The branch's head as we last pushed or took note of it."""
    published_at: datetime | None = None
    """When `head_sha` was pushed: missing checks are counted from here."""
    comment_cursor: int = 0
    """Id of the newest comment that has been acted upon."""
    review_cursor: int = 0
    """Id of the newest review that has been acted upon."""
    spend: Spend = field(default_factory=Spend)
    usd_limit: Decimal = Decimal(5)
    plan: tuple[PlanStep, ...] = ()
    question: Question | None = None
    moments: tuple[Moment, ...] = ()
    rounds: tuple[Round, ...] = ()
    commands: tuple[CommandRun, ...] = ()
    summary: str = ""
    """The agent's own words about its change."""
    note: str = ""
    """What people should know now: why it stopped, what it waits for."""
    activity: str = ""
    """What the agent is doing, while it is."""

    def entering(self, phase: Phase, at: datetime) -> "Record":
        """The record in another phase."""
        return replace(self, phase=phase, moments=(*self.moments, Moment(phase, at))[-KEPT:])


def key_of(secret: str) -> bytes:
    """The signing key that belongs to one webhook secret; only ever used for records."""
    return hmac.digest(secret.encode(), b"autocode record", hashlib.sha256)


def dump(record: Record, ticket: str, secrets: Sequence[str]) -> str:
    """The hidden block with the record, signed with the newest secret.

    Args:
        ticket: `owner/name#number`; a block copied to another issue is not valid there.
    """
    # `<` and `>` are escaped so that no text in it can end the HTML comment.
    text = json.dumps({"version": VERSION, **asdict(record)}, default=_plain, separators=(",", ":"))
    text = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return f"{STATUS_MARKER} {_signature(secrets[0], ticket, text)}\n{text}\n-->"


def load(body: str, ticket: str, secrets: Sequence[str]) -> Record | None:
    """Read what `dump` wrote; None when there is no record, or it is forged, foreign or of another version."""
    match = re.search(re.escape(STATUS_MARKER) + r" ([0-9a-f]{64})\r?\n(.+)\r?\n-->", body)
    if match is None:
        return None
    signature, text = match[1], match[2].rstrip("\r")
    if not any(hmac.compare_digest(signature, _signature(secret, ticket, text)) for secret in secrets):
        return None
    data = json.loads(text)
    if data.pop("version", None) != VERSION:
        return None
    return _record(data)


def _signature(secret: str, ticket: str, text: str) -> str:
    return hmac.new(key_of(secret), f"{ticket}\n{text}".encode(), hashlib.sha256).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a record cannot hold {type(value).__name__}")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _record(data: dict[str, Any]) -> Record:
    """Build the record from signed JSON. A field that this version does not know is left out."""
    known = {item.name for item in fields(Record)}
    data = {name: value for name, value in data.items() if name in known}
    return Record(
        **data
        | {
            "phase": Phase(data["phase"]),
            "trigger_at": datetime.fromisoformat(data["trigger_at"]),
            "started_at": datetime.fromisoformat(data["started_at"]),
            "published_at": _time(data["published_at"]),
            "spend": Spend(**data["spend"] | {"usd": Decimal(data["spend"]["usd"])}),
            "usd_limit": Decimal(data["usd_limit"]),
            "plan": tuple(PlanStep(**step) for step in data["plan"]),
            "question": Question(**data["question"]) if data["question"] else None,
            "moments": tuple(
                Moment(Phase(item["phase"]), datetime.fromisoformat(item["at"])) for item in data["moments"]
            ),
            "rounds": tuple(
                Round(**item | {"checks": tuple(map(tuple, item["checks"])), "at": _time(item["at"])})
                for item in data["rounds"]
            ),
            "commands": tuple(CommandRun(**item) for item in data["commands"]),
        }
    )
