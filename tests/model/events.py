"""Events: a scripted reply as the API sends it, whole or as a stream.

https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict[str, Any]
CHUNK = 200
"""Characters of text in one delta."""


def content_of(reply: Json, request: Json, turn: int) -> list[Json]:
    """The reply's content blocks; the ids of its tool calls follow from its place in the conversation."""
    offered = {tool.get("name") for tool in request.get("tools", [])}
    optional = reply.get("only_if_tool")
    blocks: list[Json] = []
    if reply.get("thinking"):
        blocks.append({"type": "thinking", "thinking": reply["thinking"], "signature": f"signed-{turn}"})
    if reply.get("text"):
        blocks.append({"type": "text", "text": reply["text"]})
    for number, tool in enumerate(reply.get("tools", [])):
        if tool["name"] != optional or optional in offered:
            name, tool_input = tool["name"], tool.get("input", {})
            blocks.append(
                {"type": "tool_use", "id": f"toolu_{turn}_{number}", "name": name, "input": tool_input}
            )
    return blocks


def message_of(reply: Json, request: Json, content: list[Json], usage: Json, turn: int) -> Json:
    """The whole message, as without streaming."""
    calls = any(block["type"] == "tool_use" for block in content)
    explanation = reply.get("explanation")
    return {
        "id": f"msg_{turn}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": reply.get("stop_reason", "tool_use" if calls else "end_turn"),
        "stop_sequence": None,
        "stop_details": {"type": "refusal", "category": None, "explanation": explanation}
        if explanation
        else None,
        "usage": {**usage, **reply.get("usage", {})},
    }


def stream_of(message: Json, raw_input: str | None) -> list[Json]:
    """The message as events; `raw_input` takes the place of the first tool's input."""
    usage = message["usage"]
    begun = {**message, "content": [], "stop_reason": None, "stop_details": None}
    events: list[Json] = [
        {"type": "message_start", "message": {**begun, "usage": {**usage, "output_tokens": 1}}},
        {"type": "ping"},
    ]
    for index, block in enumerate(message["content"]):
        is_tool = block["type"] == "tool_use"
        events.extend(_block_events(index, block, raw_input if is_tool else None))
        raw_input = None if is_tool else raw_input
    delta = {name: message[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    counts = {name: usage[name] for name in usage if name != "cache_creation"}
    return [*events, {"type": "message_delta", "delta": delta, "usage": counts}, {"type": "message_stop"}]


def first_half(events: list[Json]) -> list[Json]:
    """As much as arrives of a stream that breaks: the beginning, and never the end of the message."""
    body = events[:-2]
    return body[: max(1, (len(body) + 1) // 2)]


def as_sse(events: Iterable[Json]) -> bytes:
    """Server-sent events on the wire."""
    return b"".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events)


def _block_events(index: int, block: Json, raw_input: str | None) -> Iterator[Json]:
    empty: Json
    match block["type"]:
        case "text":
            empty, deltas = {"text": ""}, _deltas("text_delta", "text", block["text"])
        case "thinking":
            empty = {"thinking": "", "signature": ""}
            deltas = _deltas("thinking_delta", "thinking", block["thinking"])
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case _:
            text = json.dumps(block["input"]) if raw_input is None else raw_input
            empty, deltas = {"input": {}}, _deltas("input_json_delta", "partial_json", text)
    yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty}}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _deltas(kind: str, name: str, text: str) -> list[Json]:
    return [{"type": kind, name: text[start : start + CHUNK]} for start in range(0, len(text), CHUNK)]
