"""Staleness: GitHub reads from copies that lag behind. Answers that were true a moment ago, given again on purpose.

Set over `/_hub/staleness`. Only the App is answered like that, never a person. Each answer is one that this hub has
given, or would have given, to the same request of the same client not more than `seconds` ago. So that there is one
for an issue that nobody has asked about yet, a question that names an issue is asked about others too before those
are written to.
"""

import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.hub.auth import Actor

KEPT = 200
"""Answers to one request; and requests that are remembered."""
OF_ISSUE = re.compile(r"/repos/([^/]+)/([^/]+)/issues/(\d+)")
Key = tuple[object, ...]


@dataclass
class Staleness:
    """What was answered lately."""

    seconds: float = 0.0
    """How old an answer may be."""
    share: float = 0.0
    """Of the answers that could be old, this many are, drawn by `seed`."""
    seed: int = 0
    served: int = 0
    """How many were."""
    draws: random.Random = field(default_factory=random.Random)
    answers: dict[Key, deque[tuple[float, Any]]] = field(default_factory=dict)
    question: tuple["Actor", dict[str, Any]] | None = None
    """The newest GraphQL question about an issue, and who asked it."""

    def set(self, seconds: float, share: float, seed: int = 0) -> None:
        """From now on; what was answered before is forgotten."""
        self.__init__(seconds, share, seed, draws=random.Random(seed))  # type: ignore[misc]

    def answer(self, actor: "Actor", key: Key, fresh: Any) -> Any:
        """An answer to this request: the fresh one or an older one."""
        if not self.share or actor.kind not in ("app", "installation"):
            return fresh
        key = _whose(actor, key)
        older = list(self._young(key))
        self._remember(key, fresh)
        if not older or self.draws.random() >= self.share:
            return fresh
        self.served += 1
        return deepcopy(self.draws.choice(older))

    def ask_about(self, path: str, ask: Callable[["Actor", dict[str, Any]], Any]) -> None:
        """An issue is about to be written to: remember how it looks before."""
        match = OF_ISSUE.match(path)
        if not self.share or self.question is None or match is None:
            return
        actor, body = self.question
        if actor.installation is None:
            return
        about = _about(body, match[1], match[2], int(match[3]))
        self._remember(_whose(actor, ("POST", "/graphql", repr(about))), ask(actor, about))

    def _remember(self, key: Key, answer: Any) -> None:
        self.answers.setdefault(key, deque(maxlen=KEPT)).append((time.monotonic(), deepcopy(answer)))
        if len(self.answers) > KEPT:
            del self.answers[next(iter(self.answers))]

    def _young(self, key: Key) -> Iterator[Any]:
        now = time.monotonic()
        return (answer for at, answer in self.answers.get(key, ()) if now - at <= self.seconds)


def _whose(actor: "Actor", key: Key) -> Key:
    """Permissions are asked of a fresh copy, so what was answered under others is no answer."""
    permissions = sorted(actor.token.permissions.items()) if actor.token else []
    return (actor.client, repr(permissions), *key)


def _about(body: dict[str, Any], owner: str, name: str, number: int) -> dict[str, Any]:
    """The same question about another issue."""
    variables = body["variables"]
    before = re.compile(rf"/{variables['number']}-")
    texts = {
        key: before.sub(f"/{number}-", value) if isinstance(value, str) else value
        for key, value in variables.items()
    }
    return body | {"variables": texts | {"owner": owner, "name": name, "number": number}}
