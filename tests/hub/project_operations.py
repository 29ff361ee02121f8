"""What may be done to projects and their settings, with the events it causes. GraphQL and the seeds call these.

Whoever calls has asked `project_access` already. Refusals are `Refused`. For cards see `card_operations`.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from tests.hub.auth import Actor
from tests.hub.entities import User
from tests.hub.graphql_errors import Refused
from tests.hub.project_access import NEEDS
from tests.hub.project_entities import SELECT, Option, Project, ProjectField
from tests.hub.serialize_projects import project_json
from tests.hub.state import State
from tests.hub.webhooks import emit_to_organization

BUILT_IN = (
    ("Title", "TITLE"), ("Assignees", "ASSIGNEES"), ("Status", SELECT), ("Labels", "LABELS"),
    ("Linked pull requests", "LINKED_PULL_REQUESTS"), ("Milestone", "MILESTONE"), ("Repository", "REPOSITORY"),
    ("Reviewers", "REVIEWERS"), ("Parent issue", "PARENT_ISSUE"), ("Sub-issues progress", "SUB_ISSUES_PROGRESS"),
)  # fmt: skip
"""The fields of a new project."""
COLUMNS = (
    {"name": "Todo", "color": "GREEN", "description": "This item hasn't been started"},
    {"name": "In Progress", "color": "YELLOW", "description": "This is actively being worked on"},
    {"name": "Done", "color": "PURPLE", "description": "This has been completed"},
)
"""The options of a new project's Status."""
CUSTOM = ("DATE", "NUMBER", SELECT, "TEXT")
MOST_OPTIONS = 50


def create_project(
    state: State, actor: Actor, owner: User, title: str, columns: Iterable[Mapping[str, str]] = COLUMNS
) -> Project:
    if not title.strip():
        raise Refused("UNPROCESSABLE", "Title can't be blank")
    number = max((project.number for project in state.projects if project.owner is owner), default=0) + 1
    now = state.now()
    project = Project(
        id=state.new_id(), owner=owner, creator=actor.author, number=number, title=title.strip(), created_at=now,
        updated_at=now,
    )  # fmt: skip
    for name, data_type in BUILT_IN:
        _add_field(state, project, name, data_type, columns if name == "Status" else ())
    project.done = next((option.id for option in _status(project).options if option.name == "Done"), None)
    state.projects.append(state.add(project))
    _emit(state, actor, "created", project)
    return project


def _status(project: Project) -> ProjectField:
    return next(field for field in project.fields if field.name == "Status")


def update_project(state: State, actor: Actor, project: Project, changes: Mapping[str, Any]) -> None:
    """Any of title, short_description, readme, public and closed."""
    edited = {}
    for name in ("title", "short_description", "readme", "public"):
        before, after = getattr(project, name), changes.get(name)
        if after is not None and after != before:
            setattr(project, name, after)
            edited["description" if name == "readme" else name] = {"from": before, "to": after}
    project.updated_at = state.now()
    if edited:
        _emit(state, actor, "edited", project, changes=edited)
    closed = changes.get("closed")
    if closed is not None and closed != bool(project.closed_at):
        project.closed_at = state.now() if closed else None
        _emit(state, actor, "closed" if closed else "reopened", project)


def delete_project(state: State, actor: Actor, project: Project) -> None:
    state.projects.remove(project)
    for node in (project, *project.fields, *project.items):
        state.remove(node)
    payload = project_json(state, project, deleted_by=actor.author)
    emit_to_organization(
        state, actor.author, "projects_v2", "deleted", project.owner, NEEDS, projects_v2=payload
    )


def create_field(
    state: State, project: Project, name: str, data_type: str, options: Iterable[Mapping[str, str]] | None
) -> ProjectField:
    """A field of people's own. Fields cause no event of their own."""
    if data_type not in CUSTOM:
        raise Refused("UNPROCESSABLE", f"The hub has no fields of the type {data_type}.")
    _check_name(project, name)
    if data_type == SELECT and not options:
        raise Refused("VALIDATION", "Single select options can't be blank")
    return _add_field(state, project, name.strip(), data_type, options or ())


def update_field(
    state: State, field: ProjectField, name: str | None, options: list[Mapping[str, str]] | None
) -> None:
    """Rename, or replace the options: each gets a new id, and items lose what they had of the old ones.

    That is what GitHub's API does: https://docs.github.com/en/graphql/reference/input-objects#updateprojectv2fieldinput
    """
    if name is not None and name != field.name:
        if field.data_type not in CUSTOM or field.name == "Status":
            raise Refused("VALIDATION", "The field cannot be renamed")
        _check_name(field.project, name)
        field.name = name.strip()
    if options:
        if field.data_type != SELECT:
            raise Refused("VALIDATION", "Single select options can only be given to a single select field")
        field.options = _options(options)
        for item in field.project.items:
            item.values.pop(field.id, None)
    field.updated_at = state.now()


def _check_name(project: Project, name: str) -> None:
    if not name.strip():
        raise Refused("VALIDATION", "Name can't be blank")
    if name.strip().lower() in {field.name.lower() for field in project.fields}:
        raise Refused("VALIDATION", "Name has already been taken")


def _add_field(
    state: State, project: Project, name: str, data_type: str, options: Iterable[Mapping[str, str]]
) -> ProjectField:
    now = state.now()
    made = ProjectField(
        id=state.new_id(), project=project, name=name, data_type=data_type, created_at=now, updated_at=now,
        options=_options(options),
    )  # fmt: skip
    project.fields.append(state.add(made))
    return made


def _options(rows: Iterable[Mapping[str, str]]) -> list[Option]:
    made = [
        Option(
            id=secrets.token_hex(4),
            name=row["name"],
            color=row.get("color", "GRAY"),
            description=row.get("description", ""),
        )
        for row in rows
    ]
    if len({option.name.lower() for option in made}) < len(made):
        raise Refused("VALIDATION", "Single select option names must be unique")
    if len(made) > MOST_OPTIONS:
        raise Refused("VALIDATION", f"A single select field can have at most {MOST_OPTIONS} options")
    return made


def _emit(state: State, actor: Actor, action: str, project: Project, **extra: Any) -> None:
    payload = {"projects_v2": project_json(state, project), **extra}
    emit_to_organization(state, actor.author, "projects_v2", action, project.owner, NEEDS, **payload)
