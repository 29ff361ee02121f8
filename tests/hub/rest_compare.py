"""REST: what one commit has that another has not.

https://docs.github.com/en/rest/commits/commits#compare-two-commits
"""

from tests.hub import git_facts
from tests.hub.entities import Repository
from tests.hub.errors import ApiError, not_found
from tests.hub.git_facts import Commit
from tests.hub.rest import Answer, Request, route
from tests.hub.rest_pulls import file_json
from tests.hub.serialize import Json, api, commit_json
from tests.hub.state import State

MOST_COMMITS = 250
"""The last ones, where no page is asked for."""
MOST_FILES = 300
STATUS = {
    (False, False): "identical",
    (True, False): "ahead",
    (False, True): "behind",
    (True, True): "diverged",
}
"""(the head has commits of its own, the base has) → the comparison in a word."""


@route("GET", "/repos/{owner}/{repo}/compare/{basehead+}", "contents:read")
def compare(request: Request) -> Answer:
    """`BASE...HEAD`, each a branch, a tag or a sha; the diff itself where that media type is asked for."""
    repository, state = request.repository, request.state
    first, dots, second = request.params["basehead"].partition("...")
    if not dots:
        raise not_found()
    base, head = _commit(repository, first), _commit(repository, second)
    start = git_facts.merge_base(repository.git_dir, base.sha, head.sha)
    if start is None:
        raise ApiError(404, f"No common ancestor between {first} and {second}.")
    if "diff" in request.accept:
        diff = git_facts.diff(repository.git_dir, base.sha, head.sha)
        return Answer(diff, headers={"Content-Type": "application/vnd.github.diff; charset=utf-8"})
    commits, headers, is_first = _shown(request, base.sha, head.sha)
    ahead = git_facts.count(repository.git_dir, f"{base.sha}..{head.sha}")
    behind = git_facts.count(repository.git_dir, f"{head.sha}..{base.sha}")
    body = _addresses(state, repository, f"{first}...{second}", base, head) | {
        "base_commit": commit_json(state, repository, base),
        "merge_base_commit": commit_json(state, repository, _commit(repository, start)),
        "status": STATUS[ahead > 0, behind > 0], "ahead_by": ahead, "behind_by": behind, "total_commits": ahead,
        "commits": [commit_json(state, repository, commit) for commit in commits],
    }  # fmt: skip
    return Answer(
        body | ({"files": _files(state, repository, base, head)} if is_first else {}), headers=headers
    )


def _commit(repository: Repository, name: str) -> Commit:
    """Of `branch` or `owner:branch`; ApiError 404 without one. The hub has no forks to look in."""
    owner, colon, ref = name.rpartition(":")
    found = git_facts.commit(repository, ref)
    if found is None or (colon and owner.lower() != repository.owner.login.lower()):
        raise not_found()
    return found


def _shown(request: Request, base: str, head: str) -> tuple[list[Commit], dict[str, str], bool]:
    """(commits oldest first, headers, it is the first page): files are told on the first page only."""
    git_dir, wanted = request.repository.git_dir, f"{base}..{head}"
    if not request.query.keys() & {"page", "per_page"}:
        return list(reversed(git_facts.log(git_dir, wanted, limit=MOST_COMMITS))), {}, True
    every = git_facts.log(git_dir, wanted, limit=git_facts.count(git_dir, wanted))
    some, headers = request.slice(list(reversed(every)))
    return list(some), headers, request.query.get("page", "1") == "1"


def _addresses(state: State, repository: Repository, names: str, base: Commit, head: Commit) -> Json:
    owner, page = repository.owner.login, f"{state.url}/{repository.full_name}/compare"
    return {
        "url": api(state, f"repos/{repository.full_name}/compare/{names}"), "html_url": f"{page}/{names}",
        "permalink_url": f"{page}/{owner}:{base.sha}...{owner}:{head.sha}",
        "diff_url": f"{page}/{names}.diff", "patch_url": f"{page}/{names}.patch",
    }  # fmt: skip


def _files(state: State, repository: Repository, base: Commit, head: Commit) -> list[Json]:
    """What the head changed since the merge base, as three dots mean it."""
    own, name = api(state, f"repos/{repository.full_name}"), repository.full_name
    changed = git_facts.changed_files(repository.git_dir, base.sha, head.sha)[:MOST_FILES]
    return [file_json(file, state.url, own, name, head.sha) for file in changed]
