"""Enterprise Server: in what a server of somebody's own differs from github.com, as of 3.16.

Its GraphQL schema: https://docs.github.com/en/enterprise-server@3.16/graphql/overview/public-schema
"""

import re
from typing import Any
from urllib.parse import urlsplit

from graphql import DefinitionNode, DocumentNode, TypeDefinitionNode

from tests.hub.auth import Actor
from tests.hub.errors import ApiError, not_found
from tests.hub.state import State

ELSEWHERE = ("2026-03-10", "2022-11-28")
"""The versions of the REST API that github.com speaks."""
HERE = ("2022-11-28",)
NEWER_ENDPOINTS = re.compile(r"/sub_issues?(/priority)?$|/issues/\d+/parent$|/dependencies/|/issue-types$")
"""Of REST. Dependencies came with 3.19. Sub-issues are there since 3.16, but in GraphQL alone:
https://docs.github.com/en/enterprise-server@3.16/issues/tracking-your-work-with-issues/using-issues/adding-sub-issues
"""
NEWER_EVENTS = frozenset(
    {"issue_dependencies", "sub_issues", "pull_request.enqueued", "pull_request.dequeued"}
)
"""Webhooks that 3.16 does not describe: events, or event and action."""
NEWER_KEYS = {
    "sub_issues_summary": "optional: who counts on it finds no sub-issues where it is missing",
    "parent_issue_url": "likewise",
    "issue_dependencies_summary": "optional, and 3.16 has no endpoint for dependencies",
    "verified_at": "3.16 does not describe it",
}
"""Of REST models and webhooks → why the server's lack it; `make contract` holds what is left against 3.16's own
description. An issue's `type` is left alone: users have a key of that name, too."""
_MOVES = [f"{kind}_ISSUE_{change}_EVENT" for kind in ("PARENT", "SUB") for change in ("ADDED", "REMOVED")]
_MOVE_TYPES = [f"{kind}Issue{change}Event" for kind in ("Parent", "Sub") for change in ("Added", "Removed")]
NEWER_PARTS = {
    f"{ticket}{listing}": frozenset(names)
    for ticket in ("Issue", "PullRequest")
    for listing, names in (("TimelineItems", _MOVE_TYPES), ("TimelineItemsItemType", _MOVES))
}
"""Type → the fields, values or members of the GraphQL schema that 3.16's lacks."""


def check(state: State, actor: Actor, address: str, version: str) -> None:
    """ApiError where this server has no such address for an App, or does not speak that version of the API."""
    spoken = HERE if state.enterprise else ELSEWHERE
    if version not in spoken:
        raise ApiError(400, _not_spoken(version, spoken))
    if state.enterprise is None:
        return
    # People and their Apps are tests, and may take the short way; our App has to find the right one.
    if actor.app is state.app and not address.startswith(("/api/v3/", "/api/graphql")):
        raise not_found()
    if NEWER_ENDPOINTS.search(address):
        raise not_found()


def headers(state: State) -> dict[str, str]:
    """Of every answer."""
    return {"X-GitHub-Enterprise-Version": state.enterprise} if state.enterprise else {}


def delivery_headers(state: State) -> dict[str, str]:
    """https://docs.github.com/en/enterprise-server@3.16/webhooks/webhook-events-and-payloads#delivery-headers"""
    host = {"X-GitHub-Enterprise-Host": urlsplit(state.url).netloc}
    return headers(state) | host if state.enterprise else {}


def has_event(state: State, event: str, action: str | None) -> bool:
    """Whether this server sends webhooks of that name."""
    return state.enterprise is None or NEWER_EVENTS.isdisjoint((event, f"{event}.{action}"))


def has_member(state: State, union: str, member: str | None) -> bool:
    """Whether this server's GraphQL schema has that type in the union; nothing is in none."""
    return member is not None and (state.enterprise is None or member not in NEWER_PARTS[union])


def spoken_here(state: State, value: Any) -> Any:
    """JSON as this server's models have it."""
    return without_newer(value) if state.enterprise else value


def without_newer(value: Any) -> Any:
    """The same JSON without what Enterprise Server's models do not have yet."""
    if isinstance(value, dict):
        return {key: without_newer(item) for key, item in value.items() if key not in NEWER_KEYS}
    if isinstance(value, list):
        return [without_newer(item) for item in value]
    return value


def older(document: DocumentNode) -> DocumentNode:
    """The schema without what this server does not have yet."""
    return DocumentNode(definitions=tuple(map(_older_type, document.definitions)))


def _older_type(node: DefinitionNode) -> DefinitionNode:
    assert isinstance(node, TypeDefinitionNode)
    gone = NEWER_PARTS.get(node.name.value)
    if gone is None:
        return node
    parts = {key: getattr(node, key) for key in node.keys}
    for part in {"fields", "types", "values"} & parts.keys():
        parts[part] = tuple(item for item in parts[part] if item.name.value not in gone)
    return type(node)(**parts)


def _not_spoken(version: str, spoken: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{name}"' + (" (most recent)" if name == spoken[0] else "") for name in spoken)
    return (
        f'Bad Request: The version you specified in the "X-GitHub-API-Version" request header, "{version}", is not '
        f"a supported version. The following versions are currently supported: {listed}."
    )
