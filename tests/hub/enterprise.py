"""Enterprise Server: in what a server of somebody's own differs from github.com, as of 3.16.

Its GraphQL schema: https://docs.github.com/en/enterprise-server@3.16/graphql/overview/public-schema
"""

import re
from typing import Any
from urllib.parse import urlsplit

from graphql import DocumentNode, FieldDefinitionNode, ObjectTypeDefinitionNode

from tests.hub.auth import Actor
from tests.hub.errors import ApiError, not_found
from tests.hub.state import State

ELSEWHERE = ("2026-03-10", "2022-11-28")
"""The versions of the REST API that github.com speaks."""
HERE = ("2022-11-28",)
NEWER_ENDPOINTS = re.compile(r"/sub_issues?(/priority)?$|/issues/\d+/parent$|/dependencies/|/issue-types$")
NEWER_KEYS = {
    "sub_issues_summary": "optional, and 3.16 has no endpoint for sub-issues",
    "parent_issue_url": "likewise",
    "issue_dependencies_summary": "optional, and 3.16 has no endpoint for dependencies",
    "verified_at": "3.16 does not describe it",
}
"""Of REST models and webhooks → why the server's lack it; `make contract` holds what is left against 3.16's own
description. An issue's `type` is left alone: users have a key of that name, too."""
NEWER_FIELDS = {
    "Issue": {"parent", "subIssues", "subIssuesSummary"},
    "Mutation": {"addSubIssue", "removeSubIssue", "reprioritizeSubIssue"},
}
"""Of the GraphQL schema."""


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
    definitions = [
        _older_type(node) if isinstance(node, ObjectTypeDefinitionNode) else node
        for node in document.definitions
    ]
    return DocumentNode(definitions=tuple(definitions))


def _older_type(node: ObjectTypeDefinitionNode) -> ObjectTypeDefinitionNode:
    gone = NEWER_FIELDS.get(node.name.value, set())
    fields: list[FieldDefinitionNode] = [item for item in node.fields or () if item.name.value not in gone]
    return ObjectTypeDefinitionNode(
        **{key: getattr(node, key) for key in node.keys if key != "fields"}, fields=tuple(fields)
    )


def _not_spoken(version: str, spoken: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{name}"' + (" (most recent)" if name == spoken[0] else "") for name in spoken)
    return (
        f'Bad Request: The version you specified in the "X-GitHub-API-Version" request header, "{version}", is not '
        f"a supported version. The following versions are currently supported: {listed}."
    )
