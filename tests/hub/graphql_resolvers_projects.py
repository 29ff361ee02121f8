"""Resolvers of projects, their fields and items, and of who has projects: organizations, issues, pull requests."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.hub import card_operations, project_access
from tests.hub.entities import Issue, User
from tests.hub.graphql_errors import Refused
from tests.hub.graphql_fields import Context, Fields
from tests.hub.project_entities import Borrowed, DraftIssue, Project, ProjectField, ProjectItem, Value

Args = Mapping[str, Any]
Owner = User | Issue | DraftIssue

# ── who has projects ────────────────────────────────────────────────────────────────────────────────────────


def _projects(owner: Owner, context: Context) -> list[Project]:
    """Those of an organization, or those that an issue is in, as far as the caller may see them; oldest first."""
    if isinstance(owner, User):
        found: Iterable[Project] = (it for it in context.state.projects if it.owner is owner)
    else:
        found = (item.project for item in card_operations.items_of(context.state, owner))
    return [project for project in found if project_access.sees(context.state, context.actor, project)]


def _project(owner: Owner, context: Context, args: Args) -> Project:
    found = next((it for it in _projects(owner, context) if it.number == args["number"]), None)
    if found is None:
        raise Refused("NOT_FOUND", f"Could not resolve to a ProjectV2 with the number {args['number']}.")
    return found


def _listed(owner: Owner, context: Context, args: Args) -> list[Project]:
    wanted = (args.get("query") or "").lower()
    least = {"READ": "READER", "WRITE": "WRITER"}.get(args.get("minPermissionLevel") or "READ", "ADMIN")
    order = args.get("orderBy") or {"field": "NUMBER", "direction": "DESC"}
    keys: dict[str, Any] = {
        "CREATED_AT": lambda project: (project.created_at, project.id),
        "NUMBER": lambda project: project.number,
        "TITLE": lambda project: project.title.lower(),
        "UPDATED_AT": lambda project: (project.updated_at, project.id),
    }
    found = [
        it for it in _projects(owner, context) if wanted in it.title.lower() and _holds(context, it, least)
    ]
    return sorted(found, key=keys[order["field"]], reverse=order["direction"] == "DESC")


def _holds(context: Context, project: Project, least: str) -> bool:
    held = project_access.role_in(context.state, context.actor, project)
    return project_access.ROLES.index(held) >= project_access.ROLES.index(least)


def _cards(content: Issue | DraftIssue, context: Context, args: Args) -> list[ProjectItem]:
    """Those in projects that the caller may see: others are not there, as on GitHub."""
    return [
        item
        for item in card_operations.items_of(context.state, content)
        if project_access.sees(context.state, context.actor, item.project)
        and (item.archived_at is None or args.get("includeArchived", True))
    ]


OWNER: Fields = {"projectV2": _project, "projectsV2": _listed}

# ── ProjectV2 ───────────────────────────────────────────────────────────────────────────────────────────────


def _path(project: Project) -> str:
    return f"/orgs/{project.owner.login}/projects/{project.number}"


def _directed(found: list[Any], args: Args) -> list[Any]:
    order = args.get("orderBy") or {}
    if order.get("field") == "NAME":
        found = sorted(found, key=lambda field: field.name.lower())
    return found[::-1] if order.get("direction") == "DESC" else found


def _field(project: Project, _: Context, args: Args) -> ProjectField | None:
    return next((field for field in project.fields if field.name == args["name"]), None)


PROJECT: Fields = {
    "closed": lambda project, *_: project.closed_at is not None,
    "closedAt": "closed_at",
    "createdAt": "created_at",
    "creator": "creator",
    "databaseId": "id",
    "field": _field,
    "fields": lambda project, _, args: _directed(project.fields, args),
    "fullDatabaseId": lambda project, *_: str(project.id),
    "id": "node_id",
    "items": lambda project, _, args: _directed(
        [item for item in project.items if item.archived_at is None], args
    ),
    "number": "number",
    "owner": "owner",
    "public": "public",
    "readme": "readme",
    "resourcePath": lambda project, *_: _path(project),
    "shortDescription": "short_description",
    "template": lambda *_: False,
    "title": "title",
    "updatedAt": "updated_at",
    "url": lambda project, context, _: context.state.url + _path(project),
    "viewerCanUpdate": lambda project, context, _: _holds(context, project, "WRITER"),
}

# ── fields ──────────────────────────────────────────────────────────────────────────────────────────────────


def _options(field: ProjectField, _: Context, args: Args) -> list[Any]:
    names = args.get("names")
    return [option for option in field.options if names is None or option.name in names]


FIELD: Fields = {
    "createdAt": "created_at",
    "dataType": "data_type",
    "databaseId": "id",
    "id": "node_id",
    "name": "name",
    "options": _options,
    "project": "project",
    "updatedAt": "updated_at",
}
OPTION: Fields = {name: name for name in ("color", "description", "id", "name")}

# ── items ───────────────────────────────────────────────────────────────────────────────────────────────────


def _is_redacted(item: ProjectItem, context: Context) -> bool:
    """Its issue is in a repository that the caller does not know of."""
    return isinstance(item.content, Issue) and not context.sees(item.content.repository)


def _type(item: ProjectItem, context: Context, _: Args) -> str:
    kinds = {"DraftIssue": "DRAFT_ISSUE", "Issue": "ISSUE", "PullRequest": "PULL_REQUEST"}
    return "REDACTED" if _is_redacted(item, context) else kinds[item.content_type]


def _values(item: ProjectItem, context: Context) -> list[Value | Borrowed]:
    """What is filled in, in the order of the fields."""
    own = [_value(item, field, context) for field in item.project.fields]
    return [value for value in own if value is not None]


def _value(item: ProjectItem, field: ProjectField, context: Context) -> Value | Borrowed | None:
    content, hidden = item.content, _is_redacted(item, context)
    if field.data_type == "TITLE" and not hidden:
        author = content.creator if isinstance(content, DraftIssue) else content.user
        return Value(
            item=item, field=field, value=content.title, creator=author, created_at=item.created_at,
            updated_at=content.updated_at,
        )  # fmt: skip
    if field.data_type == "ASSIGNEES" and content.assignees and not hidden:
        return Borrowed(field, "ProjectV2ItemFieldUserValue", users=tuple(content.assignees))
    if isinstance(content, Issue) and not hidden:
        if field.data_type == "LABELS" and content.labels:
            return Borrowed(field, "ProjectV2ItemFieldLabelValue", labels=tuple(content.labels))
        if field.data_type == "REPOSITORY":
            return Borrowed(field, "ProjectV2ItemFieldRepositoryValue", content.repository)
    return item.values.get(field.id)


def _value_by_name(item: ProjectItem, context: Context, args: Args) -> Value | Borrowed | None:
    field = _field(item.project, context, args)
    return _value(item, field, context) if field else None


ITEM: Fields = {
    "content": lambda item, context, _: None if _is_redacted(item, context) else item.content,
    "createdAt": "created_at",
    "creator": "creator",
    "databaseId": "id",
    "fieldValueByName": _value_by_name,
    "fieldValues": lambda item, context, args: _directed(_values(item, context), args),
    "fullDatabaseId": lambda item, *_: str(item.id),
    "id": "node_id",
    "isArchived": lambda item, *_: item.archived_at is not None,
    "project": "project",
    "type": _type,
    "updatedAt": "updated_at",
}
DRAFT: Fields = {
    "assignees": "assignees",
    "body": "body",
    "bodyText": "body",
    "createdAt": "created_at",
    "creator": "creator",
    "id": "node_id",
    "projectV2Items": lambda draft, context, _: _cards(draft, context, {}),
    "projectsV2": lambda draft, context, args: _listed(draft, context, args),
    "title": "title",
    "updatedAt": "updated_at",
}
VALUE: Fields = {
    "color": "option.color",
    "createdAt": "created_at",
    "creator": "creator",
    "databaseId": lambda *_: None,
    "date": "value",
    "description": "option.description",
    "field": "field",
    "id": "node_id",
    "item": "item",
    "name": "option.name",
    "number": "value",
    "optionId": "option.id",
    "text": "value",
    "updatedAt": "updated_at",
}
BORROWED: Fields = {name: name for name in ("field", "labels", "repository", "users")}

TABLES: dict[str, Fields] = {
    "DraftIssue": DRAFT,
    "Issue": {**OWNER, "projectItems": _cards},
    "Organization": OWNER,
    "ProjectV2": PROJECT,
    "ProjectV2Field": FIELD,
    "ProjectV2Item": ITEM,
    "ProjectV2ItemFieldDateValue": VALUE,
    "ProjectV2ItemFieldLabelValue": BORROWED,
    "ProjectV2ItemFieldNumberValue": VALUE,
    "ProjectV2ItemFieldRepositoryValue": BORROWED,
    "ProjectV2ItemFieldSingleSelectValue": VALUE,
    "ProjectV2ItemFieldTextValue": VALUE,
    "ProjectV2ItemFieldUserValue": BORROWED,
    "ProjectV2SingleSelectField": FIELD,
    "ProjectV2SingleSelectFieldOption": OPTION,
    "PullRequest": {**OWNER, "projectItems": _cards},
    "User": OWNER,
}
