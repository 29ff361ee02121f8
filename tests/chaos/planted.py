"""Planted: a ticket on the hub as the app would leave it, made over HTTP by hand, so that things can be made wrong."""

import base64
import json
import time
from typing import Any

from tests.chaos.checker import Expected
from tests.hub_client import Person

Json = dict[str, Any]

WORKFLOW = (
    "name: ci\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v4\n      - run: test ! -e red\n"
)
BRANCH = "autocode/1-greet"
PATIENCE = 20.0


class Planted:
    """Issue 1 of a repository of its own: one iteration, green, ready for review."""

    def __init__(self, alice: Person, app: Person, repository: str) -> None:
        self.alice, self.app, self.repository = alice, app, repository
        files = {"README.md": "hello", ".github/workflows/ci.yml": WORKFLOW}
        alice.post("/_hub/repositories", {"name": repository, "files": files, "private": False})
        alice.post(self.path("/issues"), {"title": "Greet", "labels": ["autocode"]})
        self.branch(BRANCH)
        self.head = self.commit(1)
        self.pull = self.open(BRANCH)
        self.label("autocode: review")
        self.status = self.say(self.status_body())["id"]
        self.say("<!-- autocode:comment r1 ready -->\n@alice, ready.")

    @property
    def expected(self) -> Expected:
        return Expected(self.repository, 1, frozenset({"validating"}), (1, 1))

    def path(self, path: str) -> str:
        return f"/repos/{self.repository}{path}"

    def write(self, by: Person, path: str, text: str, **more: str) -> Json:
        """One commit that writes a file."""
        body = {"message": "Write", "content": base64.b64encode(text.encode()).decode(), **more}
        made: Json = by.put(self.path(f"/contents/{path}"), body)
        return made

    def branch(self, name: str) -> None:
        sha = self.alice.get(self.path("/git/ref/heads/main"))["object"]["sha"]
        self.app.post(self.path("/git/refs"), {"ref": f"refs/heads/{name}", "sha": sha})

    def commit(self, iteration: int, message: str = "", file: str = "") -> str:
        """A commit of that iteration on the ticket's branch; its SHA, once the checks have judged it."""
        said = message or f"feat(#1): Greet\n\nAutocode-Issue: #1\nAutocode-Iteration: {iteration}"
        name = file or f"{time.monotonic_ns()}.txt"
        sha = str(self.write(self.app, name, "x", branch=BRANCH, message=said)["commit"]["sha"])
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            runs = self.alice.get(self.path(f"/commits/{sha}/check-runs"))["check_runs"]
            if runs and all(run["conclusion"] for run in runs):
                return sha
            time.sleep(0.02)
        raise TimeoutError(f"the checks of {sha} have not come in {PATIENCE:g} s")

    def open(self, branch: str) -> int:
        """A pull request."""
        fields = {"title": "Greet", "body": "<!-- autocode:ticket 1 -->", "head": branch, "base": "main"}
        return int(self.app.post(self.path("/pulls"), fields)["number"])

    def say(self, body: str) -> Json:
        made: Json = self.app.post(self.path("/issues/1/comments"), {"body": body})
        return made

    def label(self, *names: str) -> None:
        """Exactly these, besides the trigger."""
        self.app.put(self.path("/issues/1/labels"), {"labels": ["autocode", *names]})

    def status_body(self, **changes: Any) -> str:
        record = {"phase": "validating", "iteration": 1, "head_sha": self.head} | changes
        return f"<!-- autocode:status {'0' * 64}\n{json.dumps(record)}\n-->\n### autocode: ready for review"

    def record(self, **changes: Any) -> None:
        """Let the status comment say this."""
        self.rewrite(self.status_body(**changes))

    def rewrite(self, body: str) -> None:
        self.app.patch(self.path(f"/issues/comments/{self.status}"), {"body": body})

    def bug(self) -> None:
        """A ticket about the failure."""
        self.app.post(self.path("/issues"), {"title": "autocode gave up on #1: Greet", "body": "Red."})
