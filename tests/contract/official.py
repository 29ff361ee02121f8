"""GraphQL: what of ours disagrees with GitHub's own schema: our queries, the hub's copy of it, what was sent. Pure."""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSyntaxError,
    GraphQLUnionType,
    get_operation_ast,
    parse,
    print_ast,
    validate,
)
from graphql.execution.values import get_variable_values

from tests.contract.packages import ROOT

Fielded = GraphQLObjectType | GraphQLInterfaceType


class Unavailable(Exception):
    """The package cannot be had; the text says why and what to do."""


def queries(root: Path = ROOT) -> dict[str, str]:
    """Path → text of every query of the app."""
    found = sorted((root / "jobs").glob("**/queries/*.graphql"))
    return {str(path.relative_to(root)): path.read_text() for path in found}


def wrong_in_query(name: str, text: str, schema: GraphQLSchema) -> Iterator[str]:
    """What the schema does not allow in a query."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        yield f"{name}: {error.message}"
        return
    for found in validate(schema, document):
        line = found.locations[0].line if found.locations else 0
        yield f"{name}:{line}: {found.message}"


def wrong_in_refusal(body: Any) -> Iterator[str]:
    """What https://spec.graphql.org/October2021/#sec-Errors does not allow in an answer that refuses, or GitHub's REST
    does not, in whose form limits may be told here too."""
    if isinstance(body, dict) and "errors" not in body:
        if not {"message", "documentation_url"} <= body.keys():
            yield "neither errors nor message and documentation_url"
        return
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not errors:
        yield "errors is no list"
    elif not all(isinstance(error, dict) and isinstance(error.get("message"), str) for error in errors):
        yield "an error has no message"


def wrong_in_call(body: Any, schema: GraphQLSchema, known: Collection[str]) -> Iterator[str]:
    """What the schema does not allow in a request that was sent: another query than ours, or wrong variables.

    https://docs.github.com/en/graphql/guides/forming-calls-with-graphql
    """
    if not isinstance(body, dict) or not {"query"} <= body.keys() <= {"query", "variables", "operationName"}:
        yield "the body is not query, variables and operationName"
    elif body["query"] not in known:
        yield "the query is none of queries/*.graphql"
    else:
        definition = get_operation_ast(parse(body["query"]), body.get("operationName"))
        variables = (definition and definition.variable_definitions) or ()
        given = body.get("variables") or {}
        coerced = get_variable_values(schema, variables, given)
        for error in coerced if isinstance(coerced, list) else []:
            yield error.message
        for name in given.keys() - {row.variable.name.value for row in variables}:
            yield f"${name}: the query has no such variable"


def not_in(official: GraphQLSchema, ours: GraphQLSchema) -> Iterator[str]:
    """What our schema says otherwise than the official one. It may leave out types, fields and union members."""
    for name, named in ours.type_map.items():
        theirs = official.type_map.get(name)
        if theirs is None:
            yield f"{name}: there is no such type"
        elif type(theirs) is not type(named):
            yield f"{name}: is a {type(theirs).__name__}, not a {type(named).__name__}"
        elif not name.startswith("__"):
            yield from _differences(named, theirs)


def _differences(ours: GraphQLNamedType, theirs: GraphQLNamedType) -> Iterator[str]:
    match ours, theirs:
        case (GraphQLEnumType(), GraphQLEnumType()):
            for value in ours.values.keys() ^ theirs.values.keys():
                yield f"{ours.name}.{value}: an enum value that only one of the two has"
        case (GraphQLInputObjectType(), GraphQLInputObjectType()):
            yield from _input_differences(ours.name, ours.fields, theirs.fields)
        case (GraphQLUnionType(), GraphQLUnionType()):
            for member in {kind.name for kind in ours.types} - {kind.name for kind in theirs.types}:
                yield f"{ours.name}: {member} is no member of it"
        case (GraphQLObjectType() | GraphQLInterfaceType(), GraphQLObjectType() | GraphQLInterfaceType()):
            yield from _field_differences(ours, theirs)


def _field_differences(ours: Fielded, theirs: Fielded) -> Iterator[str]:
    for interface in {kind.name for kind in ours.interfaces} - {kind.name for kind in theirs.interfaces}:
        yield f"{ours.name}: does not implement {interface}"
    for name, field in ours.fields.items():
        place, official = f"{ours.name}.{name}", theirs.fields.get(name)
        if official is None:
            yield f"{place}: there is no such field"
            continue
        if str(official.type) != str(field.type):
            yield f"{place}: is {official.type}, not {field.type}"
        yield from _input_differences(place, field.args, official.args)


Inputs = Mapping[str, GraphQLArgument] | Mapping[str, GraphQLInputField]


def _input_differences(place: str, ours: Inputs, theirs: Inputs) -> Iterator[str]:
    """Arguments and input fields have to be the same, all of them: one left out would refuse a right query."""
    for name in ours.keys() ^ theirs.keys():
        yield f"{place}({name}): only one of the two has it"
    for name in ours.keys() & theirs.keys():
        if _written(ours[name]) != _written(theirs[name]):
            yield f"{place}({name}): is {_written(theirs[name])}, not {_written(ours[name])}"


def _written(value: GraphQLArgument | GraphQLInputField) -> str:
    default = value.ast_node.default_value if value.ast_node else None
    return f"{value.type} = {print_ast(default)}" if default else str(value.type)
