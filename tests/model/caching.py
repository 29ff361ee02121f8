"""Caching: the token counts a request would be charged with, prompt cache included.

As in https://platform.claude.com/docs/en/build-with-claude/prompt-caching a prompt is tools, then system,
then messages; everything up to a breakpoint is kept; a later request reads the longest beginning that is kept
and writes the rest up to its own last breakpoint. Unlike there, a token is four characters, entries do not
age, and short prompts are cached too.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
CHARS_PER_TOKEN = 4


@dataclass(frozen=True)
class Prefix:
    """The prompt up to and including one block."""

    digest: str
    tokens: int
    ttl: str | None
    """How long it is to be kept, `5m` or `1h`; None where there is no breakpoint."""


class PromptCache:
    """What earlier requests have left. Threads may share it."""

    def __init__(self) -> None:
        self._kept: set[str] = set()
        self._lock = threading.Lock()

    def usage(self, request: Json, content: list[Json]) -> Json:
        """The `usage` of the answer `content` to this request; its prefixes are kept from now on."""
        prefixes = list(_prefixes(request))
        total = prefixes[-1].tokens
        marked = [prefix for prefix in prefixes if prefix.ttl]
        end = marked[-1].tokens if marked else 0
        with self._lock:
            read = max(
                (at.tokens for at in prefixes if at.tokens <= end and at.digest in self._kept), default=0
            )
            self._kept.update(prefix.digest for prefix in marked)
        written = end - read
        for_an_hour = written if marked and marked[-1].ttl == "1h" else 0
        return {
            "input_tokens": total - end,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written - for_an_hour,
                "ephemeral_1h_input_tokens": for_an_hour,
            },
            "output_tokens": tokens(json.dumps(content)),
        }


def tokens(text: str) -> int:
    return -(-len(text) // CHARS_PER_TOKEN)


def _prefixes(request: Json) -> Iterator[Prefix]:
    so_far, chars = hashlib.sha256(request["model"].encode()), 0
    blocks = list(_blocks(request))
    for number, block in enumerate(blocks):
        breakpoint = block.get("cache_control")
        if number == len(blocks) - 1:
            breakpoint = breakpoint or request.get("cache_control")
        text = json.dumps({name: value for name, value in block.items() if name != "cache_control"})
        so_far.update(text.encode())
        chars += len(text)
        ttl = breakpoint.get("ttl", "5m") if breakpoint else None
        yield Prefix(so_far.hexdigest(), -(-chars // CHARS_PER_TOKEN), ttl)


def _blocks(request: Json) -> Iterator[Json]:
    yield from request.get("tools", [])
    yield from _as_blocks(request.get("system", []), "system")
    for message in request["messages"]:
        yield from _as_blocks(message["content"], message["role"])


def _as_blocks(content: str | list[Json], role: str) -> Iterator[Json]:
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else content:
        yield {**block, "role": role}
