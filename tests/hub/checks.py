"""What the hub knows of checks: suites, runs, annotations, commit statuses, workflow runs and jobs. Data only."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.hub.entities import App, Node, Repository, User


@dataclass(frozen=True)
class Annotation:
    path: str
    start_line: int
    end_line: int
    level: str
    """`notice`, `warning` or `failure`."""
    message: str
    title: str | None = None
    raw_details: str | None = None
    start_column: int | None = None
    end_column: int | None = None


@dataclass(frozen=True)
class Action:
    """A button that a check run shows."""

    label: str
    description: str
    identifier: str
    """What the App is told when it is pressed."""


@dataclass(eq=False, kw_only=True)
class CheckSuite(Node):
    PREFIX = "CS"
    repository: Repository
    app: App
    head_branch: str | None
    head_sha: str
    before: str | None
    created_at: datetime
    updated_at: datetime
    status: str = "queued"
    """`queued`, `in_progress` or `completed`."""
    conclusion: str | None = None
    check_runs: "list[CheckRun]" = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class CheckRun(Node):
    PREFIX = "CR"
    suite: CheckSuite
    name: str
    status: str = "queued"
    """`queued`, `in_progress` or `completed`."""
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Annotation] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    details_url: str | None = None
    external_id: str = ""
    required: bool = False
    """Stands for a branch protection rule (`isRequired` in GraphQL)."""


@dataclass(eq=False, kw_only=True)
class Step:
    number: int
    name: str
    status: str = "queued"
    conclusion: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(eq=False, kw_only=True)
class WorkflowJob:
    """One job of a workflow run; as on GitHub its id is that of its check run."""

    run: "WorkflowRun"
    key: str
    """The key under `jobs:` of the workflow."""
    check_run: CheckRun
    attempt: int
    created_at: datetime
    steps: list[Step] = field(default_factory=list)
    log: str = ""

    @property
    def id(self) -> int:
        return self.check_run.id


@dataclass(eq=False, kw_only=True)
class WorkflowRun(Node):
    PREFIX = "WFR"
    repository: Repository
    suite: CheckSuite
    workflow_id: int
    name: str
    path: str
    event: str
    """`push` or `pull_request`."""
    run_number: int
    actor: User
    display_title: str
    created_at: datetime
    updated_at: datetime
    run_attempt: int = 1
    status: str = "queued"
    """`queued`, `in_progress` or `completed`."""
    conclusion: str | None = None
    jobs: list[WorkflowJob] = field(default_factory=list)
    """Of every attempt."""


@dataclass(eq=False, kw_only=True)
class Status(Node):
    PREFIX = "SC"
    repository: Repository
    sha: str
    state: str
    """`error`, `failure`, `pending` or `success`."""
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: datetime
