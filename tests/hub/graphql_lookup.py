"""What the input of a mutation names, with the right to work on it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from tests.hub.entities import Issue, Node, PullRequest
from tests.hub.graphql_errors import unresolved
from tests.hub.graphql_fields import Context
from tests.hub.graphql_kinds import repository_of
from tests.hub.graphql_resolvers import node
from tests.hub.graphql_resolvers_issues import REACTIONS

Input = Mapping[str, Any]
Payload = dict[str, Any]
Kind = TypeVar("Kind", bound=Node)
CONTENTS = {name: content for content, name in REACTIONS.items()}


def find(context: Context, node_id: str, kind: type[Kind]) -> Kind:
    """The thing of that id; Refused unless the caller sees it and it is of the kind the mutation works on."""
    found = node(context, node_id)
    repository = repository_of(found)
    if not isinstance(found, kind) or (repository is not None and not context.sees(repository)):
        raise unresolved(f"a node with the global id of '{node_id}'")
    return found


def issue_to_write(context: Context, node_id: str, person: str) -> Issue:
    """An issue or pull request the caller may write to; `person` is the role a person needs."""
    issue = find(context, node_id, Issue)
    needs = "pull_requests:write" if isinstance(issue, PullRequest) else "issues:write"
    context.require(issue.repository, needs, person)
    return issue
