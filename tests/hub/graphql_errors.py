"""What GitHub answers to a query it cannot carry out: graphql-core's findings, put in GitHub's words.

GitHub runs graphql-ruby, whose messages and `extensions` these are:
https://github.com/rmosolgo/graphql-ruby/tree/master/lib/graphql/static_validation/rules
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
    print_ast,
)

from tests.hub.errors import ApiError

Entry = dict[str, Any]
"""One member of an answer's `errors`."""


class Refused(Exception):
    """A field GitHub will not give; an entry of `errors` with its `type`, and null in its place."""

    def __init__(self, kind: str, message: str, extensions: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.extensions = extensions


def unresolved(what: str) -> Refused:
    """`what` reads like "a Repository with the name 'o/r'"."""
    return Refused("NOT_FOUND", f"Could not resolve to {what}.")


REWORDED: tuple[tuple[str, str, str, str], ...] = (
    (
        r"Cannot query field '(?P<fieldName>\w+)' on type '(?P<typeName>\w+)'",
        "Field '{fieldName}' doesn't exist on type '{typeName}'", "undefinedField", "typeName fieldName",
    ),
    (
        r"Unknown argument '(?P<argumentName>\w+)' on field '\w+\.(?P<name>\w+)'",
        "Field '{name}' doesn't accept argument '{argumentName}'", "argumentNotAccepted", "name argumentName",
    ),
    (
        r"Argument '\w+\.(?P<name>\w+)\((?P<arguments>\w+):\)' of type '.*' is required",
        "Field '{name}' is missing required arguments: {arguments}",
        "missingRequiredArguments", "name arguments",
    ),
    (
        r"Field '(?P<name>\w+)' of type '\[*(?P<typeName>\w+)[^']*' must have a selection of subfields",
        ("Field must have selections (field '{name}' returns {typeName} but has no selections. "
         "Did you mean '{name} {{ ... }}'?)"),
        "selectionMismatch", "typeName",
    ),
    (
        r"Field '(?P<name>\w+)' must not have a selection since type '\[*(?P<typeName>\w+)[^']*'",
        "Selections can't be made on scalars (field '{name}' returns {typeName} but has selections)",
        "selectionMismatch", "typeName",
    ),
    (
        r"Variable '\$(?P<variableName>\w+)' is not defined(?: by operation '(?P<operation>\w+)')?",
        "Variable ${variableName} is used by {operation} but not declared",
        "variableNotDefined", "variableName",
    ),
    (
        r"Variable '\$(?P<variableName>\w+)' is never used(?: in operation '(?P<operation>\w+)')?",
        "Variable ${variableName} is declared by {operation} but not used",
        "variableNotUsed", "variableName",
    ),
    (
        r"Variable '\$(?P<variableName>\w+)' of type '(?P<typeName>[^']+)' used in position expecting .*'(?P<to>.+)'",
        "Type mismatch on variable ${variableName} ({typeName} / {to})",
        "variableMismatch", "variableName typeName",
    ),
    (
        r"Unknown fragment '(?P<fragmentName>\w+)'",
        "Fragment {fragmentName} was used, but not defined", "useAndDefineFragment", "fragmentName",
    ),
    (
        r"Fragment '(?P<fragmentName>\w+)' is never used",
        "Fragment {fragmentName} was defined, but not used", "useAndDefineFragment", "fragmentName",
    ),
    (r"Unknown type '(?P<typeName>\w+)'", "No such type {typeName}", "undefinedType", "typeName"),
)  # fmt: skip
"""(graphql-core's message, GitHub's, its `code`, the named groups that GitHub repeats in `extensions`)."""


def invalid_query(document: DocumentNode, found: GraphQLError) -> Entry:
    """A finding of validation, as GitHub puts it."""
    node = next(iter(found.nodes or ()), None)
    entry: Entry = {"path": _trail(document, node) if node else [], "extensions": {}}
    entry["locations"] = [{"line": at.line, "column": at.column} for at in (found.locations or [])[:1]]
    entry["message"] = found.message
    for pattern, message, code, repeated in REWORDED:
        if match := re.match(pattern, found.message):
            words = {"operation": "anonymous query", **{k: v for k, v in match.groupdict().items() if v}}
            entry["message"] = message.format(**words)
            entry["extensions"] = {"code": code, **{name: words[name] for name in repeated.split()}}
    return entry


def _trail(document: Node, wanted: Node) -> list[str]:
    """Where a node stands, such as `["query Observe", "repository", "... on Issue", "foo"]`."""

    def search(node: Node) -> list[str] | None:
        name = _trail_name(node)
        here = [name] if name else []
        if node is wanted:
            return here
        for child in _children(node):
            if (below := search(child)) is not None:
                return here + below
        return None

    return search(document) or []


def _children(node: Node) -> Iterator[Node]:
    for key in node.keys:
        value = getattr(node, key, None)
        yield from (
            child
            for child in (value if isinstance(value, list | tuple) else [value])
            if isinstance(child, Node)
        )


def _trail_name(node: Node) -> str | None:
    match node:
        case OperationDefinitionNode():
            return f"{node.operation.value} {node.name.value}" if node.name else node.operation.value
        case FragmentDefinitionNode():
            return f"fragment {node.name.value}"
        case InlineFragmentNode():
            return f"... on {node.type_condition.name.value}" if node.type_condition else "..."
        case FragmentSpreadNode():
            return f"... {node.name.value}"
        case FieldNode():
            return (node.alias or node.name).value
    return None


def invalid_variable(
    declared: VariableDefinitionNode, expected: GraphQLInputType, value: Any
) -> Entry | None:
    """What is wrong with one variable's value, or None. `value` is None when it was not given."""
    wrong = list(_problems(expected, value, ()))
    if not wrong:
        return None
    name, kind = declared.variable.name.value, print_ast(declared.type)
    fields = [f"{'.'.join(map(str, path))} ({why})" for path, why in wrong if path]
    location = (
        {"line": declared.loc.start_token.line, "column": declared.loc.start_token.column}
        if declared.loc
        else {}
    )
    return {
        "extensions": {
            "value": value,
            "problems": [{"path": list(path), "explanation": why} for path, why in wrong],
        },
        "locations": [location],
        "message": f"Variable ${name} of type {kind} was provided invalid value"
        + (f" for {', '.join(fields)}" if fields else ""),
    }  # fmt: skip


Problem = tuple[tuple[str | int, ...], str]


def _problems(expected: GraphQLInputType, value: Any, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if isinstance(expected, GraphQLNonNull):
        if value is None:
            yield path, "Expected value to not be null"
            return
        expected = expected.of_type
    if value is None:
        return
    match expected:
        case GraphQLList():
            for index, item in enumerate(value if isinstance(value, list) else [value]):
                yield from _problems(expected.of_type, item, (*path, index))
        case GraphQLInputObjectType():
            yield from _object_problems(expected, value, path)
        case GraphQLEnumType() if value not in expected.values:
            yield path, f'Expected "{value}" to be one of: {", ".join(expected.values)}'
        case GraphQLScalarType():
            try:
                expected.parse_value(value)
            except GraphQLError:
                yield path, f"Could not coerce value {json.dumps(value)} to {expected.name}"


def _object_problems(
    expected: GraphQLInputObjectType, value: Any, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield path, f"Expected {json.dumps(value)} to be a key-value object."
        return
    for name in value.keys() - expected.fields.keys():
        yield (*path, name), f"Field is not defined on {expected.name}"
    for name, field in expected.fields.items():
        if name in value or field.default_value is Undefined:
            yield from _problems(field.type, value.get(name), (*path, name))


def too_many_nodes(nodes: int, most: int) -> Entry:
    """https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api#node-limit"""
    message = (
        f"This query requests up to {nodes:,} possible nodes which exceeds the maximum limit of {most:,}."
    )
    return {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": message}


def failed_field(found: GraphQLError) -> Entry:
    """A field that could not be given. Anything but a refusal is a fault of the hub's own and is raised."""
    refusal = found.original_error
    if isinstance(refusal, ApiError):
        refusal = _from_rest(refusal)
    if not isinstance(refusal, Refused):
        raise refusal or found
    entry: Entry = {"type": refusal.kind, "path": found.path}
    if refusal.extensions is not None:
        entry["extensions"] = dict(refusal.extensions)
    entry["locations"] = [{"line": at.line, "column": at.column} for at in found.locations or ()]
    return entry | {"message": refusal.message}


def _from_rest(refusal: ApiError) -> Refused:
    """GraphQL has kinds of errors instead of statuses, and says in the message what REST says in `errors`."""
    message = ", ".join(map(_detail, refusal.errors or ())) or refusal.message
    match refusal.status:
        case 403:
            return Refused("FORBIDDEN", message, {"saml_failure": False})
        case 404:
            return Refused("NOT_FOUND", message)
    return Refused("UNPROCESSABLE", message)


def _detail(error: dict[str, Any] | str) -> str:
    """One of REST's `errors` as a sentence: its message, or what the code says of the field."""
    if isinstance(error, str):
        return error
    return str(error.get("message") or f"{error.get('field', '').capitalize()} {CODES[error['code']]}")


CODES = {
    "already_exists": "has already been taken",
    "invalid": "is invalid",
    "missing": "does not exist",
    "missing_field": "can't be blank",
    "unprocessable": "cannot be processed",
}
