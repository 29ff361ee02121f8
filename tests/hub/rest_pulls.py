"""REST: pull requests, their files and commits, merging."""

from tests.hub import git_facts, merge_operations, mergeability, pull_operations
from tests.hub.auth import has_role, require
from tests.hub.entities import PullRequest
from tests.hub.errors import ApiError, not_found
from tests.hub.git_facts import FileChange
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import Json, api, commit_json
from tests.hub.serialize_issues import full_pull_json, pull_json

REPO = "/repos/{owner}/{repo}"
PULL = REPO + "/pulls/{number}"
READ, WRITE = "pull_requests:read", "pull_requests:write"


@route("GET", REPO + "/pulls", READ)
def list_pulls(request: Request) -> Answer:
    """Filters: state, head (`owner:branch`), base; newest first."""
    query = request.query
    found = [
        pull
        for pull in request.repository.pull_requests
        if query.get("state", "open") in ("all", pull.state)
        and (":" not in query.get("head", "") or query["head"].lower() == _label(pull).lower())
        and query.get("base", pull.base_ref) == pull.base_ref
    ]
    ascending = query.get("direction", "desc") == "asc"
    by_update = query.get("sort") == "updated"
    found.sort(key=lambda p: (p.updated_at if by_update else p.created_at, p.number), reverse=not ascending)
    return request.page(found, pull_json)


def _label(pull: PullRequest) -> str:
    return f"{pull.head_repository.owner.login if pull.head_repository else ''}:{pull.head_ref}"


@route("POST", REPO + "/pulls", WRITE, person="read")
def create_pull(request: Request) -> Answer:
    (title, head, base), body = request.required("title", "head", "base"), request.fields()
    pull = pull_operations.create_pull_request(
        request.state, request.actor, request.repository, title=title, head=head, base=base,
        body=body.get("body"), draft=bool(body.get("draft")),
    )  # fmt: skip
    answer = full_pull_json(request.state, pull)
    return Answer(answer, 201, {"Location": answer["url"]})


@route("GET", PULL, READ)
def get_pull(request: Request) -> Answer:
    """With `Accept: application/vnd.github.diff` the diff."""
    pull = request.pull
    if "diff" in request.accept:
        return Answer(
            git_facts.pull_diff(pull), headers={"Content-Type": "application/vnd.github.diff; charset=utf-8"}
        )
    mergeability.look(request.state, pull)
    return Answer(full_pull_json(request.state, pull))


@route("PATCH", PULL, WRITE, person="read")
def update_pull(request: Request) -> Answer:
    pull = request.pull
    mine = pull.user is request.user
    if request.actor.kind == "user" and not mine and not has_role(request.actor, request.repository, "write"):
        raise ApiError(403, "Must have admin rights to Repository.")
    pull_operations.edit_pull_request(request.state, request.actor, pull, request.fields())
    return Answer(full_pull_json(request.state, pull))


@route("GET", PULL + "/commits", READ)
def list_commits(request: Request) -> Answer:
    repository = request.repository
    commits = git_facts.pull_commits(request.pull)
    return request.page(commits, lambda state, commit: commit_json(state, repository, commit))


@route("GET", PULL + "/files", READ)
def list_files(request: Request) -> Answer:
    head, name = git_facts.head_sha(request.pull), request.repository.full_name
    files = git_facts.pull_files(request.pull)
    return request.page(
        files, lambda state, file: file_json(file, state.url, api(state, f"repos/{name}"), name, head)
    )


def file_json(file: FileChange, url: str, repo_api: str, full_name: str, head: str) -> Json:
    """https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files"""
    answer: Json = {
        "sha": file.blob, "filename": file.path, "status": file.status, "additions": file.additions,
        "deletions": file.deletions, "changes": file.additions + file.deletions,
        "blob_url": f"{url}/{full_name}/blob/{head}/{file.path}",
        "raw_url": f"{url}/{full_name}/raw/{head}/{file.path}",
        "contents_url": f"{repo_api}/contents/{file.path}?ref={head}",
    }  # fmt: skip
    if file.patch:
        answer["patch"] = file.patch
    if file.previous_path:
        answer["previous_filename"] = file.previous_path
    return answer


@route("GET", PULL + "/merge", READ)
def is_merged(request: Request) -> Answer:
    if not request.pull.merged:
        raise not_found()
    return Answer(status=204)


@route("PUT", PULL + "/merge", "contents:write")
def merge_pull(request: Request) -> Answer:
    body = request.fields()
    sha = merge_operations.merge(
        request.state, request.actor, request.pull, method=body.get("merge_method", "merge"), sha=body.get("sha"),
        title=body.get("commit_title"), message=body.get("commit_message"),
    )  # fmt: skip
    return Answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@route("PUT", PULL + "/update-branch", WRITE, person="write")
def update_branch(request: Request) -> Answer:
    """The branch is written to, for which an App needs `contents: write` as well."""
    require(request.state, request.actor, request.repository, "contents:write")
    merge_operations.update_branch(
        request.state, request.actor, request.pull, expected=request.fields().get("expected_head_sha")
    )
    url = api(request.state, f"repos/{request.repository.full_name}/pulls/{request.pull.number}")
    return Answer({"message": "Updating pull request branch.", "url": url}, 202)
