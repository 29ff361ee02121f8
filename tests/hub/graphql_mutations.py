"""Mutations: what the input names is looked up, the right to do it is checked, `operations` does it."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.hub import (
    graphql_mutations_checks,
    graphql_mutations_pulls,
    operations,
    pull_operations,
    relation_operations,
)
from tests.hub.entities import Comment, Issue, Label, PullRequest, Repository
from tests.hub.graphql_errors import Refused, unresolved
from tests.hub.graphql_fields import Context, Fields
from tests.hub.graphql_lookup import Input, Payload, find, issue_to_write
from tests.hub.graphql_paging import Edge, page

Mutation = Callable[[Context, Input], Payload]


def _pull(context: Context, node_id: str) -> PullRequest:
    pull = find(context, node_id, PullRequest)
    context.require(pull.repository, "pull_requests:write")
    return pull


# ── issues ──────────────────────────────────────────────────────────────────────────────────────────────────


def _add_comment(context: Context, given: Input) -> Payload:
    issue = issue_to_write(context, given["subjectId"], "read")
    if context.state.faults.refuse_comment(given["body"]):
        raise Refused("UNPROCESSABLE", "was submitted too quickly")
    comment = operations.create_comment(context.state, context.actor, issue, given["body"])
    cursor = page("comments", issue.comments, {"last": 1}).edges[0].cursor
    return {"subject": issue, "commentEdge": Edge(cursor, comment)}


def _update_issue_comment(context: Context, given: Input) -> Payload:
    comment = find(context, given["id"], Comment)
    own = comment.user is context.actor.user
    issue_to_write(context, comment.issue.node_id, "read" if own else "write")
    return {"issueComment": operations.edit_comment(context.state, context.actor, comment, given["body"])}


def _labels(context: Context, given: Input, repository: Repository) -> list[Label]:
    found = [find(context, label_id, Label) for label_id in given.get("labelIds") or ()]
    for label in found:
        if label.repository is not repository:
            raise unresolved(f"a node with the global id of '{label.node_id}'")
    return found


def _add_labels(context: Context, given: Input) -> Payload:
    issue = issue_to_write(context, given["labelableId"], "triage")
    operations.add_labels(context.state, context.actor, issue, _labels(context, given, issue.repository))
    return {"labelable": issue}


def _delete_issue(context: Context, given: Input) -> Payload:
    issue = issue_to_write(context, given["issueId"], "admin")
    relation_operations.delete_issue(context.state, context.actor, issue)
    return {"repository": issue.repository}


def _remove_labels(context: Context, given: Input) -> Payload:
    issue = issue_to_write(context, given["labelableId"], "triage")
    operations.remove_labels(context.state, context.actor, issue, _labels(context, given, issue.repository))
    return {"labelable": issue}


def _create_label(context: Context, given: Input) -> Payload:
    repository = find(context, given["repositoryId"], Repository)
    context.require(repository, "issues:write")
    made = operations.create_label(
        context.state, repository, given["name"], given["color"], given.get("description")
    )
    return {"label": made}


def _create_issue(context: Context, given: Input) -> Payload:
    repository = find(context, given["repositoryId"], Repository)
    context.require(repository, "issues:write", "read")
    parent = issue_to_write(context, given["parentIssueId"], "triage") if given.get("parentIssueId") else None
    names = [label.name for label in _labels(context, given, repository)]
    issue = operations.create_issue(
        context.state, context.actor, repository, title=given["title"], body=given.get("body"), labels=names
    )
    if parent:
        relation_operations.add_sub_issue(context.state, context.actor, parent, issue)
    return {"issue": issue}


def _close_issue(context: Context, given: Input) -> Payload:
    issue = issue_to_write(context, given["issueId"], "triage")
    reason = (given.get("stateReason") or "COMPLETED").lower()
    operations.close(context.state, context.actor, issue, reason=reason)
    return {"issue": issue}


def _reopen_issue(context: Context, given: Input) -> Payload:
    issue = issue_to_write(context, given["issueId"], "triage")
    operations.reopen(context.state, context.actor, issue)
    return {"issue": issue}


def _add_sub_issue(context: Context, given: Input) -> Payload:
    parent = issue_to_write(context, given["issueId"], "triage")
    if not given.get("subIssueId"):
        raise Refused("UNPROCESSABLE", "The hub wants subIssueId.")
    child = find(context, given["subIssueId"], Issue)
    replace = bool(given.get("replaceParent"))
    relation_operations.add_sub_issue(context.state, context.actor, parent, child, replace=replace)
    return {"issue": parent, "subIssue": child}


def _remove_sub_issue(context: Context, given: Input) -> Payload:
    parent = issue_to_write(context, given["issueId"], "triage")
    child = find(context, given["subIssueId"], Issue)
    relation_operations.remove_sub_issue(context.state, context.actor, parent, child)
    return {"issue": parent, "subIssue": child}


def _reprioritize_sub_issue(context: Context, given: Input) -> Payload:
    parent = issue_to_write(context, given["issueId"], "triage")
    child, *places = [
        find(context, given[name], Issue) if given.get(name) else None
        for name in ("subIssueId", "afterId", "beforeId")
    ]
    assert child is not None
    relation_operations.reprioritize_sub_issue(
        context.state, parent, child, after=places[0], before=places[1]
    )
    return {"issue": parent}


# ── pull requests ───────────────────────────────────────────────────────────────────────────────────────────


def _create_pull_request(context: Context, given: Input) -> Payload:
    repository = find(context, given["repositoryId"], Repository)
    context.require(repository, "pull_requests:write", "read")
    pull = pull_operations.create_pull_request(
        context.state, context.actor, repository, title=given["title"], head=given["headRefName"],
        base=given["baseRefName"].removeprefix("refs/heads/"), body=given.get("body"),
        draft=bool(given.get("draft")),
    )  # fmt: skip
    return {"pullRequest": pull}


def _update_pull_request(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"])
    changes = {"title": given.get("title"), "body": given.get("body"), "base": given.get("baseRefName")}
    if given.get("state"):
        changes["state"] = given["state"].lower()
    pull_operations.edit_pull_request(context.state, context.actor, pull, changes)
    return {"pullRequest": pull, "actor": context.actor.user}


def _mark_ready(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"])
    return {"pullRequest": pull_operations.mark_ready(context.state, context.actor, pull)}


def _convert_to_draft(context: Context, given: Input) -> Payload:
    pull = _pull(context, given["pullRequestId"])
    return {"pullRequest": pull_operations.convert_to_draft(context.state, context.actor, pull)}


MUTATIONS: dict[str, Mutation] = {
    **graphql_mutations_checks.MUTATIONS,
    **graphql_mutations_pulls.MUTATIONS,
    "addComment": _add_comment,
    "addLabelsToLabelable": _add_labels,
    "addSubIssue": _add_sub_issue,
    "closeIssue": _close_issue,
    "convertPullRequestToDraft": _convert_to_draft,
    "createIssue": _create_issue,
    "createLabel": _create_label,
    "createPullRequest": _create_pull_request,
    "deleteIssue": _delete_issue,
    "markPullRequestReadyForReview": _mark_ready,
    "removeLabelsFromLabelable": _remove_labels,
    "removeSubIssue": _remove_sub_issue,
    "reopenIssue": _reopen_issue,
    "reprioritizeSubIssue": _reprioritize_sub_issue,
    "updateIssueComment": _update_issue_comment,
    "updatePullRequest": _update_pull_request,
}


def resolver(mutation: Mutation) -> Callable[[Any, Context, Mapping[str, Any]], Payload]:
    """Takes `input`, and hands `clientMutationId` back as every mutation does."""

    def resolve(_: Any, context: Context, args: Mapping[str, Any]) -> Payload:
        given = args["input"]
        return {"clientMutationId": given.get("clientMutationId"), **mutation(context, given)}

    return resolve


TABLES: dict[str, Fields] = {"Mutation": {name: resolver(mutation) for name, mutation in MUTATIONS.items()}}
