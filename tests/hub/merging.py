"""What the hub knows of merging: rules for branches, mergeability, auto-merge, merge queues. Data only."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.hub.entities import Node, PullRequest, Repository, User


@dataclass(frozen=True)
class RequiredCheck:
    context: str
    """The name of a check run, or the context of a status."""
    app_id: int | None = None
    """The App that has to report it; None: anybody."""


@dataclass(frozen=True)
class Rules:
    """What a branch asks of changes to it: of one protection, or of one ruleset."""

    checks: tuple[RequiredCheck, ...] = ()
    strict: bool = False
    """The head has to hold the base's tip; means nothing without `checks`, as on GitHub."""
    approvals: int | None = None
    """None: no pull request is asked for."""
    dismiss_stale: bool = False
    conversations: bool = False
    """Every thread has to be resolved."""
    linear: bool = False
    """No merge commits."""
    pushers: frozenset[str] | None = None
    """The logins that may push and merge; None: whoever may write."""
    admins_too: bool = True
    force_pushes: bool = False
    deletions: bool = False
    queue: dict[str, Any] | None = None
    """The parameters of a `merge_queue` rule."""
    is_ruleset: bool = False


@dataclass(eq=False, kw_only=True)
class Protection(Node):
    """https://docs.github.com/en/rest/branches/branch-protection"""

    PREFIX = "BPR"
    repository: Repository
    branch: str
    rules: Rules
    has_checks: bool
    """`required_status_checks` was given, be it with no check in it."""


@dataclass(eq=False, kw_only=True)
class Ruleset(Node):
    """https://docs.github.com/en/rest/repos/rules"""

    PREFIX = "RRS"
    repository: Repository
    name: str
    enforcement: str
    """`active`, `evaluate` or `disabled`."""
    include: list[str]
    """`~DEFAULT_BRANCH`, `~ALL` or patterns of full refs."""
    exclude: list[str]
    rows: list[dict[str, Any]]
    """The rules as they were given: `{type, parameters}`."""
    rules: Rules
    created_at: datetime
    updated_at: datetime


@dataclass
class Mergeability:
    """What became of GitHub's test merge of two commits."""

    of: tuple[str | None, str]
    """(base, head)."""
    asked_in: int
    """The request that asked for it: the answer is there for the next one."""
    answer: bool | None = None


@dataclass(frozen=True)
class AutoMerge:
    """Merge as soon as nothing is in the way."""

    enabled_by: User
    enabled_at: datetime
    method: str
    """`merge`, `squash` or `rebase`."""
    title: str | None = None
    message: str | None = None


@dataclass(eq=False, kw_only=True)
class MergeQueue(Node):
    PREFIX = "MQ"
    repository: Repository
    branch: str
    entries: "list[QueueEntry]" = field(default_factory=list)
    """First in, first out."""


@dataclass(eq=False, kw_only=True)
class QueueEntry(Node):
    PREFIX = "MQE"
    queue: MergeQueue
    pull_request: PullRequest
    enqueuer: User
    enqueued_at: datetime
    state: str = "QUEUED"
    """`QUEUED`, or `AWAITING_CHECKS` once it is built."""
    head_id: str
    """The pull request's head when it joined."""
    base_sha: str | None = None
    """What the group's commit stands on, once it is built."""
    group_sha: str | None = None
    group_ref: str | None = None
    """`refs/heads/gh-readonly-queue/<base>/pr-<number>-<base sha>`."""
