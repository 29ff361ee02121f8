"""Schemas: OpenAPI's as JSON Schema, closed: a field nobody described is noticed as much as a missing one. Pure.

OpenAPI 3.0 writes `nullable: true` where JSON Schema has the type `null`, and leaves every object open.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

Json = dict[str, Any]
PREFIX = "#/components/schemas/"
COMBINERS = ("allOf", "anyOf", "oneOf")
KEPT = frozenset(
    {
        "type", "enum", "required", "format", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems",
        "maxItems", "uniqueItems", "minProperties", "maxProperties",
    }
)  # fmt: skip
"""Keywords that mean the same in both; the others are prose, or handled below."""


class Description:
    """The `components/schemas` of a description, and validators of what refers to them."""

    def __init__(self, components: Mapping[str, Json]) -> None:
        self._components = components
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    def wrong(self, name: str, schema: Json, value: Any) -> Iterator[str]:
        """What the schema does not allow in `value`, as `place: what`. `name` stands for the schema in a cache."""
        if name not in self._validators:
            self._validators[name] = self._validator(schema)
        errors = [found for error in self._validators[name].iter_errors(value) for found in _causes(error)]
        for error in errors:
            if not (_follows_from_another(error, errors) or _is_sent_all_the_same(error)):
                yield f"{_place(error)}: {_said(error)}"

    def _validator(self, schema: Json) -> jsonschema_rs.Validator:
        root, definitions = closed(schema), {}
        waiting = list(_references(root))
        while waiting:
            name = waiting.pop()
            if name not in definitions:
                component = self._components[name.removesuffix(CLOSED)]
                definitions[name] = closed(component) if name.endswith(CLOSED) else converted(component)
                waiting += _references(definitions[name])
        return jsonschema_rs.Draft202012Validator(
            root | {"$defs": definitions}, validate_formats=True, formats=FORMATS
        )


# GitHub's bots have brackets in their addresses, which the RFC does not know: 49699333+dependabot[bot]@users.…
FORMATS = {"email": lambda text: "@" in text}
ALSO_SENT = {
    "status": "every error has it; the shape of a 422 leaves it out",
    "client_id": "every App has it; some webhooks leave it out",
    "user_view_type": "every user has it; some webhooks leave it out",
    "display_title": "every workflow run has it; one webhook leaves it out",
    "archived_at": "labels have it in GitHub's newer description, from which githubkit's models are made",
    "archived_by": "likewise",
    "parent_issue_url": "every sub-issue has it; some webhooks leave it out",
}
"""Fields that GitHub describes at one place and forgets at another."""
CLOSED = "!"
"""Ends the name of a definition that takes no fields but its own."""


def closed(schema: Json) -> Json:
    """JSON Schema of a value that has the described fields and no other."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref'].removeprefix(PREFIX)}{CLOSED}"}
    made = converted(schema)
    names_fields = "properties" in schema or any(key in schema for key in COMBINERS)
    if names_fields and "additionalProperties" not in schema:
        made["unevaluatedProperties"] = False
    return made


def converted(schema: Json) -> Json:
    """JSON Schema of the same meaning, open as a branch of allOf, anyOf and oneOf has to be; its fields are closed."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref'].removeprefix(PREFIX)}"}
    made = {key: value for key, value in schema.items() if key in KEPT}
    if "properties" in schema:
        made["properties"] = {name: closed(value) for name, value in schema["properties"].items()}
    if "items" in schema:
        made["items"] = closed(schema["items"])
    for key in COMBINERS:
        if key in schema:
            # GitHub's oneOf does not mean only one: a plain error of 409 fits each of its two kinds of errors.
            combiner = "anyOf" if key == "oneOf" else key
            made[combiner] = [converted(branch) for branch in schema[key]]
            # Webhooks name null beside their alternatives instead of among them: allOf would be something else.
            if key != "allOf" and "null" in (schema.get("type") or ()):
                made[combiner].append({"type": "null"})
    extra = schema.get("additionalProperties")
    if extra is not None:
        made["additionalProperties"] = closed(extra) if isinstance(extra, dict) else extra
    elif schema.get("type") == "object" and not any(key in schema for key in ("properties", *COMBINERS)):
        made["additionalProperties"] = True
    return _or_null(made) if schema.get("nullable") else made


def _or_null(schema: Json) -> Json:
    """As one type with null where that can be said, because errors in it are then told one by one."""
    if not isinstance(schema.get("type"), str) or any(key in schema for key in COMBINERS):
        return {"anyOf": [{"type": "null"}, schema]}
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | values


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield value.removeprefix("#/$defs/")
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _causes(error: jsonschema_rs.ValidationError) -> Iterator[jsonschema_rs.ValidationError]:
    """The errors of the branch that was probably meant, where one of several has to fit; the error itself otherwise."""
    branches: list[list[jsonschema_rs.ValidationError]] = getattr(error.kind, "context", None) or []
    meant = [branch for branch in branches if not any(_is_another_kind(one, error) for one in branch)]
    if len(meant) != 1:
        yield error
        return
    for one in meant[0]:
        yield from _causes(one)


def _is_another_kind(one: jsonschema_rs.ValidationError, error: jsonschema_rs.ValidationError) -> bool:
    return one.kind.name == "type" and one.instance_path == error.instance_path


def _is_sent_all_the_same(error: jsonschema_rs.ValidationError) -> bool:
    return set(getattr(error.kind, "unexpected", ["?"])) <= ALSO_SENT.keys()


def _follows_from_another(
    error: jsonschema_rs.ValidationError, errors: Sequence[jsonschema_rs.ValidationError]
) -> bool:
    """A branch that does not fit describes no fields, so that all of them seem to be unknown."""
    if error.kind.name != "unevaluatedProperties":
        return False
    here = list(error.instance_path)
    return any(
        list(other.instance_path)[: len(here)] == here
        and (len(other.instance_path) > len(here) or other.kind.name != error.kind.name)
        for other in errors
    )


def _place(error: jsonschema_rs.ValidationError) -> str:
    """`a.*.b`, with an asterisk for every number: the same mistake in each item is one mistake."""
    return ".".join("*" if isinstance(part, int) else part for part in error.instance_path) or "the body"


def _said(error: jsonschema_rs.ValidationError) -> str:
    """The message, without the value where that is long or of no matter, and without the machine's address."""
    message = re.sub(
        r"^([\[{].*[\]}]|\S+(?= is not of type))(?= (is|does|has) )", "it", error.message, flags=re.DOTALL
    )
    return re.sub(r"http://[\w.]+:\d+", "", message)[:200]
