"""An issue's timeline: what is recorded on it, and on the issues its texts mention."""

import re
from typing import Any

from tests.hub.auth import Actor
from tests.hub.entities import Issue, PullRequest, Repository, TimelineEvent
from tests.hub.errors import ApiError
from tests.hub.state import State

MENTION = re.compile(r"(?<![\w/])(?:(?P<repository>[\w.-]+/[\w.-]+))?#(?P<number>\d+)\b")
CLOSING = re.compile(r"\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)\b", re.IGNORECASE)


def ensure_writable(repository: Repository) -> None:
    if repository.archived:
        raise ApiError(403, "Repository was archived so is read-only.")


def record(state: State, actor: Actor, issue: Issue, event: str, **fields: Any) -> TimelineEvent:
    """Append to the issue's timeline and mark it updated."""
    now = state.now()
    happened = TimelineEvent(
        id=state.new_id(), event=event, issue=issue, actor=actor.author, via_app=actor.via_app, created_at=now,
        **fields,
    )  # fmt: skip
    issue.timeline.append(state.add(happened))
    issue.updated_at = now
    return happened


def cross_reference(state: State, actor: Actor, source: Issue, text: str | None) -> None:
    """Put a `cross-referenced` event on every issue the text mentions, once per source."""
    closing = closed_by(source, text) if isinstance(source, PullRequest) else []
    for mention in MENTION.finditer(text or ""):
        named = (mention["repository"] or source.repository.full_name).split("/")
        repository = state.repository(named[0], named[1])
        target = repository.issues.get(int(mention["number"])) if repository else None
        if target is None or target is source:
            continue
        if any(e.event == "cross-referenced" and e.source is source for e in target.timeline):
            continue
        record(state, actor, target, "cross-referenced", source=source, will_close=target.number in closing)


def closed_by(pull: PullRequest, text: str | None) -> list[int]:
    """The issues that the pull request's text links: none while its base is another branch than the default one.

    https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    """
    is_heard = pull.base_ref == pull.repository.default_branch
    return closing_numbers(text or "") if is_heard else []


def closing_numbers(text: str) -> list[int]:
    """The issues that `Closes #n` and its like name.

    https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
    """
    return list(dict.fromkeys(int(number) for number in CLOSING.findall(text)))
