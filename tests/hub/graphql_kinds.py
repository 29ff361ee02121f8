"""What GraphQL calls the things of the hub, which repository they belong to, which permission reads them."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.hub import git_facts
from tests.hub.checks import CheckRun, CheckSuite, Status, WorkflowRun
from tests.hub.entities import (
    App,
    Comment,
    Edit,
    Issue,
    Label,
    PullRequest,
    Reaction,
    Repository,
    Review,
    TimelineEvent,
    User,
)
from tests.hub.merging import MergeQueue, Protection, QueueEntry
from tests.hub.project_entities import DraftIssue, Project, ProjectField, ProjectItem
from tests.hub.review_entities import ReviewComment, ReviewThread


@dataclass(frozen=True)
class Ref:
    """A branch or tag as it stands now."""

    repository: Repository
    full_name: str
    sha: str

    @property
    def prefix(self) -> str:
        return "/".join(self.full_name.split("/", 2)[:2]) + "/"

    @property
    def name(self) -> str:
        return self.full_name.removeprefix(self.prefix)

    @property
    def node_id(self) -> str:
        return f"REF_kwDO{self.repository.id:08x}{self.full_name.encode().hex()}"


@dataclass(frozen=True)
class Commit:
    """A commit of a repository. Git is asked only for what the sha does not tell."""

    repository: Repository
    sha: str

    @property
    def node_id(self) -> str:
        return f"C_kwDO{self.repository.id:08x}{self.sha}"

    @property
    def facts(self) -> git_facts.Commit:
        found = git_facts.commit(self.repository, self.sha)
        assert found is not None, self.sha
        return found


@dataclass(frozen=True)
class Blob:
    """A file's content."""

    repository: Repository
    content: bytes

    @property
    def sha(self) -> str:
        return hashlib.sha1(
            b"blob %d\0%s" % (len(self.content), self.content), usedforsecurity=False
        ).hexdigest()

    @property
    def node_id(self) -> str:
        return f"B_kwDO{self.repository.id:08x}{self.sha}"

    @property
    def is_binary(self) -> bool:
        return b"\0" in self.content[:8000]


@dataclass(frozen=True)
class PullRequestCommit:
    """A commit as a member of a pull request."""

    pull_request: PullRequest
    commit: Commit
    created_at: datetime

    @property
    def node_id(self) -> str:
        return f"PURC_kwDO{self.pull_request.id:08x}{self.commit.sha}"


@dataclass(frozen=True)
class Rollup:
    """The checks and statuses of one commit, at least one."""

    commit: Commit
    contexts: list[CheckRun | Status]

    @property
    def node_id(self) -> str:
        return f"SCR_kwDO{self.commit.repository.id:08x}{self.commit.sha}"


EVENTS = {
    "labeled": "LabeledEvent",
    "unlabeled": "UnlabeledEvent",
    "renamed": "RenamedTitleEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "merged": "MergedEvent",
    "cross-referenced": "CrossReferencedEvent",
    "ready_for_review": "ReadyForReviewEvent",
    "convert_to_draft": "ConvertToDraftEvent",
    "parent_issue_added": "ParentIssueAddedEvent",
    "parent_issue_removed": "ParentIssueRemovedEvent",
    "sub_issue_added": "SubIssueAddedEvent",
    "sub_issue_removed": "SubIssueRemovedEvent",
}
"""REST's word for an event → its GraphQL type. Others are not in our part of the schema."""

NAMES: dict[type, str] = {
    App: "App",
    Blob: "Blob",
    CheckRun: "CheckRun",
    CheckSuite: "CheckSuite",
    Comment: "IssueComment",
    Commit: "Commit",
    Edit: "UserContentEdit",
    Issue: "Issue",
    Label: "Label",
    MergeQueue: "MergeQueue",
    Protection: "BranchProtectionRule",
    PullRequest: "PullRequest",
    PullRequestCommit: "PullRequestCommit",
    QueueEntry: "MergeQueueEntry",
    Reaction: "Reaction",
    Ref: "Ref",
    Repository: "Repository",
    Review: "PullRequestReview",
    ReviewComment: "PullRequestReviewComment",
    ReviewThread: "PullRequestReviewThread",
    Rollup: "StatusCheckRollup",
    Status: "StatusContext",
    WorkflowRun: "WorkflowRun",
}

NEEDS: dict[str, str] = {
    "Blob": "contents:read",
    "CheckRun": "checks:read",
    "CheckSuite": "checks:read",
    "Commit": "contents:read",
    "Issue": "issues:read",
    "IssueComment": "issues:read",
    "MergeQueue": "pull_requests:read",
    "MergeQueueEntry": "pull_requests:read",
    "PullRequest": "pull_requests:read",
    "PullRequestCommit": "pull_requests:read",
    "PullRequestReview": "pull_requests:read",
    "PullRequestReviewComment": "pull_requests:read",
    "PullRequestReviewThread": "pull_requests:read",
    "Ref": "contents:read",
    "StatusCheckRollup": "checks:read",
    "StatusContext": "statuses:read",
    "WorkflowRun": "actions:read",
}
"""The permission an installation needs to read things of a type; `metadata:read` suffices for the rest."""


def type_name(value: Any) -> str | None:
    """The GraphQL type of a thing of the hub; None for plain values."""
    if isinstance(value, User):
        return value.type
    if isinstance(value, TimelineEvent):
        return EVENTS.get(value.event)
    # The things of Projects say it themselves: a field's type depends on what it holds.
    return NAMES.get(type(value)) or getattr(value, "graphql_type", None)


def needs_of(value: Any) -> str | None:
    """The permission that reads this very thing: a comment is read like what it stands under."""
    if isinstance(value, Comment):
        return needs_of(value.issue)
    return NEEDS.get(type_name(value) or "")


def project_of(value: Any) -> Project | None:
    """The project a thing belongs to; None for what has nothing to do with projects."""
    match value:
        case Project() | ProjectField() | ProjectItem() | DraftIssue():
            return value.project
    return None


def repository_of(value: Any) -> Repository | None:
    """The repository a thing belongs to; None for people, Apps and plain values."""
    match value:
        case Repository():
            return value
        case (
            Issue()
            | Label()
            | Ref()
            | Blob()
            | Commit()
            | CheckSuite()
            | Status()
            | WorkflowRun()
            | Protection()
            | MergeQueue()
        ):
            return value.repository
        case Comment() | TimelineEvent():
            return value.issue.repository
        case Review() | PullRequestCommit() | ReviewThread():
            return value.pull_request.repository
        case ReviewComment():
            return value.thread.pull_request.repository
        case QueueEntry():
            return value.queue.repository
        case CheckRun():
            return value.suite.repository
        case Rollup():
            return value.commit.repository
    return None
