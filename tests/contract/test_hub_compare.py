"""Two commits are compared as git compares them, in GitHub's words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.app import git
from tests.contract.pulls import Pulls, pulls


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulls]:
    with pulls(tmp_path_factory.mktemp("compare")) as made:
        made.change("feature/topic", _10="ten")
        made.write("feature/topic", "new.txt", "new\n")
        made.change("main", _30="thirty")
        yield made


@pytest.mark.parametrize(
    ("names", "status", "ahead", "behind", "files"),
    [
        ("main...feature/topic", "diverged", 2, 1, ["new.txt", "text.txt"]),
        ("feature/topic...acme:main", "diverged", 1, 2, ["text.txt"]),
        ("feature/topic~1...feature/topic", "ahead", 1, 0, ["new.txt"]),
        ("main...main~1", "behind", 0, 1, []),
        ("main...main", "identical", 0, 0, []),
    ],
)
def test_what_one_commit_has_that_the_other_has_not(world: Pulls, names, status, ahead, behind, files):
    found = world.rest("GET", f"/compare/{names}")
    assert (found["status"], found["ahead_by"], found["behind_by"]) == (status, ahead, behind)
    assert (found["total_commits"], len(found["commits"])) == (ahead, ahead)
    assert [file["filename"] for file in found["files"]] == files


def test_commits_come_oldest_first_in_pages_and_files_with_the_first(world: Pulls):
    whole = world.rest("GET", "/compare/main...feature/topic")
    path = "/compare/main...feature/topic?per_page=1&page="
    first, second = world.as_("carol", "GET", f"{path}1"), world.as_("carol", "GET", f"{path}2")
    paged = [page.json()["commits"][0]["sha"] for page in (first, second)]
    assert paged == [commit["sha"] for commit in whole["commits"]]
    assert paged[-1] == world.rest("GET", "/branches/feature/topic")["commit"]["sha"]
    assert ("files" in first.json(), "files" in second.json()) == (True, False)
    assert 'rel="next"' in first.headers["Link"]
    assert whole["merge_base_commit"]["sha"] == world.rest("GET", "/commits/main~1")["sha"]


def test_the_diff_is_of_what_the_head_did(world: Pulls):
    accept = {"Accept": "application/vnd.github.diff"}
    diff = world.alice.get("/repos/acme/greet/compare/main...feature/topic", headers=accept).text
    assert "+ten\n" in diff
    assert "thirty" not in diff


@pytest.mark.parametrize("names", ["main...gone", "gone...main", "main", "mallory:main...main"])
def test_what_is_not_there_is_not_compared(world: Pulls, names):
    assert world.as_("alice", "GET", f"/compare/{names}").status_code == 404


def test_histories_without_a_common_ancestor_are_not_compared(world: Pulls, tmp_path: Path):
    token = world.bot.headers["Authorization"].removeprefix("Bearer ")
    address = world.hub.url.replace("://", f"://x-access-token:{token}@") + "/acme/greet.git"
    git("init", "--quiet", str(tmp_path))
    git("commit", "--quiet", "--allow-empty", "--message", "alone", cwd=tmp_path)
    pushed = git("push", "--quiet", address, "HEAD:refs/heads/alone", cwd=tmp_path)
    answer = world.as_("alice", "GET", "/compare/main...alone")
    assert pushed.returncode == 0, pushed.stderr
    assert (answer.status_code, answer.json()["message"]) == (
        404,
        "No common ancestor between main and alone.",
    )
