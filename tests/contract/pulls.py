"""A repository with pull requests to review and to merge, and the rights to do it."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.contract.world import SEED, World
from tests.hub import Hub, serve

LINES = [f"line {number}" for number in range(1, 31)]
EVENTS = [
    "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment",
    "pull_request_review_thread", "push", "merge_group", "check_run", "check_suite", "status", "workflow_run",
]  # fmt: skip
ONE_REVIEW = {"required_approving_review_count": 1}
UNPROTECTED: dict[str, Any] = {
    "required_status_checks": None, "enforce_admins": True, "required_pull_request_reviews": None,
    "restrictions": None,
}  # fmt: skip
MERGE_QUEUE = {
    "type": "merge_queue",
    "parameters": {
        "check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5,
        "max_entries_to_merge": 5, "merge_method": "SQUASH", "min_entries_to_merge": 1,
        "min_entries_to_merge_wait_minutes": 5,
    },
}  # fmt: skip


class Pulls(World):
    """`World` with a text of thirty lines on main."""

    def __init__(self, hub: Hub) -> None:
        super().__init__(hub)
        self.write("main", "text.txt", "\n".join(LINES) + "\n")

    def write(self, branch: str, path: str, text: str, client: httpx.Client | None = None) -> str:
        """One commit; gives its sha. The branch is begun from main where it is not there yet."""
        client = client or self.alice
        if self.alice.get(f"/repos/acme/greet/git/ref/heads/{branch}").status_code == 404:
            main = self.rest("GET", "/git/ref/heads/main")["object"]["sha"]
            self.rest("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": main})
        there = self.alice.get(f"/repos/acme/greet/contents/{path}", params={"ref": branch})
        old = {"sha": there.json()["sha"]} if there.status_code == 200 else {}
        body = {
            "message": f"Write {path}",
            "content": base64.b64encode(text.encode()).decode(),
            "branch": branch,
        }
        answer = client.put(f"/repos/acme/greet/contents/{path}", json=body | old)
        answer.raise_for_status()
        sha: str = answer.json()["commit"]["sha"]
        return sha

    def text(self, branch: str = "main") -> str:
        """The thirty lines as they are on a branch."""
        content = self.rest("GET", f"/contents/text.txt?ref={branch}")["content"]
        return base64.b64decode(content).decode()

    def change(self, branch: str, **lines: str) -> str:
        """Other words in lines of the text: `change("topic", _10="ten")`."""
        text = list(LINES)
        for name, words in lines.items():
            text[int(name[1:]) - 1] = words
        return self.write(branch, "text.txt", "\n".join(text) + "\n")

    def open(self, branch: str = "topic", **more: Any) -> int:
        """A pull request by Bob from a branch that has commits; gives its number."""
        body = {"title": f"From {branch}", "head": branch, "base": "main"} | more
        answer = self.hub.as_user("bob").post("/repos/acme/greet/pulls", json=body)
        answer.raise_for_status()
        number: int = answer.json()["number"]
        return number

    def protect(self, **rules: Any) -> None:
        self.rest("PUT", "/branches/main/protection", UNPROTECTED | rules)

    def require_checks(self, *names: str, strict: bool = False, **more: Any) -> None:
        checks = [{"context": name} for name in names]
        self.protect(required_status_checks={"strict": strict, "contexts": [], "checks": checks}, **more)

    def report(self, number: int, context: str = "ci", state: str = "success") -> None:
        """A commit status on the pull request's head."""
        sha = self.rest("GET", f"/pulls/{number}")["head"]["sha"]
        self.rest("POST", f"/statuses/{sha}", {"state": state, "context": context})

    def approve(self, number: int) -> int:
        review: int = self.rest("POST", f"/pulls/{number}/reviews", {"event": "APPROVE"})["id"]
        return review

    def as_(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Somebody's call on the repository, refused or not; `bot` is the App."""
        client = self.bot if who == "bot" else self.hub.as_user(who)
        return client.request(method, f"/repos/acme/greet{path}", json=body)

    def pull(self, number: int, selection: str) -> Any:
        return self.in_repository(f"pullRequest(number: {number}) {{{selection}}}")["pullRequest"]

    def id_of(self, number: int) -> str:
        node_id: str = self.pull(number, "id")["id"]
        return node_id

    def merge_state(self, number: int) -> str:
        """Asked until GitHub knows."""
        query = "mergeStateStatus"
        self.pull(number, query)
        state: str = self.pull(number, query)[query]
        return state

    def heard(self, event: str) -> list[dict[str, Any]]:
        """Payloads of the deliveries of one event so far: `pull_request.closed`."""
        name, _, action = event.partition(".")
        return [
            json.loads(delivery.payload)
            for delivery in self.hub.deliveries
            if delivery.event == name and (not action or delivery.action == action)
        ]


@contextmanager
def pulls(directory: Path) -> Iterator[Pulls]:
    """A hub with such a repository. Deliveries are kept in its log; nobody listens."""
    with serve(seed=SEED, directory=directory / "hub") as hub:
        hub.control("POST", "events", EVENTS)
        hub.webhook_url = "http://127.0.0.1:9/webhook"
        yield Pulls(hub)
