"""What may be done to pull requests, with the events it causes. REST and GraphQL call these."""

from tests.hub import git_facts, pushes
from tests.hub.auth import Actor
from tests.hub.entities import PullRequest, Repository
from tests.hub.errors import ApiError, invalid
from tests.hub.operations import checked_body, checked_title, edit_issue, next_number
from tests.hub.serialize import Json
from tests.hub.state import State
from tests.hub.timeline import cross_reference, ensure_writable, record
from tests.hub.webhooks import emit_for


def create_pull_request(
    state: State, actor: Actor, repository: Repository, *, title: str, head: str, base: str,
    body: str | None = None, draft: bool = False,
) -> PullRequest:  # fmt: skip
    """Open a pull request from `branch` or `owner:branch`; 422 in GitHub's words for what is not possible."""
    ensure_writable(repository)
    title = checked_title("PullRequest", title)
    text = None if body is None else checked_body("PullRequest", body, blank=True)
    head_repository, branch = _head(state, repository, head)
    base_sha = git_facts.branch_sha(repository, base)
    if base_sha is None:
        raise invalid("PullRequest", "base", "invalid")
    head_sha = git_facts.branch_sha(head_repository, branch)
    if head_sha is None:
        raise invalid("PullRequest", "head", "invalid")
    _refuse_doubles(repository, head_repository, branch, base)
    if git_facts.contains(repository, base_sha, head_sha):
        raise ApiError(422, "Validation Failed", [_custom(f"No commits between {base} and {branch}")])
    now, number = state.now(), next_number(repository)
    pull = PullRequest(
        id=state.new_id(), pull_id=state.new_id(), repository=repository, number=number, title=title, body=text,
        user=actor.author, via_app=actor.via_app, created_at=now, updated_at=now, head_ref=branch,
        head_repository=head_repository, base_ref=base, base_sha=base_sha, draft=draft,
    )  # fmt: skip
    git_facts.update_ref(repository, f"refs/pull/{number}/head", head_sha)
    repository.issues[number] = state.add(pull)
    emit_for(state, actor, pull, "opened")
    cross_reference(state, actor, pull, pull.body)
    pushes.start_actions(state, actor, repository, "pull_request", pull.head_ref, head_sha, pull)
    return pull


def _head(state: State, repository: Repository, head: str) -> tuple[Repository, str]:
    owner, colon, branch = str(head).rpartition(":")
    if not colon or owner.lower() == repository.owner.login.lower():
        return repository, branch
    raise invalid("PullRequest", "head", "invalid")


def _custom(message: str) -> Json:
    return {"resource": "PullRequest", "code": "custom", "message": message}


def _refuse_doubles(
    repository: Repository, head_repository: Repository | None, branch: str, base: str
) -> None:
    for pull in repository.pull_requests:
        same = (pull.head_repository, pull.head_ref, pull.base_ref) == (head_repository, branch, base)
        if same and head_repository and pull.state == "open":
            text = f"A pull request already exists for {head_repository.owner.login}:{branch}."
            raise ApiError(422, "Validation Failed", [_custom(text)])


def edit_pull_request(state: State, actor: Actor, pull: PullRequest, changes: Json) -> PullRequest:
    """PATCH: any of title, body, state, base."""
    if (base := changes.get("base")) is not None and base != pull.base_ref:
        if pull.state == "closed":
            # Not even together with `"state": "open"`.
            why = "Cannot change the base branch of a closed pull request."
            raise invalid("PullRequest", "base", "invalid", why)
        base_sha = git_facts.branch_sha(pull.repository, base)
        if base_sha is None:
            raise invalid("PullRequest", "base", "invalid")
        _refuse_doubles(pull.repository, pull.head_repository, pull.head_ref, base)
        before, old_sha, pull.base_ref, pull.base_sha = pull.base_ref, pull.base_sha, base, base_sha
        record(state, actor, pull, "base_ref_changed")
        emit_for(
            state,
            actor,
            pull,
            "edited",
            changes={"base": {"ref": {"from": before}, "sha": {"from": old_sha}}},
        )
    if changes.get("state") == "open" and pull.state == "closed" and not _has_branches(pull):
        raise invalid("PullRequest", "state", "custom", "state cannot be changed. The branch was deleted.")
    edit_issue(state, actor, pull, {key: changes.get(key) for key in ("title", "body", "state")})
    return pull


def _has_branches(pull: PullRequest) -> bool:
    """Head and base are still there."""
    repository = pull.head_repository
    is_based = git_facts.branch_sha(pull.repository, pull.base_ref) is not None
    return is_based and repository is not None and git_facts.branch_sha(repository, pull.head_ref) is not None


def mark_ready(state: State, actor: Actor, pull: PullRequest) -> PullRequest:
    """`markPullRequestReadyForReview`; a second time it changes nothing."""
    ensure_writable(pull.repository)
    if pull.draft:
        pull.draft = False
        record(state, actor, pull, "ready_for_review")
        emit_for(state, actor, pull, "ready_for_review")
    return pull


def convert_to_draft(state: State, actor: Actor, pull: PullRequest) -> PullRequest:
    ensure_writable(pull.repository)
    if not pull.draft:
        pull.draft = True
        record(state, actor, pull, "convert_to_draft")
        emit_for(state, actor, pull, "converted_to_draft")
    return pull
