"""Repositories decide about their tickets in `.github/autocode.yml`; mistakes in it are told and do no harm."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from jobs.queue import Queue
from tests.model.replies import edit, submit
from tests.processes import until
from tests.scenarios.conftest import ENVIRON
from tests.scenarios.test_github_outages import disturbed
from tests.scenarios.test_people import BRISK
from tests.scenarios.world import WRONG, Issue, Repo, World, playing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack of its own: the organization's file counts for all its repositories."""
    with playing(tmp_path_factory.mktemp("stack"), ENVIRON) as world:
        yield world


def test_the_file_of_the_base_branch_counts(world: World) -> None:
    title = "Greet people once only"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    issue = world.repository().issue(title)
    issue.repo.put(".github/autocode.yml", "iterations: 1\n")
    record = issue.label().until("failed")
    assert record.iteration == 1


def test_a_mistake_is_told_and_the_last_valid_value_holds(world: World) -> None:
    title = "Greet people in spite of mistakes"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    issue = world.repository().issue(title)
    issue.repo.put(".github/autocode.yml", "iterations: 1\n")
    other = issue.repo.issue("Greet others")
    world.will(*BRISK, when=("Greet others",))
    other.label().until("validating")
    issue.repo.put(".github/autocode.yml", "# more\niteration: 7\niterations: seven\n")
    record = issue.label().until("failed")
    assert record.iteration == 1
    status = issue.status_comment()
    assert status is not None
    assert "line 2: `iteration` is not a key; did you mean `iterations`?" in status["body"]
    assert "line 3: `iterations` is `seven`, a whole number from 1 to 20 was expected" in status["body"]


def test_the_organizations_file_counts_where_a_repository_has_none(world: World) -> None:
    alice = world.person("alice")
    alice.post("/orgs/acme/repos", {"name": ".github"})
    shared = world.repository().__class__(world, "acme/.github")
    shared.put(".github/autocode.yml", "iterations: 1\n")
    title = "Greet people as everywhere"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    issue = world.repository().issue(title)
    record = issue.label().until("failed")
    assert record.iteration == 1


@pytest.mark.parametrize("ended", ["merged", "closed"])
def test_a_pull_request_into_another_branch_than_the_default_one_ends_the_ticket(
    world: World, ended: str
) -> None:
    issue = reviewed_on_develop(world, f"Greet people in time, {ended}")
    end(issue, ended)
    issue.until("done" if ended == "merged" else "cancelled")
    assert issue.state_labels() == set()
    # GitHub closes no issue that is not linked, so we do.
    state = issue.repo.get(f"/issues/{issue.number}")["state"]
    assert state == ("closed" if ended == "merged" else "open")


def test_such_an_end_that_nobody_told_of_is_found_by_the_sweep(world: World) -> None:
    issue = reviewed_on_develop(world, "Greet people in secret")
    with disturbed(world, dropped=1), Redis.from_url(world.stack.redis_url) as redis:
        end(issue, "merged")
        world.settle()
        redis.flushall()
        Queue(redis).request_sweep()
        issue.until("done")


def reviewed_on_develop(world: World, title: str) -> Issue:
    """A ticket in review whose pull request goes into `develop`."""
    issue = world.repository().issue(title)
    alice, repo = world.person("alice"), issue.repo
    repo.put(".github/autocode.yml", "base: develop\n")
    main = repo.get("/git/ref/heads/main")["object"]["sha"]
    alice.post(f"/repos/{repo.name}/git/refs", {"ref": "refs/heads/develop", "sha": main})
    world.will(*BRISK, when=(title,))
    issue.label().until("validating")
    assert issue.pull_request()["base"]["ref"] == "develop"
    world.settle()
    return issue


def end(issue: Issue, how: str) -> None:
    """Merge or close the pull request and delete its branch."""
    alice, pull = issue.repo.world.person("alice"), issue.pull_request()
    if how == "merged":
        alice.put(f"/repos/{issue.repo.name}/pulls/{pull['number']}/merge")
    # GitHub closes the open pull request of a branch that is deleted.
    alice.delete(f"/repos/{issue.repo.name}/git/refs/heads/{pull['head']['ref']}")


def test_a_mistake_is_shown_at_its_line_on_the_commit_that_made_it(world: World) -> None:
    repo = world.repository()
    repo.put(".github/autocode.yml", "# Ours\nplan: always\n")
    repo.put(".github/autocode.yml", "# Ours\nplan: always\nmodle: x\nusd: -1\n")
    [wrong, right, *_] = [commit["sha"] for commit in repo.get("/commits")]
    run = wait(lambda: configuration_runs(repo, wrong))[0]
    assert (run["conclusion"], run["output"]["title"]) == ("failure", "2 mistakes in .github/autocode.yml")
    first, second = repo.get(f"/check-runs/{run['id']}/annotations")
    assert (first["path"], first["start_line"]) == (".github/autocode.yml", 3)
    assert first["message"] == "`modle` is not a key; did you mean `model`?"
    assert (second["start_line"], second["annotation_level"]) == (4, "failure")
    # GitHub delivers it again.
    app, log = world.stack.hub.app, f"{world.prefix}/app/hook/deliveries"
    for delivery in [item for item in app.get(log) if item["event"] == "push"]:
        app.post(f"{log}/{delivery['id']}/attempts")
    world.settle()
    assert len(configuration_runs(repo, wrong)) == 1
    assert configuration_runs(repo, right) == []


def test_a_mistake_on_a_branch_is_shown_there_and_no_ticket_waits_for_it(world: World) -> None:
    title = "Greet people in spite of Bob"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title)
    issue.label().until("validating")
    branch = issue.pull_request()["head"]["ref"]
    issue.repo.put(".github/autocode.yml", "plna: x\n", branch=branch, by="bob")
    head = issue.pull_request()["head"]["sha"]
    assert wait(lambda: configuration_runs(issue.repo, head))
    record = issue.until("validating", head_sha=head)
    assert [name for name, _, _ in record.rounds[-1].checks] == ["test"]


def configuration_runs(repo: Repo, sha: str) -> list[dict[str, Any]]:
    return [run for run in repo.check_runs(sha) if run["name"] == "autocode.yml"]


def wait(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return until("the check of the configuration", lambda: look() or None, seconds=40)
