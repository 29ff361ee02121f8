"""Faults: which of the next API calls go wrong, and how. Set over `/_hub/faults`, consumed in order."""

import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """One rule; the first one that matches a call and has `times` left is used up by it."""

    method: str = ""
    """Empty: any method."""
    path: str = ""
    """A regular expression searched for in the path; empty: any path."""
    operation: str = ""
    """Of GraphQL: searched for in the query and its operation name; empty: any."""
    answer: int | str = 502
    """A status, `reset` (connection closed without an answer) or `timeout` (no answer for `delay` seconds)."""
    effect: str = "before"
    """`before`: the call is not carried out; `after`: it is, only its answer is lost."""
    times: int = 1
    delay: float = 0.0
    """Seconds to wait before the answer."""
    body: dict[str, Any] | None = None
    """What differs from the usual body of such a status."""
    headers: dict[str, str] = field(default_factory=dict)

    def matches(self, method: str, path: str, text: str) -> bool:
        return (
            self.times > 0
            and self.method.upper() in ("", method)
            and re.search(self.path, path) is not None
            and re.search(self.operation, text) is not None
        )


@dataclass
class Faults:
    """The faults still to come, and the latency every API call suffers."""

    waiting: list[Fault] = field(default_factory=list)
    latency: float = 0.0
    """Seconds."""

    def take(self, method: str, path: str, text: str, *, git: bool = False) -> Fault | None:
        """The fault this call meets; used up by it. Git meets only those that name a path: the rest mean the API."""
        for fault in self.waiting:
            if fault.matches(method, path, text) and (fault.path or not git):
                fault.times -= 1
                return fault
        return None
