"""A hub with one repository, asked and acted upon over HTTP only."""

import base64
from typing import Any

import httpx

from tests.hub import Hub
from tests.hub_client import app_token

FILES = {"README.md": "# greet\n", "greet.py": "def greet():\n    return 'hi'\n"}
SEED = {
    "repositories": [
        {
            "name": "acme/greet",
            "files": FILES,
            "labels": ["autocode", "bug"],
            "issues": [{"title": "Greet politly", "body": "please", "user": "alice"}],
        }
    ]
}
BRANCH = "autocode/1-greet"


class World:
    """A hub with one repository, its issue 1, and a client for each who asks."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.alice = hub.as_user("alice")
        self.bot = self.installation()
        self.repository = self.rest("GET", "")["node_id"]
        self.issue = self.rest("GET", "/issues/1")["node_id"]

    def installation(self, **permissions: str) -> httpx.Client:
        """A client with an installation token; without permissions named it has all that were granted."""
        app = self.hub.with_token(app_token(self.hub.app_id, self.hub.private_key))
        body = {"permissions": permissions} if permissions else {}
        answer = app.post(f"/app/installations/{self.hub.installation_id}/access_tokens", json=body)
        return self.hub.with_token(answer.json()["token"])

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Alice does something to the repository over REST."""
        answer = self.alice.request(method, f"/repos/acme/greet{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def answer(self, query: str, client: httpx.Client | None = None, **variables: Any) -> dict[str, Any]:
        """The whole answer to a query, by default the bot's."""
        answer = (client or self.bot).post("/graphql", json={"query": query, "variables": variables})
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        return body

    def data(self, query: str, client: httpx.Client | None = None, **variables: Any) -> Any:
        """The data of an answer without errors."""
        body = self.answer(query, client, **variables)
        assert "errors" not in body
        return body["data"]

    def error(self, query: str, client: httpx.Client | None = None, **variables: Any) -> dict[str, Any]:
        """The only error of an answer."""
        errors: list[dict[str, Any]] = self.answer(query, client, **variables)["errors"]
        [error] = errors
        return error

    def in_repository(self, selection: str, **variables: Any) -> Any:
        return self.data(f'{{repository(owner: "acme", name: "greet") {{{selection}}}}}', **variables)[
            "repository"
        ]

    def mutate(self, mutation: str, selection: str, client: httpx.Client | None = None, **given: Any) -> Any:
        """Carry out one mutation with that input."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation($input: {kind}!) {{{mutation}(input: $input) {{clientMutationId {selection}}}}}"
        return self.data(query, client, input=given | {"clientMutationId": "mine"})[mutation]

    def push(self) -> str:
        """The ticket's branch with one commit; gives its sha."""
        main = self.rest("GET", "/git/ref/heads/main")["object"]["sha"]
        self.rest("POST", "/git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": main})
        content = base64.b64encode(b"def greet():\n    return 'good day'\n").decode()
        change = {"message": "Greet\n\nPolitely.", "content": content, "branch": BRANCH}
        change["sha"] = self.rest("GET", "/contents/greet.py")["sha"]
        sha: str = self.rest("PUT", "/contents/greet.py", change)["commit"]["sha"]
        return sha

    def open_pull_request(self) -> str:
        """A draft by the bot from a fresh branch; gives its node id."""
        self.push()
        made = self.mutate(
            "createPullRequest", "pullRequest {id}", repositoryId=self.repository, title="Greet", body="Closes #1",
            headRefName=BRANCH, baseRefName="main", draft=True,
        )  # fmt: skip
        node_id: str = made["pullRequest"]["id"]
        return node_id
