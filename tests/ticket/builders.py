"""Builders: observations and records for the tables of this folder, with the one thing that matters spelt out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from jobs.ticket.observation import (
    TRIGGER_LABEL,
    Check,
    Comment,
    Issue,
    Observation,
    PullRequest,
    Repository,
    Review,
    Trigger,
)
from jobs.ticket.phases import Phase
from jobs.ticket.record import Record, Round
from jobs.ticket.request import Ticket

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LABELED_AT = NOW - timedelta(hours=1)
SHA = "a" * 40
BRANCH = "autocode/12-add-a-greeting"


def check(conclusion: str | None = "success", name: str = "test") -> Check:
    return Check(
        name,
        "completed" if conclusion else "pending",
        conclusion,
        f"https://github.test/{name}",
        app="github-actions",
        waits_for_person=conclusion == "action_required",
    )


def comment(id: int, author: str, body: str, **more: Any) -> Comment:
    facts: dict[str, Any] = {"by_us": False, "by_person": True, "created_at": NOW}
    return Comment(id=id, author=author, body=body, **facts | more)


def review(id: int, author: str, state: str = "CHANGES_REQUESTED", body: str = "Rename it.") -> Review:
    return Review(id=id, author=author, by_person=True, state=state, body=body, submitted_at=NOW)


def pull_request(**more: Any) -> PullRequest:
    facts: dict[str, Any] = {
        "id": 9,
        "node_id": "PR_9",
        "number": 13,
        "url": "https://github.test/acme/greet/pull/13",
        "title": "Add a greeting",
        "body": "",
        "state": "OPEN",
        "is_draft": True,
        "head_branch": BRANCH,
        "head_sha": SHA,
        "base_branch": "main",
    }
    return PullRequest(**facts | more)


def observation(
    *, labels: tuple[str, ...] = (TRIGGER_LABEL,), state: Literal["OPEN", "CLOSED"] = "OPEN", **more: Any
) -> Observation:
    issue = Issue(
        id=1012,
        node_id="I_12",
        url="https://github.test/acme/greet/issues/12",
        title="Add a greeting",
        body="Please greet.",
        author="carol",
        latest_body="Please greet.",
        latest_body_by="carol",
        created_at=LABELED_AT,
        state=state,
        labels=dict.fromkeys(labels, "L"),
    )
    repository = Repository(
        id=7,
        node_id="R_7",
        name_with_owner="acme/greet",
        url="https://github.test/acme/greet",
        default_branch="main",
        is_archived=False,
        is_empty=False,
        label_ids={},
    )
    facts: dict[str, Any] = {
        "ticket": Ticket(17, "acme/greet", 12),
        "now": NOW,
        "viewer": "autocode[bot]",
        "viewer_id": 99,
        "repository": repository,
        "issue": issue,
        "trigger": Trigger("alice", LABELED_AT, "LE_1", 1) if TRIGGER_LABEL in labels else None,
        "permissions": {"alice": "admin", "bob": "write", "carol": "read"},
    }
    return Observation(**facts | more)


def record(phase: Phase = Phase.CHECKING, **more: Any) -> Record:
    fresh = Record(
        run="0123abcd",
        phase=phase,
        trigger_at=LABELED_AT,
        trigger_id="LE_1",
        requested_by="alice",
        requested_by_id=1,
        started_at=LABELED_AT,
    )
    if phase not in (Phase.QUEUED, Phase.PREPARING):
        fresh = replace(
            fresh, branch=BRANCH, base="main", pull_request=13, head_sha=SHA, rounds=(Round(1, SHA),)
        )
        fresh = replace(fresh, published_at=NOW - timedelta(minutes=1))
    return replace(fresh, **more)
