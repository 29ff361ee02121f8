"""Reviewing: what reviewers do to a ticket's pull request, and what they see there."""

from dataclasses import dataclass
from typing import Any

from tests.hub_client import Person
from tests.model.replies import call
from tests.scenarios.world import Issue

THREADS = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 50) {
        nodes {
          id
          isResolved
          comments(first: 50) {nodes {fullDatabaseId body author {login}}}
        }
      }
    }
  }
}
"""

RESOLVE = "mutation($thread: ID!) {resolveReviewThread(input: {threadId: $thread}) {clientMutationId}}"


def answer(summary: str, *answers: tuple[str, str, str]) -> dict[str, Any]:
    """The submission with (thread, kind, words) for each thread."""
    given = [dict(zip(("thread", "kind", "words"), row, strict=True)) for row in answers]
    return call("submit", {"summary": summary, "answers": given})


@dataclass(frozen=True)
class Conversation:
    """One thread as people see it."""

    is_resolved: bool
    said: tuple[tuple[str, str], ...]
    """Login, text."""
    first_id: int
    id: str
    """Node id."""


@dataclass(frozen=True)
class Reviewers:
    """The people who review one issue's pull request."""

    issue: Issue

    @property
    def number(self) -> int:
        number: int = self.issue.pull_request()["number"]
        return number

    def review(self, event: str, body: str, *remarks: str, by: str = "bob", line: int = 2) -> None:
        """A review with remarks on a line of greet.py."""
        comments = [{"path": "greet.py", "line": line, "body": remark} for remark in remarks]
        given = {"event": event, "body": body, "comments": comments}
        self._as(by).post(f"/repos/{self.issue.repo.name}/pulls/{self.number}/reviews", given)

    def reply(self, thread: Conversation, text: str, by: str = "bob") -> None:
        path = f"/repos/{self.issue.repo.name}/pulls/{self.number}/comments/{thread.first_id}/replies"
        self._as(by).post(path, {"body": text})

    def thumb(self, thread: Conversation, by: str = "bob") -> None:
        path = f"/repos/{self.issue.repo.name}/pulls/comments/{thread.first_id}/reactions"
        self._as(by).post(path, {"content": "+1"})

    def resolve(self, thread: Conversation, by: str = "bob") -> None:
        self._as(by).post("/graphql", {"query": RESOLVE, "variables": {"thread": thread.id}})

    def conversations(self) -> list[Conversation]:
        owner, _, name = self.issue.repo.name.partition("/")
        variables = {"owner": owner, "name": name, "number": self.number}
        answer = self._as("alice").post("/graphql", {"query": THREADS, "variables": variables})
        nodes = answer["data"]["repository"]["pullRequest"]["reviewThreads"]["nodes"]
        return [_conversation(node) for node in nodes]

    def _as(self, login: str) -> Person:
        return self.issue.repo.world.person(login)


def _conversation(node: dict[str, Any]) -> Conversation:
    comments = node["comments"]["nodes"]
    said = tuple((comment["author"]["login"], comment["body"]) for comment in comments)
    return Conversation(node["isResolved"], said, int(comments[0]["fullDatabaseId"]), node["id"])
