"""POST /graphql: a query, executed over our part of GitHub's schema and answered in GitHub's words."""

from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    is_input_type,
    parse,
    type_from_ast,
    validate,
)

from tests.hub import (
    graphql_mutations,
    graphql_resolvers,
    graphql_resolvers_checks,
    graphql_resolvers_issues,
    graphql_resolvers_pulls,
)
from tests.hub.auth import Actor
from tests.hub.errors import ApiError
from tests.hub.graphql_errors import Entry, failed_field, invalid_query, invalid_variable
from tests.hub.graphql_fields import Context, bind
from tests.hub.state import State
from tests.hub.trim_schema import SCHEMA

Answer = tuple[int, dict[str, Any]]


def execute(
    state: State, actor: Actor, query: Any, variables: Any = None, operation_name: str | None = None
) -> Answer:
    """(status, body). As on GitHub the status is 200 also when `errors` says that nothing was done.

    ApiError 401 without a person's or installation's token, 400 without a query. The caller holds the lock.
    """
    if actor.user is None:
        raise ApiError(401, "This endpoint requires you to be authenticated.")
    if not isinstance(query, str):
        raise ApiError(400, "A query attribute must be specified and must be a string.")
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        at = [{"line": place.line, "column": place.column} for place in error.locations or ()]
        return 200, {"errors": [{"locations": at, "message": error.message.replace("Syntax", "Parse")}]}
    refused = _refusals(document, variables or {}, operation_name)
    if refused:
        return 200, {"errors": refused}
    result = execute_sync(
        schema(), document, context_value=Context(state, actor), variable_values=variables or {},
        operation_name=operation_name,
    )  # fmt: skip
    failed = [failed_field(error) for error in result.errors or ()]
    return 200, {"data": result.data} | ({"errors": failed} if failed else {})


@cache
def schema() -> GraphQLSchema:
    """Our part of the schema with its resolvers, built once a process."""
    built = build_schema(SCHEMA.read_text())
    modules = (
        graphql_resolvers,
        graphql_resolvers_checks,
        graphql_resolvers_issues,
        graphql_resolvers_pulls,
        graphql_mutations,
    )
    bind(built, {name: table for module in modules for name, table in module.TABLES.items()})
    return built


def _refusals(document: DocumentNode, variables: dict[str, Any], operation_name: str | None) -> list[Entry]:
    """Why the query is not even begun: it does not fit the schema, or its variables do not fit it."""
    invalid: list[GraphQLError] = validate(schema(), document)
    if invalid:
        return [invalid_query(document, error) for error in invalid]
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [
        node for node in operations if operation_name in (None, "", node.name.value if node.name else None)
    ]
    if len(named) != 1:
        missing = (
            f'No operation named "{operation_name}"' if operation_name else "An operation name is required"
        )
        return [{"message": missing}]
    return [entry for entry in _wrong_variables(named[0], variables) if entry]


def _wrong_variables(operation: OperationDefinitionNode, variables: dict[str, Any]) -> list[Entry | None]:
    wrong = []
    for declared in operation.variable_definitions or ():
        name, expected = declared.variable.name.value, type_from_ast(schema(), declared.type)
        assert is_input_type(expected)
        if name in variables or declared.default_value is None:
            wrong.append(invalid_variable(declared, expected, variables.get(name)))
    return wrong
