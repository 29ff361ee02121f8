"""GraphQL: what `Repository.object` finds: a commit, or a file at a revision."""

from collections.abc import Mapping
from typing import Any

from tests.hub import git_facts
from tests.hub.entities import Repository
from tests.hub.graphql_fields import Fields
from tests.hub.graphql_kinds import Blob, Commit

SHOWN = 512_000
"""Bytes of a file's text that GraphQL gives; the rest is cut off and `isTruncated`."""


def found_object(repository: Repository, _: Any, args: Mapping[str, Any]) -> Blob | Commit | None:
    """https://docs.github.com/en/graphql/reference/objects#repository: by `revision`, `revision:path` or by oid."""
    revision, separator, path = (args.get("expression") or args.get("oid") or "").partition(":")
    if separator:
        content = git_facts.show(repository, revision, path)
        return None if content is None else Blob(repository, content)
    sha = git_facts.resolve(repository, f"{revision}^{{commit}}") if revision else None
    return Commit(repository, sha) if sha else None


def _text(blob: Blob, *_: Any) -> str | None:
    return None if blob.is_binary else blob.content[:SHOWN].decode(errors="replace")


def _path(blob: Blob) -> str:
    return f"/{blob.repository.full_name}/blob/{blob.sha}"


BLOB: Fields = {
    "abbreviatedOid": lambda blob, *_: blob.sha[:7],
    "byteSize": lambda blob, *_: len(blob.content),
    "commitResourcePath": lambda blob, *_: _path(blob),
    "commitUrl": lambda blob, context, _: context.state.url + _path(blob),
    "id": "node_id",
    "isBinary": "is_binary",
    "isTruncated": lambda blob, *_: len(blob.content) > SHOWN,
    "oid": "sha",
    "repository": "repository",
    "text": _text,
}
