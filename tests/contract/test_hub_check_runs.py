"""Check runs of the App's own: their buttons, pressing them, asking for a check again."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.pulls import Pulls, pulls

RETRY = {"label": "Retry", "description": "Start another iteration", "identifier": "retry"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulls]:
    with pulls(tmp_path_factory.mktemp("check-runs")) as made:
        granted = made.hub.state.installations[made.hub.installation_id].permissions
        made.hub.control("POST", "permissions", granted | {"checks": "write"})
        made.bot = made.installation()
        made.change("topic", _10="ten")
        made.open()
        yield made


def create(world: Pulls, client: httpx.Client | None = None, **more: Any) -> httpx.Response:
    head = world.rest("GET", "/pulls/2")["head"]["sha"]
    body = {"name": "autocode", "head_sha": head, **more}
    return (client or world.bot).post("/repos/acme/greet/check-runs", json=body)


def press(world: Pulls, run: int, action: str, who: str) -> httpx.Response:
    body = {"repository": "acme/greet", "check_run": run, "action": action, "as": who}
    return httpx.post(f"{world.hub.url}/_hub/press", json=body, trust_env=False)


def test_a_button_is_pressed_by_who_may_write_and_the_app_is_told_which(world: Pulls):
    output = {"title": "Waiting", "summary": "For *review*"}
    made = create(world, actions=[RETRY], status="completed", conclusion="neutral", output=output)
    run = made.json()["id"]
    assert (made.status_code, made.json()["output"]["title"]) == (201, "Waiting")
    assert [press(world, run, "retry", who).status_code for who in ("carol", "mallory")] == [403, 404]
    assert press(world, run, "stop", "bob").status_code == 422
    assert press(world, run, "retry", "bob").status_code == 200
    [told] = world.heard("check_run.requested_action")
    assert (told["requested_action"], told["check_run"]["id"], told["sender"]["login"]) == (
        {"identifier": "retry"}, run, "bob",
    )  # fmt: skip


def test_buttons_go_with_the_next_update_and_a_running_check_has_none(world: Pulls):
    run = create(world, actions=[RETRY], status="in_progress").json()["id"]
    assert press(world, run, "retry", "bob").status_code == 422
    world.bot.patch(f"/repos/acme/greet/check-runs/{run}", json={"conclusion": "success"})
    assert press(world, run, "retry", "bob").status_code == 422


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        ([RETRY] * 4, "No more than 3 items are allowed; 4 were supplied."),
        ([RETRY | {"label": "x" * 21}], "Only 20 characters are allowed; 21 were supplied."),
        ([RETRY | {"identifier": "x" * 21}], "Only 20 characters are allowed; 21 were supplied."),
        ([RETRY | {"description": "x" * 41}], "Only 40 characters are allowed; 41 were supplied."),
        ([{"label": "Retry", "identifier": "retry"}], '"description" wasn\'t supplied.'),
    ],
)  # fmt: skip
def test_too_many_and_too_long_buttons_are_refused_and_nothing_is_made(world: Pulls, actions, said):
    before = len(world.heard("check_run.created"))
    answer = create(world, actions=actions)
    assert (answer.status_code, answer.json()["message"]) == (422, f"Invalid request.\n\n{said}")
    assert len(world.heard("check_run.created")) == before


def test_a_check_is_asked_for_again(world: Pulls):
    run = create(world, conclusion="failure").json()["id"]
    path = f"/check-runs/{run}/rerequest"
    assert world.as_("carol", "POST", path).status_code == 403
    assert world.installation(checks="read").post(f"/repos/acme/greet{path}").status_code == 403
    assert world.as_("bob", "POST", path).status_code == 201
    [told] = world.heard("check_run.rerequested")
    assert (told["check_run"]["id"], told["check_run"]["check_suite"]["status"]) == (run, "queued")


def test_people_report_no_check_runs_and_a_weak_app_neither(world: Pulls):
    assert create(world, world.hub.as_user("bob")).status_code == 403
    assert create(world, world.installation(checks="read")).status_code == 403
