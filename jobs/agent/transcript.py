"""Transcript: the conversation with the model so far, and its checkpoint in Redis.

Messages are only ever appended, so that what was sent before stays a prefix of what is sent next and is read from
the model's cache. The checkpoint saves tokens after a crash and nothing more: without it an iteration starts from
its brief again.
"""

import json
import logging
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from redis import Redis

from jobs.ticket.record import KEPT, Answer, CommandRun, PlanStep
from jobs.ticket.request import Ticket

Json = dict[str, Any]

WAITING = "It is on the issue; nobody has answered yet."
UNANSWERED = (
    "Nobody answered, but somebody asked you to go on. Choose as you think best and say so in the summary."
)
INTERRUPTED = "This call was interrupted, and what it did may or may not have been done. Call it again."

THINKING = frozenset({"thinking", "redacted_thinking"})
"""Types of blocks: https://platform.claude.com/docs/en/build-with-claude/extended-thinking"""

VERSION = 1
KEPT_FOR = timedelta(days=7)
LARGEST = 8 << 20
"""Bytes, compressed. A conversation beyond that does not fit any model."""

log = logging.getLogger("autocode.agent")


@dataclass
class Progress:
    """What an iteration has come to besides the worktree; the tools write to it."""

    turns: int = 0
    """Model calls so far."""
    seconds: float = 0.0
    """What they took, tools included; the time between two workers, or waiting for people, does not count."""
    plan: tuple[PlanStep, ...] = ()
    commands: tuple[CommandRun, ...] = ()
    """The newest commands run in the sandbox, oldest first."""
    shown_diff: str = ""
    """SHA-256 of the diff that the last submit showed."""
    empty_submits: int = 0
    asked: str | None = None
    """Id of the call that waits for people: ask_human, or a plan that has to be approved."""
    question: str = ""
    """What it asks; empty for a plan."""
    held: str = ""
    """Why it may go on only once people allow it; they grant as many turns, and as much time, again."""
    submitted: str | None = None
    """The summary with which it was handed in: whoever takes the iteration up again need not ask the model."""
    answers: tuple[Answer, ...] = ()
    """To review threads, handed in with it."""
    heard: int = 0
    """People's comments up to this id are in the conversation, whatever the ticket's record says."""
    threads: tuple[str, ...] = ()
    """Node ids of the review threads that the brief calls T1, T2, …: each wants an answer with the submission."""
    threads_left: int = 0
    """Those that were too many for it."""
    review: int = 0
    """Id of the newest review that it knows of."""
    files: str = ""
    """The mark of the worktree that it is about: on another machine there may be an older one."""
    model: str = ""
    """The model that has said what there is."""
    started_over: bool = False
    """Whether the conversation was begun anew because it outgrew the model's context window."""

    def note(self, command: CommandRun) -> None:
        """Remember a command."""
        self.commands = (*self.commands, command)[-KEPT:]


@dataclass
class Transcript:
    """The messages, as the Messages API takes them, and the progress made in them."""

    messages: list[Json] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)

    def hear(self, *texts: str) -> None:
        """The model is told something."""
        self._add("user", [{"type": "text", "text": text} for text in texts if text.strip()])

    def say(self, content: list[Json]) -> list[Json]:
        """The model said something; answers with its tool calls, each of which needs a result."""
        # The API answers with empty text sometimes, but does not take it back.
        kept = [_sendable(block) for block in content if block["type"] != "text" or block["text"].strip()]
        self._add("assistant", kept)
        return [block for block in kept if block["type"] == "tool_use"]

    def answer(self, results: list[Json]) -> None:
        """The results of all the calls that `say` answered with, in their order."""
        self._add("user", results)

    def take_up(self, answers: Sequence[str]) -> None:
        """Go on after a pause: people's answers go where the model asked for them, and no call stays unanswered."""
        self.messages = repaired(self.messages)
        answer, asked = "\n\n".join(answers), self.progress.asked
        self.progress.asked = None
        # The last message was never sent: it may still change.
        waiting = [
            block for block in self.messages[-1]["content"] if asked and block.get("tool_use_id") == asked
        ]
        for block in waiting:
            block["content"] = answer or UNANSWERED
        if answer and not waiting:
            self.hear(f"People have said:\n\n{answer}")

    def switch_to(self, model: str) -> None:
        """Go on with this model. Thinking belongs to the one that thought: another one's API refuses it."""
        if self.progress.model not in ("", model):
            for message in self.messages:
                message["content"] = [block for block in message["content"] if block["type"] not in THINKING]
        self.progress.model = model

    def _add(self, role: str, content: list[Json]) -> None:
        if not content:
            return
        if role == "user" and self.messages and self.messages[-1]["role"] == role:
            self.messages[-1]["content"].extend(content)
        else:
            self.messages.append({"role": role, "content": list(content)})


def result(call: Json, text: str, *, is_error: bool = False) -> Json:
    """The result of a tool call."""
    block = {"type": "tool_result", "tool_use_id": call["id"], "content": text}
    return _sendable(block | {"is_error": True} if is_error else block)


def _sendable(block: Json) -> Json:
    """The block with half characters replaced: JSON and file names may hold them, a request may not."""
    sent: Json = json.loads(json.dumps(block, ensure_ascii=False).encode("utf-8", "replace"))
    return sent


def repaired(messages: list[Json]) -> list[Json]:
    """The messages with a result for each call and a call for each result.

    With one missing, the API would answer every later request with 400.
    """
    whole = Transcript()
    calls: list[Json] = []
    for message in messages:
        if message["role"] == "assistant":
            _close(whole, calls, {})
            calls = whole.say(message["content"])
        else:
            given = {block["tool_use_id"]: block for block in message["content"] if _is_result(block)}
            _close(whole, calls, given)
            whole._add("user", [block for block in message["content"] if not _is_result(block)])
            calls = []
    _close(whole, calls, {})
    return whole.messages


def _close(whole: Transcript, calls: list[Json], given: dict[str, Json]) -> None:
    whole.answer([given.get(call["id"]) or result(call, INTERRUPTED, is_error=True) for call in calls])


def _is_result(block: Json) -> bool:
    return bool(block["type"] == "tool_result")


class Checkpoint:
    """The transcript of one iteration in Redis, for a week after its last turn."""

    def __init__(self, redis: Redis, ticket: Ticket, run: str, iteration: int) -> None:
        self._redis = redis
        self._key = f"transcript:{ticket.key}:{run}:{iteration}"

    def load(self) -> Transcript | None:
        """The transcript, or None if there is none that this version can read."""
        packed = self._redis.get(self._key)
        if not isinstance(packed, bytes):
            return None
        try:
            data = json.loads(zlib.decompress(packed))
        except (zlib.error, ValueError):
            log.warning("%s is unreadable; the iteration starts from its brief", self._key)
            return None
        return _transcript(data) if data.get("version") == VERSION else None

    def save(self, transcript: Transcript) -> None:
        """Keep the transcript; one that is too large is not kept, nor is an older state of it."""
        data = {"version": VERSION, "messages": transcript.messages, "progress": asdict(transcript.progress)}
        packed = zlib.compress(json.dumps(data).encode(), level=1)
        if len(packed) > LARGEST:
            log.warning("%s would have %d bytes and is not kept", self._key, len(packed))
            self.delete()
        else:
            self._redis.set(self._key, packed, ex=KEPT_FOR)

    def delete(self) -> None:
        """Forget it."""
        self._redis.delete(self._key)


def _transcript(data: Json) -> Transcript:
    progress = data["progress"]
    progress["plan"] = tuple(PlanStep(**step) for step in progress["plan"])
    progress["commands"] = tuple(CommandRun(**run) for run in progress["commands"])
    progress["threads"] = tuple(progress.get("threads", ()))
    progress["answers"] = tuple(Answer(**answer) for answer in progress.get("answers", ()))
    return Transcript(data["messages"], Progress(**progress))
