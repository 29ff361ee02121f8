"""World: a team, its repositories on the hub, and autocode's real processes, in the words of a conversation."""

import base64
import itertools
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from redis import Redis

from jobs.freshness import LAG, remember_since
from jobs.queue import CARDS_LATER, LATER, Queue
from jobs.ticket.names import STATE_LABELS, STATUS_MARKER
from jobs.ticket.record import Record
from jobs.ticket.request import Ticket
from jobs.ticket.signing import load
from tests.hub_client import Person, Refused
from tests.stack import Stack

PATIENCE = 40.0
"""Seconds until a scenario that does not get there has failed; the machine may be busy."""

PROCESSES = ("web", "tickets", "coding", "clock")

WORKFLOW = """\
name: ci
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: python check.py
"""
CHECK = "import greet\nassert greet.greet('Ada') == 'Hello, Ada!', greet.greet('Ada')\nprint('fine')\n"
FILES = {"greet.py": "def greet(name):\n    return ''\n", "check.py": CHECK, "README.md": "# greet\n"}
WITH_CHECKS = FILES | {".github/workflows/ci.yml": WORKFLOW}
WRONG, RIGHT = "return 'Hi ' + name", "return f'Hello, {name}!'"
Found = TypeVar("Found")
_numbers = itertools.count(1)


class World:
    """Alice is an admin, Bob may write, Carol may read, Dave may triage, Mallory is a stranger."""

    def __init__(self, stack: Stack, patience: float = PATIENCE) -> None:
        self.stack = stack
        self.patience = patience
        self._redis = Redis.from_url(stack.redis_url)
        self.is_enterprise = False
        self._rules: list[dict[str, Any]] = []

    def become_enterprise(self, version: str) -> None:
        """Make the hub an Enterprise Server, before the processes start: all scenarios have to go there as well."""
        self.is_enterprise = True
        self.stack.environ["GITHUB_API_URL"] = f"{self.stack.hub.url}/api/v3"
        self.control("POST", "enterprise", {"version": version})
        # Whoever set the hub up did so before it was one.
        self.control("DELETE", "calls")

    @property
    def prefix(self) -> str:
        """What the paths of the App's own calls begin with."""
        return "/api/v3" if self.is_enterprise else ""

    def fault(self, **fault: Any) -> None:
        """Let one of the next API calls go wrong; see tests/hub/faults.py."""
        Person(self.stack.hub.url, "").post("/_hub/faults", fault)

    def settle(self) -> None:
        """Wait until nothing is under way or put off any more, for half a second."""
        started = quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + 0.5:
            assert quiet_since < started + PATIENCE, "it does not come to rest"
            if self._is_busy():
                quiet_since = time.monotonic()
            time.sleep(0.05)

    def _is_busy(self) -> bool:
        jobs = (self._redis.llen("rq:queue:tickets"), self._redis.llen("rq:queue:coding"))
        running = (self._redis.zcard("rq:wip:tickets"), self._redis.zcard("rq:wip:coding"))
        return any((*jobs, *running, self._redis.zcard(CARDS_LATER))) or any(
            not self._is_second_look(*put_off) for put_off in self._put_off()
        )

    def _put_off(self) -> list[tuple[bytes, float]]:
        found: Any = self._redis.zrange(LATER, 0, -1, withscores=True)
        return list(found)

    def _is_second_look(self, key: bytes, time: float) -> bool:
        """It is put off for no other reason than that GitHub might not have shown yet what was heard of it."""
        heard = Queue(self._redis).heard_of(Ticket.parse(key.decode()))
        return abs(time - (heard + LAG).timestamp()) < 0.001

    def person(self, login: str) -> Person:
        return self.stack.hub.person(login)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """What GitHub has no API for: clock, limits, grants, …"""
        return Person(self.stack.hub.url, "").request(method, f"/_hub/{path}", body)

    def calls_of_the_app(self) -> list[Mapping[str, Any]]:
        """Every API call of the App and of its installations, oldest first."""
        calls = self.stack.hub.calls()
        return [call for call in calls if call["actor"] in ("app:autocode", "autocode[bot]")]

    def will(self, *replies: Mapping[str, Any], when: tuple[str, ...]) -> None:
        """What the model says in conversations where all of `when` occurs; the newest rule is looked at first."""
        self._rules.insert(0, {"when": list(when), "replies": list(replies)})
        self.stack.play({"rules": self._rules})

    def repository(
        self, files: Mapping[str, str] = WITH_CHECKS, *, private: bool = False, **settings: Any
    ) -> "Repo":
        """A repository of the organization that has been there for long, with the usual people."""
        name = f"acme/greet-{next(_numbers)}"
        self.control("POST", "repositories", {"name": name, "files": dict(files), "private": private})
        if settings:
            self.person("alice").patch(f"/repos/{name}", settings)
        return Repo(self, name)


@contextmanager
def playing(
    directory: Path,
    environ: Mapping[str, str],
    enterprise: str | None = os.environ.get("HUB_ENTERPRISE"),
    *,
    seed: Mapping[str, Any] | None = None,
    patience: float = PATIENCE,
    processes: Sequence[str] = PROCESSES,
) -> Iterator[World]:
    """A world with these processes at work. `enterprise`: the version of Enterprise Server that the hub is."""
    with Stack(directory, environ=environ, seed=seed, is_preloaded=True) as stack:
        world = World(stack, patience)
        if enterprise:
            world.become_enterprise(enterprise)
        with stack.redis() as redis:
            # Like the repositories it has been there for long: nobody waits for what it may have forgotten.
            remember_since(redis, datetime.now(UTC) - timedelta(hours=1))
        if processes:
            stack.start(*processes)
        yield world


@dataclass
class Repo:
    """One repository as people use it."""

    world: World
    name: str

    @cached_property
    def id(self) -> int:
        return int(self.get("")["id"])

    def put(
        self, path: str, text: str, *, branch: str | None = None, by: str = "alice", is_new: bool = False
    ) -> None:
        """Commit one file. Whoever knows that it `is_new` need not ask."""
        address = f"/repos/{self.name}/contents/{path}"
        body = {"message": f"Change {path}", "content": base64.b64encode(text.encode()).decode()}
        if branch:
            body["branch"] = branch
        if not is_new:
            with suppress(Refused):
                body["sha"] = self.world.person(by).get(address, **({"ref": branch} if branch else {}))["sha"]
        self.world.person(by).put(address, body)

    def issue(self, title: str = "Greet people", body: str = "Say hello.", *, by: str = "carol") -> "Issue":
        made = self.world.person(by).post(f"/repos/{self.name}/issues", {"title": title, "body": body})
        return Issue(self, made["number"])

    def get(self, path: str, **query: str | int) -> Any:
        return self.world.person("alice").get(f"/repos/{self.name}{path}", **query)

    def check_runs(self, sha: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"/commits/{sha}/check-runs")["check_runs"]
        return found

    def bugs(self) -> list[dict[str, Any]]:
        """The tickets that autocode opened about its failures."""
        issues = [item for item in self.get("/issues", state="all") if "pull_request" not in item]
        return [item for item in issues if item["user"]["login"] == "autocode[bot]"]

    def pull_requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/pulls", state="all")
        return found

    def branches(self) -> list[str]:
        """The branches that autocode made."""
        return [item["name"] for item in self.get("/branches") if item["name"].startswith("autocode/")]


@dataclass
class Issue:
    """One issue as people use it."""

    repo: Repo
    number: int

    @property
    def path(self) -> str:
        return f"/repos/{self.repo.name}/issues/{self.number}"

    def label(self, by: str = "alice") -> "Issue":
        self._as(by).post(f"{self.path}/labels", {"labels": ["autocode"]})
        return self

    def unlabel(self, by: str = "alice") -> None:
        self._as(by).delete(f"{self.path}/labels/autocode")

    def say(self, text: str, by: str = "bob") -> None:
        self._as(by).post(f"{self.path}/comments", {"body": text})

    def close(self, by: str = "alice") -> None:
        self._as(by).patch(self.path, {"state": "closed"})

    def until(self, phase: str, **fields: Any) -> Record:
        """Wait until the status comment says this phase (and these fields), and give the record."""

        def reached() -> Record | None:
            record = self.record()
            if record is None or record.phase != phase:
                return None
            return record if all(getattr(record, name) == value for name, value in fields.items()) else None

        return self.wait(reached, f"phase {phase} {fields or ''}")

    def wait(self, look: Callable[[], Found | None], what: str) -> Found:
        """Look until there is something to see; AssertionError with the record and the logs when patience ends."""
        end = time.monotonic() + self.repo.world.patience
        while time.monotonic() < end:
            found = look()
            if found:
                return found
            # A look costs the hub and us some milliseconds of the time that the ticket needs itself.
            time.sleep(0.1)
        stack = self.repo.world.stack
        logs = "\n".join(f"== {name}\n{stack.logs(name)[-3000:]}" for name in ("web", "tickets", "coding"))
        raise AssertionError(f"{what} did not come; record: {self.record()}\n{self.told()}\n{logs}")

    def record(self) -> Record | None:
        comment = self.status_comment()
        secret = self.repo.world.stack.hub.webhook_secret
        return load(comment["body"], f"{self.repo.id}#{self.number}", [secret]) if comment else None

    def status_comment(self) -> dict[str, Any] | None:
        found = [item for item in self.all_comments() if STATUS_MARKER in item["body"]]
        assert len(found) <= 1, "one status comment is all there may be"
        return found[0] if found else None

    def all_comments(self) -> list[dict[str, Any]]:
        comments: list[dict[str, Any]] = self.repo.get(f"/issues/{self.number}/comments", per_page=100)
        return comments

    def told(self) -> list[str]:
        """What the bot said besides the status comment, as people see it."""
        ours = [item["body"] for item in self.all_comments() if item["user"]["type"] == "Bot"]
        return [
            re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL) for body in ours if STATUS_MARKER not in body
        ]

    def state_labels(self) -> set[str]:
        return {item["name"] for item in self.repo.get(f"/issues/{self.number}/labels")} & set(STATE_LABELS)

    def pull_request(self) -> dict[str, Any]:
        """The one pull request of this issue."""
        found = [
            item
            for item in self.repo.pull_requests()
            if item["head"]["ref"].startswith(f"autocode/{self.number}-")
        ]
        assert len(found) == 1, f"one pull request was expected, found {len(found)}"
        return found[0]

    def conclusions(self) -> list[str]:
        """How the checks of every commit of the branch ended, oldest first, our own left out."""
        commits = self.repo.get(f"/pulls/{self.pull_request()['number']}/commits")
        return [
            run["conclusion"]
            for commit in commits
            for run in self.repo.check_runs(commit["sha"])
            if run["app"]["slug"] != "autocode"
        ]

    @property
    def node_id(self) -> str:
        return str(self.repo.get(f"/issues/{self.number}")["node_id"])

    def _as(self, login: str) -> Person:
        return self.repo.world.person(login)
