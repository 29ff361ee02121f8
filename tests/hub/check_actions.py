"""Buttons on check runs, and asking for a check again: who may press them, and that only the run's own App hears of it.

https://docs.github.com/en/rest/guides/using-the-rest-api-to-interact-with-checks#check-runs-and-requested-actions
"""

from typing import Any

from tests.hub.auth import Actor, require
from tests.hub.check_operations import emit_check_run
from tests.hub.checks import Action, CheckRun
from tests.hub.entities import Repository
from tests.hub.errors import ApiError, not_found
from tests.hub.serialize import Json
from tests.hub.state import State

MOST = 3
LONGEST = {"label": 20, "description": 40, "identifier": 20}


def read_actions(rows: Any) -> list[Action]:
    """What a request offers; 422 in GitHub's words for too many or too long."""
    if not isinstance(rows, list):
        raise ApiError(422, "Invalid request.\n\nFor 'properties/actions', expected an array.")
    if len(rows) > MOST:
        too_many = f"No more than {MOST} items are allowed; {len(rows)} were supplied."
        raise ApiError(422, f"Invalid request.\n\n{too_many}")
    return [_read(row) for row in rows]


def _read(row: Json) -> Action:
    for name, most in LONGEST.items():
        if not isinstance(row.get(name), str):
            raise ApiError(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        if len(row[name]) > most:
            raise ApiError(422, f"Invalid request.\n\nOnly {most} characters are allowed; {len(row[name])} were supplied.")  # noqa: E501 # fmt: skip
    return Action(row["label"], row["description"], row["identifier"])


def check_run(repository: Repository, run_id: int) -> CheckRun:
    """ApiError 404 without one of that id."""
    runs = (run for suite in repository.suites for run in suite.check_runs)
    found: CheckRun | None = next((run for run in runs if run.id == run_id), None)
    if found is None:
        raise not_found()
    return found


def press(state: State, actor: Actor, run: CheckRun, identifier: str) -> None:
    """A person presses a button of a completed run. There is no API for it: see `control`."""
    repository = run.suite.repository
    require(state, actor, repository, "checks:write")
    if run.status != "completed" or identifier not in [action.identifier for action in run.actions]:
        raise ApiError(422, f"{run.name} shows no button {identifier}")
    if run.suite.app is state.app:
        asked = {"identifier": identifier}
        emit_check_run(state, actor.author, run, "requested_action", requested_action=asked)


def rerequest(state: State, actor: Actor, run: CheckRun) -> None:
    """https://docs.github.com/en/rest/checks/runs#rerequest-a-check-run: the suite begins again."""
    if actor.kind == "installation" and run.suite.app is not actor.app:
        raise ApiError(403, f"Invalid app_id `{actor.app.id if actor.app else 0}` - check run can only be modified by the GitHub App that created it.")  # noqa: E501 # fmt: skip
    if run.status != "completed":
        raise ApiError(422, "This check run is not rerequestable")
    run.suite.status, run.suite.conclusion = "queued", None
    if run.suite.app is state.app:
        emit_check_run(state, actor.author, run, "rerequested")
