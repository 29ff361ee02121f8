"""Resolvers of issues, comments, labels, reactions, revisions and timelines."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.hub import git_facts
from tests.hub.enterprise import has_member
from tests.hub.entities import Comment, Edit, Issue, PullRequest, Reaction, Review
from tests.hub.graphql_fields import Context, Fields, happened_at, member
from tests.hub.graphql_kinds import Commit, PullRequestCommit, repository_of, type_name
from tests.hub.graphql_search import issues, pull_requests, state_of
from tests.hub.review_entities import ReviewComment
from tests.hub.serialize_issues import association
from tests.hub.timeline import closed_by

Args = Mapping[str, Any]
Post = Issue | Comment | Review | ReviewComment
"""What people write."""

# ── what everything written has in common ───────────────────────────────────────────────────────────────────


def url_path(post: Post) -> str:
    """The page of it, with the place on the page."""
    match post:
        case Comment():
            return f"{url_path(post.issue)}#issuecomment-{post.id}"
        case Review():
            return f"{url_path(post.pull_request)}#pullrequestreview-{post.id}"
        case ReviewComment():
            return f"{url_path(post.thread.pull_request)}#discussion_r{post.id}"
    kind = "pull" if isinstance(post, PullRequest) else "issues"
    return f"/{post.repository.full_name}/{kind}/{post.number}"


def edits(post: Post) -> list[Edit]:
    """Revisions, newest first: none until the first edit, from then on the original too."""
    return list(reversed(getattr(post, "edits", [])))


def _reaction_groups(post: Post, context: Context, _: Args) -> list[dict[str, Any]]:
    """One group for each kind of reaction, also for those nobody gave."""
    given: list[Reaction] = getattr(post, "reactions", [])
    return [
        {
            "content": name,
            "createdAt": next((r.created_at for r in given if r.content == content), None),
            "reactors": [r.user for r in given if r.content == content],
            "viewerHasReacted": any(r.content == content and r.user is context.actor.user for r in given),
        }
        for content, name in REACTIONS.items()
    ]


def _reactions(post: Post, _: Context, args: Args) -> list[Reaction]:
    wanted, order = args.get("content"), args.get("orderBy") or {}
    found = [r for r in getattr(post, "reactions", []) if wanted in (None, REACTIONS[r.content])]
    return found[::-1] if order.get("direction") == "DESC" else found


REACTIONS = {
    "+1": "THUMBS_UP",
    "-1": "THUMBS_DOWN",
    "laugh": "LAUGH",
    "hooray": "HOORAY",
    "confused": "CONFUSED",
    "heart": "HEART",
    "rocket": "ROCKET",
    "eyes": "EYES",
}
"""REST's name for a reaction → GraphQL's."""


def _association(post: Post, *_: Any) -> str:
    repository = repository_of(post)
    assert repository is not None
    return association(repository, post.user)


POST: Fields = {
    "author": "user",
    "authorAssociation": _association,
    "body": lambda post, *_: post.body or "",
    "bodyText": lambda post, *_: post.body or "",
    "createdAt": lambda post, *_: getattr(post, "created_at", None) or post.submitted_at,
    "databaseId": "id",
    "editor": lambda post, *_: edits(post)[0].editor if edits(post) else None,
    "fullDatabaseId": lambda post, *_: str(post.id),
    "id": "node_id",
    "includesCreatedEdit": lambda post, *_: bool(edits(post)),
    "lastEditedAt": lambda post, *_: edits(post)[0].edited_at if edits(post) else None,
    "publishedAt": lambda post, *_: getattr(post, "created_at", None) or post.submitted_at,
    "reactionGroups": _reaction_groups,
    "reactions": _reactions,
    "repository": lambda post, *_: repository_of(post),
    "resourcePath": lambda post, *_: url_path(post),
    "updatedAt": lambda post, *_: getattr(post, "updated_at", None) or post.submitted_at,
    "url": lambda post, context, _: context.state.url + url_path(post),
    "userContentEdits": lambda post, *_: edits(post),
    "viewerDidAuthor": lambda post, context, _: post.user is context.actor.user,
}

# ── issues ──────────────────────────────────────────────────────────────────────────────────────────────────


def timeline(issue: Issue, context: Context, args: Args) -> list[Any]:
    """Comments, reviews, commits and events, oldest first, narrowed by `itemTypes`, `since` and `skip`."""
    union = f"{type_name(issue)}TimelineItems"
    events = (item for item in issue.timeline if has_member(context.state, union, type_name(item)))
    found: list[Any] = [*issue.comments, *events]
    if isinstance(issue, PullRequest):
        found += [*pull_commits(issue), *issue.reviews]
    if args.get("itemTypes"):
        found = [item for item in found if _item_type(item) in args["itemTypes"]]
    if args.get("since"):
        since = datetime.fromisoformat(args["since"])
        found = [item for item in found if happened_at(item) >= since]
    return sorted(found, key=happened_at)[args.get("skip") or 0 :]


def pull_commits(pull: PullRequest) -> list[PullRequestCommit]:
    """Oldest first."""
    return [
        PullRequestCommit(
            pull, Commit(pull.repository, found.sha), datetime.fromisoformat(found.committer.date)
        )
        for found in git_facts.pull_commits(pull)
    ]


def _item_type(item: Any) -> str:
    """`LabeledEvent` → `LABELED_EVENT`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type_name(item) or "").upper()


def _closing_pulls(issue: Issue, _: Context, args: Args) -> list[Issue]:
    """Pull requests into the default branch whose text closes the issue; closed and merged ones only when asked for."""
    found: list[Issue] = [
        pull
        for pull in issue.repository.pull_requests
        if issue.number in closed_by(pull, pull.body)
        and (pull.state == "open" or args.get("includeClosedPrs"))
    ]
    return found


def _state_reason(issue: Issue, _: Context, args: Args) -> str | None:
    """`DUPLICATE` only for who asks for it, as on GitHub."""
    hidden = issue.state_reason == "duplicate" and not args.get("enableDuplicate")
    return "not_planned" if hidden else issue.state_reason


def _comments(issue: Issue, _: Context, args: Args) -> list[Comment]:
    order = args.get("orderBy")
    if order and order["direction"] == "DESC":
        return sorted(issue.comments, key=lambda comment: (comment.updated_at, comment.id), reverse=True)
    return issue.comments


def _summary(issue: Issue, *_: Any) -> dict[str, int]:
    total, done = len(issue.sub_issues), sum(child.state == "closed" for child in issue.sub_issues)
    return {"total": total, "completed": done, "percentCompleted": 100 * done // total if total else 0}


TICKET: Fields = {
    **POST,
    "assignees": "assignees",
    "closed": lambda issue, *_: issue.state == "closed",
    "closedAt": "closed_at",
    "comments": _comments,
    "labels": "labels",
    "locked": "locked",
    "number": "number",
    "state": lambda issue, *_: state_of(issue),
    "timelineItems": timeline,
    "title": "title",
}
ISSUE: Fields = {
    **TICKET,
    "closedByPullRequestsReferences": _closing_pulls,
    "parent": "parent",
    "stateReason": _state_reason,
    "subIssues": "sub_issues",
    "subIssuesSummary": _summary,
}
COMMENT: Fields = {
    **POST,
    "issue": "issue",
    "pullRequest": lambda comment, *_: comment.issue if isinstance(comment.issue, PullRequest) else None,
}
EDIT: Fields = {
    "createdAt": "edited_at",
    "deletedAt": lambda *_: None,
    "diff": "body",
    "editedAt": "edited_at",
    "editor": "editor",
    "id": "node_id",
    "updatedAt": "edited_at",
}
REACTION: Fields = {
    "content": lambda reaction, *_: REACTIONS[reaction.content],
    "createdAt": "created_at",
    "databaseId": "id",
    "id": "node_id",
    "user": lambda reaction, *_: reaction.user if reaction.user.type == "User" else None,
}

# ── labels and events ───────────────────────────────────────────────────────────────────────────────────────


def _label_path(label: Any) -> str:
    return f"/{label.repository.full_name}/labels/{label.name}"


LABEL: Fields = {
    "color": "color",
    "description": "description",
    "id": "node_id",
    "isDefault": "default",
    "issues": lambda label, _, args: issues(label.repository, {**args, "labels": [label.name]}),
    "name": "name",
    "pullRequests": lambda label, _, args: pull_requests(label.repository, {**args, "labels": [label.name]}),
    "repository": "repository",
    "resourcePath": lambda label, *_: _label_path(label),
    "url": lambda label, context, _: context.state.url + _label_path(label),
}
EVENT: Fields = {
    "actor": "actor",
    "closable": "issue",
    "createdAt": "created_at",
    "commit": lambda event, *_: Commit(event.issue.repository, event.commit_id) if event.commit_id else None,
    "currentTitle": lambda event, *_: event.rename[1],
    "id": "node_id",
    "isCrossRepository": lambda event, *_: event.source.repository is not event.issue.repository,
    "label": "label",
    "labelable": "issue",
    "mergeRefName": "issue.base_ref",
    "parent": "source",
    "previousTitle": lambda event, *_: event.rename[0],
    "pullRequest": "issue",
    "referencedAt": "created_at",
    "source": "source",
    "stateReason": "state_reason",
    "subIssue": "source",
    "target": "issue",
    "willCloseTarget": "will_close",
}
EVENT_TYPES = (
    "ClosedEvent", "ConvertToDraftEvent", "CrossReferencedEvent", "LabeledEvent", "MergedEvent",
    "ParentIssueAddedEvent", "ParentIssueRemovedEvent", "ReadyForReviewEvent", "RenamedTitleEvent", "ReopenedEvent",
    "SubIssueAddedEvent", "SubIssueRemovedEvent", "UnlabeledEvent",
)  # fmt: skip

TABLES: dict[str, Fields] = {
    **dict.fromkeys(EVENT_TYPES, EVENT),
    "Issue": ISSUE,
    "IssueComment": COMMENT,
    "Label": LABEL,
    "Reaction": REACTION,
    "ReactionGroup": {
        name: member(name) for name in ("content", "createdAt", "reactors", "viewerHasReacted")
    },
    "SubIssuesSummary": {name: member(name) for name in ("completed", "percentCompleted", "total")},
    "UserContentEdit": EDIT,
}
