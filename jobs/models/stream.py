"""Stream: one answer of the model, put together from its events. Pure: event dicts in, content blocks out.

The SDK's own accumulator is not used for two reasons: on tool input that is not JSON it raises, although the
model should be told; and tool input cut short by `max_tokens` comes out of it as a complete, wrong object.
Event shapes: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

import json
from typing import Any

Json = dict[str, Any]

# The documentation's way to keep tool input that is not a JSON object in the history: under a key of its own
# (https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming).
INVALID_JSON = "INVALID_JSON"


class Answer:
    """An answer as far as it has arrived."""

    def __init__(self) -> None:
        self.stop_reason: str | None = None
        """None until the model has finished: a stream that ends before was cut off."""
        self.explanation = ""
        """Why the model refused, if it says."""
        self.usage: Json = {}
        """The API's counts, the newest of each."""
        self._blocks: list[Json] = []
        self._tool_input: dict[int, str] = {}

    @property
    def content(self) -> list[Json]:
        """The content blocks, ready to be sent back as the assistant's message."""
        return [self._finished(index, block) for index, block in enumerate(self._blocks)]

    @property
    def chars(self) -> int:
        """How many characters the answer has so far."""
        return len(json.dumps(self.content))

    def add(self, event: Json) -> None:
        """Take in the next event; kinds that are not known yet are passed over."""
        match event:
            case {"type": "message_start", "message": message}:
                self._count(message.get("usage"))
            case {"type": "content_block_start", "content_block": block}:
                self._blocks.append({name: value for name, value in block.items() if value is not None})
            case {"type": "content_block_delta", "index": index, "delta": delta}:
                self._extend(index, delta)
            case {"type": "message_delta", "delta": delta}:
                self.stop_reason = delta.get("stop_reason")
                self.explanation = (delta.get("stop_details") or {}).get("explanation") or ""
                self._count(event.get("usage"))

    def _count(self, usage: Json | None) -> None:
        # Counts are cumulative and those that do not change are left out of later events.
        self.usage |= {name: value for name, value in (usage or {}).items() if value is not None}

    def _extend(self, index: int, delta: Json) -> None:
        block = self._blocks[index]
        match delta:
            case {"type": "text_delta", "text": text}:
                block["text"] += text
            case {"type": "input_json_delta", "partial_json": text}:
                self._tool_input[index] = self._tool_input.get(index, "") + text
            case {"type": "thinking_delta", "thinking": text}:
                block["thinking"] += text
            case {"type": "signature_delta", "signature": signature}:
                block["signature"] = signature

    def _finished(self, index: int, block: Json) -> Json:
        text = self._tool_input.get(index, "")
        return {**block, "input": _object(text)} if text else dict(block)


def _object(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {INVALID_JSON: text}
