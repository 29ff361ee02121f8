"""The JSON GitHub gives for check suites, check runs, statuses, workflow runs and jobs."""

from urllib.parse import quote

from tests.hub import git_facts
from tests.hub.checks import Annotation, CheckRun, CheckSuite, Status, Step, WorkflowJob, WorkflowRun
from tests.hub.entities import Repository
from tests.hub.serialize import (
    Json,
    api,
    app_json,
    iso,
    iso_or_none,
    minimal_repository_json,
    simple_commit_json,
    user_json,
)  # fmt: skip
from tests.hub.state import State


def pull_stubs(state: State, repository: Repository, sha: str) -> list[Json]:
    """The open pull requests whose head is the commit, as checks name them (never those of forks)."""
    stub = {"id": repository.id, "url": api(state, f"repos/{repository.full_name}"), "name": repository.name}
    return [
        {
            "id": pull.pull_id, "number": pull.number,
            "url": api(state, f"repos/{repository.full_name}/pulls/{pull.number}"),
            "head": {"ref": pull.head_ref, "sha": sha, "repo": stub},
            "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": stub},
        }
        for pull in repository.pull_requests
        if pull.state == "open" and pull.head_repository is repository and git_facts.head_sha(pull) == sha
    ]  # fmt: skip


def check_run_json(state: State, run: CheckRun) -> Json:
    """https://docs.github.com/en/rest/checks/runs"""
    suite = run.suite
    own = api(state, f"repos/{suite.repository.full_name}/check-runs/{run.id}")
    page = f"{state.url}/{suite.repository.full_name}/runs/{run.id}"
    return {
        "id": run.id, "node_id": run.node_id, "head_sha": suite.head_sha, "external_id": run.external_id,
        "url": own, "html_url": page, "details_url": run.details_url or page, "name": run.name,
        "status": run.status, "conclusion": run.conclusion, "started_at": iso_or_none(run.started_at),
        "completed_at": iso_or_none(run.completed_at), "check_suite": {"id": suite.id},
        "output": {
            "title": run.title, "summary": run.summary, "text": run.text,
            "annotations_count": len(run.annotations), "annotations_url": f"{own}/annotations",
        },
        "app": app_json(state, suite.app), "pull_requests": pull_stubs(state, suite.repository, suite.head_sha),
    }  # fmt: skip


def annotation_json(state: State, run: CheckRun, annotation: Annotation) -> Json:
    return {
        "path": annotation.path, "start_line": annotation.start_line, "end_line": annotation.end_line,
        "start_column": annotation.start_column, "end_column": annotation.end_column,
        "annotation_level": annotation.level, "title": annotation.title, "message": annotation.message,
        "raw_details": annotation.raw_details,
        "blob_href": f"{state.url}/{run.suite.repository.full_name}/blob/{run.suite.head_sha}/{annotation.path}",
    }  # fmt: skip


def check_suite_json(state: State, suite: CheckSuite) -> Json:
    """https://docs.github.com/en/rest/checks/suites"""
    repository = suite.repository
    own = api(state, f"repos/{repository.full_name}/check-suites/{suite.id}")
    return {
        "id": suite.id, "node_id": suite.node_id, "head_branch": suite.head_branch, "head_sha": suite.head_sha,
        "status": suite.status, "conclusion": suite.conclusion, "url": own, "before": suite.before,
        "after": suite.head_sha, "pull_requests": pull_stubs(state, repository, suite.head_sha),
        "app": app_json(state, suite.app), "repository": minimal_repository_json(state, repository),
        "created_at": iso(suite.created_at), "updated_at": iso(suite.updated_at),
        "head_commit": simple_commit_json(repository, suite.head_sha),
        "latest_check_runs_count": len(suite.check_runs), "check_runs_url": f"{own}/check-runs",
        "rerequestable": True, "runs_rerequestable": True,
    }  # fmt: skip


def status_json(state: State, status: Status) -> Json:
    """https://docs.github.com/en/rest/commits/statuses"""
    return {
        "url": api(state, f"repos/{status.repository.full_name}/statuses/{status.sha}"),
        "avatar_url": f"{state.url}/avatars/{status.creator.id}", "id": status.id, "node_id": status.node_id,
        "state": status.state, "description": status.description, "target_url": status.target_url,
        "context": status.context, "created_at": iso(status.created_at), "updated_at": iso(status.created_at),
        "creator": user_json(state, status.creator),
    }  # fmt: skip


def combined_status_json(state: State, repository: Repository, sha: str, statuses: list[Status]) -> Json:
    """https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference"""
    states = {status.state for status in statuses}
    bad = "failure" if states & {"failure", "error"} else "pending"
    own = api(state, f"repos/{repository.full_name}/commits/{sha}")
    return {
        "state": "success" if states == {"success"} else bad, "sha": sha, "total_count": len(statuses),
        "statuses": [status_json(state, status) for status in statuses],
        "repository": minimal_repository_json(state, repository), "commit_url": own, "url": f"{own}/status",
    }  # fmt: skip


def workflow_run_json(state: State, run: WorkflowRun) -> Json:
    """https://docs.github.com/en/rest/actions/workflow-runs"""
    repository, suite = run.repository, run.suite
    repo = api(state, f"repos/{repository.full_name}")
    own = f"{repo}/actions/runs/{run.id}"
    actor, minimal = user_json(state, run.actor), minimal_repository_json(state, repository)
    return {
        "id": run.id, "name": run.name, "node_id": run.node_id, "check_suite_id": suite.id,
        "check_suite_node_id": suite.node_id, "head_branch": suite.head_branch, "head_sha": suite.head_sha,
        "path": run.path, "run_number": run.run_number, "run_attempt": run.run_attempt, "event": run.event,
        "status": run.status, "conclusion": run.conclusion, "workflow_id": run.workflow_id, "url": own,
        "html_url": f"{state.url}/{repository.full_name}/actions/runs/{run.id}",
        "pull_requests": pull_stubs(state, repository, suite.head_sha), "created_at": iso(run.created_at),
        "updated_at": iso(run.updated_at), "run_started_at": iso(run.created_at), "actor": actor,
        "triggering_actor": actor, "jobs_url": f"{own}/jobs", "logs_url": f"{own}/logs",
        "check_suite_url": f"{repo}/check-suites/{suite.id}", "artifacts_url": f"{own}/artifacts",
        "cancel_url": f"{own}/cancel", "rerun_url": f"{own}/rerun", "previous_attempt_url": None,
        "workflow_url": f"{repo}/actions/workflows/{run.workflow_id}", "display_title": run.display_title,
        "head_commit": simple_commit_json(repository, suite.head_sha), "repository": minimal,
        "head_repository": minimal, "referenced_workflows": [],
    }  # fmt: skip


def workflow_json(state: State, run: WorkflowRun) -> Json:
    """https://docs.github.com/en/rest/actions/workflows: the `workflow` of a `workflow_run` payload."""
    repository = run.repository
    page = f"{state.url}/{repository.full_name}"
    return {
        "id": run.workflow_id, "node_id": f"W_kwDO{run.workflow_id:x}", "name": run.name, "path": run.path,
        "state": "active", "created_at": iso(repository.created_at), "updated_at": iso(repository.created_at),
        "url": api(state, f"repos/{repository.full_name}/actions/workflows/{run.workflow_id}"),
        "html_url": f"{page}/blob/{repository.default_branch}/{run.path}",
        "badge_url": f"{page}/workflows/{quote(run.name)}/badge.svg",
    }  # fmt: skip


def job_json(state: State, job: WorkflowJob) -> Json:
    """https://docs.github.com/en/rest/actions/workflow-jobs"""
    run, check = job.run, job.check_run
    repo = api(state, f"repos/{run.repository.full_name}")
    return {
        "id": job.id, "run_id": run.id, "workflow_name": run.name, "head_branch": run.suite.head_branch,
        "run_url": f"{repo}/actions/runs/{run.id}", "run_attempt": job.attempt, "node_id": check.node_id,
        "head_sha": run.suite.head_sha, "url": f"{repo}/actions/jobs/{job.id}", "html_url": job_page(state, job),
        "status": check.status, "conclusion": check.conclusion, "created_at": iso(job.created_at),
        "started_at": iso(check.started_at or job.created_at), "completed_at": iso_or_none(check.completed_at),
        "name": check.name, "steps": [step_json(step) for step in job.steps],
        "check_run_url": f"{repo}/check-runs/{check.id}", "labels": ["ubuntu-latest"], "runner_id": 1,
        "runner_name": "hub", "runner_group_id": 1, "runner_group_name": "hub",
    }  # fmt: skip


def job_page(state: State, job: WorkflowJob) -> str:
    return f"{state.url}/{job.run.repository.full_name}/actions/runs/{job.run.id}/job/{job.id}"


def step_json(step: Step) -> Json:
    return {
        "name": step.name, "status": step.status, "conclusion": step.conclusion, "number": step.number,
        "started_at": iso_or_none(step.started_at), "completed_at": iso_or_none(step.completed_at),
    }  # fmt: skip
