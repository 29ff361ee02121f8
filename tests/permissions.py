"""Permissions: what each that app.yml declares is for. `make contract` holds this table against what was used."""

import re
from collections.abc import Mapping
from pathlib import Path

MANIFEST = Path(__file__).resolve().parent.parent / "app.yml"
REPO = "/repos/{owner}/{repo}"
ISSUE = f"{REPO}/issues/{{number}}"

CALLS: Mapping[str, tuple[str, ...]] = {
    "actions:read": (f"GET {REPO}/actions/jobs/{{job_id}}/logs",),
    "checks:read": (
        "GraphQL observe",
        "GraphQL openTickets",
        "GraphQL showStatus",
        f"GET {REPO}/commits/{{ref}}/check-runs",
    ),
    "checks:write": ("GraphQL showStatus", f"POST {REPO}/check-runs"),
    "contents:read": (
        "GraphQL observe",
        "GraphQL stackable",
        "git fetch",
        f"GET {REPO}/commits",
        f"GET {REPO}/compare/{{basehead}}",
        f"GET {REPO}/contents/{{path}}",
        f"GET {REPO}/git/ref/{{ref}}",
    ),
    "contents:write": (
        "GraphQL answerThread",
        "GraphQL disableAutoMerge",
        "GraphQL enableAutoMerge",
        "GraphQL joinQueue",
        "GraphQL leaveQueue",
        "git push",
        f"DELETE {REPO}/git/refs/{{ref}}",
        f"PUT {REPO}/pulls/{{number}}/merge",
    ),
    "issues:read": (
        "GraphQL addCard",
        "GraphQL movedCard",
        "GraphQL observe",
        "GraphQL openTickets",
        "GraphQL showStatus",
        "GraphQL slots",
        "GraphQL subIssues",
        "GraphQL stackable",
        f"GET {REPO}/issues",
        f"GET {ISSUE}",
        f"GET {ISSUE}/comments",
        f"GET {ISSUE}/dependencies/blocked_by",
    ),
    "issues:write": (
        f"PATCH {ISSUE}",
        "GraphQL addSubIssue",
        "GraphQL showStatus",
        f"PATCH {REPO}/issues/comments/{{comment_id}}",
        f"POST {REPO}/issues",
        f"POST {ISSUE}/comments",
        f"POST {ISSUE}/labels",
    ),
    "metadata:read": (
        "GraphQL mergeStanding",
        "GraphQL movedCard",
        "GraphQL observe",
        "GraphQL openTickets",
        "GraphQL reviewThreads",
        "GraphQL slots",
        "GraphQL subIssues",
        "GraphQL stackable",
        f"GET {REPO}/collaborators/{{login}}/permission",
    ),
    "organization_projects:read": ("GraphQL observe", "GraphQL movedCard", "GraphQL slots"),
    "organization_projects:write": ("GraphQL addCard", "GraphQL showStatus"),
    "pull_requests:read": (
        "GraphQL mergeStanding",
        "GraphQL observe",
        "GraphQL openTickets",
        "GraphQL reviewThreads",
        "GraphQL stackable",
        f"GET {REPO}/pulls",
        f"GET {REPO}/pulls/{{number}}",
        f"GET {REPO}/pulls/{{number}}/commits",
    ),
    "pull_requests:write": (
        "GraphQL showStatus",
        "GraphQL answerThread",
        "GraphQL disableAutoMerge",
        "GraphQL enableAutoMerge",
        "GraphQL joinQueue",
        "GraphQL leaveQueue",
        "GraphQL makeDraft",
        "GraphQL publishReady",
        f"PATCH {REPO}/pulls/{{number}}",
        f"POST {REPO}/pulls",
    ),
    "statuses:read": ("GraphQL observe",),
}
"""Permission → what needs it, in the words of the hub's `/_hub/uses`."""

EVENTS: Mapping[str, tuple[str, ...]] = {
    "actions": ("workflow_run",),
    "checks": ("check_suite", "check_run"),
    "contents": ("push",),
    "issues": ("issues", "issue_comment", "issue_dependencies", "sub_issues"),
    "organization_projects": ("projects_v2_item",),
    "pull_requests": ("pull_request", "pull_request_review"),
    "statuses": ("status",),
}
"""Permission → the events that an App may only subscribe to with it.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""


def reasons() -> dict[str, tuple[str, str]]:
    """Permission → (access, why), as app.yml declares and explains it."""
    block = MANIFEST.read_text().partition("default_permissions:\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^  (\w+): (\w+) # (.+)$", block, re.MULTILINE)
    return {name: (access, why) for name, access, why in rows}


def calls_for(name: str) -> list[str]:
    """Everything that needs the permission, reads first."""
    return list(
        dict.fromkeys(call for level in ("read", "write") for call in CALLS.get(f"{name}:{level}", ()))
    )
