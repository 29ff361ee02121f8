"""REST: protection of branches, rulesets, and the rules that hold for a branch."""

from typing import Any

from tests.hub import git_facts
from tests.hub.entities import User
from tests.hub.errors import ApiError, not_found
from tests.hub.merging import Protection, Ruleset
from tests.hub.protection import from_protection, from_ruleset
from tests.hub.requirements import rulesets_of
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import Json, api, app_json, iso, user_json
from tests.hub.state import State

REPO = "/repos/{owner}/{repo}"
PROTECTION = REPO + "/branches/{branch+}/protection"
READ, WRITE = "administration:read", "administration:write"


def protection_json(state: State, protection: Protection) -> Json:
    """https://docs.github.com/en/rest/branches/branch-protection#get-branch-protection"""
    rules = protection.rules
    own = api(state, f"repos/{protection.repository.full_name}/branches/{protection.branch}/protection")
    answer: Json = {
        "url": own, "enforce_admins": {"url": f"{own}/enforce_admins", "enabled": rules.admins_too},
        "required_linear_history": {"enabled": rules.linear}, "allow_deletions": {"enabled": rules.deletions},
        "allow_force_pushes": {"enabled": rules.force_pushes}, "block_creations": {"enabled": False},
        "required_conversation_resolution": {"enabled": rules.conversations},
        "required_signatures": {"url": f"{own}/required_signatures", "enabled": False},
        "lock_branch": {"enabled": False}, "allow_fork_syncing": {"enabled": False},
    }  # fmt: skip
    if protection.has_checks:
        answer["required_status_checks"] = _checks_json(protection, f"{own}/required_status_checks")
    if rules.approvals is not None:
        answer["required_pull_request_reviews"] = {
            "url": f"{own}/required_pull_request_reviews", "dismiss_stale_reviews": rules.dismiss_stale,
            "require_code_owner_reviews": False, "required_approving_review_count": rules.approvals,
            "require_last_push_approval": False,
        }  # fmt: skip
    if rules.pushers is not None:
        answer["restrictions"] = _restrictions_json(state, rules.pushers, f"{own}/restrictions")
    return answer


def _checks_json(protection: Protection, own: str) -> Json:
    rules = protection.rules
    checks = [{"context": check.context, "app_id": check.app_id} for check in rules.checks]
    contexts = [check.context for check in rules.checks]
    return {
        "url": own, "strict": rules.strict, "contexts": contexts, "contexts_url": f"{own}/contexts",
        "checks": checks,
    }  # fmt: skip


def _restrictions_json(state: State, pushers: frozenset[str], own: str) -> Json:
    users: list[User] = [user for name in sorted(pushers) if (user := state.user(name))]
    apps = [app_json(state, state.apps[name]) for name in sorted(pushers) if name in state.apps]
    urls = {f"{kind}_url": f"{own}/{kind}" for kind in ("users", "teams", "apps")}
    return {
        "url": own,
        **urls,
        "users": [user_json(state, user) for user in users],
        "teams": [],
        "apps": apps,
    }


def _branch(request: Request) -> str:
    branch = request.params["branch"]
    if git_facts.branch_sha(request.repository, branch) is None:
        raise ApiError(404, "Branch not found")
    return branch


def _protection(request: Request) -> Protection:
    found = request.repository.protections.get(_branch(request))
    if found is None:
        raise ApiError(404, "Branch not protected")
    return found


@route("GET", PROTECTION, READ, person="admin")
def get_protection(request: Request) -> Answer:
    return Answer(protection_json(request.state, _protection(request)))


@route("PUT", PROTECTION, WRITE, person="admin")
def put_protection(request: Request) -> Answer:
    """All four have to be said, be it with null."""
    checks, *_ = request.required(
        "required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"
    )
    repository, branch, state = request.repository, _branch(request), request.state
    if request.body["restrictions"] is not None and repository.owner.type != "Organization":
        raise ApiError(422, "Validation Failed", ["Only organization repositories can have users and team restrictions"])  # noqa: E501 # fmt: skip
    _forget(request, branch)
    made = Protection(
        id=state.new_id(), repository=repository, branch=branch, rules=from_protection(request.body),
        has_checks=checks is not None,
    )  # fmt: skip
    repository.protections[branch] = state.add(made)
    return Answer(protection_json(state, made))


@route("DELETE", PROTECTION, WRITE, person="admin")
def delete_protection(request: Request) -> Answer:
    _forget(request, _protection(request).branch)
    return Answer(status=204)


def _forget(request: Request, branch: str) -> None:
    if found := request.repository.protections.pop(branch, None):
        request.state.remove(found)


# ── rulesets ────────────────────────────────────────────────────────────────────────────────────────────────


def ruleset_json(state: State, ruleset: Ruleset) -> Json:
    """https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset"""
    name = ruleset.repository.full_name
    own = api(state, f"repos/{name}/rulesets/{ruleset.id}")
    return {
        "id": ruleset.id, "node_id": ruleset.node_id, "name": ruleset.name, "target": "branch",
        "source_type": "Repository", "source": name, "enforcement": ruleset.enforcement,
        "conditions": {"ref_name": {"include": ruleset.include, "exclude": ruleset.exclude}},
        "rules": ruleset.rows, "created_at": iso(ruleset.created_at), "updated_at": iso(ruleset.updated_at),
        "bypass_actors": [], "current_user_can_bypass": "never",
        "_links": {"self": {"href": own}, "html": {"href": f"{state.url}/{name}/rules/{ruleset.id}"}},
    }  # fmt: skip


@route("GET", REPO + "/rulesets", "metadata:read")
def list_rulesets(request: Request) -> Answer:
    hidden = ("conditions", "rules", "bypass_actors", "current_user_can_bypass")
    return request.page(
        request.repository.rulesets,
        lambda state, row: {key: v for key, v in ruleset_json(state, row).items() if key not in hidden},
    )


@route("POST", REPO + "/rulesets", WRITE, person="admin")
def create_ruleset(request: Request) -> Answer:
    (name, enforcement), body, repository = request.required("name", "enforcement"), request.fields(), request.repository  # noqa: E501 # fmt: skip
    rows: list[Json] = body.get("rules") or []
    if any(row["type"] == "merge_queue" for row in rows) and repository.owner.type != "Organization":
        raise ApiError(422, "Validation Failed", ["Invalid rule 'merge_queue': "])
    names: dict[str, Any] = (body.get("conditions") or {}).get("ref_name") or {}
    now = request.state.now()
    made = Ruleset(
        id=request.state.new_id(), repository=repository, name=name, enforcement=enforcement, rows=rows,
        include=names.get("include") or [], exclude=names.get("exclude") or [], rules=from_ruleset(rows),
        created_at=now, updated_at=now,
    )  # fmt: skip
    repository.rulesets.append(request.state.add(made))
    return Answer(ruleset_json(request.state, made), 201)


def _ruleset(request: Request) -> Ruleset:
    wanted = int(request.params["ruleset_id"])
    found = next((row for row in request.repository.rulesets if row.id == wanted), None)
    if found is None:
        raise not_found()
    return found


@route("GET", REPO + "/rulesets/{ruleset_id}", "metadata:read")
def get_ruleset(request: Request) -> Answer:
    return Answer(ruleset_json(request.state, _ruleset(request)))


@route("DELETE", REPO + "/rulesets/{ruleset_id}", WRITE, person="admin")
def delete_ruleset(request: Request) -> Answer:
    request.repository.rulesets.remove(_ruleset(request))
    return Answer(status=204)


@route("GET", REPO + "/rules/branches/{branch+}", "metadata:read")
def list_rules_of_branch(request: Request) -> Answer:
    """Of active rulesets; protections are no rules in this sense."""
    repository, branch = request.repository, request.params["branch"]
    rows = [
        row | {"ruleset_source_type": "Repository", "ruleset_source": repository.full_name, "ruleset_id": found.id}
        for found in rulesets_of(repository, branch)
        for row in found.rows
    ]  # fmt: skip
    return request.page(rows, lambda _, row: row)
