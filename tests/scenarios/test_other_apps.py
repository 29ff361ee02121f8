"""Somebody else's App checks the commits too: its word counts as much as that of GitHub Actions."""

from pathlib import Path
from typing import Any

import pytest

from tests.model.replies import create, edit, submit
from tests.scenarios.world import FILES, RIGHT, WRONG, Issue, Repo, World

CI = "acme-ci"
WAITING = """\
name: ci
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: |
          [ "$GITHUB_REF_NAME" = main ] && exit 0
          for turn in $(seq 400); do [ -e {gate}/$GITHUB_SHA ] && exit 0; sleep 0.1; done; exit 1
"""


class Gate:
    """GitHub Actions of a repository, which finds nothing to complain of, yet not before it is let."""

    def __init__(self, world: World, directory: Path) -> None:
        self._directory = directory
        workflow = WAITING.format(gate=directory)
        self.repo: Repo = world.repository(FILES | {".github/workflows/ci.yml": workflow})

    def open(self, sha: str) -> None:
        """Let the checks of this commit end."""
        (self._directory / sha).touch()


@pytest.fixture
def gate(world: World, tmp_path: Path) -> Gate:
    return Gate(world, tmp_path)


class Checks:
    """The checks that the App reports on the head commit of a ticket's pull request.

    https://docs.github.com/en/rest/checks/runs
    """

    def __init__(self, issue: Issue) -> None:
        self._path = f"/repos/{issue.repo.name}/check-runs"
        self._app = issue.repo.world.stack.hub.other_app(CI)
        self.sha = issue.pull_request()["head"]["sha"]

    def begin(self, name: str) -> int:
        made = self._app.post(self._path, {"name": name, "head_sha": self.sha, "status": "in_progress"})
        return int(made["id"])

    def go_on(self, check_run: int) -> None:
        self._app.patch(f"{self._path}/{check_run}", {"status": "in_progress"})

    def end(self, check_run: int, conclusion: str, **output: Any) -> None:
        body = {"status": "completed", "conclusion": conclusion}
        self._app.patch(f"{self._path}/{check_run}", body | ({"output": output} if output else {}))


def held_up(gate: Gate, titles: tuple[str, str]) -> tuple[Issue, Issue, Checks, int]:
    """Two tickets for one slot: the first one's check waits for a person, so that the second is let in."""
    gate.repo.put(".github/autocode.yml", "concurrency: 1\n", is_new=True)
    world = gate.repo.world
    for title in titles:
        world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title, "Iteration 1 of"))
    first, second = (gate.repo.issue(title) for title in titles)
    first.label().until("checking")
    second.label().until("queued")
    checks = Checks(first)
    deploy = checks.begin("deploy to `production`")
    gate.open(checks.sha)
    checks.end(deploy, "action_required")
    second.until("checking")
    return first, second, checks, deploy


def suites(issue: Issue) -> dict[str, str]:
    """The App of every check suite of the head commit, our own left out → its status."""
    sha = issue.pull_request()["head"]["sha"]
    found = issue.repo.get(f"/commits/{sha}/check-suites")["check_suites"]
    return {item["app"]["slug"]: item["status"] for item in found if item["app"]["slug"] != "autocode"}


def test_a_red_check_of_another_app_sends_the_agent_back_and_a_green_one_completes_the_ticket(
    world: World, gate: Gate
) -> None:
    title = "Greet people in good style"
    issue = gate.repo.issue(title)
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    complaint = "greet.py:2: warning: Use an f-string."
    world.will(
        edit("greet.py", WRONG, RIGHT),
        submit(),
        submit(),
        when=(title, "Iteration 2 of", complaint, "One remark"),
    )
    issue.label().until("checking")

    checks = Checks(issue)
    style = checks.begin("style")
    remark = {"path": "greet.py", "start_line": 2, "end_line": 2, "annotation_level": "warning"}
    checks.end(
        style,
        "failure",
        title="Style",
        summary="One remark",
        annotations=[remark | {"message": "Use an f-string."}],
    )
    gate.open(checks.sha)
    issue.until("checking", iteration=2)

    checks = Checks(issue)
    checks.end(checks.begin("style"), "success")
    gate.open(checks.sha)
    record = issue.until("validating")
    assert [item.verdict for item in record.rounds] == ["failed", "passed"]
    assert issue.conclusions() == ["success", "failure", "success", "success"]
    [ready] = issue.told()
    assert "Every check of the head commit passed." in ready


def test_a_check_that_waits_for_a_person_is_told_of_and_lets_another_ticket_in(gate: Gate) -> None:
    first, second, checks, deploy = held_up(gate, ("Greet people in production", "Greet people at home"))
    [told] = first.told()
    assert told.startswith("@alice, these checks wait until somebody on GitHub approves them")
    assert first.state_labels() == {"autocode: needs input"}
    checks.end(deploy, "success")
    first.until("validating")
    gate.open(Checks(second).sha)
    second.until("validating")


@pytest.mark.parametrize("approved", [False, True])
def test_a_check_that_ends_red_after_waiting_for_a_person_waits_for_a_turn(
    world: World, gate: Gate, approved: bool
) -> None:
    titles = (f"Greet people in danger ({approved})", f"Greet people in peace ({approved})")
    world.will(create("more.txt", "more\n"), submit(), submit(), when=(titles[0], "Iteration 2 of"))
    first, second, checks, deploy = held_up(gate, titles)
    if approved:
        checks.go_on(deploy)
        first.wait(lambda: first.state_labels() == {"autocode: working"}, "the check to go on")
    checks.end(deploy, "failure")
    assert first.until("queued").iteration == 2
    assert second.until("checking")
    gate.open(Checks(second).sha)
    second.until("validating")
    first.until("checking", iteration=2)
    gate.open(Checks(first).sha)
    first.until("validating")


def test_green_actions_are_not_enough_while_another_apps_suite_is_incomplete(
    world: World, gate: Gate
) -> None:
    title = "Greet people twice checked"
    issue = gate.repo.issue(title)
    earlier = {item["id"] for item in world.control("GET", "deliveries")}
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title,))
    issue.label().until("checking")
    checks = Checks(issue)
    quick, thorough = checks.begin("quick"), checks.begin("thorough")
    checks.end(quick, "success")
    gate.open(checks.sha)
    issue.wait(lambda: suites(issue).get("github-actions") == "completed", "the end of Actions")
    world.settle()
    record = issue.record()
    assert suites(issue) == {"github-actions": "completed", CI: "in_progress"}
    assert record is not None
    assert record.phase == "checking"
    assert issue.pull_request()["draft"]

    checks.end(thorough, "neutral")
    issue.until("validating")
    answered = {
        item["status_code"]
        for item in world.control("GET", "deliveries")
        if item["id"] not in earlier and (item["event"], item["action"]) == ("check_suite", "completed")
    }
    # Those of Actions are ignored, because `workflow_run` tells the same.
    assert answered == {200, 202}


def test_an_app_that_may_report_checks_and_never_does_holds_nothing_up(world: World) -> None:
    title = "Greet people in silence"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title,))
    issue.label().until("validating")
    assert suites(issue) == {"github-actions": "completed", CI: "queued"}


def test_a_check_that_turns_red_later_takes_the_ticket_back(world: World) -> None:
    title = "Greet people on second thoughts"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(
        edit("README.md", "# greet", "# Greet"),
        submit(),
        submit(),
        when=(title, "Iteration 2 of", "Too terse"),
    )
    issue.label().until("validating")
    checks = Checks(issue)
    checks.end(checks.begin("docs"), "timed_out", title="Docs", summary="Too terse")
    issue.until("validating", iteration=2)
