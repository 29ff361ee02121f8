"""What may be done to issues, comments, labels and reactions, with the events it causes. REST and GraphQL call these.

Whoever calls has asked `auth.require` already. Refusals are `ApiError`s.
"""

from typing import Any

from tests.hub.auth import Actor
from tests.hub.card_operations import follow_closing
from tests.hub.entities import Comment, Edit, Issue, PullRequest, Reaction, Repository, Review
from tests.hub.errors import ApiError, invalid
from tests.hub.label_operations import add_labels as add_labels
from tests.hub.label_operations import create_label as create_label
from tests.hub.label_operations import find_or_create_label
from tests.hub.label_operations import remove_labels as remove_labels
from tests.hub.label_operations import set_labels as set_labels
from tests.hub.review_entities import ReviewComment
from tests.hub.serialize import label_json
from tests.hub.serialize_issues import comment_json, issue_json
from tests.hub.state import State
from tests.hub.timeline import cross_reference, record
from tests.hub.timeline import ensure_writable as ensure_writable
from tests.hub.webhooks import emit, emit_for

BODY_LIMIT = 65_536
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def checked_body(resource: str, body: Any, *, blank: bool) -> str:
    if not isinstance(body, str) or (not body.strip() and not blank):
        raise invalid(resource, "data", "unprocessable", "Body cannot be blank")
    if len(body) > BODY_LIMIT:
        raise invalid(resource, "body", "custom", f"body is too long (maximum is {BODY_LIMIT} characters)")
    return body


def checked_title(resource: str, title: Any) -> str:
    if not isinstance(title, str) or not title.strip():
        raise invalid(resource, "title", "missing_field")
    if len(title) > 256:
        raise invalid(resource, "title", "custom", "title is too long (maximum is 256 characters)")
    return title.strip()


# ── issues ──────────────────────────────────────────────────────────────────────────────────────────────────


def next_number(repository: Repository) -> int:
    return max((*repository.issues, *repository.deleted), default=0) + 1


def create_issue(
    state: State, actor: Actor, repository: Repository, *, title: str, body: str | None = None,
    labels: list[str] | None = None, assignees: list[str] | None = None,
) -> Issue:  # fmt: skip
    """Open an issue. Labels that do not exist are made, as GitHub does for who may push."""
    ensure_writable(repository)
    now = state.now()
    issue = Issue(
        id=state.new_id(), repository=repository, number=next_number(repository),
        title=checked_title("Issue", title),
        body=None if body is None else checked_body("Issue", body, blank=True),
        user=actor.author, via_app=actor.via_app, created_at=now, updated_at=now,
    )  # fmt: skip
    issue.assignees = [user for login in assignees or [] if (user := state.user(login))]
    repository.issues[issue.number] = state.add(issue)
    issue.labels = [find_or_create_label(state, repository, name) for name in labels or []]
    emit_for(state, actor, issue, "opened")
    for label in issue.labels:
        record(state, actor, issue, "labeled", label=label)
        emit_for(state, actor, issue, "labeled", label=label_json(state, label))
    cross_reference(state, actor, issue, issue.body)
    return issue


def edit_issue(state: State, actor: Actor, issue: Issue, changes: dict[str, Any]) -> Issue:
    """PATCH of an issue or pull request: any of title, body, state, state_reason, labels, assignees."""
    ensure_writable(issue.repository)
    edit_text(state, actor, issue, title=changes.get("title"), body=changes.get("body"))
    if changes.get("labels") is not None:
        names = [label["name"] if isinstance(label, dict) else label for label in changes["labels"]]
        set_labels(state, actor, issue, names)
    if changes.get("assignees") is not None:
        issue.assignees = [user for login in changes["assignees"] if (user := state.user(login))]
    wanted = changes.get("state")
    if wanted not in (None, "open", "closed"):
        raise invalid("Issue", "state", "invalid")
    if wanted == "closed":
        close(state, actor, issue, reason=changes.get("state_reason"))
    elif wanted == "open":
        reopen(state, actor, issue)
    return issue


def edit_text(
    state: State, actor: Actor, issue: Issue, *, title: str | None = None, body: str | None = None
) -> None:
    """Rename, or rewrite the body; one `edited` event for both."""
    resource = "PullRequest" if isinstance(issue, PullRequest) else "Issue"
    changes: dict[str, Any] = {}
    if title is not None and checked_title(resource, title) != issue.title:
        changes["title"] = {"from": issue.title}
        record(state, actor, issue, "renamed", rename=(issue.title, title.strip()))
        issue.title = title.strip()
    if body is not None and body != (issue.body or ""):
        changes["body"] = {"from": issue.body or ""}
        revise(state, actor, issue, checked_body(resource, body, blank=True))
        cross_reference(state, actor, issue, body)
    if changes:
        issue.updated_at = state.now()
        emit_for(state, actor, issue, "edited", changes=changes)


def revise(state: State, actor: Actor, written: Issue | Comment | Review | ReviewComment, body: str) -> None:
    """Replace a body and keep every revision, the original too once there is a second."""
    if not written.edits:
        created = written.submitted_at if isinstance(written, Review) else written.created_at
        first = Edit(id=state.new_id(), editor=written.user, edited_at=created, body=written.body or "")
        written.edits.append(state.add(first))
    now = state.now()
    edit = Edit(id=state.new_id(), editor=actor.author, edited_at=now, body=body)
    written.edits.append(state.add(edit))
    written.body = body


def close(state: State, actor: Actor, issue: Issue, *, reason: str | None = None, **fields: Any) -> None:
    """Close; nothing happens to what is closed already. `fields` go into the `closed` timeline event."""
    if issue.state == "closed":
        return
    if reason not in (None, "completed", "not_planned", "duplicate"):
        raise invalid("Issue", "state_reason", "invalid")
    issue.state, issue.closed_at, issue.closed_by = "closed", state.now(), actor.author
    issue.state_reason = None if isinstance(issue, PullRequest) else reason or "completed"
    record(state, actor, issue, "closed", state_reason=issue.state_reason, **fields)
    emit_for(state, actor, issue, "closed")
    follow_closing(state, issue)


def reopen(state: State, actor: Actor, issue: Issue) -> None:
    if issue.state == "open":
        return
    if isinstance(issue, PullRequest) and issue.merged:
        raise invalid(
            "PullRequest", "state", "custom", "state cannot be changed. The pull request was merged."
        )
    issue.state, issue.closed_at, issue.closed_by = "open", None, None
    issue.state_reason = None if isinstance(issue, PullRequest) else "reopened"
    record(state, actor, issue, "reopened", state_reason=issue.state_reason)
    emit_for(state, actor, issue, "reopened")


# ── comments and reactions ──────────────────────────────────────────────────────────────────────────────────


def create_comment(state: State, actor: Actor, issue: Issue, body: str) -> Comment:
    ensure_writable(issue.repository)
    if issue.locked:
        raise ApiError(403, "Unable to create comment because issue is locked.")
    text, now = checked_body("IssueComment", body, blank=False), state.now()
    comment = Comment(
        id=state.new_id(), issue=issue, user=actor.author, body=text, created_at=now, updated_at=now,
        via_app=actor.via_app,
    )  # fmt: skip
    issue.comments.append(state.add(comment))
    issue.updated_at = now
    _emit_comment(state, actor, comment, "created")
    cross_reference(state, actor, issue, text)
    return comment


def edit_comment(state: State, actor: Actor, comment: Comment, body: str) -> Comment:
    ensure_writable(comment.issue.repository)
    before, text = comment.body, checked_body("IssueComment", body, blank=False)
    if text != before:
        revise(state, actor, comment, text)
        comment.updated_at = state.now()
        _emit_comment(state, actor, comment, "edited", changes={"body": {"from": before}})
        cross_reference(state, actor, comment.issue, text)
    return comment


def delete_comment(state: State, actor: Actor, comment: Comment) -> None:
    ensure_writable(comment.issue.repository)
    comment.issue.comments.remove(comment)
    state.remove(comment)
    _emit_comment(state, actor, comment, "deleted")


def _emit_comment(state: State, actor: Actor, comment: Comment, action: str, **extra: Any) -> None:
    payload = {"issue": issue_json(state, comment.issue), "comment": comment_json(state, comment)}
    emit(state, actor.author, "issue_comment", action, comment.issue.repository, **payload, **extra)


Reactable = Issue | Comment | ReviewComment


def add_reaction(state: State, actor: Actor, target: Reactable, content: str) -> tuple[Reaction, bool]:
    """(reaction, new): the same person's same reaction is found, not doubled. It causes no event."""
    if content not in REACTIONS:
        raise invalid("Reaction", "content", "invalid")
    for reaction in target.reactions:
        if reaction.user is actor.author and reaction.content == content:
            return reaction, False
    now = state.now()
    reaction = Reaction(id=state.new_id(), user=actor.author, content=content, created_at=now)
    target.reactions.append(state.add(reaction))
    return reaction, True


def remove_reaction(state: State, actor: Actor, target: Reactable, content: str) -> Reaction | None:
    """Take the actor's own reaction away; None where there was none."""
    for reaction in target.reactions:
        if reaction.user is actor.author and reaction.content == content:
            target.reactions.remove(reaction)
            state.remove(reaction)
            return reaction
    return None
