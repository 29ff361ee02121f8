"""Script: which reply a request gets. Stateless but for faults: who begins again hears the same again.

{"rules": [{"when": ["text", …], "replies": [reply, …]}, …]}

The first rule whose texts all occur somewhere in the request's messages decides; take them from the brief, as
what a tool prints later on could make another rule fit in mid-conversation. The number of assistant messages
that the request already holds picks the reply. Past the last one, or where no rule fits, the model says so
and ends its turn. A reply (every part may be left out):

{"text": "…", "thinking": "…", "tools": [{"name": "bash", "input": {…}}, …],
 "stop_reason": "…",             default: tool_use if there are tools, else end_turn
 "explanation": "…",             why it refused, for the stop reason refusal
 "usage": {…},                   counts that replace the computed ones
 "only_if_tool": "bash",         calls of this tool fall away if the request does not offer it
 "raw_input": "not json{",       streamed in place of the first tool's input
 "faults": [fault, …]}           each strikes one request that would have got this reply

A fault: {"status": 529, "retry_after": 1, "message": "…", "error_code": "…"}, {"cut": true} (the stream ends
early, in good order), {"cut": "hard"} (the connection breaks), {"error_midstream": "overloaded_error"}, or
{"delay": 0.5} (seconds), after which the rest of the fault, or else the reply, is given.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

REPLY_KEYS = frozenset(
    {
        "text",
        "thinking",
        "tools",
        "stop_reason",
        "explanation",
        "usage",
        "only_if_tool",
        "raw_input",
        "faults",
    }
)
FAULT_KEYS = frozenset({"status", "retry_after", "message", "error_code", "cut", "error_midstream", "delay"})
NO_RULE = {"text": "The script has no rule for this request."}
NO_MORE = {"text": "The script has no more replies."}


class ScriptError(Exception):
    """The script is not as described above; the text says where."""


@dataclass(frozen=True, eq=False)
class Rule:
    """The replies to conversations in which all of `when` was said."""

    when: tuple[str, ...]
    replies: tuple[Json, ...]

    def fits(self, said: str) -> bool:
        return all(text in said for text in self.when)


class Script:
    """A checked script and the faults that have struck already. Threads may share it."""

    def __init__(self, source: Json | None = None) -> None:
        rules = _list((source or {}).get("rules", []), "rules")
        self._rules = [_rule(rule, f"rules.{number}") for number, rule in enumerate(rules)]
        self._struck: Counter[tuple[Rule, int]] = Counter()
        self._lock = threading.Lock()

    def put_first(self, replies: Sequence[Json], when: Sequence[str]) -> None:
        """Add a rule that is looked at before all others."""
        rule = _rule({"when": list(when), "replies": list(replies)}, "rule")
        with self._lock:
            self._rules.insert(0, rule)

    def reply_to(self, messages: list[Json]) -> tuple[Json, Json | None]:
        """The reply for these messages, and the fault that strikes first if one is left."""
        rule, turn = self._rule_for(messages), _turns(messages)
        if rule is None:
            return NO_RULE, None
        if turn >= len(rule.replies):
            return NO_MORE, None
        return rule.replies[turn], self._next_fault(rule, turn)

    def paused(self, messages: list[Json]) -> bool:
        """The newest reply in these messages was a pause: the request may end with it."""
        rule, turns = self._rule_for(messages), _turns(messages)
        newest = rule.replies[max(turns - 1, 0) : turns] if rule else ()
        return any(reply.get("stop_reason") == "pause_turn" for reply in newest)

    def _rule_for(self, messages: list[Json]) -> Rule | None:
        said = "\n".join(_strings(messages))
        with self._lock:
            return next((rule for rule in self._rules if rule.fits(said)), None)

    def _next_fault(self, rule: Rule, turn: int) -> Json | None:
        faults: list[Json] = rule.replies[turn].get("faults", [])
        with self._lock:
            self._struck[rule, turn] += 1
            struck = self._struck[rule, turn]
        return faults[struck - 1] if struck <= len(faults) else None


def _turns(messages: list[Json]) -> int:
    return sum(isinstance(message, dict) and message.get("role") == "assistant" for message in messages)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)


def _rule(source: Any, where: str) -> Rule:
    _check_keys(source, frozenset({"when", "replies"}), where)
    replies = _list(source.get("replies", []), f"{where}.replies")
    for number, reply in enumerate(replies):
        place = f"{where}.replies.{number}"
        _check_keys(reply, REPLY_KEYS, place)
        for fault in _list(reply.get("faults", []), f"{place}.faults"):
            _check_keys(fault, FAULT_KEYS, f"{place}.faults")
        for tool in _list(reply.get("tools", []), f"{place}.tools"):
            _check_keys(tool, frozenset({"name", "input"}), f"{place}.tools")
    return Rule(tuple(_list(source.get("when", []), f"{where}.when")), tuple(replies))


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise ScriptError(f"{where}: {value!r} arrived, a list was expected")
    return value


def _check_keys(value: Any, known: frozenset[str], where: str) -> None:
    if not isinstance(value, dict) or not known.issuperset(value):
        raise ScriptError(f"{where}: {value!r} arrived, an object with keys of {sorted(known)} was expected")
