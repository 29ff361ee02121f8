"""Resolvers of checks: rollups, check runs and suites, commit statuses, workflow runs, Apps."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.hub.checks import Annotation, CheckRun, CheckSuite, Status, WorkflowRun
from tests.hub.entities import PullRequest, Repository
from tests.hub.graphql_errors import Refused, unresolved
from tests.hub.graphql_fields import Context, Fields, member
from tests.hub.graphql_kinds import Commit, Rollup
from tests.hub.requirements import is_required

Args = Mapping[str, Any]
GOOD = frozenset({"success", "neutral", "skipped"})


def state_of(contexts: Iterable[CheckRun | Status]) -> str:
    """`FAILURE` as soon as one failed, `PENDING` while one runs, else `SUCCESS`."""
    outcomes = [_outcome(context) for context in contexts]
    return next((worst for worst in ("failure", "pending") if worst in outcomes), "success")


def _outcome(context: CheckRun | Status) -> str:
    if isinstance(context, Status):
        return "failure" if context.state == "error" else context.state
    if context.status != "completed":
        return "pending"
    return "success" if context.conclusion in GOOD else "failure"


def _is_required(context: CheckRun | Status, asked: Context, args: Args) -> bool:
    if not args.get("pullRequestId") and not args.get("pullRequestNumber"):
        raise Refused("UNPROCESSABLE", "Either pullRequestId or pullRequestNumber is required.")
    repository = context.suite.repository if isinstance(context, CheckRun) else context.repository
    pull = _pull(repository, asked, args)
    return (isinstance(context, CheckRun) and context.required) or is_required(context, pull)


def _pull(repository: Repository, asked: Context, args: Args) -> PullRequest:
    number, node_id = args.get("pullRequestNumber"), args.get("pullRequestId")
    found = asked.state.node(node_id) if node_id else repository.issues.get(number or 0)
    if not isinstance(found, PullRequest) or found.repository is not repository:
        raise unresolved(f"a node with the global id of '{node_id}'" if node_id else f"a PullRequest with the number of {number}")  # noqa: E501 # fmt: skip
    return found


def workflow_run(suite: CheckSuite, *_: Any) -> WorkflowRun | None:
    """The Actions run a suite stands for; None for another App's suite."""
    return next((run for run in suite.repository.runs if run.suite is suite), None)


def run_path(run: CheckRun) -> str:
    """A check run's page: for GitHub Actions that of its job."""
    actions = workflow_run(run.suite)
    if actions is None:
        return f"/{run.suite.repository.full_name}/runs/{run.id}"
    return f"{_actions_path(actions)}/job/{run.id}"


def _actions_path(run: WorkflowRun) -> str:
    return f"/{run.repository.full_name}/actions/runs/{run.id}"


def _details_url(run: CheckRun, context: Context, _: Args) -> str:
    return run.details_url or context.state.url + run_path(run)


def _runs(suite: CheckSuite, _: Context, args: Args) -> list[CheckRun]:
    """The newest run of each name unless `checkType: ALL` asks for every one."""
    wanted = args.get("filterBy") or {}
    found = [run for run in suite.check_runs if wanted.get("checkName") in (None, run.name)]
    return found if wanted.get("checkType") == "ALL" else list({run.name: run for run in found}.values())


def _location(annotation: Annotation, *_: Any) -> dict[str, Any]:
    return {
        "start": {"line": annotation.start_line, "column": annotation.start_column},
        "end": {"line": annotation.end_line, "column": annotation.end_column},
    }


CHECK_RUN: Fields = {
    "annotations": "annotations",
    "checkSuite": "suite",
    "completedAt": "completed_at",
    "conclusion": "conclusion",
    "databaseId": "id",
    "detailsUrl": _details_url,
    "externalId": "external_id",
    "id": "node_id",
    "isRequired": _is_required,
    "name": "name",
    "permalink": lambda run, context, _: context.state.url + run_path(run),
    "repository": "suite.repository",
    "resourcePath": lambda run, *_: run_path(run),
    "startedAt": "started_at",
    "status": "status",
    "summary": "summary",
    "text": "text",
    "title": "title",
    "url": lambda run, context, _: context.state.url + run_path(run),
}
ANNOTATION: Fields = {
    "annotationLevel": "level",
    "location": _location,
    "message": "message",
    "path": "path",
    "rawDetails": "raw_details",
    "title": "title",
}
SUITE: Fields = {
    "app": "app",
    "checkRuns": _runs,
    "commit": lambda suite, *_: Commit(suite.repository, suite.head_sha),
    "conclusion": "conclusion",
    "createdAt": "created_at",
    "databaseId": "id",
    "id": "node_id",
    "repository": "repository",
    "status": "status",
    "updatedAt": "updated_at",
    "workflowRun": workflow_run,
}
STATUS: Fields = {
    "commit": lambda status, *_: Commit(status.repository, status.sha),
    "context": "context",
    "createdAt": "created_at",
    "creator": "creator",
    "description": "description",
    "id": "node_id",
    "isRequired": _is_required,
    "state": "state",
    "targetUrl": "target_url",
}
ROLLUP: Fields = {
    "commit": "commit",
    "contexts": "contexts",
    "id": "node_id",
    "state": lambda rollup, *_: state_of(rollup.contexts),
}


def _status_context(rollup: Rollup, _: Context, args: Args) -> CheckRun | Status | None:
    found = (status for status in rollup.contexts if isinstance(status, Status))
    return next((status for status in found if status.context == args["name"]), None)


WORKFLOW_RUN: Fields = {
    "checkSuite": "suite",
    "createdAt": "created_at",
    "databaseId": "id",
    "event": "event",
    "id": "node_id",
    "resourcePath": lambda run, *_: _actions_path(run),
    "runNumber": "run_number",
    "updatedAt": "updated_at",
    "url": lambda run, context, _: context.state.url + _actions_path(run),
    "workflow": lambda run, *_: run,
}
WORKFLOW: Fields = {
    "databaseId": "workflow_id",
    "id": lambda run, *_: f"W_kwDO{run.workflow_id:08x}",
    "name": "name",
}
APP: Fields = {
    "createdAt": "created_at",
    "databaseId": "id",
    "id": "node_id",
    "name": "name",
    "slug": "slug",
    "updatedAt": "created_at",
}

TABLES: dict[str, Fields] = {
    "App": APP,
    "CheckAnnotation": ANNOTATION,
    "CheckAnnotationPosition": {"column": member("column"), "line": member("line")},
    "CheckAnnotationSpan": {"end": member("end"), "start": member("start")},
    "CheckRun": CHECK_RUN,
    "CheckSuite": SUITE,
    "Status": {**ROLLUP, "context": _status_context, "contexts": lambda rollup, *_: list(rollup.contexts)},
    "StatusCheckRollup": ROLLUP,
    "StatusContext": STATUS,
    "Workflow": WORKFLOW,
    "WorkflowRun": WORKFLOW_RUN,
}
