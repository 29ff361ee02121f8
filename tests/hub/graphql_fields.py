"""Ties the tables of resolvers to the schema: paging, permissions and GitHub's ways of writing values.

A type's table maps each of its fields to an attribute's name or to a function `(value, context, arguments)`.
A field of the schema without a row fails when the schema is built, not when somebody asks for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from tests.hub import auth, project_access
from tests.hub.auth import Actor
from tests.hub.entities import Repository
from tests.hub.errors import ApiError
from tests.hub.graphql_cost import Size
from tests.hub.graphql_errors import Refused, unresolved
from tests.hub.graphql_kinds import NEEDS, needs_of, project_of, repository_of, type_name
from tests.hub.graphql_paging import Page, page
from tests.hub.serialize import iso_or_none
from tests.hub.state import State


@dataclass(frozen=True)
class Context:
    """What every resolver of one request may use."""

    state: State
    actor: Actor
    size: Size

    def require(self, repository: Repository, needs: str, person: str | None = None) -> None:
        """ApiError unless the caller has a permission such as `issues:write` there."""
        auth.require(self.state, self.actor, repository, needs, person)

    def sees(self, repository: Repository) -> bool:
        return auth.can_see(self.state, self.actor, repository)

    def checked(self, value: Any) -> Any:
        """The value; ApiError where the caller may not read things of its kind in its repository.

        Refused, as if it did not exist, where it belongs to a project that the caller may not see.
        """
        project = project_of(value)
        if project is not None and not project_access.sees(self.state, self.actor, project):
            raise unresolved(f"a node with the global id of '{value.node_id}'")
        repository, needs = repository_of(value), needs_of(value)
        if repository is not None:
            self.require(repository, needs or "metadata:read")
        return value

    def checked_or_error(self, value: Any) -> Any:
        """As `checked`, for members of a list, where graphql-core turns an exception into null and an error."""
        try:
            return self.checked(value)
        except (ApiError, Refused) as refusal:
            return refusal


Resolver = Callable[[Any, Context, Mapping[str, Any]], Any]
Fields = Mapping[str, str | Resolver]

CONNECTION: Fields = {
    "nodes": lambda found, context, _: [context.checked_or_error(node) for node in found.nodes],
    "edges": "edges",
    "pageInfo": "info",
    "totalCount": lambda found, *_: len(found.items),
    "filteredCount": lambda found, *_: len(found.items),
    "pageCount": lambda found, *_: len(found.nodes),
    "issueCount": lambda found, *_: found.items.total,
    "checkRunCount": lambda found, *_: sum(type_name(item) == "CheckRun" for item in found.items),
    "statusContextCount": lambda found, *_: sum(type_name(item) == "StatusContext" for item in found.items),
    "updatedAt": lambda found, context, _: max(map(happened_at, found.items), default=context.state.now()),
    **{
        name: lambda *_: 0
        for name in ("codeCount", "discussionCount", "repositoryCount", "userCount", "wikiCount")
    },
}
EDGE: Fields = {"cursor": "cursor", "node": lambda edge, context, _: context.checked(edge.node)}


def happened_at(item: Any) -> datetime:
    """When a member of a timeline came about."""
    moment = getattr(item, "submitted_at", None) or item.created_at
    assert isinstance(moment, datetime)
    return moment


def bind(schema: GraphQLSchema, tables: Mapping[str, Fields]) -> None:
    """Give every field of the schema its resolver; KeyError for one that has none."""
    for named in schema.type_map.values():
        if isinstance(named, GraphQLInterfaceType | GraphQLUnionType):
            named.resolve_type = lambda value, *_: type_name(value)
        elif isinstance(named, GraphQLObjectType) and not named.name.startswith("__"):
            for name, field in named.fields.items():
                field.resolve = _resolver(name, field, _source(named.name, name, tables))


def member(name: str) -> Resolver:
    """The member of that name of a mapping."""
    return lambda value, *_: value.get(name)


def _source(type_: str, name: str, tables: Mapping[str, Fields]) -> Resolver:
    if type_.endswith(("Payload", "PageInfo")):
        return member(name)
    table = (
        CONNECTION
        if type_.endswith("Connection")
        else EDGE
        if type_.endswith("Edge")
        else tables.get(type_, {})
    )
    if name not in table:
        raise KeyError(f"the hub has no resolver for {type_}.{name}")
    row = table[name]
    if isinstance(row, str):
        get = attrgetter(row)
        return lambda value, *_: get(value)
    return row


def _resolver(name: str, field: GraphQLField, source: Resolver) -> Callable[..., Any]:
    named = get_named_type(field.type)
    if named.name.endswith("Connection"):
        return _paged(name, _item_type(named), source)
    if isinstance(named, GraphQLEnumType):
        return lambda value, info, **args: _upper(source(value, info.context, args))
    if named.name == "DateTime":
        return lambda value, info, **args: iso_or_none(source(value, info.context, args))
    return lambda value, info, **args: _checked(source(value, info.context, args), info)


def _paged(name: str, item: str, source: Resolver) -> Callable[..., Any]:
    def resolve(value: Any, info: GraphQLResolveInfo[Context], **args: Any) -> Page | None:
        repository = repository_of(value)
        if item in NEEDS and repository is not None:
            info.context.require(repository, NEEDS[item])
        items = source(value, info.context, args)
        return None if items is None else page(name, items, args)

    return resolve


def _item_type(connection: Any) -> str:
    return str(get_named_type(connection.fields["nodes"].type).name)


def _checked(value: Any, info: GraphQLResolveInfo[Context]) -> Any:
    """Single things are checked here, lists item by item; plain values pass."""
    if isinstance(value, list):
        return [info.context.checked_or_error(item) for item in value]
    return info.context.checked(value)


def _upper(word: Any) -> Any:
    """GraphQL writes `OPEN` where REST and our state write `open`."""
    return word.upper() if isinstance(word, str) else word
