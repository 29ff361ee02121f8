"""Merges: what autocode asks GitHub to do with a finished pull request, each one request, sent once."""

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from jobs.github.errors import GitHubError
from jobs.github.people import login_of
from jobs.github.writes import Writes
from jobs.ticket.merging import Standing
from jobs.ticket.observation import PullRequest


class Merges(Writes):
    """Merging, and what comes after it. Raises what `Writes` does."""

    def merge_standing(self, number: int) -> Standing:
        """How a pull request stands to being merged; Gone when there is none."""
        owner, _, name = self._ticket.repository.partition("/")
        variables = {"owner": owner, "name": name, "number": number}
        # Who asked may be more than we get to see.
        found = self._api.query("merge_standing", variables, optional={"mergeQueueEntry", "enabledBy"})
        repository = found["repository"]
        pull = repository["pullRequest"]
        entry, auto_merge = pull["mergeQueueEntry"], pull["autoMergeRequest"]
        is_waiting = pull["isInMergeQueue"] or auto_merge is not None
        asker = entry["enqueuer"] if entry else (auto_merge or {}).get("enabledBy")
        return Standing(
            state=pull["state"],
            is_draft=pull["isDraft"],
            head_sha=pull["headRefOid"],
            merge_state=pull["mergeStateStatus"],
            review_decision=pull["reviewDecision"],
            has_queue=pull["isMergeQueueEnabled"],
            is_waiting=is_waiting,
            may_wait=repository["autoMergeAllowed"],
            asked_by=login_of(asker) if is_waiting else None,
        )

    def merge(self, pull_request: PullRequest, method: str) -> None:
        """Merge this very head; GitHubError says why not.

        https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
        """
        body = {"merge_method": method, "sha": pull_request.head_sha}
        self._send("PUT", f"{self._repository}/pulls/{pull_request.number}/merge", body)

    def join_queue(self, pull_request: PullRequest) -> None:
        """Put this very head into the merge queue."""
        variables = {"pullRequest": pull_request.node_id, "head": pull_request.head_sha}
        self._api.mutate("join_queue", variables)

    def leave_queue(self, pull_request: PullRequest) -> None:
        """Take it out of the merge queue; nothing happens where it is in none any more."""
        with suppress(GitHubError):
            self._api.mutate("leave_queue", {"pullRequest": pull_request.node_id})

    def enable_auto_merge(self, pull_request: PullRequest, method: str) -> None:
        """Let GitHub merge this very head once the rules of its base allow it."""
        variables = {
            "pullRequest": pull_request.node_id, "head": pull_request.head_sha, "method": method.upper()
        }  # fmt: skip
        self._api.mutate("enable_auto_merge", variables)

    def disable_auto_merge(self, pull_request: PullRequest) -> None:
        """Take that back; nothing happens where it is off already."""
        with suppress(GitHubError):
            self._api.mutate("disable_auto_merge", {"pullRequest": pull_request.node_id})

    def is_only_ours(self, pull_request: PullRequest) -> bool:
        """Whether every commit of a pull request, of which GitHub lists 250, was made by us."""
        ours, hands = self._observed().viewer, set[tuple[str | None, str | None]]()
        for page in self._api.pages(f"{self._repository}/pulls/{pull_request.number}/commits"):
            hands |= {(_login(commit["author"]), _login(commit["committer"])) for commit in page}
        # GitHub commits as `web-flow` whatever is done over its API.
        return bool(hands) and hands <= {(ours, ours), (ours, "web-flow")}

    def close_issue(self) -> None:
        """Close the ticket's issue as completed."""
        self._send("PATCH", self._issue, {"state": "closed", "state_reason": "completed"})

    def delete_branch(self, name: str) -> None:
        """Delete a branch; nothing happens where it is gone, or a rule keeps it."""
        with suppress(GitHubError):
            self._api.send("DELETE", f"{self._repository}/git/refs/heads/{quote(name, safe='/')}", None)


def _login(user: dict[str, Any] | None) -> str | None:
    """None where the address in the commit belongs to no account."""
    return str(user["login"]) if user else None
