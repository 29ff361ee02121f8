"""Stacks: what of branches and pull requests tells where a stacked ticket stands, and how it is given another base."""

from collections.abc import Iterable
from urllib.parse import quote

from jobs.github.errors import Gone
from jobs.github.people import Node
from jobs.github.pulls import pull_request_of as pull_request_of_node
from jobs.github.writes import Writes, pull_request_of
from jobs.ticket.observation import PullRequest


def open_here(nodes: Iterable[Node], repository: str) -> tuple[Node, ...]:
    """The open pull requests of this repository from its own branches, each once: others may close its issues too."""
    return tuple(
        {
            node["number"]: node
            for node in nodes
            if node["state"] == "OPEN"
            and not node["isCrossRepository"]
            and node["repository"]["nameWithOwner"].lower() == repository.lower()
        }.values()
    )


class Stacks(Writes):
    """What a stack of tickets takes. Raises what `Writes` does."""

    def pull_request(self, number: int) -> PullRequest | None:
        """Any pull request of the repository, without checks, reviews and comments; None where there is none."""
        try:
            return pull_request_of(self._api.get(f"{self._repository}/pulls/{number}").json())
        except Gone:
            return None

    def pull_requests_of(self, number: int) -> tuple[PullRequest, ...]:
        """The open pull requests from branches of this repository that are, close or carry the number of an issue."""
        owner, _, name = self._ticket.repository.partition("/")
        variables = {"owner": owner, "name": name, "number": number, "branch": f"autocode/{number}-"}
        repository = self._api.query("stackable", variables, optional={"issueOrPullRequest"})["repository"]
        item = repository["issueOrPullRequest"] or {}
        refs = (
            node for node in repository["refs"]["nodes"] if node["name"].startswith(f"autocode/{number}-")
        )
        nodes = [node for ref in refs for node in ref["associatedPullRequests"]["nodes"]]
        nodes += [item] if "headRefName" in item else []
        nodes += item.get("closedByPullRequestsReferences", {"nodes": []})["nodes"]
        return tuple(pull_request_of_node(node, "", 0) for node in open_here(nodes, self._ticket.repository))

    def pull_request_from(self, branch: str) -> PullRequest | None:
        """The newest pull request from a branch of this repository, whether open or not."""
        owner = self._ticket.repository.partition("/")[0]
        wanted = {"head": f"{owner}:{branch}", "state": "all", "per_page": 1}
        found = self._api.get(f"{self._repository}/pulls", wanted).json()
        return pull_request_of(found[0]) if found else None

    def pull_requests_into(self, branch: str) -> tuple[PullRequest, ...]:
        """The open pull requests whose base is that branch."""
        pages = self._api.pages(f"{self._repository}/pulls", {"base": branch, "state": "open"})
        return tuple(pull_request_of(item) for page in pages for item in page)

    def retarget(self, pull_request: PullRequest, base: str) -> None:
        """Give an open pull request another base."""
        self._send("PATCH", f"{self._repository}/pulls/{pull_request.number}", {"base": base})

    def has_branch(self, name: str) -> bool:
        """Whether the repository has it."""
        try:
            self._api.get(f"{self._repository}/git/ref/heads/{quote(name, safe='/')}")
        except Gone:
            return False
        return True

    def holds(self, head: str, commit: str) -> bool:
        """Whether a commit is part of another's history."""
        try:
            found = self._api.get(f"{self._repository}/compare/{commit}...{head}", {"per_page": 1}).json()
        except Gone:
            return False
        return found["status"] in ("ahead", "identical")

    def last_in(self, head: str, below: PullRequest) -> str:
        """The newest commit of a pull request that is among the newest hundred of a history; empty for none."""
        history = self._api.get(f"{self._repository}/commits", {"sha": head, "per_page": 100}).json()
        pages = self._api.pages(f"{self._repository}/pulls/{below.number}/commits")
        theirs = {commit["sha"] for page in pages for commit in page}
        return next((commit["sha"] for commit in history if commit["sha"] in theirs), "")
