"""REST: refs, branches, commits and the contents of files."""

import base64
import binascii
from typing import Any

from tests.hub import git_facts, git_merge, protection, pushes
from tests.hub.entities import Repository
from tests.hub.errors import ApiError, not_found
from tests.hub.git_facts import NULL_SHA
from tests.hub.operations import ensure_writable
from tests.hub.requirements import rules_of
from tests.hub.rest import Answer, Request, route
from tests.hub.rest_pulls import file_json
from tests.hub.serialize import Json, api, commit_json
from tests.hub.state import State

REPO = "/repos/{owner}/{repo}"


# ── refs and branches ───────────────────────────────────────────────────────────────────────────────────────


def ref_json(state: State, repository: Repository, ref: str, sha: str) -> Json:
    """https://docs.github.com/en/rest/git/refs"""
    own = api(state, f"repos/{repository.full_name}")
    return {
        "ref": ref, "node_id": f"REF_{repository.id:x}{ref}", "url": f"{own}/git/{ref}",
        "object": {"type": "commit", "sha": sha, "url": f"{own}/git/commits/{sha}"},
    }  # fmt: skip


def _ref(request: Request) -> tuple[str, str]:
    ref = f"refs/{request.params['ref']}"
    sha = git_facts.ref_sha(request.repository, ref)
    if sha is None:
        raise not_found()
    return ref, sha


@route("GET", REPO + "/git/ref/{ref+}", "contents:read")
def get_ref(request: Request) -> Answer:
    return Answer(ref_json(request.state, request.repository, *_ref(request)))


@route("GET", REPO + "/git/matching-refs/{ref+}", "contents:read")
def list_matching_refs(request: Request) -> Answer:
    repository, prefix = request.repository, f"refs/{request.params['ref']}"
    found = [row for row in git_facts.refs(repository, "refs/").items() if row[0].startswith(prefix)]
    return request.page(found, lambda state, row: ref_json(state, repository, *row))


@route("POST", REPO + "/git/refs", "contents:write")
def create_ref(request: Request) -> Answer:
    (ref, sha), repository = request.required("ref", "sha"), request.repository
    ensure_writable(repository)
    if not str(ref).startswith("refs/") or str(ref).count("/") < 2:
        raise ApiError(422, "Reference name must start with 'refs/' and have at least two slashes.")
    if git_facts.ref_sha(repository, ref):
        raise ApiError(422, "Reference already exists")
    if git_facts.resolve(repository, sha) != sha:
        raise ApiError(422, "Object does not exist")
    git_facts.update_ref(repository, ref, sha)
    pushes.process(request.state, request.actor, repository)
    return Answer(ref_json(request.state, repository, ref, sha), 201)


@route("PATCH", REPO + "/git/refs/{ref+}", "contents:write")
def update_ref(request: Request) -> Answer:
    (ref, old), repository, (sha,) = _ref(request), request.repository, request.required("sha")
    ensure_writable(repository)
    if git_facts.resolve(repository, sha) != sha:
        raise ApiError(422, "Object does not exist")
    if not request.fields().get("force") and not git_facts.contains(repository, sha, old):
        raise ApiError(422, "Update is not a fast forward")
    protection.refuse(request.state, request.actor, repository, ref, sha)
    git_facts.update_ref(repository, ref, sha)
    pushes.process(request.state, request.actor, repository)
    return Answer(ref_json(request.state, repository, ref, sha))


@route("DELETE", REPO + "/git/refs/{ref+}", "contents:write")
def delete_ref(request: Request) -> Answer:
    repository = request.repository
    ensure_writable(repository)
    ref = f"refs/{request.params['ref']}"
    if git_facts.ref_sha(repository, ref) is None:
        raise ApiError(422, "Reference does not exist")
    protection.refuse(request.state, request.actor, repository, ref, NULL_SHA)
    git_facts.update_ref(repository, ref, None)
    pushes.process(request.state, request.actor, repository)
    return Answer(status=204)


@route("GET", REPO + "/branches", "contents:read")
def list_branches(request: Request) -> Answer:
    repository = request.repository
    own = api(request.state, f"repos/{repository.full_name}/commits")
    rows = [
        {
            "name": ref[11:],
            "commit": {"sha": sha, "url": f"{own}/{sha}"},
            "protected": bool(rules_of(repository, ref[11:])),
        }
        for ref, sha in git_facts.refs(repository).items()
    ]
    return request.page(rows, lambda _, row: row)


@route("GET", REPO + "/branches/{branch+}", "contents:read")
def get_branch(request: Request) -> Answer:
    repository, branch, state = request.repository, request.params["branch"], request.state
    sha = git_facts.branch_sha(repository, branch)
    commit = git_facts.commit(repository, sha) if sha else None
    if commit is None:
        raise ApiError(404, "Branch not found")
    own = api(state, f"repos/{repository.full_name}/branches/{branch}")
    rules = rules_of(repository, branch)
    names = [check for found in rules for check in found.checks]
    checks: Json = {
        "enforcement_level": "everyone" if names else "off", "contexts": [check.context for check in names],
        "checks": [{"context": check.context, "app_id": check.app_id} for check in names],
    }  # fmt: skip
    body = {
        "name": branch, "commit": commit_json(state, repository, commit), "protected": bool(rules),
        "_links": {"self": own, "html": f"{state.url}/{repository.full_name}/tree/{branch}"},
        "protection": {"enabled": branch in repository.protections, "required_status_checks": checks},
        "protection_url": f"{own}/protection",
    }  # fmt: skip
    return Answer(body)


# ── commits ─────────────────────────────────────────────────────────────────────────────────────────────────


@route("GET", REPO + "/commits", "contents:read")
def list_commits(request: Request) -> Answer:
    repository = request.repository
    sha = git_facts.resolve(repository, request.query.get("sha", repository.default_branch))
    if sha is None:
        raise ApiError(409, "Git Repository is empty.") if not git_facts.refs(repository) else not_found()
    commits = git_facts.log(repository.git_dir, sha)
    return request.page(commits, lambda state, commit: commit_json(state, repository, commit))


@route("GET", REPO + "/commits/{ref+}", "contents:read")
def get_commit(request: Request) -> Answer:
    repository, state = request.repository, request.state
    commit = git_facts.commit(repository, request.params["ref"])
    if commit is None:
        raise ApiError(422, f"No commit found for SHA: {request.params['ref']}")
    base = commit.parents[0] if commit.parents else None
    files = git_facts.changed_files(repository.git_dir, base, commit.sha) if base else ()
    if "diff" in request.accept and base:
        diff = git_facts.diff(repository.git_dir, base, commit.sha)
        return Answer(diff, headers={"Content-Type": "application/vnd.github.diff; charset=utf-8"})
    own, added = api(state, f"repos/{repository.full_name}"), sum(file.additions for file in files)
    deleted = sum(file.deletions for file in files)
    listed = [file_json(file, state.url, own, repository.full_name, commit.sha) for file in files]
    stats = {"additions": added, "deletions": deleted, "total": added + deleted}
    return Answer(commit_json(state, repository, commit) | {"stats": stats, "files": listed})


# ── contents ────────────────────────────────────────────────────────────────────────────────────────────────


@route("GET", REPO + "/contents/{path+}", "contents:read")
def get_contents(request: Request) -> Answer:
    return _contents(request, request.params["path"].rstrip("/"))


@route("GET", REPO + "/contents/?", "contents:read")
def get_root(request: Request) -> Answer:
    return _contents(request, "")


def _contents(request: Request, path: str) -> Answer:
    """A file with its content, or the list of a directory."""
    repository, state = request.repository, request.state
    ref = request.query.get("ref", repository.default_branch)
    sha = git_facts.resolve(repository, ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}" if git_facts.refs(repository) else "This repository is empty.")  # noqa: E501 # fmt: skip
    data = git_facts.show(repository, sha, path) if path else None
    if data is None:
        rows = git_facts.listing(repository, sha, path)
        if not rows:
            raise not_found()
        return Answer([entry_json(state, repository, ref, row) for row in rows])
    parent, _, _ = path.rpartition("/")
    row = next(row for row in git_facts.listing(repository, sha, parent) if row[3] == path)
    if "raw" in request.accept:
        return Answer(data.decode(errors="replace"), headers={"Content-Type": "application/vnd.github.raw"})
    encoded = base64.encodebytes(data).decode()
    entry = entry_json(state, repository, ref, row)
    return Answer(entry | {"size": len(data), "encoding": "base64", "content": encoded})


def entry_json(state: State, repository: Repository, ref: str, row: tuple[str, str, str, str]) -> Json:
    """https://docs.github.com/en/rest/repos/contents"""
    mode, kind, sha, path = row
    own = api(state, f"repos/{repository.full_name}")
    page = f"{state.url}/{repository.full_name}/{kind}/{ref}/{path}"
    url, git_url = f"{own}/contents/{path}?ref={ref}", f"{own}/git/{kind}s/{sha}"
    what = {"tree": "dir", "commit": "submodule"}.get(kind, "symlink" if mode == "120000" else "file")
    raw = f"{state.url}/{repository.full_name}/raw/{ref}/{path}" if what == "file" else None
    return {
        "type": what, "size": 0, "name": path.rpartition("/")[2], "path": path, "sha": sha, "url": url,
        "git_url": git_url, "html_url": page, "download_url": raw,
        "_links": {"self": url, "git": git_url, "html": page},
    }  # fmt: skip


@route("PUT", REPO + "/contents/{path+}", "contents:write")
def put_contents(request: Request) -> Answer:
    """Create a file, or (with the `sha` it has) replace it: one commit."""
    message, content = request.required("message", "content")
    try:
        data = base64.b64decode(content, validate=False)
    except (binascii.Error, TypeError):
        raise ApiError(422, "content is not valid Base64") from None
    _refuse_stale(request)
    commit = _write(request, {request.params["path"]: data}, message)
    entry = _contents(_at(request, commit["sha"]), request.params["path"]).body
    body = {key: value for key, value in entry.items() if key not in ("encoding", "content")}
    return Answer({"content": body, "commit": commit}, 200 if request.fields().get("sha") else 201)


@route("DELETE", REPO + "/contents/{path+}", "contents:write")
def delete_contents(request: Request) -> Answer:
    message, _ = request.required("message", "sha")
    _refuse_stale(request)
    return Answer({"content": None, "commit": _write(request, {request.params["path"]: None}, message)})


def _at(request: Request, sha: str) -> Request:
    return Request(**{**vars(request), "query": {"ref": sha}})


def _refuse_stale(request: Request) -> None:
    """409 where the file is not what the caller thinks."""
    repository, path, body = request.repository, request.params["path"], request.fields()
    ensure_writable(repository)
    branch = body.get("branch", repository.default_branch)
    parent, _, _ = path.rpartition("/")
    tip = git_facts.branch_sha(repository, branch)
    if tip is None and git_facts.refs(repository):
        raise ApiError(404, f"Branch {branch} not found")
    rows = git_facts.listing(repository, tip, parent) if tip else []
    present = next((row[2] for row in rows if row[3] == path), None)
    if present and "sha" not in body:
        raise ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if "sha" in body and body["sha"] != present:
        raise ApiError(409, f"{path} does not match {body['sha']}")


def _write(request: Request, files: dict[str, bytes | None], message: str) -> Json:
    repository, state = request.repository, request.state
    branch = request.fields().get("branch", repository.default_branch)
    if reason := protection.refusal(state, request.actor, repository, branch, None):
        word = "delete" if None in files.values() else "update" if request.fields().get("sha") else "create"
        raise ApiError(409, f"Could not {word} file: {reason}")
    author = git_merge.person(request.user, git_facts.timestamp(state.now()))
    sha = git_merge.write_files(repository, git_facts.branch_sha(repository, branch), files, message, author)
    git_facts.update_ref(repository, f"refs/heads/{branch}", sha)
    pushes.process(state, request.actor, repository)
    made = git_facts.commit(repository, sha)
    assert made is not None
    answer = commit_json(state, repository, made)
    inner: dict[str, Any] = {key: value for key, value in answer["commit"].items() if key != "comment_count"}
    return inner | {key: answer[key] for key in ("sha", "node_id", "html_url", "url", "parents")}
