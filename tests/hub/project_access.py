"""Who may see and change which project: installations by their permission, people by their role.

A project that somebody may not see does not exist for them: GitHub answers NOT_FOUND, and leaves it out of lists.
"""

from tests.hub.auth import Actor, not_accessible
from tests.hub.entities import User
from tests.hub.errors import ApiError
from tests.hub.graphql_errors import Refused, unresolved
from tests.hub.project_entities import Project
from tests.hub.serialize_issues import association
from tests.hub.state import State

NEEDS = "organization_projects"
"""https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps#organization-permissions-for-projects"""
ROLES = ("NONE", "READER", "WRITER", "ADMIN")
LEVELS = {"none": "NONE", "read": "READER", "write": "WRITER", "admin": "ADMIN"}
"""An App's permission → the role that people would have."""


def sees(state: State, actor: Actor, project: Project) -> bool:
    _note(actor, project, "read")
    return role_in(state, actor, project) != "NONE"


def require(state: State, actor: Actor, project: Project, role: str, mutation: str) -> None:
    """Let pass only who has the role; in GitHub's words where the project is hidden (Refused) or the role too low."""
    _note(actor, project, "admin" if role == "ADMIN" else "write")
    held = role_in(state, actor, project)
    if held == "NONE":
        raise unresolved(f"a node with the global id of '{project.node_id}'")
    if ROLES.index(held) < ROLES.index(role):
        raise _forbidden(actor, mutation)


def require_member(state: State, actor: Actor, organization: User, mutation: str) -> None:
    """Who may make projects: an organization's members, and Apps that may administer them."""
    if actor.kind == "installation":
        actor.needed.add(f"{NEEDS}:admin")
        if _level(actor, organization) != "ADMIN":
            raise _forbidden(actor, mutation)
    elif not is_member(state, organization, actor.author):
        raise _forbidden(actor, mutation)


def _forbidden(actor: Actor, mutation: str) -> Refused | ApiError:
    if actor.kind == "installation":
        return not_accessible(f"{NEEDS}:write")
    name = f"{mutation[0].upper()}{mutation[1:]}"
    return Refused("FORBIDDEN", f"{actor.name} does not have the correct permissions to execute `{name}`")


def _note(actor: Actor, project: Project, level: str) -> None:
    if _is_at(actor, project.owner):
        actor.needed.add(f"{NEEDS}:{level}")


def role_in(state: State, actor: Actor, project: Project) -> str:
    """One of ROLES: the best of what everybody has, what the organization gives, and what was given by name."""
    held = ["READER" if project.public else "NONE"]
    if actor.kind == "installation":
        held.append(_level(actor, project.owner))
    elif actor.user is not None:
        held.append(project.roles.get(actor.user.login.lower(), "NONE"))
        if is_member(state, project.owner, actor.user):
            held.append("ADMIN" if actor.user is project.creator else "WRITER")
    return max(held, key=ROLES.index)


def _is_at(actor: Actor, organization: User) -> bool:
    return actor.installation is not None and actor.installation.account is organization


def _level(actor: Actor, organization: User) -> str:
    """The role that an installation's permission amounts to: where it is installed, and nowhere else."""
    if actor.token is None or not _is_at(actor, organization):
        return "NONE"
    return LEVELS[actor.token.permissions.get(NEEDS, "none")]


def is_member(state: State, organization: User, user: User) -> bool:
    """The hub takes for members whom its repositories call so."""
    return any(
        association(repository, user) == "MEMBER"
        for repository in state.repositories.values()
        if repository.owner is organization
    )
