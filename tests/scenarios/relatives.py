"""Relatives: how people hang issues together, and how they do it where an Enterprise Server has no dependencies yet."""

from collections.abc import Callable

from tests.board import graphql
from tests.scenarios.world import Issue


def adopt(parent: Issue, child: Issue) -> Issue:
    """`child` becomes the last sub-issue, over GraphQL, which every server has for it."""
    _change_family("addSubIssue", parent, child)
    return child


def disown(parent: Issue, child: Issue) -> None:
    """`child` is its sub-issue no more."""
    _change_family("removeSubIssue", parent, child)


def _change_family(mutation: str, parent: Issue, child: Issue) -> None:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    query = f"mutation($input: {kind}!) {{{mutation}(input: $input) {{clientMutationId}}}}"
    given = {"issueId": parent.node_id, "subIssueId": child.node_id}
    graphql(parent.repo.world.person("alice"), query, input=given)


def sub_issues(parent: Issue) -> list[int]:
    """Their numbers, in their order."""
    query = "query($id: ID!) {node(id: $id) {... on Issue {subIssues(first: 100) {nodes {number}}}}}"
    found = graphql(parent.repo.world.person("alice"), query, id=parent.node_id)
    return [node["number"] for node in found["node"]["subIssues"]["nodes"]]


def block(issue: Issue, blocker: Issue) -> None:
    """`issue` waits for `blocker`: GitHub's own dependency, or a line in its body."""
    alice = issue.repo.world.person("alice")
    if issue.repo.world.is_enterprise:
        _rewrite(issue, lambda body: f"{body}\n\n{_line(blocker)}")
    else:
        alice.post(f"{issue.path}/dependencies/blocked_by", {"issue_id": alice.get(blocker.path)["id"]})


def unblock(issue: Issue, blocker: Issue) -> None:
    """`issue` waits for `blocker` no more."""
    alice = issue.repo.world.person("alice")
    if issue.repo.world.is_enterprise:
        _rewrite(issue, lambda body: body.replace(_line(blocker), ""))
    else:
        alice.delete(f"{issue.path}/dependencies/blocked_by/{alice.get(blocker.path)['id']}")


def _line(blocker: Issue) -> str:
    return f"Depends on {blocker.repo.name}#{blocker.number}"


def _rewrite(issue: Issue, change: Callable[[str], str]) -> None:
    alice = issue.repo.world.person("alice")
    alice.patch(issue.path, {"body": change(alice.get(issue.path)["body"])})
