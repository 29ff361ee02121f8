"""What may be done to pull requests and reviews, with the events it causes. REST and GraphQL call these."""

from typing import Any

from tests.hub import git_facts, git_merge, pushes
from tests.hub.auth import Actor
from tests.hub.entities import PullRequest, Repository, Review, ReviewComment
from tests.hub.errors import ApiError, invalid
from tests.hub.operations import checked_body, checked_title, edit_issue, next_number
from tests.hub.serialize import Json, iso
from tests.hub.serialize_issues import pull_json, review_json
from tests.hub.state import State
from tests.hub.timeline import cross_reference, ensure_writable, record
from tests.hub.webhooks import emit, emit_for

REVIEW_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


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


def _refuse_doubles(repository: Repository, head_repository: Repository, branch: str, base: str) -> None:
    for pull in repository.pull_requests:
        same = (pull.head_repository, pull.head_ref, pull.base_ref) == (head_repository, branch, base)
        if same and pull.state == "open":
            text = f"A pull request already exists for {head_repository.owner.login}:{branch}."
            raise ApiError(422, "Validation Failed", [_custom(text)])


def edit_pull_request(state: State, actor: Actor, pull: PullRequest, changes: Json) -> PullRequest:
    """PATCH: any of title, body, state, base."""
    if (base := changes.get("base")) is not None and base != pull.base_ref:
        base_sha = git_facts.branch_sha(pull.repository, base)
        if base_sha is None:
            raise invalid("PullRequest", "base", "invalid")
        before, pull.base_ref, pull.base_sha = pull.base_ref, base, base_sha
        record(state, actor, pull, "base_ref_changed")
        emit_for(state, actor, pull, "edited", changes={"base": {"ref": {"from": before}}})
    if changes.get("state") == "open" and pull.state == "closed" and not _has_branch(pull):
        raise invalid("PullRequest", "state", "custom", "state cannot be changed. The branch was deleted.")
    edit_issue(state, actor, pull, {key: changes.get(key) for key in ("title", "body", "state")})
    return pull


def _has_branch(pull: PullRequest) -> bool:
    repository = pull.head_repository
    return repository is not None and git_facts.branch_sha(repository, pull.head_ref) is not None


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


def merge(
    state: State, actor: Actor, pull: PullRequest, *, method: str = "merge", sha: str | None = None,
    title: str | None = None, message: str | None = None,
) -> str:  # fmt: skip
    """Merge for real; the sha of the new tip. 405 where it cannot be merged, 409 where the head moved.

    https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
    """
    ensure_writable(pull.repository)
    if method not in ("merge", "squash", "rebase"):
        raise invalid("PullRequest", "merge_method", "invalid")
    if pull.draft:
        raise ApiError(405, "Pull Request is still a draft")
    if pull.state == "closed":
        raise ApiError(405, "Pull Request is not mergeable")
    if sha is not None and sha != git_facts.head_sha(pull):
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    author = git_merge.person(actor.author, git_facts.timestamp(state.now()))
    tip = git_merge.merge_pull(pull, method, author, _merge_message(pull, method, title, message))
    if tip is None:
        raise ApiError(405, "Pull Request is not mergeable")
    pushes.mark_merged(state, actor, pull, tip)
    git_facts.update_ref(pull.repository, f"refs/heads/{pull.base_ref}", tip)
    pushes.process(state, actor, pull.repository)
    return tip


def _merge_message(pull: PullRequest, method: str, title: str | None, message: str | None) -> str:
    owner = pull.head_repository.owner.login if pull.head_repository else "unknown"
    if method == "squash":
        title = title or f"{pull.title} (#{pull.number})"
        message = (
            message if message is not None else "\n\n".join(c.message for c in git_facts.pull_commits(pull))
        )
    else:
        title = title or f"Merge pull request #{pull.number} from {owner}/{pull.head_ref}"
        message = message if message is not None else pull.title
    return f"{title}\n\n{message}".strip() + "\n"


def submit_review(
    state: State, actor: Actor, pull: PullRequest, *, event: str | None, body: str = "",
    commit_id: str | None = None, comments: list[Json] | None = None,
) -> Review:  # fmt: skip
    """`APPROVE`, `REQUEST_CHANGES` or `COMMENT`; without an event GitHub keeps it `PENDING`."""
    ensure_writable(pull.repository)
    if event is not None and event not in REVIEW_STATES:
        raise invalid("PullRequestReview", "event", "invalid")
    if pull.user is actor.author and event in ("APPROVE", "REQUEST_CHANGES"):
        word = "approve" if event == "APPROVE" else "request changes on"
        raise _unprocessable(f"Can not {word} your own pull request")
    if event in ("REQUEST_CHANGES", "COMMENT") and not body and not comments:
        raise _unprocessable("Body cannot be blank")
    review = Review(
        id=state.new_id(), pull_request=pull, user=actor.author, body=body, via_app=actor.via_app,
        state=REVIEW_STATES[event] if event else "PENDING", submitted_at=state.now(),
        commit_id=commit_id or git_facts.head_sha(pull),
    )  # fmt: skip
    pull.reviews.append(state.add(review))
    review.comments = [_line_comment(state, actor, review, comment) for comment in comments or []]
    if event:
        pull.updated_at = state.now()
        emit_review(state, actor, review, "submitted")
    return review


def _unprocessable(message: str) -> ApiError:
    return ApiError(422, "Unprocessable Entity", [message])


def _line_comment(state: State, actor: Actor, review: Review, comment: Json) -> ReviewComment:
    now = state.now()
    made = ReviewComment(
        id=state.new_id(), review=review, user=actor.author, body=checked_body("PullRequestReviewComment",
        comment.get("body"), blank=False), path=str(comment.get("path")), line=comment.get("line"),
        created_at=now, updated_at=now,
    )  # fmt: skip
    return state.add(made)


def emit_review(state: State, actor: Actor, review: Review, action: str) -> None:
    pull: Any = pull_json(state, review.pull_request)
    # Webhooks spell the state in lower case, and say when it was changed.
    payload = review_json(state, review) | {
        "state": review.state.lower(),
        "updated_at": iso(review.submitted_at),
    }
    repository = review.pull_request.repository
    emit(state, actor.author, "pull_request_review", action, repository, review=payload, pull_request=pull)
