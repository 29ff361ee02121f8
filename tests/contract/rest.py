"""REST: one recorded call held against GitHub's OpenAPI description: path, query, body, headers, answer. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tests.contract.schemas import Description, Json

METHODS = ("get", "put", "post", "delete", "patch")
VERSIONS = frozenset({"2022-11-28", "2026-03-10"})
"""https://docs.github.com/en/rest/about-the-rest-api/api-versions"""
ACCEPTED = re.compile(r"application/vnd\.github(\.\w+)?\+json")
"""https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#accept"""
REFUSALS = frozenset({400, 401, 403, 404, 410, 422, 429, 500, 502, 503})
MOVED = frozenset({301, 307, 308})
"""https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects"""
EVERYWHERE = REFUSALS | MOVED | {304}
"""What any endpoint may answer, described there or not."""
MENDED: dict[str, Json] = {
    "apps/list-installations": {"type": "array", "items": {"$ref": "#/components/schemas/installation"}}
}
"""Answers that npm's copy describes wrongly: here an account would have to be a user and an enterprise at once."""
NULL_TOO = {"pull-request-review-comment": ("line", "position")}
"""Fields that are described as numbers and are null where the lines have changed since, as webhooks' schemas say."""
ERROR: Json = {"$ref": "#/components/schemas/basic-error"}


@dataclass(frozen=True)
class Operation:
    """One endpoint of the description."""

    id: str
    """Such as `issues/create-comment`."""
    method: str
    path: str
    """With its placeholders, such as `/repos/{owner}/{repo}`."""
    pattern: "re.Pattern[str]"
    described: Json
    parameters: Sequence[Json]


class Rest:
    """GitHub's OpenAPI description."""

    def __init__(self, document: Json) -> None:
        self._components = document["components"]
        for name in NULL_TOO.keys() & self._components["schemas"].keys():
            for field in NULL_TOO[name]:
                self._components["schemas"][name]["properties"][field]["nullable"] = True
        self._schemas = Description(self._components["schemas"])
        found = [
            self._operation(method, path, item)
            for path, item in document["paths"].items()
            for method in METHODS
            if method in item
        ]
        # The most literal first: `/commits/{ref}/check-runs` before `/commits/{ref}`, whose ref may hold slashes.
        self.operations = sorted(found, key=lambda operation: -_literal_segments(operation.path))

    def find(self, method: str, path: str) -> Operation | None:
        """The operation a request is for; None where the description has none."""
        for operation in self.operations:
            if operation.method == method and operation.pattern.fullmatch(path):
                return operation
        return None

    def wrong_in_request(self, operation: Operation, request: Mapping[str, Any]) -> Iterator[str]:
        """What the description does not allow in a request: path and query, body, headers."""
        match = operation.pattern.fullmatch(request["path"])
        assert match is not None
        given = {("path", name): unquote(value) for name, value in match.groupdict().items()}
        given |= {("query", name): value for name, value in request["query"]}
        known = {(row["in"], row["name"]): row for row in operation.parameters}
        for place, row in known.items():
            if row.get("required") and place not in given and row["in"] != "header":
                yield f"{row['in']} {row['name']} is missing"
        for place, text in given.items():
            if place not in known:
                yield f"{place[0]} {place[1]}: there is no such parameter"
            else:
                yield from self._wrong_parameter(operation, known[place], text)
        yield from self._wrong_body(operation, request["body"], request["headers"])
        yield from _wrong_headers(request["headers"])

    def wrong_in_answer(self, operation: Operation, answer: Mapping[str, Any]) -> Iterator[str]:
        """What the description does not allow in an answer: status, body, headers."""
        status = answer["status"]
        described = self._resolved(operation.described["responses"].get(str(status), {}))
        if not described and status not in EVERYWHERE:
            yield f"{status} is no answer of this endpoint"
            return
        for name in described.get("headers", {}):
            if name != "Link" and name.lower() not in _lower(answer["headers"]):
                yield f"the header {name} is missing"
        media = _lower(answer["headers"]).get("content-type", "").partition(";")[0]
        schema = described.get("content", {}).get(media, {}).get("schema")
        if status == 200:
            schema = MENDED.get(operation.id, schema)
        if status >= 400 or status in MOVED:
            yield from self._wrong_error(operation, status, schema or ERROR, answer["body"])
        elif schema is not None:
            yield from self._schemas.wrong(f"{operation.id} {status} {media}", schema, answer["body"])
        elif answer["body"] is not None:
            yield "a body where none is described"

    def _operation(self, method: str, path: str, item: Json) -> Operation:
        described = item[method]
        rows = [*item.get("parameters", []), *described.get("parameters", [])]
        parameters = [self._resolved(row) for row in rows]
        many = {row["name"] for row in parameters if row.get("x-multi-segment")}
        pattern = re.sub(
            r"\\{(\w+)\\}",
            lambda name: f"(?P<{name[1]}>{'.+' if name[1] in many else '[^/]+'})",
            re.escape(path),
        )
        return Operation(
            described["operationId"], method.upper(), path, re.compile(pattern), described, parameters
        )

    def _resolved(self, value: Json) -> Json:
        """What a reference to a parameter, a response or a header stands for."""
        if "$ref" not in value:
            return value
        _, _, kind, name = value["$ref"].split("/")
        found: Json = self._components[kind][name]
        return found

    def _wrong_parameter(self, operation: Operation, row: Json, text: str) -> Iterator[str]:
        schema = self._schema(row["schema"])
        value: Any = int(text) if schema.get("type") == "integer" and text.isdigit() else text
        if schema.get("type") == "boolean":
            value = {"true": True, "false": False}.get(text, text)
        name = f"{row['in']} {row['name']}"
        for line in self._schemas.wrong(f"{operation.id} {name}", schema, value):
            yield f"{name}: {line}"

    def _wrong_body(self, operation: Operation, body: Any, headers: Mapping[str, str]) -> Iterator[str]:
        described = self._resolved(operation.described.get("requestBody", {}))
        schema = described.get("content", {}).get("application/json", {}).get("schema")
        if body is None:
            if described.get("required"):
                yield "the body is missing"
        elif schema is None:
            yield "a body where none is described"
        elif _lower(headers).get("content-type", "").partition(";")[0] != "application/json":
            yield "Content-Type is not application/json"
        else:
            yield from self._schemas.wrong(f"{operation.id} body", schema, body)

    def _wrong_error(self, operation: Operation, status: int, schema: Json, body: Any) -> Iterator[str]:
        strict = {"allOf": [schema, {"type": "object", "required": ["message", "documentation_url"]}]}
        yield from self._schemas.wrong(f"{operation.id} {status}", strict, body)

    def _schema(self, schema: Json) -> Json:
        return self._resolved(schema)


def _wrong_headers(headers: Mapping[str, str]) -> Iterator[str]:
    """https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#headers"""
    given = _lower(headers)
    if not ACCEPTED.fullmatch(given.get("accept", "")):
        yield f"Accept is {given.get('accept')!r}, not application/vnd.github+json"
    if given.get("x-github-api-version") not in VERSIONS:
        yield f"X-GitHub-Api-Version is {given.get('x-github-api-version')!r}"
    for name in ("authorization", "user-agent"):
        if not given.get(name):
            yield f"the header {name} is missing"


def _literal_segments(path: str) -> int:
    return sum(not segment.startswith("{") for segment in path.split("/"))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
