"""Merging for real, bringing a branch up to date, deleting it: with the events they cause and GitHub's refusals."""

from tests.hub import git_facts, git_merge, pull_operations, pushes
from tests.hub.auth import Actor
from tests.hub.entities import PullRequest
from tests.hub.errors import ApiError, invalid
from tests.hub.requirements import VIOLATED, is_behind, needs_queue, rules_of, unmet
from tests.hub.state import State
from tests.hub.timeline import ensure_writable

METHODS = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}


def merge(
    state: State, actor: Actor, pull: PullRequest, *, method: str = "merge", sha: str | None = None,
    title: str | None = None, message: str | None = None,
) -> str:  # fmt: skip
    """Merge; the sha of the new tip. 405 where it cannot be merged, 409 where a branch moved.

    https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
    """
    ensure_writable(pull.repository)
    if method not in METHODS:
        raise invalid("PullRequest", "merge_method", "invalid")
    if pull.draft:
        raise ApiError(405, "Pull Request is still a draft")
    if pull.state == "closed":
        raise ApiError(405, "Pull Request is not mergeable")
    if sha is not None and sha != git_facts.head_sha(pull):
        raise ApiError(409, "Head branch was modified. Review and try the merge again.")
    refuse_method(pull, method)
    _refuse_unmet(state, actor, pull)
    author = git_merge.person(
        pull.user if method == "squash" else actor.author, git_facts.timestamp(state.now())
    )
    tip = git_merge.merge_pull(pull, method, author, merge_message(pull, method, title, message))
    if tip is None:
        raise ApiError(
            405,
            "This branch can't be rebased"
            if method == "rebase" and git_merge.mergeable(pull)
            else "Pull Request is not mergeable",
        )
    finish(state, actor, pull, tip)
    return tip


def refuse_method(pull: PullRequest, method: str) -> None:
    """405 for what the repository's settings or the branch's rules leave out."""
    settings = pull.repository.merging
    allowed = {
        "merge": settings.allow_merge_commit,
        "squash": settings.allow_squash_merge,
        "rebase": settings.allow_rebase_merge,
    }
    linear = any(rules.linear for rules in rules_of(pull.repository, pull.base_ref))
    if not allowed[method] or (linear and method == "merge"):
        raise ApiError(405, f"{METHODS[method]} are not allowed on this repository.")


def _refuse_unmet(state: State, actor: Actor, pull: PullRequest) -> None:
    if needs_queue(pull.repository, pull.base_ref):
        raise ApiError(405, VIOLATED.format("Changes must be made through the merge queue"))
    if missing := unmet(state, pull, actor):
        raise ApiError(405, missing[0])
    if is_behind(pull, actor):
        raise ApiError(409, "Head branch is out of date. Review and try the merge again.")


def merge_message(pull: PullRequest, method: str, title: str | None, message: str | None) -> str:
    """What GitHub writes where the caller leaves it to GitHub."""
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


def finish(state: State, actor: Actor, pull: PullRequest, tip: str) -> None:
    """The base is at `tip` now: say so, and take the branch away where the repository wants that."""
    repository = pull.repository
    pull.auto_merge = None
    pushes.mark_merged(state, actor, pull, tip)
    git_facts.update_ref(repository, f"refs/heads/{pull.base_ref}", tip)
    if repository.merging.delete_branch_on_merge and pull.head_ref not in (
        repository.default_branch,
        *repository.protections,
    ):
        _take_along(state, actor, pull)
        git_facts.update_ref(repository, f"refs/heads/{pull.head_ref}", None)
    pushes.process(state, actor, repository)


def _take_along(state: State, actor: Actor, pull: PullRequest) -> None:
    """Open pull requests into a branch that goes with its merge get the base of the merged one.

    Only so: whoever deletes the branch over the API or over git closes them (https://github.com/cli/cli/issues/14223).
    https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-branches-in-your-repository/deleting-and-restoring-branches-in-a-pull-request
    """
    for other in pull.repository.pull_requests:
        if other.state == "open" and other.base_ref == pull.head_ref:
            pull_operations.edit_pull_request(state, actor, other, {"base": pull.base_ref})


def update_branch(
    state: State, actor: Actor, pull: PullRequest, *, expected: str | None = None, method: str = "merge"
) -> None:
    """Merge the base into the head, or rebase the head onto it; 422 where there is nothing to do or a conflict.

    https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request-branch
    """
    repository, head = pull.repository, git_facts.head_sha(pull)
    ensure_writable(repository)
    base = git_facts.branch_sha(repository, pull.base_ref)
    if pull.state == "closed" or git_facts.branch_sha(repository, pull.head_ref) is None or base is None:
        raise ApiError(422, "head ref does not exist")
    if expected is not None and expected != head:
        raise ApiError(422, "expected head sha didn’t match current head ref.")
    if git_facts.contains(repository, head, base):
        raise ApiError(422, "There are no new commits on the base branch.")
    person = git_merge.person(actor.author, git_facts.timestamp(state.now()))
    message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}\n"
    tip = git_merge.updated_head(pull, base, method, person, message)
    if tip is None:
        raise ApiError(422, "merge conflict between base and head")
    git_facts.update_ref(repository, f"refs/heads/{pull.head_ref}", tip)
    pushes.process(state, actor, repository)
