"""Faults: which of the next API calls go wrong, and how. Set over `/_hub/faults`, consumed in order."""

import random
import re
from dataclasses import dataclass, field
from typing import Any

# In the body as it was sent, where a line break is two characters.
MUTATION = re.compile(r'(?:"|\\n)\s*mutation\b')


def is_write(method: str, path: str, text: str) -> bool:
    """Whether the call changes something, if it succeeds; `text` is GraphQL's body."""
    if path == "/graphql":
        return MUTATION.search(text) is not None
    return method not in ("GET", "HEAD") and not path.endswith("/git-upload-pack")


@dataclass
class Fault:
    """One rule; the first one that matches a call and has `times` left is used up by it."""

    method: str = ""
    """Empty: any method."""
    path: str = ""
    """A regular expression searched for in the path; empty: any path."""
    operation: str = ""
    """A regular expression searched for in the body, which of GraphQL holds the query; empty: any."""
    writes: bool = False
    """Only calls that change something: REST's, mutations, and pushes."""
    share: float = 1.0
    """Of the calls that it matches it strikes so many, drawn by `seed`."""
    seed: int = 0
    met: int = 0
    """Calls that have matched so far."""
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

    def strikes(self, method: str, path: str, text: str) -> bool:
        """Whether this call goes wrong; the same calls in the same order do so each time."""
        if not self._matches(method, path, text):
            return False
        self.met += 1
        return self.share >= 1 or random.Random(f"{self.seed} {self.met}").random() < self.share

    def _matches(self, method: str, path: str, text: str) -> bool:
        return (
            self.times > 0
            and (not self.writes or is_write(method, path, text))
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
            if (fault.path or not git) and fault.strikes(method, path, text):
                fault.times -= 1
                return fault
        return None

    def refuse_comment(self, body: str) -> bool:
        """Whether GraphQL refuses this new comment and carries out the rest of its request: method `COMMENT`."""
        for fault in self.waiting:
            if fault.method == "COMMENT" and fault.strikes("COMMENT", "", body):
                fault.times -= 1
                return True
        return False
