"""Rules of branches: how they are read from what people set, and what they refuse to who pushes."""

from typing import Any

from tests.hub import git_facts
from tests.hub.auth import Actor
from tests.hub.checks import CheckSuite
from tests.hub.entities import Repository
from tests.hub.errors import ApiError
from tests.hub.git_facts import NULL_SHA
from tests.hub.merging import RequiredCheck, Rules
from tests.hub.requirements import is_exempt, may_push, missing_checks, rules_of
from tests.hub.serialize import Json
from tests.hub.state import State

PULL_REQUEST = "Changes must be made through a pull request."
QUEUE = "Changes must be made through the merge queue"
NOBODY = "You're not authorized to push to this branch."
FORCED = "Cannot force-push to this branch"
DELETED = "Cannot delete a protected branch"


def from_protection(body: Json) -> Rules:
    """https://docs.github.com/en/rest/branches/branch-protection#update-branch-protection"""
    checks, reviews, only = (
        body.get(name) for name in ("required_status_checks", "required_pull_request_reviews", "restrictions")
    )
    listed = [_check(row) for row in (checks or {}).get("checks") or ()]
    listed += [RequiredCheck(name) for name in (checks or {}).get("contexts") or ()]
    return Rules(
        checks=tuple({check.context: check for check in reversed(listed)}.values()),
        strict=bool((checks or {}).get("strict")),
        approvals=None if reviews is None else int(reviews.get("required_approving_review_count", 1)),
        dismiss_stale=bool((reviews or {}).get("dismiss_stale_reviews")),
        conversations=bool(body.get("required_conversation_resolution")),
        linear=bool(body.get("required_linear_history")),
        pushers=None if only is None else _pushers(only), admins_too=bool(body.get("enforce_admins")),
        force_pushes=bool(body.get("allow_force_pushes")), deletions=bool(body.get("allow_deletions")),
    )  # fmt: skip


def _check(row: Json) -> RequiredCheck:
    app_id = row.get("app_id", row.get("integration_id"))
    return RequiredCheck(row["context"], app_id if app_id != -1 else None)


def _pushers(only: Json) -> frozenset[str]:
    return frozenset(name.lower() for key in ("users", "apps") for name in only.get(key) or ())


def from_ruleset(rows: list[Json]) -> Rules:
    """https://docs.github.com/en/rest/repos/rules#create-a-repository-ruleset"""
    given: dict[str, Any] = {row["type"]: row.get("parameters") or {} for row in rows}
    checks, pull = given.get("required_status_checks", {}), given.get("pull_request")
    return Rules(
        checks=tuple(_check(row) for row in checks.get("required_status_checks", ())),
        strict=bool(checks.get("strict_required_status_checks_policy")),
        approvals=None if pull is None else int(pull.get("required_approving_review_count", 0)),
        dismiss_stale=bool((pull or {}).get("dismiss_stale_reviews_on_push")),
        conversations=bool((pull or {}).get("required_review_thread_resolution")),
        linear="required_linear_history" in given, queue=given.get("merge_queue"),
        force_pushes="non_fast_forward" not in given, deletions="deletion" not in given, is_ruleset=True,
    )  # fmt: skip


# ── who pushes ──────────────────────────────────────────────────────────────────────────────────────────────


def _always(actor: Actor, rules: Rules) -> str | None:
    """Why no push of this actor's can be right."""
    if rules.queue is not None:
        return QUEUE
    if rules.approvals is not None:
        return PULL_REQUEST
    return None if may_push(actor, rules) else NOBODY


def refusal(state: State, actor: Actor, repository: Repository, branch: str, new: str | None) -> str | None:
    """Why a branch may not be moved to a commit (not known yet: None) or, with NULL_SHA, be deleted."""
    old = git_facts.branch_sha(repository, branch)
    for rules in rules_of(repository, branch):
        if is_exempt(actor, repository, rules):
            continue
        if new == NULL_SHA:
            if not rules.deletions:
                return DELETED
            continue
        if new and old and not rules.force_pushes and not git_facts.contains(repository, new, old):
            return FORCED
        reason = _always(actor, rules) or next(
            iter(missing_checks(state, repository, rules, new or NULL_SHA)), None
        )
        if reason:
            return reason
    return None


def refuse(state: State, actor: Actor, repository: Repository, ref: str, new: str | None) -> None:
    """ApiError 422 with the reason."""
    branch = ref.removeprefix("refs/heads/")
    if branch != ref and (reason := refusal(state, actor, repository, branch, new)):
        raise ApiError(422, reason)


def for_hook(state: State, actor: Actor, repository: Repository) -> str:
    """What the update hook has to know, a line for each reason: `ref|kind|shas|reason`; see `seeds.UPDATE_HOOK`."""
    lines = []
    for ref in git_facts.refs(repository):
        for rules in rules_of(repository, ref.removeprefix("refs/heads/")):
            if not is_exempt(actor, repository, rules):
                lines += [f"{ref}|{row}" for row in _reasons(state, actor, repository, rules)]
    return "\n".join(lines)


def _reasons(state: State, actor: Actor, repository: Repository, rules: Rules) -> list[str]:
    rows = [] if rules.deletions else [f"delete||{DELETED}"]
    if not rules.force_pushes:
        rows.append(f"force||{FORCED}")
    if reason := _always(actor, rules):
        rows.append(f"always||{reason}")
    if missing := missing_checks(state, repository, rules, NULL_SHA):
        suites: list[CheckSuite] = repository.suites
        known = {suite.head_sha for suite in suites} | {status.sha for status in repository.statuses}
        good = [sha for sha in known if not missing_checks(state, repository, rules, sha)]
        rows.append(f"checks|{' '.join(good)}|{missing[0]}")
    return rows
