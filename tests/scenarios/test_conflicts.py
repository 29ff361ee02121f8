"""The base moves while a pull request waits: its commits are brought in, by git or by the agent, and checked again."""

from typing import Any

from tests.model.replies import create, say, submit
from tests.scenarios.test_commands import reacted
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.world import WITH_CHECKS, Issue, World

SETTLED = "def greet(name, loud=False):\n    return f'Hello, {name}!'\n"
THEIRS = "def greet(name, loud=False):\n    return ''\n"


def waiting(world: World, title: str, *, files: dict[str, str] | None = None) -> Issue:
    """A ticket that waits for its review."""
    world.will(*BRISK, when=(title, "Iteration 1 of"))
    issue = world.repository(WITH_CHECKS | (files or {})).issue(title).label()
    issue.until("validating")
    return issue


def parents(issue: Issue) -> list[list[str]]:
    """Of the pull request's commits, oldest first."""
    commits = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/commits")
    return [[parent["sha"] for parent in commit["parents"]] for commit in commits]


def head_of(issue: Issue, branch: str) -> str:
    sha: str = issue.repo.get(f"/git/ref/heads/{branch}")["object"]["sha"]
    return sha


def mergeable(issue: Issue) -> Any:
    """What GitHub says of the pull request, which it looks at once it is asked."""
    path = f"/pulls/{issue.pull_request()['number']}"
    return issue.wait(lambda: str(issue.repo.get(path)["mergeable"]).replace("None", ""), "the test merge")


def test_a_conflict_is_settled_by_the_agent_in_one_merge_commit(world: World) -> None:
    title = "Greet people in conflict"
    issue = waiting(world, title)
    dear = say("Hm.", usage={"output_tokens": 250_000})
    world.will(dear, submit(), create("greet.py", SETTLED), submit("Both."), submit("Both."),
               when=(title, "Iteration 2 of", "Conflicts with `main`"))  # fmt: skip
    ours = head_of(issue, issue.repo.branches()[0])
    issue.repo.put("greet.py", THEIRS)
    assert mergeable(issue) == "False"
    issue.say("What a pity.", by="bob")
    held = issue.until("asking", iteration=2)
    assert (held.update, head_of(issue, issue.repo.branches()[0])) == (True, ours)
    assert "bringing it up to date with `main` is not finished" in issue.told()[-1]
    issue.say("/autocode continue", by="bob")
    record = issue.until("validating", iteration=2)
    assert parents(issue)[-1] == [ours, head_of(issue, "main")]
    assert (mergeable(issue), issue.conclusions()) == ("True", ["success", "success"])
    told = str(world.stack.model_requests()[-1]["messages"])
    assert "`greet.py`:" in told
    assert ">>>>>>> " in told
    assert "`greet.py` still has git's conflict markers" in told
    assert (record.update, record.updates) == (False, 1)


def test_rebase_brings_the_base_in_without_the_agent(world: World) -> None:
    title = "Greet people on top"
    issue = waiting(world, title)
    ours = head_of(issue, issue.repo.branches()[0])
    issue.say("/autocode rebase", by="carol")
    issue.repo.put("notes.md", "# Theirs\n")
    issue.say("/autocode rebase now", by="bob")
    issue.until("validating", iteration=2)
    reacted(issue, "/autocode rebase", "-1")
    assert parents(issue)[-1] == [ours, head_of(issue, "main")]
    assert issue.conclusions() == ["success", "success"]
    assert calls_about(world, title) == 3
    issue.say("/autocode rebase again", by="bob")
    issue.until("validating", iteration=3)
    assert len(parents(issue)) == 2
    # Whoever wants something of the agent meanwhile gets it in the same round.
    world.will(
        create("loud.md", "# Loud\n"), submit(), submit("Louder."), when=(title, "Iteration 4 of", "louder")
    )
    issue.repo.put("notes.md", "# Theirs again\n")
    world.stack.pause("tickets")
    issue.say("/autocode rebase and then", by="bob")
    issue.say("/autocode fix say it louder", by="bob")
    world.stack.resume("tickets")
    record = issue.until("validating", iteration=4)
    assert (record.summary, len(parents(issue))) == ("Louder.", 4)


def test_where_the_team_wants_it_so_our_own_commits_are_rebased_and_nobody_elses(world: World) -> None:
    title = "Greet people in line"
    issue = waiting(world, title, files={".github/autocode.yml": "update: rebase\n"})
    issue.repo.put("notes.md", "# Theirs\n")
    issue.say("/autocode rebase", by="bob")
    record = issue.until("validating", iteration=2)
    assert parents(issue) == [[head_of(issue, "main")]]
    assert record.head_sha == head_of(issue, issue.repo.branches()[0])
    issue.repo.put("more.md", "# Bob's\n", branch=issue.repo.branches()[0], by="bob")
    issue.wait(lambda: "pushed by somebody else" in (issue.status_comment() or {})["body"], "the push")
    bobs = head_of(issue, issue.repo.branches()[0])
    issue.until("validating", head_sha=bobs)
    issue.repo.put("notes.md", "# Theirs again\n")
    issue.say("/autocode rebase once more", by="bob")
    issue.until("validating", iteration=3)
    assert parents(issue)[-1] == [bobs, head_of(issue, "main")]


def test_rebase_before_there_is_a_pull_request_does_not_fit(world: World) -> None:
    issue = world.repository().issue("Greet people too early")
    issue.say("/autocode rebase", by="bob")
    [told] = issue.wait(issue.told, "the answer")
    reacted(issue, "/autocode rebase", "confused")
    assert "`/autocode rebase` does not fit now" in told
