"""What may be done to the cards of a project, with the events it causes: added, filled in, moved, archived, deleted.

Whoever calls has asked `project_access` already. Refusals are `Refused`, in words that GitHub was seen to use.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tests.hub.auth import Actor
from tests.hub.entities import Issue, User
from tests.hub.graphql_errors import Refused
from tests.hub.project_access import NEEDS
from tests.hub.project_entities import SELECT, DraftIssue, Plain, Project, ProjectField, ProjectItem, Value
from tests.hub.serialize_projects import item_json, shown
from tests.hub.state import State
from tests.hub.webhooks import emit_to_organization

TEXT_LIMIT = 1024
WORKFLOWS = "github-project-automation[bot]"
"""Who does what a project's built-in workflows do.

https://docs.github.com/en/issues/planning-and-tracking-with-projects/automating-your-project/using-the-built-in-automations
"""
GIVEN = {
    "DATE": ("date", "a date"), "NUMBER": ("number", "a number"), "TEXT": ("text", "a text"),
    SELECT: ("singleSelectOptionId", "a single select option Id"),
}  # fmt: skip
"""A field's data type → the member of `ProjectV2FieldValue` that it takes, and what GitHub calls that."""


def items_of(state: State, content: Issue | DraftIssue) -> list[ProjectItem]:
    """Its cards in every project, archived ones too."""
    return [item for project in state.projects for item in project.items if item.content is content]


def add_item(state: State, actor: Actor, project: Project, content: Issue) -> ProjectItem:
    """A card at the end; the one that is there already where there is one, without an event."""
    found = next((item for item in project.items if item.content is content), None)
    return found or _add(state, actor, project, content)


def add_draft(
    state: State, actor: Actor, project: Project, title: str, body: str | None, assignees: list[User]
) -> ProjectItem:
    if not title.strip():
        raise Refused("UNPROCESSABLE", "Title can't be blank")
    now = state.now()
    draft = DraftIssue(
        id=state.new_id(), project=project, title=title, body=body or "", creator=actor.author, assignees=assignees,
        created_at=now, updated_at=now,
    )  # fmt: skip
    return _add(state, actor, project, state.add(draft))


def _add(state: State, actor: Actor, project: Project, content: Issue | DraftIssue) -> ProjectItem:
    now = state.now()
    item = ProjectItem(
        id=state.new_id(),
        project=project,
        content=content,
        creator=actor.author,
        created_at=now,
        updated_at=now,
    )
    project.items.append(state.add(item))
    _emit(state, actor.author, "created", item)
    return item


def convert_draft(state: State, actor: Actor, item: ProjectItem, issue: Issue) -> None:
    """The draft's card becomes the issue's."""
    state.remove(item.content)
    item.content = issue
    _touch(state, item)
    changes = {"content_type": {"from": "DraftIssue", "to": "Issue"}}
    _emit(state, actor.author, "converted", item, changes=changes)


def set_value(
    state: State, author: User, item: ProjectItem, field: ProjectField, given: Mapping[str, Any]
) -> None:
    """Fill in a field; `given` is a `ProjectV2FieldValue`. The value that is there already causes no event."""
    _check_writable(item, field)
    value, before = _plain(field, given), item.values.get(field.id)
    if before is not None and before.value == value:
        return
    now = state.now()
    item.values[field.id] = Value(
        item=item, field=field, value=value, creator=before.creator if before else author,
        created_at=before.created_at if before else now, updated_at=now,
    )  # fmt: skip
    _emit_edited(state, author, item, field, before)


def clear_value(state: State, actor: Actor, item: ProjectItem, field: ProjectField) -> None:
    _check_writable(item, field)
    before = item.values.pop(field.id, None)
    if before is not None:
        _emit_edited(state, actor.author, item, field, before)


def _check_writable(item: ProjectItem, field: ProjectField) -> None:
    if field.project is not item.project:
        raise Refused("VALIDATION", "The field does not exist in the project")
    if item.archived_at:
        raise Refused("VALIDATION", "The item is archived and cannot be updated")
    if field.data_type not in GIVEN:
        kind = field.data_type.lower()
        raise Refused("UNPROCESSABLE", f"The field of type {kind} is currently not supported.")


def _plain(field: ProjectField, given: Mapping[str, Any]) -> Plain:
    """What is to be kept of the input; Refused unless it is what the field takes, and that alone."""
    member, words = GIVEN[field.data_type]
    if given.get(member) is None:
        kind = field.data_type.lower()
        raise Refused("VALIDATION", f"Did not receive {words} to update a field of type {kind}")
    value: Plain = given[member]
    if field.data_type == SELECT and value not in {option.id for option in field.options}:
        raise Refused("VALIDATION", "The single select option Id does not belong to the field")
    if (isinstance(value, str) and len(value) > TEXT_LIMIT) or not _is_date_where_due(field, value):
        kind = field.data_type.lower()
        raise Refused("UNPROCESSABLE", f"Column value must be a valid value for {kind} column")
    return value


def _is_date_where_due(field: ProjectField, value: Plain) -> bool:
    if field.data_type != "DATE":
        return True
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return False
    return True


def archive(state: State, actor: Actor, item: ProjectItem) -> None:
    if item.archived_at is None:
        item.archived_at = state.now()
        _emit_archived(state, actor, "archived", item, (None, item.archived_at.isoformat()))


def unarchive(state: State, actor: Actor, item: ProjectItem) -> None:
    if item.archived_at is not None:
        before, item.archived_at = item.archived_at.isoformat(), None
        _emit_archived(state, actor, "restored", item, (before, None))


def delete_item(state: State, actor: Actor, item: ProjectItem) -> None:
    item.project.items.remove(item)
    state.remove(item)
    _emit(state, actor.author, "deleted", item)


def move_item(state: State, actor: Actor, item: ProjectItem, after: ProjectItem | None) -> None:
    """To the place after another card, or to the top."""
    if item.archived_at:
        raise Refused("VALIDATION", "The item is archived and cannot be updated")
    items = item.project.items
    before = _previous(item)
    if after is item or after is before:
        return
    items.remove(item)
    items.insert(items.index(after) + 1 if after else 0, item)
    _touch(state, item)
    moved = {"from": before.node_id if before else None, "to": after.node_id if after else None}
    _emit(state, actor.author, "reordered", item, changes={"previous_projects_v2_item_node_id": moved})


def _previous(item: ProjectItem) -> ProjectItem | None:
    at = item.project.items.index(item)
    return item.project.items[at - 1] if at else None


def follow_closing(state: State, issue: Issue) -> None:
    """The built-in workflow that every new project has: what is closed or merged goes to Done."""
    for item in items_of(state, issue):
        done = item.project.done
        status = next((f for f in item.project.fields if done in {option.id for option in f.options}), None)
        if status and not item.archived_at and not item.project.closed_at:
            set_value(state, _workflows(state), item, status, {"singleSelectOptionId": done})


def _workflows(state: State) -> User:
    found = state.user(WORKFLOWS)
    if found is None:
        found = User(id=state.new_id(), login=WORKFLOWS, type="Bot", created_at=state.now())
        state.users[WORKFLOWS] = state.add(found)
    return found


def _touch(state: State, item: ProjectItem) -> None:
    item.updated_at = item.project.updated_at = state.now()


def _emit_edited(
    state: State, author: User, item: ProjectItem, field: ProjectField, before: Value | None
) -> None:
    _touch(state, item)
    change = {
        "field_node_id": field.node_id, "field_type": field.data_type.lower(), "field_name": field.name,
        "project_number": item.project.number, "from": shown(before), "to": shown(item.values.get(field.id)),
    }  # fmt: skip
    _emit(state, author, "edited", item, changes={"field_value": change})


def _emit_archived(
    state: State, actor: Actor, action: str, item: ProjectItem, change: tuple[str | None, str | None]
) -> None:
    _touch(state, item)
    changes = {"archived_at": {"from": change[0], "to": change[1]}}
    _emit(state, actor.author, action, item, changes=changes)


def _emit(state: State, sender: User, action: str, item: ProjectItem, **extra: Any) -> None:
    payload = {"projects_v2_item": item_json(state, item), **extra}
    emit_to_organization(state, sender, "projects_v2_item", action, item.project.owner, NEEDS, **payload)
