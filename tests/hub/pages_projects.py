"""What the page of a project shows: its columns, and on each card what is filled in."""

from dataclasses import dataclass

from tests.hub.entities import User
from tests.hub.errors import not_found
from tests.hub.project_entities import SELECT, Option, Project, ProjectField, ProjectItem
from tests.hub.serialize_projects import shown
from tests.hub.state import State

NO_COLUMN = Option(id="", name="No Status", color="GRAY")


@dataclass(frozen=True)
class Column:
    """One option of the field by which the board is arranged, with its cards in order."""

    option: Option
    items: list[ProjectItem]


def project(state: State, owner: User, number: int) -> Project:
    """The owner's project of that number; ApiError 404 without one."""
    for found in state.projects:
        if found.owner is owner and found.number == number:
            return found
    raise not_found()


def columns(found: Project) -> list[Column]:
    """One for each option of Status; before them the cards that are in none, where there are such."""
    status = _status(found)
    options = status.options if status else []
    by_option: dict[str, list[ProjectItem]] = {option.id: [] for option in [NO_COLUMN, *options]}
    for item in found.items:
        if item.archived_at is None:
            value = item.values.get(status.id) if status else None
            by_option[str(value.value) if value else NO_COLUMN.id].append(item)
    made = [Column(option, by_option[option.id]) for option in [NO_COLUMN, *options]]
    return [column for column in made if column.items or column.option is not NO_COLUMN]


def _status(found: Project) -> ProjectField | None:
    """The field named Status, or else the first that has options."""
    choices = [field for field in found.fields if field.data_type == SELECT]
    return next((field for field in choices if field.name == "Status"), choices[0] if choices else None)


def column_of(item: ProjectItem) -> Option:
    """The one that an item is in."""
    status = _status(item.project)
    value = item.values.get(status.id) if status else None
    return (value.option if value else None) or NO_COLUMN


def facts(item: ProjectItem) -> list[tuple[str, str]]:
    """(field, value) of what else is filled in, in the order of the fields."""
    status = _status(item.project)
    return [
        (field.name, value.option.name if value.option else str(shown(value)))
        for field in item.project.fields
        if field is not status and (value := item.values.get(field.id))
    ]
