"""git over the hub's HTTP asks for the same rights as GitHub, and a push really runs the workflows it holds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.app import REPO, SEED, clone, git, mint, push_change
from tests.contract.pulls import ONE_REVIEW, Pulls, pulls
from tests.hub import Hub, serve


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serve(seed=SEED, directory=tmp_path / "hub") as running:
        yield running


# ── git ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_clones_and_pushes_only_where_and_what_it_may(hub: Hub, tmp_path: Path):
    reader = mint(hub, repositories=["greet"], permissions={"contents": "read"}).json()["token"]
    assert clone(hub, reader, tmp_path / "read").returncode == 0
    assert "403" in push_change(tmp_path / "read", "topic", "greet.py", "x = 1\n").stderr
    assert "not found" in clone(hub, reader, tmp_path / "other", "other").stderr
    writer = mint(hub, repositories=["greet"]).json()["token"]
    clone(hub, writer, tmp_path / "write")
    assert push_change(tmp_path / "write", "topic", "greet.py", "x = 1\n").returncode == 0
    refused = push_change(tmp_path / "write", "sly", ".github/workflows/tests.yml", "on: push\n")
    assert "without `workflows` permission" in refused.stderr
    branches = [branch["name"] for branch in hub.as_user("alice").get(f"{REPO}/branches").json()]
    assert branches == ["main", "topic"]


def test_a_merged_pull_request_closes_its_issue(hub: Hub, tmp_path: Path):
    token = mint(hub).json()["token"]
    clone(hub, token, tmp_path / "work")
    push_change(tmp_path / "work", "topic", "new.py", "x = 1\n")
    client, body = (
        hub.with_token(token),
        {"title": "New", "head": "topic", "base": "main", "body": "Closes #1"},
    )
    made = client.post(f"{REPO}/pulls", json=body | {"draft": True}).json()
    assert (made["number"], made["draft"], made["changed_files"], made["user"]["login"]) == (
        2,
        True,
        1,
        "autocode[bot]",
    )
    twice = client.post(f"{REPO}/pulls", json=body).json()
    assert twice["errors"][0]["message"] == "A pull request already exists for acme:topic."
    assert client.put(f"{REPO}/pulls/2/merge", json={}).status_code == 405  # still a draft
    with hub.state.lock:
        hub.state.pull_request(
            hub.state.repository("acme", "greet"), 2
        ).draft = False  # REST cannot; GraphQL can
    assert client.put(f"{REPO}/pulls/2/merge", json={"merge_method": "squash"}).json()["merged"]
    assert client.get(f"{REPO}/issues/1").json()["state"] == "closed"
    assert client.get(f"{REPO}/contents/new.py").json()["size"] == 6


# ── Actions ─────────────────────────────────────────────────────────────────────────────────────────────────


def completed_runs(client: httpx.Client, ref: str) -> list[dict[str, Any]]:
    runs = client.get(f"{REPO}/commits/{ref}/check-runs").json()["check_runs"]
    return runs if runs and all(run["status"] == "completed" for run in runs) else []


def test_a_pushed_workflow_really_runs_red_and_green(hub: Hub, tmp_path: Path):
    token = mint(hub).json()["token"]
    client, work = hub.with_token(token), tmp_path / "work"
    clone(hub, token, work)
    push_change(work, "topic", "greet.py", "def hello():\n    return 'bye'\n")
    (red,) = hub.until(lambda: completed_runs(client, "topic"))
    assert (red["name"], red["conclusion"], red["app"]["slug"]) == ("test", "failure", "github-actions")
    redirect = client.get(f"{REPO}/actions/jobs/{red['id']}/logs")
    log = httpx.get(redirect.headers["Location"]).text
    assert (redirect.status_code, "AssertionError" in log) == (302, True)
    hub.advance(61)
    assert httpx.get(redirect.headers["Location"]).status_code == 404
    (remark,) = client.get(f"{REPO}/check-runs/{red['id']}/annotations").json()
    assert remark["message"] == "Process completed with exit code 1."
    steps = client.get(f"{REPO}/actions/jobs/{red['id']}").json()["steps"]
    assert [step["conclusion"] for step in steps] == ["success", "success", "failure", "skipped"]
    push_change(work, "topic", "greet.py", "def hello():\n    return 'hello'\n")
    (green,) = hub.until(lambda: completed_runs(client, "topic"))
    assert green["conclusion"] == "success"


def test_a_branch_that_no_workflow_wants_gets_no_suite_of_actions(hub: Hub):
    alice = hub.as_user("alice")
    sha = alice.get(f"{REPO}/branches/main").json()["commit"]["sha"]
    alice.post(f"{REPO}/git/refs", json={"ref": "refs/heads/wip/idea", "sha": sha})
    suites = alice.get(f"{REPO}/commits/wip/idea/check-suites").json()["check_suites"]
    assert [suite["app"]["slug"] for suite in suites] == ["acme-ci"]


@pytest.fixture
def pulls_world(tmp_path: Path) -> Iterator[Pulls]:
    with pulls(tmp_path / "pulls") as made:
        yield made


def test_a_protected_branch_takes_no_pushes(pulls_world: Pulls, tmp_path: Path):
    world = pulls_world
    work, token = tmp_path / "work", world.bot.headers["Authorization"].removeprefix("Bearer ")
    address = world.hub.url.replace("://", f"://x-access-token:{token}@") + "/acme/greet.git"
    git("clone", "--quiet", address, str(work))
    git("commit", "--quiet", "--allow-empty", "--message", "direct", cwd=work)
    world.protect(required_pull_request_reviews=ONE_REVIEW)
    refused = git("push", "origin", "HEAD:main", cwd=work)
    elsewhere = git("push", "origin", "HEAD:other", cwd=work)
    assert "GH006: Protected branch update failed for refs/heads/main." in refused.stderr
    assert "- Changes must be made through a pull request." in refused.stderr
    assert elsewhere.returncode == 0, elsewhere.stderr
    tip = git("rev-parse", "HEAD", cwd=work).stdout.strip()
    over_rest = world.as_("bot", "PATCH", "/git/refs/heads/main", {"sha": tip})
    deleted = world.as_("bot", "DELETE", "/git/refs/heads/main")
    written = world.as_("bot", "PUT", "/contents/new.txt", {"message": "x", "content": "eA=="})
    assert (over_rest.status_code, over_rest.json()["message"]) == (
        422,
        "Changes must be made through a pull request.",
    )
    assert (deleted.status_code, deleted.json()["message"]) == (422, "Cannot delete a protected branch")
    assert (written.status_code, written.json()["message"][:22]) == (409, "Could not create file:")
