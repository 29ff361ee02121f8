"""The API over WSGI: who calls, which route, which fault; what is logged and which headers go out."""

import json
import logging
import re
import secrets
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response

from tests.hub import (
    enterprise,
    rest,
    rest_app,
    rest_checks,
    rest_comments,
    rest_compare,
    rest_git,
    rest_installations,
    rest_issues,
    rest_protection,
    rest_pulls,
    rest_relations,
    rest_repos,
    rest_review_comments,
    rest_reviews,
)
from tests.hub.auth import Actor, actor_of
from tests.hub.errors import ApiError
from tests.hub.faults import Fault
from tests.hub.limits import REST_READ, REST_WRITE, Ledger
from tests.hub.serialize import iso
from tests.hub.state import Call, State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Imported for the routes they register.
FAMILIES = (
    rest_app, rest_installations, rest_issues, rest_relations, rest_comments, rest_pulls, rest_reviews,
    rest_review_comments, rest_checks, rest_repos, rest_protection, rest_git, rest_compare,
)  # fmt: skip
FIRST_SEGMENTS = frozenset({"repos", "app", "user", "users", "orgs", "installation", "rate_limit"})
BOARD = re.compile(r"/orgs/[^/]+/projects/\d+")
"""A page whose address begins like the API's; on GitHub the two have hosts of their own."""
# So that the call log names an operation also where the client left `operationName` out. At a line's beginning: a
# comment may speak of queries.
OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)
MUTATION = re.compile(r"^\s*mutation\b", re.MULTILINE)
log = logging.getLogger("tests.hub")


class Dropped(ConnectionError):
    """The connection was cut on purpose; the server notices a client that is gone."""


def api_path(path: str) -> str | None:
    """The path within the API, `/graphql` included; None for what is not API. GitHub and Enterprise alike."""
    if path == "/api/graphql":
        return "/graphql"
    if BOARD.fullmatch(path):
        return None
    inner = path.removeprefix("/api/v3") if path.startswith("/api/v3/") else path
    first = inner.split("/", 2)[1] if inner.startswith("/") else ""
    return inner if first in FIRST_SEGMENTS or inner == "/graphql" or inner != path else None


def serve_api(state: State, path: str, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    """Answer one API call."""
    http = HttpRequest(environ)
    data = http.get_data()
    with state.lock:
        fault = state.faults.take(http.method, path, data.decode(errors="replace"))
        latency = state.faults.latency
        ledger = _ledger(state, http)
        ledger.running += 1
    try:
        time.sleep(latency)
        with state.lock:
            response = _answer(state, http, path, data, fault)
            call = state.calls[-1]
        if fault:
            time.sleep(fault.delay)
    finally:
        ledger.running -= 1
    is_cut = fault is not None and isinstance(fault.answer, str)
    state.recording.call(http, data, None if is_cut else response, call, is_fault=fault is not None)
    if is_cut:
        cut(environ)
    return response(environ, start)


def _ledger(state: State, http: HttpRequest) -> Ledger:
    """Whose limits the request counts for."""
    try:
        return state.limits.ledger(actor_of(state, http.headers.get("Authorization")).client)
    except ApiError:
        return state.limits.ledger("anonymous")


def cut(environ: "WSGIEnvironment") -> None:
    """Close the connection without an answer."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    raise Dropped


def _answer(state: State, http: HttpRequest, path: str, data: bytes, fault: Fault | None) -> Response:
    call = Call(http.method, path, 0, "anonymous", None, None, iso(state.now()), address=http.path)
    state.calls.append(call)
    state.requests += 1
    actor = Actor("anonymous")
    try:
        call.body = _json(data)
        actor = actor_of(state, http.headers.get("Authorization"))
        call.actor = actor.name
        enterprise.check(state, actor, http.path, _version(http))
        if fault and fault.effect == "before":
            answer = _broken(fault)
        else:
            answer = _carry_out(state, http, path, actor, call)
            if http.method not in ("GET", "HEAD"):
                state.changed()
            answer = _broken(fault) if fault else answer
    except ApiError as error:
        answer = rest.Answer(error.body(), error.status, error.headers)
    except Exception:  # a bug of the hub; GitHub too answers 500 then
        log.exception("%s %s", http.method, path)
        answer = rest.Answer({"message": "Server Error"}, 500)
    if actor.kind == "installation":
        answer = replace(answer, headers=rest.accepted(call.permission) | answer.headers)
    call.status, call.needed = answer.status, sorted(actor.needed)
    return _response(state, http, actor, answer)


def _version(http: HttpRequest) -> str:
    return http.headers.get("X-GitHub-Api-Version", "2022-11-28")


def _json(data: bytes) -> Any:
    if not data.strip():
        return None
    try:
        return json.loads(data)
    except ValueError:
        raise ApiError(400, "Problems parsing JSON") from None


def _broken(fault: Fault) -> rest.Answer:
    """What is answered instead; of a cut connection nobody sees it, the call log shows status 0."""
    if isinstance(fault.answer, str):
        return rest.Answer(status=0)
    phrase = "Server Error" if fault.answer >= 500 else HTTPStatus(fault.answer).phrase
    usual = {} if fault.answer < 300 else ApiError(fault.answer, phrase).body()
    return rest.Answer(usual | (fault.body or {}), fault.answer, dict(fault.headers))


def _carry_out(state: State, http: HttpRequest, path: str, actor: Actor, call: Call) -> rest.Answer:
    if path == "/graphql":
        return _graphql(state, actor, call, http.method)
    found, params = rest.find("GET" if http.method == "HEAD" else http.method, path)
    call.permission, call.what = found.needs, f"{found.method} {found.path}"
    if found.path != "/rate_limit":
        cost = REST_READ if http.method in ("GET", "HEAD") else REST_WRITE
        state.limits.take(actor, cost, state.now())
    accept = http.headers.get("Accept", "")
    request = rest.Request(
        state, actor, http.method, path, params, http.args.to_dict(), call.body, accept, found
    )
    is_read = http.method in ("GET", "HEAD")
    if not is_read:
        state.staleness.ask_about(path, partial(_asked, state))
    try:
        answer = rest.handle(request)
        if not is_read or answer.status != 200:
            return answer
        key = (http.method, path, accept, *sorted(http.args.items(multi=True)))
        answered: rest.Answer = state.staleness.answer(actor, key, answer)
        return answered
    finally:
        state.note_use(actor.name, actor.needed, call.what)


def _graphql(state: State, actor: Actor, call: Call, method: str) -> rest.Answer:
    from tests.hub import graphql_api

    if actor.kind == "anonymous":
        raise ApiError(401, "This endpoint requires you to be authenticated.")
    if method != "POST" or not isinstance(call.body, dict) or not isinstance(call.body.get("query"), str):
        raise ApiError(400, "A query attribute must be specified and must be a string.")
    body = call.body
    call.permission = "graphql"
    if (name := OPERATION.search(body["query"])) and not body.get("operationName"):
        call.body = body | {"operationName": name[1]}
    call.what = f"GraphQL {call.body.get('operationName') or 'query'}"
    try:
        status, answer = graphql_api.execute(
            state, actor, body["query"], body.get("variables") or {}, body.get("operationName")
        )
        if not MUTATION.search(body["query"]):
            if "number" in (body.get("variables") or {}):
                state.staleness.question = (actor, body)
            key = ("POST", "/graphql", repr(body))
            status, answer = state.staleness.answer(actor, key, (status, answer))
    finally:
        state.note_use(actor.name, actor.needed, call.what)
    return rest.Answer(answer, status)


def _asked(state: State, actor: Actor, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """What a GraphQL question would be answered now; it counts for nothing."""
    from tests.hub import graphql_api

    was_off, state.limits.off = state.limits.off, True
    try:
        return graphql_api.execute(state, actor, body["query"], body["variables"], body.get("operationName"))
    finally:
        state.limits.off = was_off


def _response(state: State, http: HttpRequest, actor: Actor, answer: rest.Answer) -> Response:
    version, now = _version(http), state.now()
    answer = replace(answer, body=enterprise.spoken_here(state, answer.body))
    body, content_type = rest.encode(answer, version)
    resource = "graphql" if http.path.endswith("/graphql") else "core"
    limits = {} if state.limits.off else state.limits.headers(actor.client, resource, now)
    headers = {
        "Content-Type": content_type, "X-GitHub-Request-Id": secrets.token_hex(12).upper(),
        "X-GitHub-Media-Type": "github.v3; format=json", "X-GitHub-Api-Version-Selected": version,
        "Cache-Control": "private, max-age=60, s-maxage=60", "Date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    } | limits | enterprise.headers(state) | rest.location(answer) | answer.headers  # fmt: skip
    if http.method in ("GET", "HEAD") and answer.status == 200:
        headers["ETag"] = rest.etag(body)
        if http.headers.get("If-None-Match") == headers["ETag"]:
            return Response(b"", 304, headers)
    if answer.status in (204, 302):
        del headers["Content-Type"]
    return Response(body, answer.status or 500, headers)


def serve_log(state: State, key: str, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    """Where the redirect of a job's logs leads: no authentication, gone after a minute."""
    with state.lock:
        job, until = state.log_links.get(key, (None, state.now()))
        text = job.log if job and state.now() < until else None
    if text is None:
        return Response("The specified resource does not exist.", 404)(environ, start)
    return Response(text, content_type="text/plain; charset=utf-8")(environ, start)
