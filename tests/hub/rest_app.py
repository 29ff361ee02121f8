"""REST: the App, its delivery log and where it listens; users."""

import json
from urllib.parse import urlencode

from tests.hub import webhooks
from tests.hub.deliveries import Delivery
from tests.hub.errors import ApiError, not_found
from tests.hub.rest import Answer, Request, route
from tests.hub.serialize import Json, app_json, profile_json
from tests.hub.state import State


@route("GET", "/app", "app")
def get_app(request: Request) -> Answer:
    count = {"installations_count": len(request.state.installations)}
    return Answer(app_json(request.state, request.state.app) | count)


# ── the delivery log ────────────────────────────────────────────────────────────────────────────────────────

# By status code: https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
OUTCOMES: dict[str | None, range] = {None: range(600), "success": range(200, 400), "failure": range(400, 600)}


def delivery_item(_: State, delivery: Delivery) -> Json:
    """https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook"""
    return {
        "id": delivery.id, "guid": delivery.guid, "redelivery": delivery.redelivery,
        "delivered_at": delivery.delivered_at.isoformat().replace("+00:00", "Z"), "duration": delivery.duration,
        "status": delivery.status, "status_code": delivery.status_code, "event": delivery.event,
        "action": delivery.action, "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id, "throttled_at": None,
    }  # fmt: skip


def delivery_json(state: State, delivery: Delivery) -> Json:
    request = {"headers": delivery.headers, "payload": json.loads(delivery.payload)}
    answer = {"headers": delivery.response_headers, "payload": delivery.response_body}
    return delivery_item(state, delivery) | {"url": delivery.url, "request": request, "response": answer}


@route("GET", "/app/hook/deliveries", "app")
def list_deliveries(request: Request) -> Answer:
    """Newest first, paged by cursor: the `next` link carries it. What is still on its way is not there yet."""
    state, query = request.state, request.query
    size = min(max(int(query.get("per_page", "30")), 1), 100)
    outcome = OUTCOMES.get(query.get("status"))
    if outcome is None:
        raise ApiError(422, "Invalid status: success or failure")
    now = state.now()
    log = [d for d in reversed(state.deliveries.log) if d.is_shown(now) and d.status_code in outcome]
    if cursor := query.get("cursor"):
        before = cursor.removeprefix("v1_")
        if not before.isdecimal():
            raise ApiError(400, "Invalid cursor")
        log = [delivery for delivery in log if delivery.id < int(before)]
    headers = {}
    if len(log) > size:
        kept = {name: query[name] for name in ("status",) if name in query}
        asked = urlencode({"per_page": size, **kept, "cursor": f"v1_{log[size - 1].id}"})
        headers["Link"] = f'<{state.api_url}{request.path}?{asked}>; rel="next"'
    return Answer([delivery_item(state, delivery) for delivery in log[:size]], headers=headers)


def _delivery(request: Request) -> Delivery:
    found = request.state.deliveries.find(int(request.params["delivery_id"]))
    if found is None or not found.is_shown(request.state.now()):
        raise not_found()
    return found


@route("GET", "/app/hook/deliveries/{delivery_id}", "app")
def get_delivery(request: Request) -> Answer:
    return Answer(delivery_json(request.state, _delivery(request)))


@route("POST", "/app/hook/deliveries/{delivery_id}/attempts", "app")
def redeliver(request: Request) -> Answer:
    webhooks.redeliver(request.state, _delivery(request))
    return Answer({}, 202)


@route("GET", "/app/hook/config", "app")
def get_hook_config(request: Request) -> Answer:
    url = request.state.app.webhook_url
    return Answer({"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url})


@route("PATCH", "/app/hook/config", "app")
def update_hook_config(request: Request) -> Answer:
    request.state.app.webhook_url = request.fields().get("url", request.state.app.webhook_url)
    return get_hook_config(request)


# ── users ───────────────────────────────────────────────────────────────────────────────────────────────────


@route("GET", "/users/{login}", "anyone")
def get_user(request: Request) -> Answer:
    user = request.state.user(request.params["login"])
    if user is None:
        raise not_found()
    return Answer(profile_json(request.state, user))


@route("GET", "/user", "user")
def get_myself(request: Request) -> Answer:
    return Answer(profile_json(request.state, request.user))


@route("GET", "/rate_limit", "anyone")
def get_rate_limit(request: Request) -> Answer:
    """Asking is free. Enterprise Server has no limits unless somebody sets them."""
    state = request.state
    if state.limits.off:
        raise ApiError(404, "Rate limiting is not enabled.")
    core, graphql = (
        state.limits.standing(request.actor.client, name, state.now()) for name in ("core", "graphql")
    )
    return Answer({"resources": {"core": core, "search": core, "graphql": graphql}, "rate": core})
