"""A labelled issue becomes a pull request with green checks: what a team sees when all goes as it should."""

import re

from tests.model.replies import bash, edit, plan, say, submit
from tests.scenarios.relatives import sub_issues
from tests.scenarios.world import RIGHT, WRONG, Issue, World

TITLE = "Greet people by name"


def red_then_green(world: World) -> Issue:
    """An issue whose first iteration is wrong and whose second one is right."""
    issue = world.repository().issue(TITLE, by="carol")
    world.will(
        plan(["Write greet()", "Run the checks"]),
        edit("greet.py", "return ''", WRONG, "First try."),
        bash("python check.py"),
        submit("Greets people."),
        submit("Greets people."),
        when=(TITLE, "Iteration 1 of"),
    )
    world.will(
        edit("greet.py", WRONG, RIGHT),
        submit("Greets people politely."),
        submit("Greets people politely."),
        when=(TITLE, "Iteration 2 of", "AssertionError: Hi Ada"),
    )
    return issue


def test_a_red_check_sends_the_agent_back_to_work(world: World) -> None:
    issue = red_then_green(world).label(by="alice")
    record = issue.until("validating")
    assert issue.conclusions() == ["failure", "success"]
    assert [item.verdict for item in record.rounds] == ["failed", "passed"]
    assert record.iteration == 2

    reactions = issue.repo.get(f"/issues/{issue.number}/reactions")
    assert [(item["content"], item["user"]["login"]) for item in reactions] == [("eyes", "autocode[bot]")]
    assert issue.state_labels() == {"autocode: review"}
    assert issue.repo.branches() == [f"autocode/{issue.number}-greet-people-by-name"]

    pull_request = issue.pull_request()
    assert not pull_request["draft"]
    assert pull_request["title"] == TITLE
    body = pull_request["body"]
    assert f"Closes #{issue.number}" in body
    assert "Greets people politely." in body
    assert "- [ ] Write greet()" in body
    assert re.search(r"\| 1 \| [0-9a-f]{40} \| \[✗ test\]\(<http", body)
    assert re.search(r"\| 2 \| [0-9a-f]{40} \| \[✓ test\]\(<http", body)
    assert "| 1 | `python check.py` | 1 |" in body
    assert re.search(r"\d+ model calls · [\d,]+ tokens.* · \$0\.\d+ of \$5", body)

    [ready] = issue.told()
    assert "@alice" in ready
    assert f"#{pull_request['number']} is ready for review" in ready
    assert "Every check of the head commit passed." in ready


def test_the_commits_say_whose_they_are(world: World) -> None:
    issue = red_then_green(world).label(by="bob")
    record = issue.until("validating")
    bob = world.person("bob").get("/user")
    commits = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/commits")
    assert len(commits) == 2
    for iteration, commit in enumerate(commits, start=1):
        message = commit["commit"]["message"]
        assert message.startswith(f"feat(#{issue.number}): {TITLE}")
        assert f"Autocode-Issue: #{issue.number}" in message
        assert f"Autocode-Run: {record.run}" in message
        assert f"Autocode-Iteration: {iteration}" in message
        assert f"Co-authored-by: bob <{bob['id']}+bob@users.noreply.127.0.0.1>" in message
        assert commit["commit"]["author"]["name"] == "autocode[bot]"


def test_a_ticket_with_a_red_and_a_green_round_needs_no_more_than_30_api_calls(world: World) -> None:
    before = len(world.stack.hub.calls())
    issue = red_then_green(world)
    issue.label().until("validating")
    ours = [call for call in world.stack.hub.calls()[before:] if str(call["actor"]).startswith("autocode")]
    assert len(ours) <= 30, "\n".join(
        f"{call['method']} {call['path']} {str(call['body'])[:60]}" for call in ours
    )


def test_a_merged_pull_request_ends_the_ticket(world: World) -> None:
    issue = red_then_green(world).label()
    issue.until("validating")
    number = issue.pull_request()["number"]
    world.person("alice").put(f"/repos/{issue.repo.name}/pulls/{number}/merge")
    issue.until("done")
    assert issue.state_labels() == set()
    assert issue.repo.get(f"/issues/{issue.number}")["state"] == "closed"


def test_requested_changes_start_another_iteration(world: World) -> None:
    title = "Greet people in writing"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(
        edit("README.md", "# greet", "# greet\n\nGreets people."),
        submit("Documented."),
        submit("Documented."),
        when=(title, "Iteration 2 of", "Please say so in the README"),
    )
    issue.label().until("validating")
    number = issue.pull_request()["number"]
    world.person("bob").post(
        f"/repos/{issue.repo.name}/pulls/{number}/reviews",
        {"event": "REQUEST_CHANGES", "body": "Please say so in the README."},
    )
    record = issue.until("validating", iteration=2)
    assert record.summary == "Documented."
    assert issue.conclusions() == ["success", "success"]


def test_after_the_last_red_round_a_ticket_about_the_failure_is_opened(world: World) -> None:
    title = "Greet people wrongly"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(edit("greet.py", "'Hi '", "'Ho '"), submit(), submit(), when=(title, "Iteration 2 of"))
    issue.label().until("failed")
    assert issue.state_labels() == {"autocode: failed"}
    [bug] = issue.repo.bugs()
    assert sub_issues(issue) == [bug["number"]]
    assert f"#{issue.number}" in bug["title"]
    assert "AssertionError: Ho Ada" in bug["body"]
    assert issue.repo.branches()[0] in bug["body"]
    assert "$0." in bug["body"]
    assert not bug["labels"]
    [failed] = issue.told()
    assert f"#{bug['number']}" in failed
    assert "/autocode retry" in failed


def test_retry_starts_a_failed_ticket_afresh(world: World) -> None:
    title = "Greet people at the second attempt"
    issue = world.repository().issue(title)
    world.will(say("I give up."), say("Really."), say("No."), when=(title,))
    issue.label()
    first = issue.until("failed")
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title,))
    issue.say("/autocode retry", by="carol")
    issue.say("/autocode retry", by="bob")
    second = issue.until("validating")
    assert second.run != first.run
    assert len(issue.repo.branches()) == 1


def test_a_persons_push_is_built_upon_and_never_overwritten(world: World) -> None:
    title = "Greet people together"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(
        edit("greet.py", "Hey", "Hello"), submit(), submit(), when=(title, "Iteration 2 of", "AssertionError")
    )
    issue.label().until("validating")
    [branch] = issue.repo.branches()
    issue.repo.put("greet.py", "def greet(name):\n    return f'Hey, {name}!'\n", branch=branch, by="bob")
    issue.until("validating", iteration=2)
    commits = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/commits")
    assert [commit["author"]["login"] for commit in commits] == ["autocode[bot]", "bob", "autocode[bot]"]
    assert f"`{commits[1]['sha'][:7]}` · pushed by somebody else" in (issue.status_comment() or {})["body"]
    assert issue.conclusions() == ["success", "failure", "success"]
