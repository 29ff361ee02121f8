"""Mutations of projects: what the input names is looked up, the right to do it is checked, then it is done."""

from tests.hub import card_operations, operations, project_access, project_operations
from tests.hub.entities import Issue, Repository, User
from tests.hub.graphql_errors import Refused
from tests.hub.graphql_fields import Context, Fields
from tests.hub.graphql_lookup import Input, Payload, find
from tests.hub.graphql_mutations import Mutation, resolver
from tests.hub.project_entities import DraftIssue, Project, ProjectField, ProjectItem

# ── projects and their settings ─────────────────────────────────────────────────────────────────────────────


def _project(context: Context, given: Input, mutation: str, role: str = "WRITER") -> Project:
    project = find(context, given["projectId"], Project)
    project_access.require(context.state, context.actor, project, role, mutation)
    return project


def _create_project(context: Context, given: Input) -> Payload:
    owner = find(context, given["ownerId"], User)
    if owner.type != "Organization":
        raise Refused("UNPROCESSABLE", "The hub has projects of organizations only.")
    project_access.require_member(context.state, context.actor, owner, "createProjectV2")
    made = project_operations.create_project(context.state, context.actor, owner, given["title"])
    return {"projectV2": made}


def _update_project(context: Context, given: Input) -> Payload:
    project = _project(context, given, "updateProjectV2", "ADMIN")
    names = {"shortDescription": "short_description"}
    changes = {names.get(name, name): value for name, value in given.items()}
    project_operations.update_project(context.state, context.actor, project, changes)
    return {"projectV2": project}


def _delete_project(context: Context, given: Input) -> Payload:
    project = _project(context, given, "deleteProjectV2", "ADMIN")
    project_operations.delete_project(context.state, context.actor, project)
    return {"projectV2": project}


def _update_collaborators(context: Context, given: Input) -> Payload:
    """Who else may see or change a project: the way in for people who are no members."""
    project = _project(context, given, "updateProjectV2Collaborators", "ADMIN")
    for row in given["collaborators"]:
        if not row.get("userId"):
            raise Refused("UNPROCESSABLE", "The hub has no teams.")
        project.roles[find(context, row["userId"], User).login.lower()] = row["role"]
    invited = (context.state.user(login) for login, role in project.roles.items() if role != "NONE")
    return {"collaborators": [user for user in invited if user]}


def _create_field(context: Context, given: Input) -> Payload:
    project = _project(context, given, "createProjectV2Field")
    made = project_operations.create_field(
        context.state, project, given["name"], given["dataType"], given.get("singleSelectOptions")
    )
    return {"projectV2Field": made}


def _update_field(context: Context, given: Input) -> Payload:
    field = find(context, given["fieldId"], ProjectField)
    project_access.require(context.state, context.actor, field.project, "WRITER", "updateProjectV2Field")
    options = given.get("singleSelectOptions")
    project_operations.update_field(context.state, field, given.get("name"), options)
    return {"projectV2Field": field}


# ── cards ───────────────────────────────────────────────────────────────────────────────────────────────────


def _item(context: Context, given: Input, mutation: str, name: str = "itemId") -> ProjectItem:
    """A card of the project that the input names, for who may change it."""
    project = _project(context, given, mutation)
    item = find(context, given[name], ProjectItem)
    if item.project is not project:
        raise Refused("VALIDATION", "The item does not exist in the project")
    return item


def _add_item(context: Context, given: Input) -> Payload:
    project = _project(context, given, "addProjectV2ItemById")
    content: Issue = context.checked(find(context, given["contentId"], Issue))
    return {"item": card_operations.add_item(context.state, context.actor, project, content)}


def _add_draft(context: Context, given: Input) -> Payload:
    project = _project(context, given, "addProjectV2DraftIssue")
    assignees = [find(context, user_id, User) for user_id in given.get("assigneeIds") or ()]
    made = card_operations.add_draft(
        context.state, context.actor, project, given["title"], given.get("body"), assignees
    )
    return {"projectItem": made}


def _convert_draft(context: Context, given: Input) -> Payload:
    item = find(context, given["itemId"], ProjectItem)
    mutation = "convertProjectV2DraftIssueItemToIssue"
    project_access.require(context.state, context.actor, item.project, "WRITER", mutation)
    repository = find(context, given["repositoryId"], Repository)
    context.require(repository, "issues:write", "read")
    draft = item.content
    if not isinstance(draft, DraftIssue):
        raise Refused("VALIDATION", "The item is not a draft issue")
    issue = operations.create_issue(
        context.state, context.actor, repository, title=draft.title, body=draft.body or None,
        assignees=[user.login for user in draft.assignees],
    )  # fmt: skip
    card_operations.convert_draft(context.state, context.actor, item, issue)
    return {"item": item}


def _set_value(context: Context, given: Input) -> Payload:
    item = _item(context, given, "updateProjectV2ItemFieldValue")
    field = find(context, given["fieldId"], ProjectField)
    card_operations.set_value(context.state, context.actor.author, item, field, given["value"])
    return {"projectV2Item": item}


def _clear_value(context: Context, given: Input) -> Payload:
    item = _item(context, given, "clearProjectV2ItemFieldValue")
    field = find(context, given["fieldId"], ProjectField)
    card_operations.clear_value(context.state, context.actor, item, field)
    return {"projectV2Item": item}


def _archive(context: Context, given: Input) -> Payload:
    item = _item(context, given, "archiveProjectV2Item")
    card_operations.archive(context.state, context.actor, item)
    return {"item": item}


def _unarchive(context: Context, given: Input) -> Payload:
    item = _item(context, given, "unarchiveProjectV2Item")
    card_operations.unarchive(context.state, context.actor, item)
    return {"item": item}


def _delete_item(context: Context, given: Input) -> Payload:
    item = _item(context, given, "deleteProjectV2Item")
    card_operations.delete_item(context.state, context.actor, item)
    return {"deletedItemId": item.node_id}


def _move_item(context: Context, given: Input) -> Payload:
    item = _item(context, given, "updateProjectV2ItemPosition")
    after = _item(context, given, "updateProjectV2ItemPosition", "afterId") if given.get("afterId") else None
    card_operations.move_item(context.state, context.actor, item, after)
    return {"items": [card for card in item.project.items if card.archived_at is None]}


MUTATIONS: dict[str, Mutation] = {
    "addProjectV2DraftIssue": _add_draft,
    "addProjectV2ItemById": _add_item,
    "archiveProjectV2Item": _archive,
    "clearProjectV2ItemFieldValue": _clear_value,
    "convertProjectV2DraftIssueItemToIssue": _convert_draft,
    "createProjectV2": _create_project,
    "createProjectV2Field": _create_field,
    "deleteProjectV2": _delete_project,
    "deleteProjectV2Item": _delete_item,
    "unarchiveProjectV2Item": _unarchive,
    "updateProjectV2": _update_project,
    "updateProjectV2Collaborators": _update_collaborators,
    "updateProjectV2Field": _update_field,
    "updateProjectV2ItemFieldValue": _set_value,
    "updateProjectV2ItemPosition": _move_item,
}

TABLES: dict[str, Fields] = {"Mutation": {name: resolver(mutation) for name, mutation in MUTATIONS.items()}}
