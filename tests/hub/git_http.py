"""git over HTTP: `git http-backend` behind GitHub's authentication, and what a push sets in motion."""

import os
import re
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import IO, TYPE_CHECKING

from werkzeug.wrappers import Response
from werkzeug.wsgi import get_input_stream

from tests.hub import protection, pushes
from tests.hub.auth import Actor, actor_of, can_see, require
from tests.hub.entities import Repository
from tests.hub.errors import ApiError
from tests.hub.faults import Fault
from tests.hub.git_facts import ENVIRONMENT
from tests.hub.state import State
from tests.hub.web import cut

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATH = re.compile(
    r"/(?P<owner>[^/]+)/(?P<name>[^/]+?)(?:\.git)?/(?P<rest>info/refs|HEAD|git-upload-pack|git-receive-pack)"
)
CHUNK = 65_536


def is_git(path: str) -> bool:
    return PATH.fullmatch(path) is not None


def serve_git(state: State, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    """Answer one request of a git client."""
    match = PATH.fullmatch(environ["PATH_INFO"])
    assert match is not None
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    with state.lock:
        fault = state.faults.take(method, path, "", git=True)
    if fault and fault.effect == "before":
        return _broken(fault, environ)(environ, start)
    writes = "git-receive-pack" in (match["rest"], environ.get("QUERY_STRING", "").removeprefix("service="))
    try:
        with state.lock:
            actor = actor_of(state, environ.get("HTTP_AUTHORIZATION"))
            repository = _admitted(state, actor, match["owner"], match["name"], writes=writes)
    except ApiError as refusal:
        headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if refusal.status == 401 else {}
        return Response(refusal.message, refusal.status, headers)(environ, start)
    response = _backend(
        state, actor, repository, match["rest"], environ, pushed=match["rest"] == "git-receive-pack"
    )
    if fault:
        response.get_data()  # to the end, for that is when what was pushed takes effect
        response = _broken(fault, environ)
    return response(environ, start)


def _broken(fault: Fault, environ: "WSGIEnvironment") -> Response:
    """What is answered instead, if anything is."""
    if isinstance(fault.answer, str):
        cut(environ)
    assert isinstance(fault.answer, int)
    return Response("the hub was told to fail", fault.answer)


def _admitted(state: State, actor: Actor, owner: str, name: str, *, writes: bool) -> Repository:
    """The repository, if the actor may do this to it; the refusals are what git shows people."""
    repository = state.repository(owner, name)
    if repository is None or not can_see(state, actor, repository):
        if actor.kind == "anonymous":
            raise ApiError(401, "Repository not found.")
        raise ApiError(404, "Repository not found.")
    if writes and actor.kind == "anonymous":
        raise ApiError(401, "Authentication required")
    needs = "contents:write" if writes else "contents:read"
    state.note_use(actor.name, [needs], "git push" if writes else "git fetch")
    try:
        require(state, actor, repository, needs)
    except ApiError:
        raise ApiError(
            403, "Write access to repository not granted." if writes else "Repository not found."
        ) from None
    if writes and repository.archived:
        raise ApiError(403, "This repository was archived so it is read-only.")
    return repository


def _backend(
    state: State, actor: Actor, repository: Repository, rest: str, environ: "WSGIEnvironment", *, pushed: bool
) -> Response:
    """Run the backend as a CGI program, streaming both ways."""
    process = subprocess.Popen(
        ["git", "http-backend"], env=_cgi(state, actor, repository, rest, environ),
        # Unbuffered: a buffer would keep what follows the header lines from `_body`.
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    feeder = threading.Thread(target=_feed, args=(get_input_stream(environ), process.stdin), daemon=True)
    feeder.start()
    status, headers = _head(process.stdout)
    body = _body(state, actor, repository, process, feeder, pushed=pushed)
    return Response(body, status, headers, direct_passthrough=True)


def _cgi(
    state: State, actor: Actor, repository: Repository, rest: str, environ: "WSGIEnvironment"
) -> dict[str, str]:
    root = state.directory / "repositories"
    env = ENVIRONMENT | {
        "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.git_dir.relative_to(root)}/{rest}",
        "REQUEST_METHOD": environ["REQUEST_METHOD"], "QUERY_STRING": environ.get("QUERY_STRING", ""),
        "CONTENT_TYPE": environ.get("CONTENT_TYPE", ""), "REMOTE_USER": actor.name, "REMOTE_ADDR": "127.0.0.1",
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
    }  # fmt: skip
    for name, header in (
        ("GIT_PROTOCOL", "HTTP_GIT_PROTOCOL"), ("HTTP_CONTENT_ENCODING", "HTTP_CONTENT_ENCODING"),
        ("CONTENT_LENGTH", "CONTENT_LENGTH"),
    ):  # fmt: skip
        if environ.get(header):
            env[name] = environ[header]
    if actor.token is not None and actor.token.permissions.get("workflows") != "write":
        env["HUB_REFUSE_WORKFLOWS"] = "1"
    if rest == "git-receive-pack":
        with state.lock:
            env["HUB_PROTECTED"] = protection.for_hook(state, actor, repository)
    return env


def _feed(source: IO[bytes], sink: IO[bytes]) -> None:
    """The request's body, whatever its transfer encoding, into the backend."""
    try:
        while chunk := source.read(CHUNK):
            sink.write(chunk)
        sink.close()
    except (BrokenPipeError, ValueError):  # the backend has heard enough
        while source.read(CHUNK):
            pass


def _head(stream: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    status, headers = 200, []
    while line := stream.readline().decode().strip():
        name, _, value = line.partition(": ")
        if name.lower() == "status":
            status = int(value.split(" ")[0])
        else:
            headers.append((name, value))
    return status, headers


def _body(
    state: State, actor: Actor, repository: Repository, process: "subprocess.Popen[bytes]", feeder: threading.Thread,
    *, pushed: bool,
) -> Iterator[bytes]:  # fmt: skip
    """The backend's output. What a push sets in motion has happened when the client sees the end of it."""
    assert process.stdout is not None
    try:
        while chunk := os.read(process.stdout.fileno(), CHUNK):
            yield chunk
    finally:
        process.stdout.close()
        feeder.join(timeout=5)
        process.wait()
        if pushed:
            with state.lock:
                pushes.process(state, actor, repository)
                state.changed()
