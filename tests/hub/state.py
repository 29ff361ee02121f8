"""State: all that exists on the hub, behind one lock, on one clock that tests may move."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.hub.checks import CheckRun, CheckSuite, Status, WorkflowJob, WorkflowRun
from tests.hub.deliveries import Deliveries
from tests.hub.disturbance import Disturbance
from tests.hub.entities import App, Installation, Issue, Node, PullRequest, Repository, User
from tests.hub.errors import ApiError, not_found
from tests.hub.faults import Faults
from tests.hub.limits import Limits
from tests.hub.processes import Processes
from tests.hub.project_entities import Project
from tests.hub.recording import Recording
from tests.hub.staleness import Staleness

AnyNode = TypeVar("AnyNode", bound=Node)


@dataclass(frozen=True)
class Token:
    """An installation token as it was minted."""

    installation: Installation
    permissions: dict[str, str]
    repository_ids: frozenset[int] | None
    """None: whatever the installation may reach."""
    expires_at: datetime


@dataclass
class Call:
    """One API call as `/_hub/calls` shows it."""

    method: str
    path: str
    """Without the query string."""
    status: int
    actor: str
    """A login, `autocode[bot]`, `app:autocode` for a JWT, or `anonymous`."""
    body: Any
    """The request's JSON; of GraphQL `{operationName, variables, …}`; never a token."""
    permission: str | None
    """What the endpoint needs, such as `issues:write`."""
    at: str
    needed: list[str] = field(default_factory=list)
    """What this call has needed; of the endpoint's alternatives the one that sufficed."""
    address: str = ""
    """The path as it was asked for, which on Enterprise Server begins with `/api/v3`."""
    what: str = ""
    """The endpoint as it is declared, or `GraphQL` and the operation's name."""


@dataclass
class State:
    """Every read and write of it holds `lock`; the HTTP layer takes it around each request."""

    directory: Path
    """Holds `repositories/<owner>/<name>.git` and the checkouts of Actions."""
    url: str = ""
    """Where the hub listens, such as `http://127.0.0.1:4711`; every URL in an answer starts with it."""
    lock: threading.RLock = field(default_factory=threading.RLock)
    offset: timedelta = timedelta()
    users: dict[str, User] = field(default_factory=dict)
    """By login in lower case; organizations and bots too."""
    apps: dict[str, App] = field(default_factory=dict)
    """By slug: `autocode`, `github-actions` and those of `others`."""
    installations: dict[int, Installation] = field(default_factory=dict)
    """Of our App."""
    others: dict[str, Installation] = field(default_factory=dict)
    """Other people's Apps that report checks, where they are installed, by slug: see `seeds.DEFAULT`."""
    repositories: dict[int, Repository] = field(default_factory=dict)
    renamed: dict[str, int] = field(default_factory=dict)
    """Former `owner/name` in lower case → id of the repository."""
    projects: list[Project] = field(default_factory=list)
    """Of all organizations, oldest first."""
    tokens: dict[str, Token] = field(default_factory=dict)
    token_life: timedelta = timedelta(hours=1)
    calls: list[Call] = field(default_factory=list)
    uses: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """Who has needed which permission for what: actor → `issues:write` → `POST /repos/…`, `git push`, …"""
    limits: Limits = field(default_factory=Limits)
    enterprise: str | None = None
    """The version of Enterprise Server that this hub plays; None: it plays github.com."""
    log_links: dict[str, tuple[WorkflowJob, datetime]] = field(default_factory=dict)
    """Short-lived addresses of job logs: key → (job, until)."""
    faults: Faults = field(default_factory=Faults)
    deliveries: Deliveries = field(default_factory=Deliveries)
    disturbance: Disturbance = field(default_factory=Disturbance)
    recording: Recording = field(default_factory=Recording)
    runners: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2, "hub-actions"))
    """The threads that carry out workflow runs."""
    processes: Processes = field(default_factory=Processes)
    staleness: Staleness = field(default_factory=Staleness)
    requests: int = 0
    """API calls so far: what GitHub finds out in the background is there for the next one."""
    on_change: "list[Callable[[State], None]]" = field(default_factory=list)
    """Called whenever something has happened that a merge may have waited for; see `changed`."""
    _nodes: dict[str, Node] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1_000_001))

    def now(self) -> datetime:
        """The hub's time, in UTC: the machine's, moved by what `/_hub/clock` was told."""
        return datetime.now(UTC) + self.offset

    def new_id(self) -> int:
        """Unique over all kinds, below 2**31 so that GraphQL's Int holds it."""
        return next(self._ids)

    def add(self, node: AnyNode) -> AnyNode:
        """Make the node findable by its node id."""
        self._nodes[node.node_id] = node
        return node

    def remove(self, node: Node) -> None:
        self._nodes.pop(node.node_id, None)

    def node(self, node_id: str) -> Node | None:
        return self._nodes.get(node_id)

    def note_use(self, actor: str, needed: Iterable[str], what: str) -> None:
        """Remember for what the actor has needed these permissions."""
        for permission in needed:
            self.uses.setdefault(actor, {}).setdefault(permission, set()).add(what)

    def changed(self) -> None:
        """Something has happened: let those act who wait for it. The caller holds the lock."""
        for act in self.on_change:
            act(self)

    @property
    def api_url(self) -> str:
        """Where REST begins in the links of an answer."""
        return f"{self.url}/api/v3" if self.enterprise else self.url

    @property
    def app(self) -> App:
        return self.apps["autocode"]

    def user(self, login: str) -> User | None:
        return self.users.get(login.lower())

    def repository(self, owner: str, name: str) -> Repository | None:
        """Names compare without case, as on GitHub."""
        wanted = f"{owner}/{name}".lower()
        return next((r for r in self.repositories.values() if r.full_name.lower() == wanted), None)

    def installation_of(self, repository: Repository) -> Installation | None:
        """The installation of our App that reaches the repository."""
        return next((one for one in self.installations.values() if one.reaches(repository)), None)

    def issue(self, repository: Repository, number: int) -> Issue:
        """The issue or pull request of that number; ApiError 404 without one, 410 if there was one."""
        found = repository.issues.get(number)
        if number in repository.deleted:
            raise ApiError(410, "This issue was deleted")
        if found is None:
            raise not_found()
        return found

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        found = repository.issues.get(number)
        if not isinstance(found, PullRequest):
            raise not_found()
        return found

    def check_runs(self, repository: Repository, sha: str) -> list[CheckRun]:
        """The latest of every suite of the commit."""
        suites = [suite for suite in repository.suites if suite.head_sha == sha]
        return [run for suite in suites for run in self.latest_runs(suite)]

    def latest_runs(self, suite: CheckSuite) -> list[CheckRun]:
        """The newest run of each name: another attempt hides the one before it."""
        return list({run.name: run for run in suite.check_runs}.values())

    def statuses(self, repository: Repository, sha: str) -> list[Status]:
        """The latest status of each context, newest first."""
        latest: dict[str, Status] = {}
        for status in repository.statuses:
            if status.sha == sha:
                latest[status.context] = status
        return sorted(latest.values(), key=lambda status: status.id, reverse=True)

    def workflow_run(self, repository: Repository, run_id: int) -> WorkflowRun:
        found = next((run for run in repository.runs if run.id == run_id), None)
        if found is None:
            raise not_found()
        return found

    def job(self, repository: Repository, job_id: int) -> WorkflowJob:
        found = next((job for run in repository.runs for job in run.jobs if job.id == job_id), None)
        if found is None:
            raise not_found()
        return found
