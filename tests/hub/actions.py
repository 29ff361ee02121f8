"""GitHub Actions on one machine: a push makes check suites, and a few threads run their jobs for real."""

from dataclasses import dataclass
from datetime import datetime

from tests.hub import git_facts, git_merge
from tests.hub.auth import Actor
from tests.hub.check_operations import create_suite, emit_check_run, emit_workflow_run, finish_suite
from tests.hub.checks import CheckRun, Step, WorkflowJob, WorkflowRun
from tests.hub.entities import PullRequest, Repository
from tests.hub.errors import ApiError
from tests.hub.runner import JobRunner
from tests.hub.serialize_checks import job_page
from tests.hub.state import State
from tests.hub.workflow import BadWorkflow, JobPlan, StepPlan, Workflow, parse

FOLDER = ".github/workflows"


@dataclass(frozen=True)
class Order:
    """One run (or one more attempt) to carry out."""

    run: WorkflowRun
    checkout: str
    """The commit to check out: of a pull request the merge with its base."""
    jobs: list[tuple[WorkflowJob, JobPlan]]


def start(
    state: State, actor: Actor, repository: Repository, *, event: str, branch: str, sha: str,
    pull: PullRequest | None, before: str | None,
) -> None:  # fmt: skip
    """Begin a run for every workflow of the commit that listens to the event. None: no suite appears."""
    checkout = sha if pull is None else _merge_commit(state, pull, sha)
    if checkout is None:  # as on GitHub, a pull request in conflict starts nothing
        return
    for _, kind, _, path in git_facts.listing(repository, checkout, FOLDER):
        if kind == "blob" and path.endswith((".yml", ".yaml")):
            _start_one(state, actor, repository, path, event, branch, sha, pull, before, checkout)


def _start_one(
    state: State, actor: Actor, repository: Repository, path: str, event: str, branch: str, sha: str,
    pull: PullRequest | None, before: str | None, checkout: str,
) -> None:  # fmt: skip
    try:
        workflow = parse(path, git_facts.show(repository, checkout, path) or b"")
    except BadWorkflow:
        workflow = Workflow(path, path, {"push": {}}, [])
    action = None if pull is None else "synchronize" if before else "opened"
    if not workflow.listens(event, pull.base_ref if pull else branch, action):
        return
    suite = create_suite(state, repository, state.apps["github-actions"], branch, sha, before)
    commit, now = git_facts.commit(repository, sha), state.now()
    earlier = [run for run in repository.runs if run.path == path]
    run = WorkflowRun(
        id=state.new_id(), repository=repository, suite=suite, name=workflow.name, path=path, event=event,
        workflow_id=earlier[0].workflow_id if earlier else state.new_id(), run_number=len(earlier) + 1,
        actor=actor.author, created_at=now, updated_at=now,
        display_title=pull.title if pull else commit.message.splitlines()[0] if commit and commit.message else sha,
    )  # fmt: skip
    repository.runs.append(state.add(run))
    emit_workflow_run(state, run, "requested")
    if not workflow.jobs:
        _finish(state, run)
        return
    _submit(state, Order(run, checkout, [(_new_job(state, run, plan), plan) for plan in workflow.jobs]))


def _merge_commit(state: State, pull: PullRequest, sha: str) -> str | None:
    """`refs/pull/<number>/merge`, which pull request workflows check out."""
    base = git_facts.branch_sha(pull.repository, pull.base_ref)
    tree = git_merge.merged_tree(pull.repository.git_dir, base, sha) if base else None
    if base is None or tree is None:
        return None
    author = git_merge.person(pull.user, git_facts.timestamp(state.now()))
    made = git_merge.commit_tree(
        pull.repository, tree, [base, sha], f"Merge {sha} into {base}", author, author
    )
    git_facts.update_ref(pull.repository, f"refs/pull/{pull.number}/merge", made)
    return made


def _new_job(state: State, run: WorkflowRun, plan: JobPlan) -> WorkflowJob:
    check = state.add(CheckRun(id=state.new_id(), suite=run.suite, name=plan.name, started_at=state.now()))
    run.suite.check_runs.append(check)
    job = WorkflowJob(
        run=run, key=plan.key, check_run=check, attempt=run.run_attempt, created_at=state.now(),
        steps=[Step(number=i, name=step.name) for i, step in enumerate(plan.steps, start=1)],
    )  # fmt: skip
    check.details_url = job_page(state, job)
    run.jobs.append(job)
    emit_check_run(state, run.actor, check, "created")
    return job


def rerun_failed(state: State, run: WorkflowRun) -> None:
    """Another attempt of the jobs that did not succeed."""
    if run.status != "completed":
        raise ApiError(403, "The workflow run containing this job is already running")
    if run.conclusion == "success":
        raise ApiError(403, "This workflow run cannot be retried: no job has failed")
    repository, sha = run.repository, run.suite.head_sha
    plans = {
        plan.name: plan for plan in parse(run.path, git_facts.show(repository, sha, run.path) or b"").jobs
    }
    last = {job.check_run.name: job for job in run.jobs}
    run.run_attempt, run.status, run.conclusion = run.run_attempt + 1, "queued", None
    run.suite.status, run.suite.conclusion = "queued", None
    failed = [name for name, job in last.items() if job.check_run.conclusion != "success" and name in plans]
    _submit(state, Order(run, sha, [(_new_job(state, run, plans[name]), plans[name]) for name in failed]))


def _submit(state: State, order: Order) -> None:
    state.runners.submit(_carry_out, state, order)


def _carry_out(state: State, order: Order) -> None:
    """In a runner's thread: the jobs one after the other; the lock is held only to write down what happened."""
    run = order.run
    with state.lock:
        run.status, run.suite.status, run.updated_at = "in_progress", "in_progress", state.now()
        emit_workflow_run(state, run, "in_progress")
    concluded: dict[str, str] = {}
    for job, plan in order.jobs:
        blocked = any(concluded.get(need, "success") != "success" for need in plan.needs)
        conclusion = "skipped" if blocked else _run_job(state, order, job, plan)
        if concluded.get(plan.key, "success") == "success":
            concluded[plan.key] = conclusion
        with state.lock:
            job.check_run.status, job.check_run.conclusion = "completed", conclusion
            job.check_run.completed_at = state.now()
            emit_check_run(state, run.actor, job.check_run, "completed")
    with state.lock:
        _finish(state, run)


def _finish(state: State, run: WorkflowRun) -> None:
    latest = [check.conclusion for check in state.latest_runs(run.suite)]
    green = bool(latest) and all(conclusion in ("success", "skipped", "neutral") for conclusion in latest)
    run.status, run.updated_at = "completed", state.now()
    run.conclusion = "success" if green else "failure"
    emit_workflow_run(state, run, "completed")
    finish_suite(state, run.actor, run.suite)
    state.changed()


def _run_job(state: State, order: Order, job: WorkflowJob, plan: JobPlan) -> str:
    run = order.run
    with state.lock:
        job.check_run.status, job.check_run.started_at = "in_progress", state.now()
    runner = JobRunner(
        plan, run.repository.git_dir, order.checkout, state.directory / "actions" / str(job.id),
        _values(state, order), state.now, state.processes,
    )  # fmt: skip
    good = True
    try:
        for step, step_plan in zip(job.steps, plan.steps, strict=True):
            good = _run_step(runner, step, step_plan, good, state.now()) and good
            step.completed_at = state.now()
    finally:
        runner.clean()
    with state.lock:
        job.log = "\n".join(runner.log) + "\n"
        job.check_run.annotations = runner.annotations
    return "success" if good else "failure"


def _run_step(runner: JobRunner, step: Step, plan: StepPlan, good: bool, now: datetime) -> bool:
    """True when the job may still be green after it."""
    step.started_at = now
    if not good and not plan.always:
        step.status, step.conclusion = "completed", "skipped"
        return True
    step.status = "in_progress"
    succeeded = runner.run_step(plan)
    step.status, step.conclusion = "completed", "success" if succeeded else "failure"
    return succeeded or plan.continue_on_error


def _values(state: State, order: Order) -> dict[str, str]:
    """https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#github-context"""
    run, branch = order.run, order.run.suite.head_branch or ""
    pull = run.event == "pull_request"
    return {
        "github.sha": order.checkout, "github.repository": run.repository.full_name, "github.event_name": run.event,
        "github.ref_name": branch, "github.head_ref": branch if pull else "", "github.actor": run.actor.login,
        "github.ref": f"refs/heads/{branch}", "github.run_id": str(run.id), "github.workflow": run.name,
        "github.run_number": str(run.run_number), "github.server_url": state.url, "runner.os": "Linux",
    }  # fmt: skip
