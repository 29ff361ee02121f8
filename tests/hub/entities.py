"""What the hub knows of: users, repositories, issues, pull requests, comments, reviews. Data, no behaviour.

Lists are oldest first. What git knows (heads, commits, diffs) is not here: see `git_facts`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from tests.hub.merge_settings import MergeSettings

if TYPE_CHECKING:
    from tests.hub.checks import CheckSuite, Status, WorkflowRun
    from tests.hub.merging import AutoMerge, Mergeability, MergeQueue, Protection, QueueEntry, Ruleset
    from tests.hub.review_entities import ReviewComment, ReviewThread


@dataclass(eq=False, kw_only=True)
class Node:
    """Anything with a database id and a global node id."""

    PREFIX: ClassVar[str] = "N"
    id: int

    @property
    def node_id(self) -> str:
        """Opaque to clients; ours spells the type and the id, such as `I_kwDO00f42ab`."""
        return f"{self.PREFIX}_kwDO{self.id:08x}"


@dataclass(eq=False, kw_only=True)
class User(Node):
    """A person, an organization or the bot of an App."""

    login: str
    type: str = "User"
    """`User`, `Organization` or `Bot`."""
    name: str | None = None
    created_at: datetime

    @property
    def node_id(self) -> str:
        prefix = {"User": "U", "Organization": "O", "Bot": "BOT"}[self.type]
        return f"{prefix}_kgDO{self.id:08x}"


@dataclass(eq=False, kw_only=True)
class App(Node):
    """A GitHub App: ours, the one GitHub Actions reports its checks as, or somebody's CI."""

    PREFIX = "A"
    slug: str
    name: str
    client_id: str
    owner: User
    bot: User
    permissions: dict[str, str]
    events: list[str]
    created_at: datetime
    private_key: str = ""
    public_key: str = ""
    webhook_secret: str = ""
    webhook_url: str | None = None
    hook_id: int = 0


@dataclass(eq=False, kw_only=True)
class Installation(Node):
    """An App on one account. `repository_ids` of None means all repositories of the account."""

    PREFIX = "MDIz"
    app: App
    account: User
    permissions: dict[str, str]
    repository_ids: set[int] | None = None
    created_at: datetime
    suspended_at: datetime | None = None

    def reaches(self, repository: "Repository") -> bool:
        """The App may look at the repository at all."""
        selected = self.repository_ids is None or repository.id in self.repository_ids
        return self.account is repository.owner and self.suspended_at is None and selected


@dataclass(eq=False, kw_only=True)
class Label(Node):
    PREFIX = "LA"
    repository: "Repository"
    name: str
    color: str = "ededed"
    description: str | None = None
    default: bool = False


@dataclass(eq=False, kw_only=True)
class Repository(Node):
    PREFIX = "R"
    owner: User
    name: str
    git_dir: Path
    """The bare repository."""
    created_at: datetime
    updated_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    private: bool = True
    archived: bool = False
    description: str | None = None
    sub_issues_enabled: bool = True
    collaborators: dict[str, str] = field(default_factory=dict)
    """login in lower case → admin, maintain, write, triage or read."""
    labels: dict[str, Label] = field(default_factory=dict)
    """By name in lower case."""
    issues: dict[int, "Issue"] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    """Numbers of issues that were deleted."""
    """Issues and pull requests by number: they share one sequence."""
    suites: "list[CheckSuite]" = field(default_factory=list)
    runs: "list[WorkflowRun]" = field(default_factory=list)
    """Runs of workflows."""
    statuses: "list[Status]" = field(default_factory=list)
    merging: MergeSettings = field(default_factory=MergeSettings)
    protections: "dict[str, Protection]" = field(default_factory=dict)
    """By branch."""
    rulesets: "list[Ruleset]" = field(default_factory=list)
    queues: "dict[str, MergeQueue]" = field(default_factory=dict)
    """By branch."""
    seen_heads: dict[str, str] = field(default_factory=dict)
    """Branches (full ref → sha) at the last look: what `pushes.process` compares with."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def pull_requests(self) -> "list[PullRequest]":
        return [issue for issue in self.issues.values() if isinstance(issue, PullRequest)]


@dataclass(eq=False, kw_only=True)
class Edit(Node):
    """One revision of a body; the first edit also records the original (as GitHub's `userContentEdits`)."""

    PREFIX = "UCE"
    editor: User
    edited_at: datetime
    body: str
    """The whole text of that revision (`diff` in GraphQL)."""


@dataclass(eq=False, kw_only=True)
class Reaction(Node):
    PREFIX = "REA"
    user: User
    content: str
    """+1, -1, laugh, confused, heart, hooray, rocket or eyes."""
    created_at: datetime


@dataclass(eq=False, kw_only=True)
class Comment(Node):
    """A comment on an issue or on the conversation of a pull request."""

    PREFIX = "IC"
    issue: "Issue"
    user: User
    body: str
    created_at: datetime
    updated_at: datetime
    via_app: App | None = None
    """`performed_via_github_app`."""
    edits: list[Edit] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)


EVENT_PREFIXES = {
    "labeled": "LE", "unlabeled": "UNLE", "renamed": "RTE", "closed": "CE", "reopened": "ROE", "merged": "ME",
    "cross-referenced": "CRE", "ready_for_review": "RFRE", "convert_to_draft": "CTDE", "sub_issue_added": "SIAE",
    "parent_issue_added": "PIAE", "head_ref_deleted": "HRDE", "head_ref_force_pushed": "HRFPE",
    "base_ref_changed": "BRCE", "assigned": "AE", "unassigned": "UNAE", "review_requested": "RRE",
    "blocked_by_added": "BBAE", "blocked_by_removed": "BBRE", "blocking_added": "BIAE", "blocking_removed": "BIRE",
    "sub_issue_removed": "SIRE", "parent_issue_removed": "PIRE",
}  # fmt: skip


@dataclass(eq=False, kw_only=True)
class TimelineEvent(Node):
    """What happened to an issue. The fields below `created_at` are set by the kinds that need them."""

    event: str
    """GitHub's word: a key of `EVENT_PREFIXES`."""
    issue: "Issue"
    actor: User
    created_at: datetime
    via_app: App | None = None
    label: Label | None = None
    rename: tuple[str, str] | None = None
    """(from, to) of `renamed`."""
    state_reason: str | None = None
    commit_id: str | None = None
    source: "Issue | None" = None
    """Where a `cross-referenced` comes from; the other issue of the sub-issue and dependency events."""
    will_close: bool = False
    """Of `cross-referenced`: the source closes this issue when merged."""
    closer: "PullRequest | None" = None

    @property
    def node_id(self) -> str:
        return f"{EVENT_PREFIXES[self.event]}_lADO{self.id:08x}"


@dataclass(eq=False, kw_only=True)
class Issue(Node):
    PREFIX = "I"
    repository: Repository
    number: int
    title: str
    body: str | None
    user: User
    created_at: datetime
    updated_at: datetime
    via_app: App | None = None
    state: str = "open"
    """`open` or `closed`."""
    state_reason: str | None = None
    """`completed`, `not_planned`, `duplicate`, `reopened` or None."""
    closed_at: datetime | None = None
    closed_by: User | None = None
    locked: bool = False
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    timeline: list[TimelineEvent] = field(default_factory=list)
    sub_issues: "list[Issue]" = field(default_factory=list)
    parent: "Issue | None" = None
    blocked_by: "list[Issue]" = field(default_factory=list)
    blocking: "list[Issue]" = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class Review(Node):
    PREFIX = "PRR"
    pull_request: "PullRequest"
    user: User
    body: str
    state: str
    """`APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED` or `PENDING`."""
    commit_id: str
    submitted_at: datetime
    via_app: App | None = None
    comments: "list[ReviewComment]" = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class PullRequest(Issue):
    """An issue with branches. Its head commit is `refs/pull/<number>/head` of the base repository, as on GitHub."""

    PREFIX = "PR"
    pull_id: int
    """The id `/pulls` shows; `id` is what `/issues` shows."""
    head_ref: str
    head_repository: Repository | None
    base_ref: str
    base_sha: str
    """Tip of the base branch at the last push to either branch; fixed once merged."""
    draft: bool = False
    merged: bool = False
    merged_at: datetime | None = None
    merged_by: User | None = None
    merge_commit_sha: str | None = None
    maintainer_can_modify: bool = False
    reviews: list[Review] = field(default_factory=list)
    requested_reviewers: list[User] = field(default_factory=list)
    threads: "list[ReviewThread]" = field(default_factory=list)
    mergeability: "Mergeability | None" = None
    auto_merge: "AutoMerge | None" = None
    queue_entry: "QueueEntry | None" = None
