"""REST: check runs and suites, commit statuses, workflow runs, jobs and their logs."""

import secrets
from datetime import timedelta

from tests.hub import actions, check_actions, check_operations, git_facts
from tests.hub.checks import CheckRun, CheckSuite
from tests.hub.errors import ApiError, not_found
from tests.hub.rest import Answer, Request, chosen, route
from tests.hub.serialize_checks import (
    annotation_json,
    check_run_json,
    check_suite_json,
    combined_status_json,
    job_json,
    status_json,
    workflow_run_json,
)  # fmt: skip

REPO = "/repos/{owner}/{repo}"
LOG_LIFE = timedelta(minutes=1)


def _sha(request: Request) -> str:
    """The commit of `{ref}`: a branch, tag or sha."""
    sha = git_facts.resolve(request.repository, request.params["ref"])
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {request.params['ref']}")
    return sha


def _runs(request: Request, runs: list[CheckRun]) -> Answer:
    query = request.query
    found = chosen(
        runs,
        lambda run: (
            query.get("check_name", run.name) == run.name
            and query.get("status", run.status) == run.status
            and query.get("app_id", str(run.suite.app.id)) == str(run.suite.app.id)
        ),
    )
    rows, headers = request.slice(found)
    listed = [check_run_json(request.state, run) for run in rows]
    return Answer({"total_count": len(found), "check_runs": listed}, headers=headers)


@route("GET", REPO + "/commits/{ref+}/check-runs", "checks:read")
def list_check_runs(request: Request) -> Answer:
    """`filter=all` shows what later attempts hide."""
    sha = _sha(request)
    if request.query.get("filter") == "all":
        suites = chosen(request.repository.suites, lambda suite: suite.head_sha == sha)
        return _runs(request, [run for suite in suites for run in suite.check_runs])
    return _runs(request, request.state.check_runs(request.repository, sha))


@route("GET", REPO + "/commits/{ref+}/check-suites", "checks:read")
def list_check_suites(request: Request) -> Answer:
    sha = _sha(request)
    found = chosen(request.repository.suites, lambda suite: suite.head_sha == sha)
    rows, headers = request.slice(found)
    listed = [check_suite_json(request.state, suite) for suite in rows]
    return Answer({"total_count": len(found), "check_suites": listed}, headers=headers)


def _suite(request: Request) -> CheckSuite:
    wanted = int(request.params["suite_id"])
    suite = next((suite for suite in request.repository.suites if suite.id == wanted), None)
    if suite is None:
        raise not_found()
    return suite


@route("GET", REPO + "/check-suites/{suite_id}", "checks:read")
def get_check_suite(request: Request) -> Answer:
    return Answer(check_suite_json(request.state, _suite(request)))


@route("GET", REPO + "/check-suites/{suite_id}/check-runs", "checks:read")
def list_check_runs_of_suite(request: Request) -> Answer:
    return _runs(request, request.state.latest_runs(_suite(request)))


def _check_run(request: Request) -> CheckRun:
    return check_actions.check_run(request.repository, int(request.params["run_id"]))


@route("POST", REPO + "/check-runs", "checks:write")
def create_check_run(request: Request) -> Answer:
    actions = check_actions.read_actions(request.fields().get("actions", []))
    run = check_operations.create_check_run(
        request.state, request.actor, request.repository, request.fields()
    )
    run.actions = actions
    return Answer(check_run_json(request.state, run), 201)


@route("GET", REPO + "/check-runs/{run_id}", "checks:read")
def get_check_run(request: Request) -> Answer:
    return Answer(check_run_json(request.state, _check_run(request)))


@route("PATCH", REPO + "/check-runs/{run_id}", "checks:write")
def update_check_run(request: Request) -> Answer:
    """The buttons are the ones that come with the request, and none where none do."""
    actions = check_actions.read_actions(request.fields().get("actions", []))
    run = check_operations.update_check_run(
        request.state, request.actor, _check_run(request), request.fields()
    )
    run.actions = actions
    return Answer(check_run_json(request.state, run))


@route("POST", REPO + "/check-runs/{run_id}/rerequest", "checks:write")
def rerequest_check_run(request: Request) -> Answer:
    check_actions.rerequest(request.state, request.actor, _check_run(request))
    return Answer({}, 201)


@route("GET", REPO + "/check-runs/{run_id}/annotations", "checks:read")
def list_annotations(request: Request) -> Answer:
    run = _check_run(request)
    return request.page(run.annotations, lambda state, annotation: annotation_json(state, run, annotation))


# ── statuses ────────────────────────────────────────────────────────────────────────────────────────────────


@route("POST", REPO + "/statuses/{sha}", "statuses:write")
def create_status(request: Request) -> Answer:
    sha, body = request.params["sha"], request.fields()
    status = check_operations.create_status(request.state, request.actor, request.repository, sha, body)
    return Answer(status_json(request.state, status), 201)


@route("GET", REPO + "/commits/{ref+}/statuses", "statuses:read")
def list_statuses(request: Request) -> Answer:
    sha = _sha(request)
    found = chosen(reversed(request.repository.statuses), lambda status: status.sha == sha)
    return request.page(found, status_json)


@route("GET", REPO + "/commits/{ref+}/status", "statuses:read")
def get_combined_status(request: Request) -> Answer:
    sha, state = _sha(request), request.state
    statuses = state.statuses(request.repository, sha)
    return Answer(combined_status_json(state, request.repository, sha, statuses))


# ── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────


@route("GET", REPO + "/actions/runs", "actions:read")
def list_workflow_runs(request: Request) -> Answer:
    query = request.query
    found = [
        run
        for run in reversed(request.repository.runs)
        if query.get("head_sha", run.suite.head_sha) == run.suite.head_sha
        and query.get("branch", run.suite.head_branch) == run.suite.head_branch
        and query.get("event", run.event) == run.event
        and query.get("status", run.status) in (run.status, run.conclusion)
        and query.get("check_suite_id", str(run.suite.id)) == str(run.suite.id)
    ]
    rows, headers = request.slice(found)
    listed = [workflow_run_json(request.state, run) for run in rows]
    return Answer({"total_count": len(found), "workflow_runs": listed}, headers=headers)


@route("GET", REPO + "/actions/runs/{run_id}", "actions:read")
def get_workflow_run(request: Request) -> Answer:
    run = request.state.workflow_run(request.repository, int(request.params["run_id"]))
    return Answer(workflow_run_json(request.state, run))


@route("GET", REPO + "/actions/runs/{run_id}/jobs", "actions:read")
def list_jobs(request: Request) -> Answer:
    run = request.state.workflow_run(request.repository, int(request.params["run_id"]))
    jobs = run.jobs
    if request.query.get("filter") != "all":
        jobs = list({job.check_run.name: job for job in jobs}.values())
    rows, headers = request.slice(jobs)
    return Answer(
        {"total_count": len(jobs), "jobs": [job_json(request.state, job) for job in rows]}, headers=headers
    )


@route("POST", REPO + "/actions/runs/{run_id}/rerun-failed-jobs", "actions:write")
def rerun_failed_jobs(request: Request) -> Answer:
    run = request.state.workflow_run(request.repository, int(request.params["run_id"]))
    actions.rerun_failed(request.state, run)
    return Answer({}, 201)


@route("GET", REPO + "/actions/jobs/{job_id}", "actions:read")
def get_job(request: Request) -> Answer:
    return Answer(
        job_json(request.state, request.state.job(request.repository, int(request.params["job_id"])))
    )


@route("GET", REPO + "/actions/jobs/{job_id}/logs", "actions:read")
def get_job_logs(request: Request) -> Answer:
    """A redirect to where the log lies for one minute; nothing before the job is complete."""
    job = request.state.job(request.repository, int(request.params["job_id"]))
    if job.check_run.status != "completed":
        raise not_found()
    key = secrets.token_urlsafe(16)
    request.state.log_links[key] = (job, request.state.now() + LOG_LIFE)
    return Answer(status=302, headers={"Location": f"{request.state.url}/_storage/logs/{key}"})
