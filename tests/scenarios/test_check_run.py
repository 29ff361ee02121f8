"""Our own check on the pull request says what we are doing, and its buttons do what the commands of their names do."""

from typing import Any

import pytest

from tests.hub_client import Refused
from tests.model.replies import ask, edit, say, submit
from tests.scenarios.reviewing import Reviewers
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.world import RIGHT, WRONG, Issue, World


def own_runs(issue: Issue) -> list[dict[str, Any]]:
    """Our check runs of the head, as everybody sees them."""
    runs = issue.repo.check_runs(issue.pull_request()["head"]["sha"])
    return [run for run in runs if run["app"]["slug"] == "autocode"]


def press(issue: Issue, button: str, by: str = "bob") -> None:
    [run] = own_runs(issue)
    body = {"repository": issue.repo.name, "check_run": run["id"], "action": button, "as": by}
    issue.repo.world.control("POST", "press", body)


def shows(issue: Issue, title: str) -> None:
    """Wait until our one check says so."""

    def seen() -> bool:
        [run] = own_runs(issue) or [{"output": {"title": ""}}]
        return bool(run["output"]["title"] == title)

    issue.wait(seen, f"the check {title!r}")


def reviewed(world: World, title: str) -> Issue:
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title)
    issue.label().until("validating")
    return issue


def note(issue: Issue, words: str) -> None:
    issue.wait(lambda: words in (issue.status_comment() or {"body": ""})["body"], repr(words))


def test_each_commit_has_one_check_that_says_what_we_do_and_nobody_waits_for_it(world: World) -> None:
    title = "Greet people under one's eyes"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(edit("greet.py", WRONG, RIGHT), submit(), submit(), when=(title, "Iteration 2 of"))
    issue = world.repository().issue(title)
    issue.label().until("validating")
    shows(issue, "Ready for review · iteration 2 of 2")
    status = issue.status_comment()
    assert status is not None
    number = issue.pull_request()["number"]
    for commit in issue.repo.get(f"/pulls/{number}/commits"):
        [run] = [run for run in issue.repo.check_runs(commit["sha"]) if run["app"]["slug"] == "autocode"]
        assert (run["name"], run["status"], run["conclusion"]) == ("autocode", "completed", "neutral")
        assert status["html_url"] in run["output"]["summary"]
    record = issue.record()
    assert record is not None
    assert [name for item in record.rounds for name, _, _ in item.checks] == ["test", "test"]


def test_stop_stops_and_retry_starts_again(world: World) -> None:
    issue = reviewed(world, "Greet people at the press of a button")
    before = issue.record()
    press(issue, "stop")
    issue.until("cancelled")
    shows(issue, "Cancelled · iteration 1 of 2")
    with pytest.raises(Refused):
        press(issue, "stop")
    issue.repo.put("NOTES.md", "Bob was here.\n", branch=issue.repo.branches()[0], by="bob")
    issue.say("/autocode explain")
    shows(issue, "Cancelled · iteration 1 of 2")
    world.will(
        edit("README.md", "# greet", "# Greetings"),
        submit(),
        submit(),
        when=("Greet people at the press of a button",),
    )
    press(issue, "retry", by="bob")
    record = issue.until("validating")
    assert before is not None
    assert (record.run != before.run, record.requested_by) == (True, "bob")


def test_stop_is_heard_between_two_turns(world: World) -> None:
    title = "Greet people until somebody has enough"
    issue = reviewed(world, title)
    slow = [say(f"Hm {number}.", faults=[{"delay": 2}]) for number in range(5)]
    world.will(*slow, ask("Which people?"), when=(title, "Iteration 2 of"))
    before = calls_about(world, title)
    Reviewers(issue).review("REQUEST_CHANGES", "Greet louder.")
    issue.wait(lambda: calls_about(world, title) > before, "the first turn")
    press(issue, "stop")
    issue.until("cancelled")
    assert calls_about(world, title) < before + len(slow)


def test_fix_works_in_what_was_said_or_asks_for_it(world: World) -> None:
    title = "Greet people and mend it"
    issue = reviewed(world, title)
    Reviewers(issue).review("COMMENT", "I would like that too.", by="carol")
    press(issue, "fix")
    note(issue, "works in what people have said since the last commit, and that is nothing")
    world.will(
        edit("README.md", "# greet", "# Greetings"), submit(), submit(),
        when=(title, "Iteration 2 of", "say Greetings in the README"),
    )  # fmt: skip
    issue.say("Please say Greetings in the README.")
    press(issue, "fix")
    issue.until("validating", iteration=2)


def test_who_may_not_any_more_gets_the_polite_line(world: World) -> None:
    issue = reviewed(world, "Greet people behind a fence")
    world.settle()
    world.stack.pause("tickets")
    press(issue, "stop")
    path = f"/repos/{issue.repo.name}/collaborators/bob"
    world.person("alice").put(path, {"permission": "pull"})
    world.stack.resume("tickets")
    issue.wait(lambda: [text for text in issue.told() if text.startswith("@bob, thank you")], "the line")
    record = issue.record()
    assert record is not None
    assert record.phase == "validating"


def test_without_the_permission_the_work_goes_on_and_people_read_what_is_missing(world: World) -> None:
    title = "Greet people without a check"
    granted = {
        "actions": "read", "checks": "write", "contents": "write", "issues": "write", "metadata": "read",
        "pull_requests": "write", "statuses": "read",
    }  # fmt: skip
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title)
    world.control("POST", "permissions", granted | {"checks": "read"})
    try:
        issue.label().until("validating")
    finally:
        world.control("POST", "permissions", granted)
    assert own_runs(issue) == []
    note(issue, "autocode needs the permission **checks: write**")
