"""/_hub/: what GitHub has no API for: the call log, the clock, faults, latency, where webhooks go."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from tests.hub import webhooks
from tests.hub.entities import PullRequest
from tests.hub.faults import Fault
from tests.hub.serialize import iso
from tests.hub.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def list_calls(state: State, _: Any) -> Any:
    """Every API call since the start or the last DELETE, oldest first."""
    return [asdict(call) for call in state.calls]


def forget_calls(state: State, _: Any) -> Any:
    state.calls.clear()
    return {}


def move_clock(state: State, body: Any) -> Any:
    """`{"advance": seconds}`: tokens and JWTs age with it."""
    state.offset += timedelta(seconds=float(body["advance"]))
    return {"now": iso(state.now())}


def set_webhook(state: State, body: Any) -> Any:
    """`{"url": …}` or null for none; GitHub pings a new one."""
    state.app.webhook_url = body["url"]
    if body.get("ping"):
        webhooks.ping(state)
    return {"url": state.app.webhook_url}


def add_fault(state: State, body: Any) -> Any:
    """The fields of `faults.Fault`, or a list of such; `status` is another name for `answer`."""
    for row in body if isinstance(body, list) else [body]:
        fields = dict(row)
        if "status" in fields:
            fields["answer"] = fields.pop("status")
        if fields.get("answer") == "timeout":
            fields.setdefault("delay", 30.0)
        state.faults.waiting.append(Fault(**fields))
    return list_faults(state, None)


def list_faults(state: State, _: Any) -> Any:
    return [asdict(fault) for fault in state.faults.waiting if fault.times > 0]


def forget_faults(state: State, _: Any) -> Any:
    state.faults.waiting.clear()
    return []


def set_latency(state: State, body: Any) -> Any:
    """`{"seconds": n}` before every answer of the API."""
    state.faults.latency = float(body["seconds"])
    return {"seconds": state.faults.latency}


def list_deliveries(state: State, _: Any) -> Any:
    return state.deliveries.summary()


def list_everything(state: State, _: Any) -> Any:
    """A look at the world, for people who debug."""
    return {
        repository.full_name: [
            {
                "number": issue.number, "title": issue.title, "state": issue.state,
                "labels": [label.name for label in issue.labels], "comments": len(issue.comments),
                "pull_request": isinstance(issue, PullRequest),
            }
            for issue in repository.issues.values()
        ]
        for repository in state.repositories.values()
    }  # fmt: skip


CONTROLS: dict[tuple[str, str], Callable[[State, Any], Any]] = {
    ("GET", "calls"): list_calls,
    ("DELETE", "calls"): forget_calls,
    ("POST", "clock"): move_clock,
    ("POST", "webhook"): set_webhook,
    ("GET", "faults"): list_faults,
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): forget_faults,
    ("POST", "latency"): set_latency,
    ("GET", "deliveries"): list_deliveries,
    ("GET", "state"): list_everything,
}


def serve_control(state: State, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
    request = Request(environ)
    data = request.get_data()
    control = CONTROLS.get((request.method, request.path.removeprefix("/_hub/").strip("/")))
    try:
        if control is None:
            response = _json({"message": f"{request.method} {request.path}: no such control"}, 404)
        else:
            with state.lock:
                response = _json(control(state, json.loads(data) if data else {}), 200)
    except (KeyError, TypeError, ValueError) as error:
        response = _json({"message": f"{request.path}: {error!r}"}, 400)
    return response(environ, start)


def _json(body: Any, status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
