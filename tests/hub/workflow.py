"""What a workflow file says: which events it listens to, which jobs and steps it has. Pure.

The part of https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax that the hub carries
out: `on` with branch filters, `env`, `jobs` with `needs` and `strategy.matrix`, `steps` with `run` and `uses`.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

PULL_REQUEST_TYPES = ("opened", "synchronize", "reopened")
EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


class BadWorkflow(Exception):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True)
class StepPlan:
    name: str
    run: str | None
    uses: str | None
    env: dict[str, str]
    working_directory: str
    always: bool
    """Runs also after a failed step."""
    continue_on_error: bool
    timeout: float
    """Seconds."""


@dataclass(frozen=True)
class JobPlan:
    key: str
    name: str
    needs: list[str]
    env: dict[str, str]
    steps: list[StepPlan]
    matrix: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Workflow:
    path: str
    name: str
    triggers: dict[str, dict[str, Any]]
    jobs: list[JobPlan]

    def listens(self, event: str, branch: str, action: str | None = None) -> bool:
        """`branch` is the pushed one, of a pull request its base."""
        if event not in self.triggers:
            return False
        rule = self.triggers[event]
        if event == "pull_request" and action not in rule.get("types", PULL_REQUEST_TYPES):
            return False
        if "branches" in rule:
            return _matches(branch, _listed(rule["branches"]))
        return not _matches(branch, _listed(rule.get("branches-ignore")))


def parse(path: str, source: bytes) -> Workflow:
    """Read one file of `.github/workflows`; BadWorkflow when it is none."""
    try:
        document = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise BadWorkflow(f"Invalid workflow file: {path}: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("jobs"), dict):
        raise BadWorkflow(f"Invalid workflow file: {path}: no jobs")
    env = _strings(document.get("env"))
    jobs = [plan for key, job in document["jobs"].items() for plan in _job_plans(str(key), job, env)]
    # YAML 1.1 reads the bare key `on` as the boolean true.
    return Workflow(
        path, str(document.get("name") or path), _triggers(document.get("on", document.get(True))), jobs
    )


def _triggers(on: Any) -> dict[str, dict[str, Any]]:
    if isinstance(on, dict):
        return {str(event): rule if isinstance(rule, dict) else {} for event, rule in on.items()}
    return {event: {} for event in _listed(on)}


def _listed(value: Any) -> list[str]:
    return [] if value is None else [str(item) for item in (value if isinstance(value, list) else [value])]


def _strings(value: Any) -> dict[str, str]:
    return {str(key): _text(item) for key, item in (value or {}).items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _matches(branch: str, patterns: list[str]) -> bool:
    """The last pattern that matches decides; `!` takes out."""
    matched = False
    for pattern in patterns:
        if re.fullmatch(_regex(pattern.removeprefix("!")), branch):
            matched = not pattern.startswith("!")
    return matched


def _regex(pattern: str) -> str:
    pieces = re.split(r"(\*\*|\*|\?)", pattern)
    return "".join({"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(piece, re.escape(piece)) for piece in pieces)


def _job_plans(key: str, job: Any, env: dict[str, str]) -> list[JobPlan]:
    """One plan, or one for each cell of the matrix."""
    if not isinstance(job, dict) or not isinstance(job.get("steps"), list):
        raise BadWorkflow(f"Invalid workflow file: job {key} has no steps")
    matrix = (job.get("strategy") or {}).get("matrix") or {}
    axes = {str(name): values for name, values in matrix.items() if isinstance(values, list)}
    axes = {name: values for name, values in axes.items() if name not in ("include", "exclude")}
    cells = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
    return [_job_plan(key, job, env, cell) for cell in cells]


def _job_plan(key: str, job: dict[str, Any], env: dict[str, str], cell: dict[str, Any]) -> JobPlan:
    name = str(job.get("name") or key)
    if cell and "${{" not in name:
        name = f"{name} ({', '.join(_text(value) for value in cell.values())})"
    name = fill(name, {f"matrix.{axis}": _text(value) for axis, value in cell.items()})
    minutes = float(job.get("timeout-minutes", 10))
    folder = ((job.get("defaults") or {}).get("run") or {}).get("working-directory", ".")
    steps = [_step_plan(step, str(folder), minutes) for step in job["steps"] if isinstance(step, dict)]
    return JobPlan(key, name, _listed(job.get("needs")), env | _strings(job.get("env")), steps, cell)


def _step_plan(step: dict[str, Any], folder: str, minutes: float) -> StepPlan:
    run, uses = step.get("run"), step.get("uses")
    if (run is None) == (uses is None):
        raise BadWorkflow("Invalid workflow file: a step needs either `run` or `uses`")
    first = str(run).strip().splitlines()[:1] or [""]
    return StepPlan(
        name=str(step.get("name") or f"Run {uses or first[0]}"),
        run=None if run is None else str(run), uses=None if uses is None else str(uses),
        env=_strings(step.get("env")), working_directory=str(step.get("working-directory", folder)),
        always=any(word in str(step.get("if", "")) for word in ("always()", "failure()")),
        continue_on_error=step.get("continue-on-error") is True,
        timeout=60 * float(step.get("timeout-minutes", minutes)),
    )  # fmt: skip


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in for `${{ github.sha }}` and its like; what is not known becomes empty, as on GitHub."""
    return EXPRESSION.sub(lambda match: values.get(match[1], ""), text)
