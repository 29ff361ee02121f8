"""A hub, and on it a repository of its own for every test, with one labelled issue."""

import base64
import itertools
import math
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from jobs.github.client import Installation
from jobs.github.quota import Quota
from jobs.settings import Settings
from jobs.ticket.errors import LeaseLost
from jobs.ticket.observation import Observation
from jobs.ticket.request import Ticket
from tests.hub import Hub, serve
from tests.stack import NO_LIMITS

NAMES = (f"acme/greet-{number}" for number in itertools.count(1))
BRANCH = "autocode/1-greet-politely"


@dataclass
class World:
    """One repository of the hub and the ticket in it."""

    hub: Hub = field(repr=False)
    settings: Settings
    repository: str
    people: dict[str, httpx.Client]
    writes_left: float = math.inf
    """After so many the lease is lost."""
    opened: list[Installation] = field(default_factory=list)

    @property
    def ticket(self) -> Ticket:
        return Ticket(self.hub.installation_id, self.repository, 1)

    def open(self, quota: Quota | None = None, **changes: Any) -> Installation:
        """A worker's client for the ticket; `changes` are of the ticket."""
        ticket = replace(self.ticket, **changes)
        installation = Installation(self.settings, ticket, self._guard, quota=quota)
        self.opened.append(installation)
        return installation

    def observe(self) -> Observation:
        """The ticket as a new client sees it."""
        return self.open().observe(now=datetime.now(UTC))

    def act(self, login: str, method: str, path: str, body: Any = None) -> Any:
        """Somebody does something to the repository (`path` below it) over REST."""
        answer = self.people[login].request(method, f"/repos/{self.repository}{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What GitHub has no API for."""
        answer = self.people["alice"].request(method, f"/_hub/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def hub_now(self) -> datetime:
        """GitHub's time, to the second."""
        return datetime.fromisoformat(self.control("POST", "clock", {"advance": 0})["now"])

    def fail(self, **fault: Any) -> None:
        """The next calls that match go wrong; see `tests.hub.faults`."""
        self.control("POST", "faults", fault)

    def say(self, login: str, body: str) -> Any:
        return self.act(login, "POST", "/issues/1/comments", {"body": body})

    def label(self, login: str = "alice") -> None:
        self.act(login, "POST", "/issues/1/labels", {"labels": ["autocode"]})

    def push(self, branch: str = BRANCH, text: str = "print('good day')\n") -> str:
        """A branch with one commit more than main; gives its sha."""
        main = self.act("alice", "GET", "/git/ref/heads/main")["object"]["sha"]
        self.act("alice", "POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": main})
        content = base64.b64encode(text.encode()).decode()
        change = {"message": "feat(#1): greet\n\nAutocode-Run: r1", "content": content, "branch": branch}
        return str(self.act("alice", "PUT", "/contents/greet.py", change)["commit"]["sha"])

    def calls(self) -> list[str]:
        """`METHOD path`, of our App only."""
        ours = ("app:autocode", "autocode[bot]")
        return [
            f"{call['method']} {call['path']}"
            for call in self.control("GET", "calls")
            if call["actor"] in ours
        ]

    def _guard(self) -> None:
        if self.writes_left < 1:
            raise LeaseLost
        self.writes_left -= 1


@pytest.fixture(scope="session")
def hub() -> Iterator[Hub]:
    with serve() as running:
        running.control("POST", "limits", NO_LIMITS)
        yield running


@pytest.fixture(scope="session")
def people(hub: Hub) -> Iterator[dict[str, httpx.Client]]:
    with ExitStack() as stack:
        yield {login: stack.enter_context(hub.as_user(login)) for login in ("alice", "bob", "carol")}


@pytest.fixture
def settings(hub: Hub) -> Settings:
    return Settings(hub.app_id, hub.private_key, (hub.webhook_secret,), api_url=hub.url)


@pytest.fixture
def world(hub: Hub, settings: Settings, people: dict[str, httpx.Client]) -> Iterator[World]:
    made = World(hub, settings, next(NAMES), people)
    body = {"name": made.repository.partition("/")[2], "private": True, "auto_init": True}
    people["alice"].post("/orgs/acme/repos", json=body).raise_for_status()
    for login, permission in {"bob": "push", "carol": "pull", "dave": "triage"}.items():
        made.act("alice", "PUT", f"/collaborators/{login}", {"permission": permission})
    made.act("carol", "POST", "/issues", {"title": "Greet politely", "body": "Say good day."})
    made.label()
    made.control("DELETE", "calls")
    yield made
    for installation in made.opened:
        installation.__exit__(None, None, None)
    made.control("DELETE", "faults")
