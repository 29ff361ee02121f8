"""Connections: which part of a list `first`, `after`, `last` and `before` ask for.

https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.hub.graphql_errors import Refused

LIMIT = 100


@dataclass(frozen=True)
class Edge:
    cursor: str
    node: Any


@dataclass(frozen=True)
class Page:
    """One page of a connection: `items[start:end]`. A cursor stands for a place and is opaque to clients."""

    items: Sequence[Any]
    start: int
    end: int

    @property
    def nodes(self) -> Sequence[Any]:
        return self.items[self.start : self.end]

    @property
    def edges(self) -> list[Edge]:
        return [Edge(_cursor(self.start + offset), node) for offset, node in enumerate(self.nodes)]

    @property
    def info(self) -> dict[str, Any]:
        """The fields of `PageInfo`."""
        cursors = [edge.cursor for edge in self.edges]
        return {
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
            "hasNextPage": self.end < len(self.items),
            "hasPreviousPage": self.start > 0,
        }


def page(name: str, items: Sequence[Any], args: Mapping[str, Any]) -> Page:
    """The page of the connection `name` that the arguments ask for; Refused when they ask for too much."""
    first, last = args.get("first"), args.get("last")
    _check_bounds(name, first, last)
    start, end = 0, len(items)
    if args.get("after"):
        start = min(end, _index(args["after"]) + 1)
    if args.get("before"):
        end = max(start, min(end, _index(args["before"])))
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    return Page(items, start, end)


def _check_bounds(name: str, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        raise Refused(
            "MISSING_PAGINATION_BOUNDARIES",
            f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.",
        )
    for word, asked in (("first", first), ("last", last)):
        if asked is not None and asked > LIMIT:
            raise Refused(
                "EXCESSIVE_PAGINATION",
                f"Requesting {asked} records on the `{name}` connection exceeds "
                f"the `{word}` limit of {LIMIT} records.",
            )
        if asked is not None and asked < 0:
            raise Refused(
                "INVALID_PAGINATION", f"`{word}` on the `{name}` connection cannot be less than zero."
            )


def _cursor(index: int) -> str:
    return base64.b64encode(f"cursor:v2:{index}".encode()).decode()


def _index(cursor: str) -> int:
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("cursor:v2:"))
    except (binascii.Error, ValueError):
        raise Refused(
            "INVALID_CURSOR_ARGUMENTS", f"`{cursor}` does not appear to be a valid cursor."
        ) from None
