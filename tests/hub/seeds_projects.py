"""How a project of the hub's world begins: its columns, fields of people's own, and cards."""

from itertools import cycle
from typing import Any

from tests.hub import card_operations, project_operations
from tests.hub.auth import Actor
from tests.hub.entities import Issue, User
from tests.hub.project_entities import SELECT, Project, ProjectField
from tests.hub.state import State

COLORS = ("GREEN", "BLUE", "YELLOW", "ORANGE", "PURPLE", "PINK", "RED", "GRAY")
"""Of columns, in turn."""


def add_project(state: State, row: dict[str, Any], organization: User) -> Project:
    """One of a seed: `title`, `organization` (default: the first), `columns` [name] (default: Todo, In Progress, Done),
    `fields` [{name, type: TEXT | NUMBER | DATE | SINGLE_SELECT, options}], `public`, `user` (default: alice),
    `items` [{issue: "acme/greet#1" or draft: title, and a value under the name of each field}].
    """
    owner = state.user(row["organization"]) if "organization" in row else organization
    creator = state.user(row.get("user", "alice"))
    assert owner is not None
    assert creator is not None
    actor = Actor("user", user=creator)
    columns = [
        {"name": name, "color": color}
        for name, color in zip(row.get("columns", ()), cycle(COLORS), strict=False)
    ]
    project = project_operations.create_project(
        state, actor, owner, row["title"], columns or project_operations.COLUMNS
    )
    project.public = row.get("public", False)
    for field in row.get("fields", []):
        options = [{"name": name} for name in field.get("options", [])]
        project_operations.create_field(state, project, field["name"], field["type"], options)
    for item in row.get("items", []):
        _add_item(state, actor, project, item)
    return project


def _add_item(state: State, actor: Actor, project: Project, row: dict[str, Any]) -> None:
    if "issue" in row:
        item = card_operations.add_item(state, actor, project, _issue(state, row["issue"]))
    else:
        item = card_operations.add_draft(state, actor, project, row["draft"], None, [])
    by_name = {field.name: field for field in project.fields}
    for name, value in row.items():
        if name not in ("issue", "draft"):
            field = by_name[name]
            card_operations.set_value(state, actor.author, item, field, _given(field, value))


def _issue(state: State, reference: str) -> Issue:
    name, _, number = reference.partition("#")
    repository = state.repository(*name.split("/", 1))
    assert repository is not None, reference
    return state.issue(repository, int(number))


def _given(field: ProjectField, value: str | float) -> dict[str, Any]:
    """The value as `ProjectV2FieldValue` has it; options are named in a seed."""
    if field.data_type == SELECT:
        value = next(option.id for option in field.options if option.name == value)
    return {card_operations.GIVEN[field.data_type][0]: value}
