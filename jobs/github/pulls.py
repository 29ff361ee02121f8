"""Pulls: the ticket's branches and pull requests in GitHub's answer, with checks and reviews. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from jobs.github.people import Node, comment_of, is_person, login_of
from jobs.ticket.check_run import NAME
from jobs.ticket.names import number_of_branch
from jobs.ticket.observation import Annotation, Branch, Check, OwnRun, PullRequest, Review
from jobs.ticket.text import cleaned

ACTIONS = "github-actions"
"""Slug of the App behind GitHub Actions; the id of its check runs is the id of the job."""


def branches_of(refs: Iterable[Node], number: int) -> tuple[Branch, ...]:
    """The branches of the ticket; GitHub's filter lets others through."""
    return tuple(
        Branch(ref["name"], ref["target"]["oid"], ref["target"].get("message", ""))
        for ref in refs
        if number_of_branch(ref["name"]) == number
    )


def pull_requests_of(found: Iterable[Node], number: int, viewer: str, app_id: int) -> tuple[PullRequest, ...]:
    """Those from a branch of the ticket, whoever opened them, newest first.

    One that is found twice, by its branch and by the issue it closes, counts once, with its checks.
    """
    ours = {
        node["number"]: node
        for node in sorted(found, key=lambda node: "statusCheckRollup" in node)
        if number_of_branch(node["headRefName"]) == number and not node["isCrossRepository"]
    }
    newest_first = sorted(ours.values(), key=lambda node: (node["createdAt"], node["number"]), reverse=True)
    return tuple(pull_request_of(node, viewer, app_id) for node in newest_first)


def pull_request_of(node: Node, viewer: str, app_id: int) -> PullRequest:
    """One pull request; without checks and reviews where its branch is gone."""
    comments = (node.get("comments") or {}).get("nodes", [])
    return PullRequest(
        id=int(node["fullDatabaseId"]),
        node_id=node["id"],
        number=node["number"],
        url=node["url"],
        title=cleaned(node["title"]),
        body=node["body"],
        state=node["state"],
        is_draft=node["isDraft"],
        head_branch=node["headRefName"],
        head_sha=node["headRefOid"],
        base_branch=node["baseRefName"],
        has_auto_merge=node.get("autoMergeRequest") is not None,
        is_queued=node.get("isInMergeQueue", False),
        own_run=own_run_of(node, app_id),
        is_conflicting=node.get("mergeable") == "CONFLICTING",
        checks=tuple(checks_of(node, app_id)),
        reviews=reviews_of(node),
        comments=tuple(comment_of(comment, viewer) for comment in comments),
    )


def reviews_of(node: Node) -> tuple[Review, ...]:
    """The newest reviews, and each person's last opinion even if it is older; none where the branch is gone."""
    lists = [node[name]["nodes"] for name in ("latestOpinionatedReviews", "reviews") if node.get(name)]
    found = {review["fullDatabaseId"]: review_of(review) for nodes in lists for review in nodes}
    return tuple(sorted(found.values(), key=lambda review: review.id))


def review_of(node: Node) -> Review:
    """One submitted review; without its remarks where only its author's opinion was asked for."""
    return Review(
        id=int(node["fullDatabaseId"]),
        author=login_of(node["author"]),
        by_person=is_person(node["author"]),
        state=node["state"],
        body=cleaned(node["body"]),
        submitted_at=datetime.fromisoformat(node["submittedAt"]),
        head_sha=node["commit"]["oid"] if node["commit"] else None,
        remarks=node["comments"]["totalCount"] if "comments" in node else 0,
    )


def checks_of(pull_request: Node, app_id: int) -> Iterable[Check]:
    """The checks of the head commit, our own left out; none while GitHub still sums up an older commit."""
    rollup = pull_request.get("statusCheckRollup")
    if rollup is None or rollup["commit"]["oid"] != pull_request["headRefOid"]:
        return
    nodes = rollup["contexts"]["nodes"]
    for node in nodes:
        if node["__typename"] == "StatusContext":
            yield _commit_status(node)
        elif (node["checkSuite"]["app"] or {}).get("databaseId") != app_id:
            yield _check_run(node)
    if (unseen := rollup["contexts"]["totalCount"] - len(nodes)) > 0:
        status, conclusion = STATUS[rollup["state"]]
        yield Check(f"{unseen} more checks", status, conclusion, f"{pull_request['url']}/checks")


def own_run_of(pull_request: Node, app_id: int) -> OwnRun | None:
    """Our own check run of the head commit; None where there is none, or GitHub still sums up an older commit."""
    rollup = pull_request.get("statusCheckRollup")
    if rollup is None or rollup["commit"]["oid"] != pull_request["headRefOid"]:
        return None
    for node in rollup["contexts"]["nodes"]:
        is_ours = node["__typename"] == "CheckRun" and node["checkSuite"]["app"]
        if is_ours and is_ours["databaseId"] == app_id and node["name"] == NAME:
            return OwnRun(node["id"], rollup["commit"]["oid"], node["title"] or "")
    return None


Status = Literal["pending", "completed"]

STATUS: dict[str, tuple[Status, str | None]] = {
    "SUCCESS": ("completed", "success"),
    "FAILURE": ("completed", "failure"),
    "ERROR": ("completed", "failure"),
    "PENDING": ("pending", None),
    "EXPECTED": ("pending", None),
}
"""https://docs.github.com/en/graphql/reference/enums#statusstate"""


def _commit_status(node: Node) -> Check:
    status, conclusion = STATUS[node["state"]]
    return Check(
        name=node["context"],
        status=status,
        conclusion=conclusion,
        url=node["targetUrl"] or "",
        summary=cleaned(node["description"] or ""),
    )


# An environment's reviewers, or whoever the App asks for: https://docs.github.com/en/graphql/reference/enums
WAITS_FOR_PERSON = (("WAITING", None), ("COMPLETED", "ACTION_REQUIRED"))


def _check_run(node: Node) -> Check:
    slug = (node["checkSuite"]["app"] or {}).get("slug")
    is_complete = node["status"] == "COMPLETED"
    return Check(
        name=node["name"],
        status="completed" if is_complete else "pending",
        conclusion=node["conclusion"].lower() if is_complete else None,
        url=node["detailsUrl"] or "",
        is_suite_complete=node["checkSuite"]["status"] == "COMPLETED",
        waits_for_person=(node["status"], node["conclusion"]) in WAITS_FOR_PERSON,
        app=slug,
        job_id=node["databaseId"] if slug == ACTIONS else None,
        summary=cleaned("\n".join(filter(None, [node["title"], node["summary"]]))),
        annotations=tuple(_annotation(item) for item in (node["annotations"] or {}).get("nodes", [])),
    )


def _annotation(node: Node) -> Annotation:
    return Annotation(
        path=node["path"],
        line=node["location"]["start"]["line"],
        level=(node["annotationLevel"] or "notice").lower(),
        message=cleaned(node["message"]),
    )
