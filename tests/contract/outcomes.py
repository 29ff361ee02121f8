"""Outcomes: what becomes of every webhook that GitHub publishes as an example, as it stands and as if it were ours."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.ticket.configuration import PATH
from jobs.ticket.names import ticket_marker

INSTALLATION = {"id": 17, "node_id": "MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMTc="}
BRANCH = "autocode/12-greet-people"


@dataclass(frozen=True)
class Outcome:
    """How the receiver answers the examples of one event."""

    ours: str = "queued"
    """`queued` or `ignored`, once our label, our branch or our marker is in it."""
    published: str = "ignored"
    """As GitHub published them: about somebody else's labels and branches. `400` where they could not be sent to us."""


EXPECTED: dict[str, Outcome] = {
    "check_run.requested_action": Outcome(),
    "check_suite.completed": Outcome(),
    "installation.created": Outcome(published="queued"),
    "installation.deleted": Outcome(ours="ignored"),
    "installation.new_permissions_accepted": Outcome(published="queued"),
    "installation.suspend": Outcome(ours="ignored"),
    "installation.unsuspend": Outcome(published="queued"),
    "installation_repositories.added": Outcome(published="queued"),
    "issue_comment.created": Outcome(),
    # The example is about an ordinary comment, not about our status comment.
    "issue_comment.edited": Outcome(ours="ignored"),
    # Somebody's ticket may wait for any issue.
    "issues.deleted": Outcome(published="queued"),
    "issues.edited": Outcome(),
    "issues.labeled": Outcome(),
    "issues.reopened": Outcome(published="queued"),
    # The example went to a repository's own webhook, which has no installation.
    "issues.transferred": Outcome(published="400"),
    "issues.unlabeled": Outcome(),
    "ping": Outcome(ours="ignored"),
    "push": Outcome(),
    # The examples are about drafts.
    "projects_v2_item.created": Outcome(ours="ignored"),
    # In the example nobody has moved a card.
    "projects_v2_item.edited": Outcome(ours="ignored"),
    # The example went to an organization's own webhook, which has no installation.
    "projects_v2_item.restored": Outcome(published="400"),
    # As may a ticket for any pull request.
    "pull_request.closed": Outcome(published="queued"),
    "pull_request.ready_for_review": Outcome(),
    "pull_request.reopened": Outcome(published="queued"),
    "pull_request.synchronize": Outcome(published="queued"),
    "pull_request_review.submitted": Outcome(),
    "status": Outcome(),
    "workflow_run.completed": Outcome(),
}
"""Every event that has a rule and an example; every other event is ignored."""

NO_EXAMPLE = frozenset(
    {
        "issue_dependencies.blocked_by_added", "issue_dependencies.blocked_by_removed", "issues.closed",
        "pull_request.auto_merge_disabled", "pull_request.dequeued", "pull_request.edited",
        "sub_issues.sub_issue_added", "sub_issues.sub_issue_removed",
    }
)  # fmt: skip
"""Events that have a rule, of which GitHub publishes no example."""


def as_ours(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The same event, had it happened to a ticket of ours: our label, branch or marker, sent to our App."""
    made = copy.deepcopy(dict(payload))
    made.setdefault("installation", INSTALLATION)
    if "label" in made:
        made["label"]["name"] = "autocode"
    if "issue" in made:
        made["issue"].setdefault("labels", []).append({"name": "autocode"})
        made["issue"]["body"] = ticket_marker(12)
    repository = made.get("repository", {}).get("id")
    if "pull_request" in made:
        made["pull_request"]["head"] |= {"ref": BRANCH, "repo": {"id": repository}}
    if made.get("check_run", {}).get("check_suite"):
        made["check_run"]["check_suite"]["head_branch"] = BRANCH
    if made.get("check_suite"):
        made["check_suite"]["head_branch"] = BRANCH
        made["check_suite"]["app"]["slug"] = "somebody-elses-ci"
    if made.get("workflow_run"):
        made["workflow_run"] |= {"head_branch": BRANCH, "head_repository": {"id": repository}}
    if "commits" in made:
        made |= {"ref": "refs/heads/main", "commits": [{"id": "0" * 40, "added": [PATH], "modified": []}]}
    if "branches" in made:
        made |= {"state": "success", "branches": [{"name": BRANCH}]}
    return made
