"""What the hub knows of Projects: their fields, their items and the values in them. Data, no behaviour.

https://docs.github.com/en/issues/planning-and-tracking-with-projects
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from tests.hub.entities import Issue, Label, Node, PullRequest, Repository, User

Plain = str | float
"""What a field holds: a text, a number, a date such as `2026-11-21`, or the id of an option."""
SELECT = "SINGLE_SELECT"


@dataclass(eq=False, kw_only=True)
class Project(Node):
    """A project of an organization: Apps cannot reach a person's own, so the hub has none."""

    PREFIX = "PVT"
    graphql_type: ClassVar[str] = "ProjectV2"
    owner: User
    creator: User
    number: int
    title: str
    created_at: datetime
    updated_at: datetime
    short_description: str | None = None
    readme: str | None = None
    public: bool = False
    closed_at: datetime | None = None
    roles: dict[str, str] = field(default_factory=dict)
    """Of people who were invited, by login in lower case: READER, WRITER or ADMIN."""
    fields: "list[ProjectField]" = field(default_factory=list)
    items: "list[ProjectItem]" = field(default_factory=list)
    """In the order of the board, which people change; archived ones too."""
    done: str | None = None
    """The id of the option that the built-in workflow gives to what is closed."""

    @property
    def project(self) -> "Project":
        return self


@dataclass(eq=False, kw_only=True)
class Option:
    """One of a single-select field: a column of the board."""

    id: str
    name: str
    color: str
    description: str = ""


@dataclass(eq=False, kw_only=True)
class ProjectField(Node):
    """A column of the table. `options` is of single-select fields alone."""

    project: Project
    name: str
    data_type: str
    """GitHub's word, such as `SINGLE_SELECT`."""
    created_at: datetime
    updated_at: datetime
    options: list[Option] = field(default_factory=list)

    @property
    def node_id(self) -> str:
        return f"{'PVTSSF' if self.data_type == SELECT else 'PVTF'}_lADO{self.id:08x}"

    @property
    def graphql_type(self) -> str:
        return "ProjectV2SingleSelectField" if self.data_type == SELECT else "ProjectV2Field"


@dataclass(eq=False, kw_only=True)
class DraftIssue(Node):
    """A card that is no issue yet."""

    PREFIX = "DI"
    graphql_type: ClassVar[str] = "DraftIssue"
    project: Project
    title: str
    body: str
    creator: User
    assignees: list[User]
    created_at: datetime
    updated_at: datetime


@dataclass(eq=False, kw_only=True)
class ProjectItem(Node):
    """A card."""

    PREFIX = "PVTI"
    graphql_type: ClassVar[str] = "ProjectV2Item"
    project: Project
    content: Issue | DraftIssue
    creator: User
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    values: "dict[int, Value]" = field(default_factory=dict)
    """What people and Apps have filled in, by the field's id."""

    @property
    def content_type(self) -> str:
        if isinstance(self.content, DraftIssue):
            return "DraftIssue"
        return "PullRequest" if isinstance(self.content, PullRequest) else "Issue"


VALUE_TYPES = {
    "DATE": "ProjectV2ItemFieldDateValue",
    "NUMBER": "ProjectV2ItemFieldNumberValue",
    SELECT: "ProjectV2ItemFieldSingleSelectValue",
    "TEXT": "ProjectV2ItemFieldTextValue",
    "TITLE": "ProjectV2ItemFieldTextValue",
}
"""A field's data type → the GraphQL type of its values."""


@dataclass(eq=False, kw_only=True)
class Value:
    """What one item has in one field."""

    item: ProjectItem
    field: ProjectField
    value: Plain
    creator: User
    """Who filled the field in first. GitHub does not document whether this changes with the value; the webhook's
    `sender` is who changed it."""
    created_at: datetime
    updated_at: datetime

    @property
    def node_id(self) -> str:
        return f"PVTFV_lADO{self.item.id:08x}{self.field.id:08x}"

    @property
    def graphql_type(self) -> str:
        return VALUE_TYPES[self.field.data_type]

    @property
    def option(self) -> Option | None:
        """Of a single-select field."""
        return next((option for option in self.field.options if option.id == self.value), None)


@dataclass(frozen=True)
class Borrowed:
    """What an item shows of its issue in a field that cannot be edited here."""

    field: ProjectField
    graphql_type: str
    repository: Repository | None = None
    labels: tuple[Label, ...] = ()
    users: tuple[User, ...] = ()
