"""Checks: what the Messages API refuses, in its words. Pure: a request in, nothing or a Refused out.

https://platform.claude.com/docs/en/api/messages and, for the version this speaks, api/versioning.
"""

import re
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
MODELS = re.compile(r"claude-(opus|sonnet|haiku|fable|mythos)-\d(-\d)?(-\d{8})?")
REQUIRED = ("model", "max_tokens", "messages")
OPTIONAL = (
    *(
        "cache_control",
        "container",
        "diagnostics",
        "inference_geo",
        "metadata",
        "output_config",
        "service_tier",
    ),
    *("speed", "stop_sequences", "stream", "system", "thinking", "tool_choice", "tools"),
)
BUILT_IN_TOOLS = {"bash_20250124": "bash", "text_editor_20250728": "str_replace_based_edit_tool"}
USER_BLOCKS = frozenset({"text", "image", "document", "tool_result"})
ASSISTANT_BLOCKS = frozenset({"text", "thinking", "redacted_thinking", "tool_use"})
BLOCK_FIELDS = {
    "text": ("text",),
    "thinking": ("thinking", "signature"),
    "tool_use": ("id", "name", "input"),
    "tool_result": ("tool_use_id",),
}


class Refused(Exception):
    """The request is answered with this status and error."""

    def __init__(self, status: int, message: str, error_code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code

    @property
    def body(self) -> Json:
        error: Json = {"type": ERROR_TYPES.get(self.status, "api_error"), "message": str(self)}
        if self.error_code:
            error["details"] = {"error_code": self.error_code}
        return {"type": "error", "error": error, "request_id": "req_scripted"}


def check_headers(headers: Mapping[str, str]) -> None:
    """A key, and the API's version."""
    key = headers.get("Authorization", "").removeprefix("Bearer ") or headers.get("x-api-key", "")
    if not key.strip():
        raise Refused(401, "Authentication failed: provide an API key in the Authorization header.")
    if not headers.get("anthropic-version"):
        raise Refused(400, "anthropic-version: header is required")


def check_request(request: Any, *, paused: bool) -> None:
    """The body; `paused` if the conversation's last answer was one to be continued as it stands."""
    if not isinstance(request, dict):
        raise Refused(400, "The request body is not a JSON object.")
    for name in REQUIRED:
        if name not in request:
            raise Refused(400, f"{name}: Field required")
    for name in request:
        if name not in REQUIRED and name not in OPTIONAL:
            raise Refused(400, f"{name}: Extra inputs are not permitted")
    if type(request["max_tokens"]) is not int or request["max_tokens"] < 1:
        raise Refused(400, "max_tokens: Input should be a valid integer greater than or equal to 1")
    if not isinstance(request["model"], str) or not MODELS.fullmatch(request["model"]):
        raise Refused(404, f"model: {request['model']}")
    _check_thinking(request)
    _check_tools(request.get("tools", []))
    _check_messages(request["messages"], paused)


def _check_thinking(request: Json) -> None:
    if request.get("thinking", {}).get("type", "adaptive") != "adaptive":
        raise Refused(400, "thinking.type: only 'adaptive' is supported by this model")
    if request.get("tool_choice", {}).get("type", "auto") not in ("auto", "none"):
        raise Refused(400, "tool_choice: forced tool use is not supported by this model")


def _check_tools(tools: Any) -> None:
    names = []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise Refused(400, "tools: Input should be a list of objects")
    for number, tool in enumerate(tools):
        kind = tool.get("type", "custom")
        if kind != "custom" and kind not in BUILT_IN_TOOLS:
            raise Refused(
                400, f"tools.{number}: Input tag '{kind}' found using 'type' does not match any tool"
            )
        if kind == "custom" and not isinstance(tool.get("input_schema"), dict):
            raise Refused(400, f"tools.{number}.custom.input_schema: Field required")
        if kind != "custom" and tool.get("name") != BUILT_IN_TOOLS[kind]:
            raise Refused(400, f"tools.{number}.{kind}.name: Input should be '{BUILT_IN_TOOLS[kind]}'")
        names.append(tool.get("name"))
    if len(names) != len(set(names)):
        raise Refused(400, "tools: Tool names must be unique.")


def _check_messages(messages: Any, paused: bool) -> None:
    if not isinstance(messages, list) or not messages:
        raise Refused(400, "messages: at least one message is required")
    pending: list[str] = []
    for number, message in enumerate(messages):
        role, blocks = _check_message(message, f"messages.{number}")
        if number == 0 and role != "user":
            raise Refused(400, 'messages: first message must use the "user" role')
        _check_results(blocks, pending, number)
        pending = [block["id"] for block in blocks if block["type"] == "tool_use"]
    if pending:
        raise _orphans(len(messages) - 1, pending)
    if role == "assistant" and not paused:
        raise Refused(
            400,
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message.",
        )


def _check_message(message: Any, where: str) -> tuple[str, list[Json]]:
    role = message.get("role") if isinstance(message, dict) else None
    if role not in ("user", "assistant"):
        raise Refused(400, f"{where}.role: Input should be 'user' or 'assistant'")
    content = message.get("content")
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not blocks or not isinstance(blocks, list):
        raise Refused(400, f"{where}: all messages must have non-empty content")
    for place, block in enumerate(blocks):
        _check_block(block, role, f"{where}.content.{place}")
    return role, blocks


def _check_block(block: Json, role: str, where: str) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind not in (USER_BLOCKS if role == "user" else ASSISTANT_BLOCKS):
        raise Refused(
            400, f"{where}: Input tag '{kind}' found using 'type' is not allowed in a {role} message"
        )
    for name in BLOCK_FIELDS.get(kind, ()):
        if name not in block:
            raise Refused(400, f"{where}.{kind}.{name}: Field required")
    if kind == "text" and not block["text"]:
        raise Refused(400, "messages: text content blocks must be non-empty")
    if kind == "tool_use" and not isinstance(block["input"], dict):
        raise Refused(400, f"{where}.tool_use.input: Input should be a valid dictionary")
    if any(value is None for value in block.values()):
        raise Refused(400, f"{where}: null is not allowed")


def _check_results(blocks: list[Json], pending: list[str], number: int) -> None:
    """Results come first in the message right after their calls, one for each call."""
    results: list[str] = []
    for place, block in enumerate(blocks):
        if block["type"] == "tool_result" and place == len(results):
            results.append(block["tool_use_id"])
        elif block["type"] == "tool_result":
            # A result behind other content is not seen as one.
            raise _orphans(number - 1, [block["tool_use_id"]])
    for place, identity in enumerate(results):
        if identity not in pending:
            raise Refused(
                400,
                f"messages.{number}.content.{place}: unexpected `tool_use_id` found in `tool_result` blocks: "
                f"{identity}. Each `tool_result` block must have a corresponding `tool_use` block in the "
                "previous message.",
            )
    if len(results) != len(set(results)):
        raise Refused(400, f"messages.{number}: each tool_use must have a single result")
    missing = [identity for identity in pending if identity not in results]
    if missing:
        raise _orphans(number - 1, missing)


def _orphans(number: int, identities: list[str]) -> Refused:
    return Refused(
        400,
        f"messages.{number}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(identities)}. Each `tool_use` block must have a corresponding `tool_result` block in "
        "the next message.",
    )
