"""What may be done to checks and statuses, with the events it causes."""

from typing import Any

from tests.hub import git_facts
from tests.hub.auth import Actor
from tests.hub.checks import Annotation, CheckRun, CheckSuite, Status, WorkflowRun
from tests.hub.entities import App, Repository, User
from tests.hub.errors import ApiError, invalid
from tests.hub.serialize import Json, commit_json, iso
from tests.hub.serialize_checks import check_run_json, check_suite_json, workflow_json, workflow_run_json
from tests.hub.state import State
from tests.hub.timeline import ensure_writable
from tests.hub.webhooks import emit

CONCLUSIONS = (
    "action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out",
)  # fmt: skip
SUITE_ALONE = (
    "head_commit", "latest_check_runs_count", "check_runs_url", "rerequestable", "runs_rerequestable",
)  # fmt: skip
"""What a suite has only where it is not part of a check run."""
WORST_FIRST = (
    "failure",
    "timed_out",
    "action_required",
    "cancelled",
    "stale",
    "success",
    "neutral",
    "skipped",
)


def create_suite(
    state: State, repository: Repository, app: App, branch: str | None, sha: str, before: str | None = None
) -> CheckSuite:
    now = state.now()
    suite = CheckSuite(
        id=state.new_id(), repository=repository, app=app, head_branch=branch, head_sha=sha, before=before,
        created_at=now, updated_at=now,
    )  # fmt: skip
    repository.suites.append(state.add(suite))
    return suite


def await_other_apps(state: State, repository: Repository, branch: str, sha: str, before: str) -> None:
    """A suite for every App that may report checks, and that may never do so:

    https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#about-check-suites
    """
    for installation in state.others.values():
        if installation.reaches(repository) and _suite_of(repository, installation.app, sha) is None:
            create_suite(state, repository, installation.app, branch, sha, before)


def _suite_of(repository: Repository, app: App, sha: str) -> CheckSuite | None:
    """An App has one suite for a commit; GitHub Actions alone has one for each run of a workflow."""
    found = (suite for suite in repository.suites if suite.head_sha == sha and suite.app is app)
    return next(found, None)


def finish_suite(state: State, sender: User, suite: CheckSuite) -> None:
    """Complete the suite once its runs are, with the worst of their conclusions."""
    before = suite.status, suite.conclusion
    latest = state.latest_runs(suite)
    suite.updated_at = state.now()
    if any(run.status != "completed" for run in latest):
        suite.status, suite.conclusion = "in_progress", None
        return
    concluded = [run.conclusion or "neutral" for run in latest]
    suite.status = "completed"
    suite.conclusion = min(concluded, key=WORST_FIRST.index) if concluded else "failure"
    if before != (suite.status, suite.conclusion):
        payload = suite_payload(state, suite)
        emit(state, sender, "check_suite", "completed", suite.repository, check_suite=payload)


def suite_payload(state: State, suite: CheckSuite) -> Json:
    """The suite in a webhook, which names its repository beside it."""
    return {key: value for key, value in check_suite_json(state, suite).items() if key != "repository"}


def emit_check_run(state: State, sender: User, run: CheckRun, action: str, **extra: Any) -> None:
    """created, completed, rerequested or requested_action; the suite is there in short."""
    suite = {key: v for key, v in suite_payload(state, run.suite).items() if key not in SUITE_ALONE}
    payload = check_run_json(state, run) | {"check_suite": suite}
    emit(state, sender, "check_run", action, run.suite.repository, check_run=payload, **extra)


def emit_workflow_run(state: State, run: WorkflowRun, action: str) -> None:
    """requested, in_progress or completed."""
    payload = {"workflow_run": workflow_run_json(state, run), "workflow": workflow_json(state, run)}
    emit(state, run.actor, "workflow_run", action, run.repository, **payload)


def create_check_run(state: State, actor: Actor, repository: Repository, body: Json) -> CheckRun:
    """https://docs.github.com/en/rest/checks/runs#create-a-check-run: Apps only."""
    ensure_writable(repository)
    if actor.app is None:
        raise ApiError(403, "You must authenticate via a GitHub App.")
    for field in ("name", "head_sha"):
        if not body.get(field):
            raise invalid("CheckRun", field, "missing_field")
    sha = git_facts.resolve(repository, body["head_sha"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {body['head_sha']}")
    app = actor.app
    suite = _suite_of(repository, app, sha)
    if suite is None:
        branch = next((ref[11:] for ref, tip in git_facts.refs(repository).items() if tip == sha), None)
        suite = create_suite(state, repository, app, branch, sha)
    suite.status, suite.conclusion = "queued", None
    run = CheckRun(id=state.new_id(), suite=suite, name=body["name"], started_at=state.now())
    suite.check_runs.append(state.add(run))
    emit_check_run(state, actor.author, run, "created")
    return update_check_run(state, actor, run, body)


def update_check_run(state: State, actor: Actor, run: CheckRun, body: Json) -> CheckRun:
    ensure_writable(run.suite.repository)
    if run.suite.app is not actor.app:
        raise ApiError(403, f"Invalid app_id `{actor.app.id if actor.app else 0}` - check run can only be modified by the GitHub App that created it.")  # noqa: E501 # fmt: skip
    was_completed = run.status == "completed"
    run.name = body.get("name", run.name)
    run.details_url = body.get("details_url", run.details_url)
    run.external_id = body.get("external_id", run.external_id)
    _set_output(run, body.get("output"))
    conclusion = body.get("conclusion")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise invalid("CheckRun", "conclusion", "invalid")
    if body.get("status") == "completed" and conclusion is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    run.status = "completed" if conclusion else body.get("status", run.status)
    run.conclusion = conclusion or (run.conclusion if run.status == "completed" else None)
    if run.status == "completed" and not was_completed:
        run.completed_at = state.now()
        emit_check_run(state, actor.author, run, "completed")
    finish_suite(state, actor.author, run.suite)
    return run


def _set_output(run: CheckRun, output: Any) -> None:
    if output is None:
        return
    for name in ("summary", "text"):
        if len(output.get(name) or "") > 65_535:
            raise invalid("CheckRun", name, "custom", f"{name} exceeds a maximum bytesize of 65535")
    if len(output.get("annotations", [])) > 50:
        raise ApiError(422, "Invalid request.\n\nNo more than 50 items are allowed; too many were supplied.")
    run.title, run.summary = output.get("title", run.title), output.get("summary", run.summary)
    run.text = output.get("text", run.text)
    run.annotations += [_annotation(row) for row in output.get("annotations", [])]


def _annotation(row: Json) -> Annotation:
    return Annotation(
        path=row["path"], start_line=row["start_line"], end_line=row["end_line"], level=row["annotation_level"],
        message=row["message"], title=row.get("title"), raw_details=row.get("raw_details"),
        start_column=row.get("start_column"), end_column=row.get("end_column"),
    )  # fmt: skip


def create_status(state: State, actor: Actor, repository: Repository, sha: str, body: Json) -> Status:
    """https://docs.github.com/en/rest/commits/statuses#create-a-commit-status"""
    ensure_writable(repository)
    if git_facts.resolve(repository, sha) != sha:
        raise ApiError(422, f"No commit found for SHA: {sha}")
    if body.get("state") not in ("error", "failure", "pending", "success"):
        raise invalid("Status", "state", "inclusion")
    status = Status(
        id=state.new_id(), repository=repository, sha=sha, state=body["state"], creator=actor.author,
        context=body.get("context") or "default", description=body.get("description"),
        target_url=body.get("target_url"), created_at=state.now(),
    )  # fmt: skip
    repository.statuses.append(state.add(status))
    _emit_status(state, status)
    return status


def _emit_status(state: State, status: Status) -> None:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#status"""
    commit = git_facts.commit(status.repository, status.sha)
    assert commit is not None
    whole = commit_json(state, status.repository, commit)
    branches = [
        {"name": ref[11:], "commit": {"sha": tip, "url": whole["url"]}, "protected": False}
        for ref, tip in git_facts.refs(status.repository).items()
        if tip == status.sha
    ]
    emit(
        state, status.creator, "status", None, status.repository, id=status.id, sha=status.sha, state=status.state,
        name=status.repository.full_name, context=status.context, description=status.description,
        target_url=status.target_url, created_at=iso(status.created_at), updated_at=iso(status.created_at),
        commit=whole, branches=branches,
    )  # fmt: skip
