"""What a GraphQL query costs, reckoned before it is executed from the sizes that its connections ask for.

https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    value_from_ast_untyped,
)


@dataclass(frozen=True)
class Size:
    """Of one query."""

    nodes: int
    """That it may give at most."""
    requests: int
    """Behind it: one for each connection, as often as the connection around it has nodes."""

    @property
    def points(self) -> int:
        """Of the 5,000 an hour; a mutation costs at least one, too."""
        return max(1, round(self.requests / 100))


def size(document: DocumentNode, operation: OperationDefinitionNode, variables: dict[str, Any]) -> Size:
    """The size of an operation that has been validated."""
    fragments = {
        node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
    }
    found = list(_connections(operation.selection_set, _Query(fragments, variables), 1))
    return Size(nodes=sum(times * many for times, many in found), requests=sum(times for times, _ in found))


@dataclass(frozen=True)
class _Query:
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]


def _connections(selections: SelectionSetNode | None, query: _Query, times: int) -> Iterator[tuple[int, int]]:
    """(how often it is asked for, how many nodes it gives each time) of every connection."""
    for node in selections.selections if selections else ():
        if not _is_included(node, query.variables):
            continue
        match node:
            case FieldNode():
                many = _asked(node, query.variables)
                if many is not None:
                    yield times, many
                yield from _connections(node.selection_set, query, times * (1 if many is None else many))
            case InlineFragmentNode():
                yield from _connections(node.selection_set, query, times)
            case FragmentSpreadNode():
                yield from _connections(query.fragments[node.name.value].selection_set, query, times)


def _asked(node: FieldNode, variables: dict[str, Any]) -> int | None:
    """`first` or `last`; None for what is no connection."""
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            match argument.value:
                case IntValueNode(value=text):
                    return int(text)
                case VariableNode(name=name):
                    given = variables.get(name.value)
                    return given if isinstance(given, int) else None
    return None


def _is_included(node: Any, variables: dict[str, Any]) -> bool:
    """What `@include` and `@skip` say."""
    for directive in node.directives or ():
        if directive.name.value in ("include", "skip"):
            condition = value_from_ast_untyped(directive.arguments[0].value, variables)
            if bool(condition) == (directive.name.value == "skip"):
                return False
    return True
