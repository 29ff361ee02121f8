"""People: who wrote something, and what of it may be read. Pure."""

from datetime import datetime
from typing import Any

from jobs.ticket.observation import GHOST, Comment
from jobs.ticket.text import cleaned

Node = dict[str, Any]
"""One object of a GraphQL answer."""


def login_of(actor: Node | None) -> str:
    """The login as REST spells it.

    GraphQL calls an App's bot `slug`, and there may be a person of that name; only `slug[bot]` is unique.
    `viewer` is the exception and comes as `slug[bot]`.
    """
    if actor is None:
        return GHOST
    suffix = "[bot]" if actor["__typename"] == "Bot" else ""
    return f"{actor['login'].removesuffix('[bot]')}{suffix}" if suffix else str(actor["login"])


def user_id_of(actor: Node | None) -> int | None:
    """The user's id; None for bots and deleted accounts."""
    return actor.get("databaseId") if actor else None


def is_person(actor: Node | None) -> bool:
    """Neither a bot nor a deleted account."""
    return actor is not None and actor["__typename"] == "User"


def comment_of(node: Node, viewer: str) -> Comment:
    """A comment; ours is left as it is, because it carries the record."""
    author = login_of(node["author"])
    return Comment(
        id=int(node["fullDatabaseId"]),
        node_id=node["id"],
        author=author,
        by_us=author == viewer,
        by_person=is_person(node["author"]),
        body=node["body"] if author == viewer else cleaned(node["body"]),
        created_at=datetime.fromisoformat(node["createdAt"]),
        url=node["url"],
        author_id=user_id_of(node["author"]),
        editor=login_of(node["editor"]) if node["editor"] else None,
    )
