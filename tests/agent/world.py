"""World: an agent on a real git repository, with the real gateway, the scripted model and a real Redis."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from redis import Redis

from jobs.agent.loop import Agent
from jobs.agent.terms import Hooks, Limits, Outcome, Turn
from jobs.agent.tools import Workbench
from jobs.agent.transcript import Checkpoint, Progress
from jobs.models.gateway import Model
from jobs.sandbox import Sandbox
from jobs.ticket.request import Ticket
from tests.model import ScriptedModel

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TICKET = Ticket(17, "acme/tools", 12)
BRIEF = "# Ticket #12: Greet politely"
GREETING = "def greet(name):\n    return f'Hi {name}'\n"


@dataclass
class World:
    path: Path
    """A repository with one commit of `greet.py`."""
    server: ScriptedModel
    model: Model
    redis: Redis
    sandbox: Sandbox | None = None
    threads: tuple[str, ...] = ()
    violations: list[str] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    still_ours: Callable[[], None] = lambda: None
    clock: Callable[[], datetime] = lambda: NOW
    before: list[list[str] | Exception] = field(default_factory=list)
    """What the hook answers before each turn; nothing when used up."""

    def run(
        self,
        *replies: dict[str, Any],
        answers: Sequence[str] = (),
        usd: str = "5",
        turns: int = 50,
        minutes: float = 45,
    ) -> Outcome:
        """Run the agent on the scripted replies; without any, on those before."""
        if replies:
            self.server.play({"rules": [{"replies": list(replies)}]})
        limits = Limits(Decimal(usd), turns, NOW + timedelta(minutes=minutes))
        hooks = Hooks(self._before_turn, self.turns.append, lambda: 0, self.still_ours)
        agent = Agent(self.model, self.bench, limits, hooks, self.checkpoint, self.clock)
        return agent.run(BRIEF, Progress(threads=self.threads), answers)

    @property
    def bench(self) -> Workbench:
        return Workbench(self.path, self.diff, self.sandbox, lambda: self.violations)

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.redis, TICKET, "r1", 1)

    def diff(self) -> str:
        self.git("add", "--all", "--intent-to-add")
        return self.git("diff", "HEAD")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        return subprocess.run(
            ["git", *identity, *arguments], cwd=self.path, check=True, capture_output=True, text=True
        ).stdout

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What the model was sent, oldest first."""
        return self.server.requests()

    def told(self, request: int = -1) -> str:
        """Everything in the last message that the model was sent in one request."""
        blocks = self.requests[request]["messages"][-1]["content"]
        return "\n".join(block.get("text") or block.get("content") or "" for block in blocks)

    def results(self, request: int = -1) -> list[dict[str, Any]]:
        """The tool results in that message."""
        blocks = self.requests[request]["messages"][-1]["content"]
        return [block for block in blocks if block["type"] == "tool_result"]

    def _before_turn(self) -> list[str]:
        given = self.before.pop(0) if self.before else []
        if isinstance(given, Exception):
            raise given
        return given
