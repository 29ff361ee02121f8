"""Signing: a record as the hidden block of a comment, which only we can write and anybody may read. Pure."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from jobs.ticket.budget import Spend
from jobs.ticket.dependencies import Stacked
from jobs.ticket.names import STATUS_MARKER
from jobs.ticket.phases import Phase
from jobs.ticket.record import KEPT, Answer, CommandRun, Merge, PlanStep, Question, Record, Round

VERSION = 1
LARGEST = 40_000
"""Characters of the hidden block: a comment holds 65,536, and people have something to read as well."""


def key_of(secret: str) -> bytes:
    """The signing key that belongs to one webhook secret; only ever used for records."""
    return hmac.digest(secret.encode(), b"autocode record", hashlib.sha256)


def dump(record: Record, ticket: str, secrets: Sequence[str]) -> str:
    """The hidden block with the record, signed with the newest secret, at most `LARGEST` characters and a bit.

    Args:
        ticket: the repository's id and the number; a block copied to another issue is not valid there.
    """
    text = next(text for text in map(_text, _ever_smaller(record)) if len(text) <= LARGEST)
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
    try:
        return _record(data)
    except (KeyError, TypeError, ValueError):
        # Ours, but of a build whose record is another one.
        return None


def _ever_smaller(record: Record) -> Iterator[Record]:
    """The record, then with less and less of what only informs people."""
    record = replace(record, rounds=record.rounds[-KEPT:], commands=record.commands[-KEPT:])
    yield record
    record = replace(
        record, rounds=tuple(replace(item, checks=()) for item in record.rounds[:-1]) + record.rounds[-1:]
    )
    yield record
    record = replace(record, commands=(), plan=record.plan[:10], summary=record.summary[:1_000])
    yield record
    record = replace(record, rounds=tuple(replace(item, checks=()) for item in record.rounds), plan=())
    yield record
    question = record.question and replace(record.question, text=record.question.text[:1_000])
    record = replace(record, question=question, note=record.note[:1_000], activity="")
    yield record
    record = replace(record, answers=tuple(replace(item, words=item.words[:100]) for item in record.answers))
    yield record
    yield _smallest(record)


def _smallest(record: Record) -> Record:
    """What remains fits whatever is in it: a few characters of each text, which is to say again with the next look."""
    return replace(
        record,
        summary="",
        note=record.note[:200],
        question=record.question and replace(record.question, text=record.question.text[:200]),
        merge=record.merge and replace(record.merge, refusal=record.merge.refusal[:200]),
        answers=tuple(replace(item, words=item.words[:20]) for item in record.answers),
        rounds=tuple(replace(item, note="") for item in record.rounds),
        held_by=tuple(name[:20] for name in record.held_by[:20]),
        waits_for=tuple(name[:20] for name in record.waits_for[:20]),
        unseen=tuple(name[:20] for name in record.unseen[:20]),
        parts=tuple((name[:20], state[:20]) for name, state in record.parts[:20]),
    )


def _text(record: Record) -> str:
    text = json.dumps({"version": VERSION, **asdict(record)}, default=_plain, separators=(",", ":"))
    # Escaped, so that no text in it can end the HTML comment.
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


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


def _merge(data: dict[str, Any] | None) -> Merge | None:
    return Merge(**data | {"at": _time(data["at"])}) if data else None


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
            "asked_at": _time(data.get("asked_at")),
            "published_at": _time(data["published_at"]),
            "spend": Spend(**data["spend"] | {"usd": Decimal(data["spend"]["usd"])}),
            "usd_limit": Decimal(data["usd_limit"]),
            "plan": tuple(PlanStep(**step) for step in data["plan"]),
            "question": Question(**data["question"]) if data["question"] else None,
            "merge": _merge(data.get("merge")),
            "answers": tuple(Answer(**item) for item in data.get("answers", ())),
            "since": _time(data["since"]),
            "rounds": tuple(
                Round(**item | {"checks": tuple(map(tuple, item["checks"])), "at": _time(item["at"])})
                for item in data["rounds"]
            ),
            "held_by": tuple(data.get("held_by", ())),
            "stacked": Stacked(**data["stacked"]) if data.get("stacked") else None,
            "waits_for": tuple(data.get("waits_for", ())),
            "parts": tuple(map(tuple, data.get("parts", ()))),
            "begun_parts": tuple(data.get("begun_parts", ())),
            "unseen": tuple(data.get("unseen", ())),
            "commands": tuple(CommandRun(**item) for item in data["commands"]),
        }
    )
