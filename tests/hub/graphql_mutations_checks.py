"""Mutations of check runs: the same operations as over REST, by other names."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.hub import check_actions, check_operations
from tests.hub.checks import CheckRun
from tests.hub.entities import Repository
from tests.hub.graphql_fields import Context
from tests.hub.graphql_lookup import Input, Payload, find

Mutation = Callable[[Context, Input], Payload]
NAMES = {
    "completedAt": "completed_at", "detailsUrl": "details_url", "externalId": "external_id", "headSha": "head_sha",
    "name": "name", "startedAt": "started_at",
}  # fmt: skip


def _create(context: Context, given: Input) -> Payload:
    repository = find(context, given["repositoryId"], Repository)
    context.require(repository, "checks:write")
    actions = check_actions.read_actions(given.get("actions") or [])
    run = check_operations.create_check_run(context.state, context.actor, repository, _body(given))
    run.actions = actions
    return {"checkRun": run}


def _update(context: Context, given: Input) -> Payload:
    run = find(context, given["checkRunId"], CheckRun)
    context.require(run.suite.repository, "checks:write")
    actions = check_actions.read_actions(given.get("actions") or [])
    check_operations.update_check_run(context.state, context.actor, run, _body(given))
    run.actions = actions
    return {"checkRun": run}


def _body(given: Input) -> dict[str, Any]:
    """The input as REST's body."""
    body = {NAMES[name]: value for name, value in given.items() if name in NAMES}
    body |= {name: given[name].lower() for name in ("status", "conclusion") if given.get(name)}
    if given.get("output"):
        body["output"] = {name: given["output"].get(name) for name in ("title", "summary", "text")}
    return body


MUTATIONS: Mapping[str, Mutation] = {"createCheckRun": _create, "updateCheckRun": _update}
