"""POST /graphql: a query, executed over our part of GitHub's schema and answered in GitHub's words."""

from functools import cache, lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    build_ast_schema,
    execute_sync,
    is_input_type,
    parse,
    type_from_ast,
    validate,
)

from tests.hub import (
    graphql_mutations,
    graphql_mutations_projects,
    graphql_resolvers,
    graphql_resolvers_checks,
    graphql_resolvers_issues,
    graphql_resolvers_merging,
    graphql_resolvers_projects,
    graphql_resolvers_pulls,
    graphql_resolvers_reviews,
)
from tests.hub.auth import Actor
from tests.hub.enterprise import older
from tests.hub.errors import ApiError
from tests.hub.graphql_cost import size
from tests.hub.graphql_errors import (
    Entry,
    failed_field,
    invalid_query,
    invalid_variable,
    too_many_nodes,
)
from tests.hub.graphql_fields import Context, Resolver, bind
from tests.hub.limits import Cost
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
    served = schema(is_enterprise=state.enterprise is not None)
    try:
        document, invalid = _read(query, served)
    except GraphQLSyntaxError as error:
        at = [{"line": place.line, "column": place.column} for place in error.locations or ()]
        return 200, {"errors": [{"locations": at, "message": error.message.replace("Syntax", "Parse")}]}
    operation, refused = _operation(served, document, invalid, variables or {}, operation_name)
    if operation is None:
        return 200, {"errors": refused}
    asked = size(document, operation, variables or {})
    writes = operation.operation is OperationType.MUTATION
    state.limits.take(actor, Cost("graphql", asked.points, 5 if writes else 1, creates=writes), state.now())
    if asked.nodes > state.limits.rates.nodes:
        return 200, {"errors": [too_many_nodes(asked.nodes, state.limits.rates.nodes)]}
    result = execute_sync(
        served, document, context_value=Context(state, actor, asked), variable_values=variables or {},
        operation_name=operation_name,
    )  # fmt: skip
    failed = [failed_field(error) for error in result.errors or ()]
    return 200, {"data": result.data} | ({"errors": failed} if failed else {})


@cache
def schema(*, is_enterprise: bool = False) -> GraphQLSchema:
    """Our part of the schema with its resolvers, built once a process."""
    document = parse(SCHEMA.read_text(), no_location=True)
    # That it is valid is a test's concern, see tests/contract/test_official.py.
    built = build_ast_schema(older(document) if is_enterprise else document, assume_valid=True)
    modules = (
        graphql_resolvers,
        graphql_resolvers_checks,
        graphql_resolvers_issues,
        graphql_resolvers_merging,
        graphql_resolvers_projects,
        graphql_resolvers_pulls,
        graphql_resolvers_reviews,
        graphql_mutations,
        graphql_mutations_projects,
    )
    tables: dict[str, dict[str, str | Resolver]] = {}
    for module in modules:
        for name, table in module.TABLES.items():
            tables.setdefault(name, {}).update(table)
    bind(built, tables)
    return built


@lru_cache(maxsize=200)
def _read(query: str, served: GraphQLSchema) -> tuple[DocumentNode, list[GraphQLError]]:
    """A query and in what it does not fit the schema. A client asks the same few again and again."""
    document = parse(query)
    return document, validate(served, document)


def _operation(
    served: GraphQLSchema,
    document: DocumentNode,
    invalid: list[GraphQLError],
    variables: dict[str, Any],
    operation_name: str | None,
) -> tuple[OperationDefinitionNode | None, list[Entry]]:
    """What to carry out; or None and why not: it does not fit the schema, or its variables do not fit it."""
    if invalid:
        return None, [invalid_query(document, error) for error in invalid]
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [
        node for node in operations if operation_name in (None, "", node.name.value if node.name else None)
    ]
    if len(named) != 1:
        missing = (
            f'No operation named "{operation_name}"' if operation_name else "An operation name is required"
        )
        return None, [{"message": missing}]
    wrong = [entry for entry in _wrong_variables(served, named[0], variables) if entry]
    return (None, wrong) if wrong else (named[0], [])


def _wrong_variables(
    served: GraphQLSchema, operation: OperationDefinitionNode, variables: dict[str, Any]
) -> list[Entry | None]:
    wrong = []
    for declared in operation.variable_definitions or ():
        name, expected = declared.variable.name.value, type_from_ast(served, declared.type)
        assert is_input_type(expected)
        if name in variables or declared.default_value is None:
            wrong.append(invalid_variable(declared, expected, variables.get(name)))
    return wrong
