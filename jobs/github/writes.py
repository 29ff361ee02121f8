"""Writes: what autocode changes on GitHub, each sent once; more of it is in `showing`, `merges` and `stacks`."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from jobs.github.api import Api
from jobs.github.errors import GitHubError, Gone, Uncertain
from jobs.ticket.errors import TellPeople
from jobs.ticket.observation import Comment, Observation, PullRequest
from jobs.ticket.request import Ticket
from jobs.ticket.words import COMMENT_LIMIT


class IssueIds(NamedTuple):
    """What GitHub's APIs call one issue."""

    number: int
    node_id: str


class Writes:
    """What may be written to one ticket's repository.

    Every method may raise LeaseLost (before anything is sent), Uncertain, Later, TellPeople, Gone, Archived or
    GitHubError.
    """

    def __init__(self, api: Api, ticket: Ticket) -> None:
        self._api = api
        self._ticket = ticket
        self._repository = f"/repos/{ticket.repository}"
        self._issue = f"{self._repository}/issues/{ticket.number}"
        self._seen: Observation | None = None
        self._label_ids: dict[str, str] = {}

    def create_comment(self, body: str) -> Comment:
        """A new comment on the issue."""
        made = self._send("POST", f"{self._issue}/comments", {"body": short_enough(body)})
        return Comment(
            id=made["id"],
            author=made["user"]["login"],
            by_us=True,
            by_person=False,
            body=made["body"],
            created_at=datetime.fromisoformat(made["created_at"]),
            url=made["html_url"],
            node_id=made["node_id"],
        )

    def comment_on(self, number: int, body: str) -> None:
        """A new comment on another issue of the repository."""
        self._send("POST", f"{self._repository}/issues/{number}/comments", {"body": short_enough(body)})

    def update_comment(self, comment_id: int, body: str) -> None:
        """Rewrite a comment of ours; Gone when somebody deleted it."""
        self._send("PATCH", f"{self._repository}/issues/comments/{comment_id}", {"body": short_enough(body)})

    def create_pull_request(
        self, *, title: str, body: str, head: str, base: str, draft: bool = True
    ) -> PullRequest:
        """Open a pull request, or give the one that is open for this head already.

        Not a draft where the repository's plan has none. TellPeople when head and base do not differ.
        """
        fields = {"title": title, "body": short_enough(body), "head": head, "base": base, "draft": draft}
        try:
            return pull_request_of(self._send("POST", f"{self._repository}/pulls", fields))
        except GitHubError as error:
            if draft and "Draft pull requests are not supported" in str(error):
                return self.create_pull_request(title=title, body=body, head=head, base=base, draft=False)
            if "A pull request already exists" in str(error):
                return self._open_pull_request(head)
            _explain(error, head, base)

    def publish_ready(self, pull_request: PullRequest, *, body: str) -> None:
        """Rewrite the pull request's body and take it out of draft."""
        variables = {
            "pullRequest": pull_request.node_id, "body": short_enough(body), "isDraft": pull_request.is_draft
        }  # fmt: skip
        self._api.mutate("publish_ready", variables)

    def make_draft(self, pull_request: PullRequest) -> None:
        """Make a pull request that was ready a draft again."""
        self._api.mutate("make_draft", {"pullRequest": pull_request.node_id})

    def update_pull_request(self, pull_request: PullRequest, *, body: str) -> None:
        """Rewrite the pull request's body."""
        self._send("PATCH", f"{self._repository}/pulls/{pull_request.number}", {"body": short_enough(body)})

    def answer_thread(self, thread: str, body: str, *, resolve: bool) -> None:
        """Reply in a conversation about lines of the diff, by node id, unless the body is empty, and resolve it or not.

        One that is gone needs no answer.
        """
        variables = {
            "thread": thread, "body": short_enough(body), "replying": bool(body), "resolving": resolve
        }  # fmt: skip
        with suppress(Gone):
            self._api.mutate("answer_thread", variables)

    def create_issue(self, *, title: str, body: str, labels: Iterable[str] = ()) -> IssueIds:
        """A new issue in the repository."""
        fields = {"title": title, "body": short_enough(body), "labels": list(labels)}
        made = self._send("POST", f"{self._repository}/issues", fields)
        return IssueIds(made["number"], made["node_id"])

    def add_card(self, project: str, content: str) -> None:
        """Put an issue on a Project, both by node id; GitHub keeps one card of an issue."""
        self._api.mutate("add_card", {"project": project, "content": content})

    def add_sub_issue(self, issue: str, sub_issue: str) -> bool:
        """Hang an issue below another, both by node id; False where GitHub does not allow it."""
        try:
            self._api.mutate("add_sub_issue", {"issue": issue, "subIssue": sub_issue})
        except GitHubError:
            return False
        return True

    def _send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return self._api.send(method, path, body).json()

    def _observed(self) -> Observation:
        if self._seen is None:
            raise RuntimeError("the ticket has not been observed yet")
        return self._seen

    def _add_labels(self, names: list[str]) -> None:
        """Put labels on the issue; those that the repository lacks are made."""
        if names:
            made = self._send("POST", f"{self._issue}/labels", {"labels": names})
            self._label_ids |= {label["name"]: label["node_id"] for label in made}

    def _open_pull_request(self, head: str) -> PullRequest:
        """The open pull request of one of our branches; Uncertain while GitHub says that it exists and shows none."""
        owner = self._ticket.repository.partition("/")[0]
        found = self._api.get(
            f"{self._repository}/pulls", {"head": f"{owner}:{head}", "state": "open"}
        ).json()
        if not found:
            raise Uncertain(f"GitHub has a pull request for {head} and does not list it yet")
        return pull_request_of(found[0])


def pull_request_of(made: dict[str, Any]) -> PullRequest:
    """REST's pull request as we hold it; checks, reviews and comments come with the next observation."""
    return PullRequest(
        id=made["id"],
        node_id=made["node_id"],
        number=made["number"],
        url=made["html_url"],
        title=made["title"],
        body=made["body"] or "",
        state="MERGED" if made.get("merged_at") else made["state"].upper(),
        is_draft=made.get("draft", False),
        head_branch=made["head"]["ref"],
        head_sha=made["head"]["sha"],
        base_branch=made["base"]["ref"],
    )


def _explain(error: GitHubError, head: str, base: str) -> NoReturn:
    if "No commits between" in str(error):
        raise TellPeople(
            f"The branch `{head}` has no commit that `{base}` lacks, so GitHub opens no pull request for it. "
            "If something should have changed, say so in a comment, take the label off and put it back."
        ) from error
    raise error


def short_enough(body: str) -> str:
    """The body itself; ValueError when GitHub would refuse it, because cutting is the caller's business."""
    if len(body) > COMMENT_LIMIT:
        raise ValueError(f"a body of {len(body):,} characters arrived, GitHub takes {COMMENT_LIMIT:,}")
    return body
