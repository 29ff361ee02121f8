"""Schema: what is wrong with tool input, in words for the model. Pure.

Understands of JSON Schema what the tools use: type, properties, required, items, enum, minItems, maxItems,
minLength, maxLength. Properties that the schema does not name are let through.
"""

from collections.abc import Iterator
from typing import Any

TYPES: dict[str, type] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def problems(schema: dict[str, Any], value: object, name: str = "the input") -> list[str]:
    """Everything in which the value does not fit the schema; empty if it does."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(kind, value) for kind in kinds):
        return [f"{name} is {_kind_of(value)}, expected {' or '.join(kinds)}"]
    return list(_problems(schema, value, name))


def _problems(schema: dict[str, Any], value: object, name: str) -> Iterator[str]:
    match value:
        case dict():
            for key in schema.get("required", []):
                if key not in value:
                    yield f"{key} is missing"
            for key, inner in schema.get("properties", {}).items():
                if key in value:
                    yield from problems(inner, value[key], key)
        case list():
            yield from _length(len(value), schema, "Items", f"{name} has {len(value):,} items")
            for number, item in enumerate(value, 1):
                yield from problems(schema["items"], item, f"{name}, item {number},")
        case str():
            yield from _length(len(value), schema, "Length", f"{name} has {len(value):,} characters")
            if "enum" in schema and value not in schema["enum"]:
                yield f"{name} is {value[:100]!r}, expected one of {', '.join(schema['enum'])}"


def _length(length: int, schema: dict[str, Any], unit: str, found: str) -> Iterator[str]:
    if length < schema.get(f"min{unit}", 0):
        yield f"{found}, expected at least {schema[f'min{unit}']}"
    if length > schema.get(f"max{unit}", length):
        yield f"{found}, expected at most {schema[f'max{unit}']}"


def _is(kind: str, value: object) -> bool:
    # Python's True is an int.
    return isinstance(value, TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _kind_of(value: object) -> str:
    return next((kind for kind in TYPES if _is(kind, value)), type(value).__name__)
