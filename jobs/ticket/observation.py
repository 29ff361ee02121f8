"""Observation: one ticket on GitHub as it is now, in plain data. Made by `jobs.github.answers`, read by all."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from jobs.ticket.configuration import DEFAULTS, Configuration, Mistake
from jobs.ticket.history import History
from jobs.ticket.request import Ticket
from jobs.ticket.text import cleaned

TRIGGER_LABEL = "autocode"
"""The label that starts a ticket; taking it off cancels."""

GHOST = "ghost"
"""Who wrote what a deleted account left behind: https://github.com/ghost"""

WRITERS = frozenset({"admin", "maintain", "write"})
"""https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user"""


@dataclass(frozen=True)
class Repository:
    """The ticket's repository."""

    id: int
    node_id: str
    name_with_owner: str
    url: str
    """Its web address; the git address is this with `.git`."""
    default_branch: str | None
    """None while the repository has no commit."""
    is_archived: bool
    is_empty: bool
    label_ids: Mapping[str, str]
    """Node ids of the repository's labels whose name starts with `autocode`."""


@dataclass(frozen=True)
class Comment:
    """A comment on the issue or on the pull request's conversation."""

    id: int
    author: str
    """Login; `ghost` when the account is gone."""
    by_us: bool
    by_person: bool
    """False for bots and for deleted accounts."""
    body: str
    created_at: datetime
    url: str = ""
    author_id: int | None = None
    """The user's id; None for bots and deleted accounts."""
    editor: str | None = None
    """Login of who edited it last; None while nobody has."""
    node_id: str = ""
    asked_at: datetime | None = None
    """When that was asked for which it passes on: one of ours may start a sub-issue for the parent's requester."""


@dataclass(frozen=True)
class Review:
    """A submitted review of the pull request."""

    id: int
    author: str
    by_person: bool
    state: str
    """APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED."""
    body: str
    submitted_at: datetime
    head_sha: str | None = None
    """The head commit that it is about."""
    remarks: int = 0
    """How many comments on lines of the diff came with it; what they say is in `jobs.ticket.threads`."""


@dataclass(frozen=True)
class Annotation:
    """What a check says about one place."""

    path: str
    line: int
    level: str
    message: str


@dataclass(frozen=True)
class Check:
    """One check run or commit status of the head commit."""

    name: str
    status: Literal["pending", "completed"]
    conclusion: str | None
    """https://docs.github.com/en/rest/checks/runs: lower case, None until completed; a status' `error` is `failure`."""
    url: str
    app: str | None = None
    """Slug of the App that made the check run; `github-actions` for workflows; None for a commit status."""
    is_suite_complete: bool = True
    """False while its suite, in Actions the workflow run, has jobs to come that are not even listed yet."""
    waits_for_person: bool = False
    """Somebody has to approve something before it begins or goes on; until then it has said nothing."""
    job_id: int | None = None
    """For GitHub Actions, where the check run's id is the job's id."""
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True)
class OwnRun:
    """Our own check run of a commit."""

    node_id: str
    head_sha: str
    title: str


@dataclass(frozen=True)
class Branch:
    """The ticket's branch on GitHub."""

    name: str
    head_sha: str
    message: str = ""
    """The head commit's message, whose trailers say which run and iteration made it."""


@dataclass(frozen=True)
class PullRequest:
    """The ticket's pull request."""

    id: int
    node_id: str
    number: int
    url: str
    title: str
    body: str
    state: Literal["OPEN", "CLOSED", "MERGED"]
    is_draft: bool
    head_branch: str
    head_sha: str
    base_branch: str
    has_auto_merge: bool = False
    """GitHub merges it by itself once the rules of the base allow it."""
    is_queued: bool = False
    """It stands in the base's merge queue."""
    own_run: OwnRun | None = None
    is_conflicting: bool = False
    """GitHub has found that it cannot be merged as it is; False also while it has not looked yet."""
    checks: tuple[Check, ...] = ()
    """Of the head commit, our own left out."""
    reviews: tuple[Review, ...] = ()
    """Oldest first."""
    comments: tuple[Comment, ...] = ()
    """Oldest first, ours left in."""


@dataclass(frozen=True)
class Trigger:
    """Who put the trigger label on, and when. Only present while the label is on."""

    actor: str
    at: datetime
    """GitHub's times are whole seconds, so two triggers may have the same."""
    event_id: str = ""
    """Node id of the event, which tells them apart."""
    actor_id: int | None = None
    """The user's id, which `Co-authored-by` needs; None for deleted accounts."""
    asked_at: datetime | None = None
    """When it was asked for, where that was before `at`."""


@dataclass(frozen=True)
class Select:
    """A single-select field of a Project, such as the one whose options are the board's columns."""

    id: str
    name: str
    options: Mapping[str, str]
    """Option name → id, in the board's order. The ids change when people edit the options."""


@dataclass(frozen=True)
class Card:
    """The issue's card on a Project of its repository's owner."""

    id: str
    """Node id of the item."""
    project_id: str
    project_title: str
    is_archived: bool
    """The card is, or its project is closed: nobody looks at it."""
    selects: tuple[Select, ...] = ()
    """The project's single-select fields."""
    values: Mapping[str, str | float] = field(default_factory=dict)
    """What the card has in the project's single-select and number fields, by the field's name."""

    def select(self, name: str) -> Select | None:
        """The single-select field of that name, in whatever case it is written."""
        return next((item for item in self.selects if item.name.casefold() == name.casefold()), None)

    def value(self, name: str) -> str | float | None:
        """What stands in the field of that name, in whatever case it is written."""
        found = (value for key, value in self.values.items() if key.casefold() == name.casefold())
        return next(found, None)


@dataclass(frozen=True)
class Issue:
    """The issue itself."""

    id: int
    """Database id, which is what the sub-issues API asks for."""
    node_id: str
    url: str
    title: str
    """As it stood when the trigger was given."""
    body: str
    """As it stood when the trigger was given."""
    author: str
    latest_body: str
    """As it stands now: it may name what the ticket waits for, and asks for nothing."""
    latest_body_by: str
    """Login of who edited it last."""
    created_at: datetime
    state: Literal["OPEN", "CLOSED"]
    labels: Mapping[str, str]
    """Label name → node id."""
    history: History | None = None
    """What title and body were before; None where that is not known."""

    def as_of(self, at: datetime, reader: str) -> "Issue":
        """The issue with the text that this person can have read then; of one that was made later, its first text."""
        if self.history is None:
            return self
        at = max(at, self.created_at)
        title, body = self.history.title_at(at), self.history.body_at(at, reader)
        return replace(self, title=cleaned(title), body=cleaned(body))


@dataclass(frozen=True)
class Observation:
    """One ticket on GitHub as it is now."""

    ticket: Ticket
    now: datetime
    """When it was asked, by our clock, timezone-aware UTC."""
    viewer: str
    """Our bot's login, `slug[bot]`."""
    viewer_id: int
    """Our bot's user id, which its commit e-mail carries."""
    repository: Repository
    issue: Issue
    trigger: Trigger | None = None
    own_label: Trigger | None = None
    """When we put the label on ourselves, after a command or for a card; None where a person did or it is off."""
    status_comment: Comment | None = None
    """Our one status comment, if there is one."""
    comments: tuple[Comment, ...] = ()
    """The issue's newest comments, oldest first, without the status comment."""
    branches: tuple[Branch, ...] = ()
    """Every branch called `autocode/<number>-…`."""
    pull_requests: tuple[PullRequest, ...] = ()
    """Every pull request that we opened from such a branch, newest first."""
    below: PullRequest | None = None
    """The one that the ticket stands on, without checks, reviews and comments; None where it stands on none."""
    cards: tuple[Card, ...] = ()
    """Of the issue, on the Projects of its repository's owner; none where we may not see Projects."""
    may_move_cards: bool = False
    """We were granted more than to see them."""
    configuration: Configuration = DEFAULTS
    """What the repository's `.github/autocode.yml` says."""
    mistakes: tuple[Mistake, ...] = ()
    """What of it could not be used."""
    configuration_text: str | None = None
    """The file as GitHub gave it; None where there is none."""
    permissions: Mapping[str, str] = field(default_factory=dict)
    """Login → permission in the repository, as far as it was asked."""
    denied: str = ""
    """What people have to grant before more than the issue can be seen; branches and pull requests are missing then."""

    @property
    def is_labeled(self) -> bool:
        """The trigger label is on."""
        return TRIGGER_LABEL in self.issue.labels

    def may_write(self, login: str) -> bool:
        """GitHub said that this person may write to the repository."""
        return self.permissions.get(login) in WRITERS
