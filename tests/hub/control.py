"""/_hub/: what GitHub has no API for: call log, clock, faults, latency, limits, grants."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from tests.hub import check_actions, control_trouble, seeds, webhooks
from tests.hub.auth import LEVELS, actor_of
from tests.hub.entities import PullRequest
from tests.hub.errors import ApiError
from tests.hub.faults import Fault
from tests.hub.limits import Rates
from tests.hub.serialize import installation_json, iso, user_json
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


def set_limits(state: State, body: Any) -> Any:
    """Fields of `limits.Rates`, which hold from now on, on Enterprise Server too; what was used is forgotten."""
    state.limits.rates, state.limits.off = replace(Rates(), **body), False
    state.limits.ledgers.clear()
    return list_limits(state, None)


def list_limits(state: State, _: Any) -> Any:
    """The limits, and of each client how many requests met one and how many came though told to wait."""
    clients = {
        client: {"refused": ledger.refused, "disregarded": ledger.disregarded, "used": ledger.used}
        for client, ledger in state.limits.ledgers.items()
    }
    return {"rates": asdict(state.limits.rates), "clients": clients}


def list_uses(state: State, _: Any) -> Any:
    """Who has needed which permission for what: `{actor: {"issues:write": ["POST /repos/…", …]}}`."""
    return {
        actor: {permission: sorted(what) for permission, what in sorted(uses.items())}
        for actor, uses in state.uses.items()
    }


def set_permissions(state: State, body: Any) -> Any:
    """What the first installation is granted from now on. More than before is an event, less is none."""
    installation = next(iter(state.installations.values()))
    before, installation.permissions = installation.permissions, dict(body)
    if any(LEVELS.index(level) > LEVELS.index(before.get(name, "none")) for name, level in body.items()):
        payload = {
            "action": "new_permissions_accepted", "installation": installation_json(state, installation),
            "sender": user_json(state, installation.account),
        }  # fmt: skip
        webhooks.enqueue(state, "installation", "new_permissions_accepted", payload, installation, None)
    return installation.permissions


def press_button(state: State, body: Any) -> Any:
    """`{"repository": "acme/greet", "check_run": id, "action": identifier, "as": login}`."""
    repository = state.repository(*body["repository"].split("/"))
    if repository is None:
        raise ValueError(f"{body['repository']}: no such repository")
    actor = actor_of(state, f"token user:{body['as']}")
    check_actions.press(state, actor, check_actions.check_run(repository, body["check_run"]), body["action"])
    return {}


def add_repository(state: State, body: Any) -> Any:
    """A row of a seed's `repositories`: it is there with its files and people, and no event tells of it."""
    return {"full_name": seeds.add_repository(state, body).full_name}


def set_events(state: State, body: Any) -> Any:
    """What the App subscribes to from now on: a list of events."""
    state.app.events = list(body)
    return state.app.events


def set_enterprise(state: State, body: Any) -> Any:
    """`{"version": "3.16.0"}`: play Enterprise Server, which has no rate limits unless some are set."""
    state.enterprise = body["version"]
    state.limits.off = state.enterprise is not None
    return {"version": state.enterprise}


def list_deliveries(state: State, _: Any) -> Any:
    return state.deliveries.summary()


def add_missed_deliveries(state: State, body: Any) -> Any:
    """`[{event, action, payload, seconds_ago}]`, oldest first: they were sent to the App while nobody answered."""
    installation = next(iter(state.installations.values()))
    for row in body:
        webhooks.miss(state, row["event"], row["action"], row["payload"], installation, row["seconds_ago"])
    return {"count": len(body)}


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
    ("GET", "limits"): list_limits,
    ("POST", "limits"): set_limits,
    ("GET", "uses"): list_uses,
    ("POST", "permissions"): set_permissions,
    ("POST", "press"): press_button,
    ("POST", "repositories"): add_repository,
    ("POST", "events"): set_events,
    ("POST", "enterprise"): set_enterprise,
    ("GET", "deliveries"): list_deliveries,
    ("POST", "deliveries"): add_missed_deliveries,
    ("GET", "state"): list_everything,
    **control_trouble.CONTROLS,
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
    except ApiError as refusal:
        response = _json(refusal.body(), refusal.status)
    except (KeyError, TypeError, ValueError) as error:
        response = _json({"message": f"{request.path}: {error!r}"}, 400)
    return response(environ, start)


def _json(body: Any, status: int) -> Response:
    return Response(json.dumps(body), status, content_type="application/json; charset=utf-8")
