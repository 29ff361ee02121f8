"""Payloads: what a rule reads of a webhook, and what it says of the fields that it cannot read. Pure."""

from collections.abc import Mapping
from typing import Any

from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.request import Ticket

Payload = Mapping[str, Any]


class Unreadable(Exception):
    """A field that a rule reads is missing or of another kind; the text names it."""


def ticket(payload: Payload, issue: int) -> Ticket:
    """The event's repository, with the number of the issue."""
    return Ticket(installation(payload), text(payload, "repository.full_name"), issue)


def installation(payload: Payload) -> int:
    """The App's installation, which only the webhook of an App names."""
    if "installation" not in payload:
        raise Unreadable(
            "installation is missing: this webhook belongs to a repository or an organization. "
            "autocode needs the webhook of its GitHub App; delete this one"
        )
    return number(payload, "installation.id")


def has_our_label(payload: Payload) -> bool:
    """The issue carries `autocode` or one of the labels that show a ticket's state."""
    names = [text(label, "name") for label in find(payload, "issue.labels", list)]
    return any(name.startswith(TRIGGER_LABEL) for name in names)


def is_our_own_comment(payload: Payload, app_id: int) -> bool:
    """We made the comment, or edited it: without this a ticket would answer itself."""
    comment, sender = payload.get("comment"), payload.get("sender")
    if not isinstance(comment, dict) or not isinstance(sender, dict) or sender.get("type") != "Bot":
        return False
    app = comment.get("performed_via_github_app")
    return isinstance(app, dict) and app.get("id") == app_id


def is_our_own_suite(payload: Payload, app_id: int) -> bool:
    """Our check run, which always is complete, has completed its suite."""
    suite = payload.get("check_suite")
    app = suite.get("app") if isinstance(suite, dict) else None
    return isinstance(app, dict) and app.get("id") == app_id


def cause(payload: Payload) -> str:
    """The action, for the log; `status` events have none."""
    return str(payload.get("action", "status"))


def text(payload: Payload, path: str) -> str:
    """The string at `path`."""
    return str(find(payload, path, str))


def number(payload: Payload, path: str) -> int:
    """The number at `path`."""
    return int(find(payload, path, int))


def find(payload: Payload, path: str, kind: Any) -> Any:
    """What stands at `path` (`a.b.c`) if it is a `kind`; Unreadable names what is missing or wrong."""
    value: Any = payload
    names = path.split(".")
    for depth, name in enumerate(names, start=1):
        if not isinstance(value, dict) or name not in value:
            raise Unreadable(f"{'.'.join(names[:depth])} is missing")
        value = value[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Unreadable(f"{path} is {type(value).__name__}, {getattr(kind, '__name__', kind)} was expected")
    return value
