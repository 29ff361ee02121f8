"""The JSON that GitHub's webhooks give for projects and their items, which name no repository."""

from tests.hub.entities import User
from tests.hub.project_entities import Option, Plain, Project, ProjectItem, Value
from tests.hub.serialize import Json, iso, iso_or_none, user_json
from tests.hub.state import State


def project_json(state: State, project: Project, deleted_by: User | None = None) -> Json:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#projects_v2"""
    return {
        "id": project.id, "node_id": project.node_id, "owner": user_json(state, project.owner),
        "creator": user_json(state, project.creator), "title": project.title, "description": project.readme,
        "public": project.public, "closed_at": iso_or_none(project.closed_at), "created_at": iso(project.created_at),
        "updated_at": iso(project.updated_at), "number": project.number,
        "short_description": project.short_description, "deleted_at": iso(state.now()) if deleted_by else None,
        "deleted_by": user_json(state, deleted_by) if deleted_by else None,
        "state": "closed" if project.closed_at else "open", "latest_status_update": None, "is_template": False,
    }  # fmt: skip


def item_json(state: State, item: ProjectItem) -> Json:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#projects_v2_item"""
    return {
        "id": item.id, "node_id": item.node_id, "project_node_id": item.project.node_id,
        "content_node_id": item.content.node_id, "content_type": item.content_type,
        "creator": user_json(state, item.creator), "created_at": iso(item.created_at),
        "updated_at": iso(item.updated_at), "archived_at": iso_or_none(item.archived_at),
    }  # fmt: skip


def shown(value: Value | None) -> "Json | Plain | None":
    """A value as `changes.field_value` has it: of a single-select field the whole option."""
    if value is None:
        return None
    option = value.option
    if option is not None:
        return option_json(option)
    is_whole = isinstance(value.value, float) and value.value.is_integer()
    return int(value.value) if is_whole else value.value


def option_json(option: Option) -> Json:
    return {
        "id": option.id,
        "name": option.name,
        "color": option.color,
        "description": option.description or None,
    }
