"""People write commands in comments: on issues, on pull requests, rightly, wrongly, and without the right to."""

from typing import Any

import pytest
from redis import Redis

from jobs.queue import Queue
from jobs.ticket.request import Reconcile, Ticket
from tests.model.replies import edit, plan, say, submit
from tests.scenarios.test_at_odd_moments import thinking
from tests.scenarios.test_people import BRISK, SLOW, calls_about
from tests.scenarios.world import RIGHT, WRONG, Issue, World


def reactions(issue: Issue, body: str) -> list[str]:
    """What we said to the comment with this text, as reactions."""
    [comment] = [item for item in issue.all_comments() if item["body"] == body]
    found: list[dict[str, Any]] = issue.repo.get(f"/issues/comments/{comment['id']}/reactions")
    return [item["content"] for item in found if item["user"]["login"] == "autocode[bot]"]


def reacted(issue: Issue, body: str, content: str) -> None:
    issue.wait(lambda: reactions(issue, body) == [content], f"{content} on {body!r}")


def test_a_comment_starts_a_ticket_like_the_label(world: World) -> None:
    title = "Greet people on command"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title)
    issue.say("/autocode", by="bob")
    record = issue.until("validating")
    assert record.requested_by == "bob"
    labels = {item["name"] for item in issue.repo.get(f"/issues/{issue.number}/labels")}
    assert labels == {"autocode", "autocode: review"}
    assert reactions(issue, "/autocode") == ["+1"]
    issue.unlabel()
    issue.until("cancelled")


def test_whoever_may_not_gets_one_polite_line(world: World) -> None:
    issue = world.repository().issue("Greet people without asking")
    issue.say("/autocode", by="carol")
    issue.wait(issue.told, "the polite line")
    issue.say("/autocode stop", by="carol")
    reacted(issue, "/autocode stop", "-1")
    world.settle()
    [line] = issue.told()
    assert line.startswith("@carol, thank you")
    assert issue.record() is None


def test_an_unknown_command_is_told_the_nearest_one(world: World) -> None:
    title = "Greet people with typing errors"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    issue.say("/autocode stpo")
    reacted(issue, "/autocode stpo", "confused")
    hint = "Did you mean `/autocode stop`?"
    issue.wait(lambda: hint in (issue.status_comment() or {"body": ""})["body"], "the hint")
    assert len(issue.told()) == 1


def test_text_that_is_asked_for_comes_as_a_comment(world: World) -> None:
    title = "Greet people and explain"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    issue.say("/autocode help")
    issue.say("/autocode explain")
    reacted(issue, "/autocode explain", "+1")
    _, told, explained = issue.told()
    assert "`/autocode continue`" in told
    assert "Ready for review" in explained
    assert "### Evidence" in explained


def test_everything_else_people_write_is_left_alone(world: World) -> None:
    title = "Greet people who chat"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    before = len(issue.all_comments())
    issue.say("Nice! I would not even need /autocode stop here.")
    world.settle()
    assert len(issue.all_comments()) == before + 1
    record = issue.record()
    assert record is not None
    assert record.phase == "validating"


def test_fix_on_the_pull_request_starts_another_round(world: World) -> None:
    title = "Greet people, then more"
    world.will(*BRISK, when=(title, "Iteration 1 of"))
    world.will(
        edit("README.md", "# greet", "# Greetings"), submit(), submit(),
        when=(title, "Iteration 2 of", "say Greetings in the README"),
    )  # fmt: skip
    issue = world.repository().issue(title).label()
    issue.until("validating")
    number = issue.pull_request()["number"]
    body = "@autocode please\nsay Greetings in the README"
    world.person("bob").post(f"/repos/{issue.repo.name}/issues/{number}/comments", {"body": body})
    issue.until("validating", iteration=2)
    files = issue.repo.get(f"/pulls/{number}/files")
    assert "README.md" in {item["filename"] for item in files}


def test_fix_reaches_the_agent_at_work(world: World) -> None:
    title = "Greet people while Bob talks"
    world.will(say("Hm.", **SLOW), *BRISK, when=(title,))
    issue = thinking(world, title)
    issue.say("/autocode fix it politely")
    issue.until("validating")
    assert "fix it politely" in str(world.stack.model_requests()[-1]["messages"])


def test_fix_while_the_work_is_published_starts_another_round(world: World) -> None:
    title = "Greet people, and one thing more"
    world.will(*BRISK, when=(title, "Iteration 1 of"))
    world.will(
        edit("README.md", "# greet", "# Greetings"), submit(), submit(),
        when=(title, "Iteration 2 of", "say Greetings in the README"),
    )  # fmt: skip
    repo = world.repository()
    world.fault(method="POST", path=f"{repo.name}/pulls$", answer=502, delay=1.0)
    issue = repo.issue(title).label()
    issue.until("publishing")
    wish = "/autocode fix: say Greetings in the README"
    issue.say(wish)
    issue.until("validating", iteration=2)
    assert reactions(issue, wish) == ["+1"]


def test_after_the_last_red_round_people_may_allow_another(world: World) -> None:
    title = "Greet people at the third try"
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(edit("greet.py", WRONG, "return 'Ho'"), submit(), submit(), when=(title, "Iteration 2 of"))
    world.will(edit("greet.py", "return 'Ho'", RIGHT), submit(), submit(), when=(title, "Iteration 3 of 3"))
    issue = world.repository().issue(title).label()
    issue.until("failed")
    issue.unlabel()
    issue.say("/autocode continue +1 iteration")
    record = issue.until("validating")
    assert "autocode" in {item["name"] for item in issue.repo.get(f"/issues/{issue.number}/labels")}
    assert record.iteration == 3
    assert issue.conclusions() == ["failure", "failure", "success"]


def test_another_model_takes_over(world: World) -> None:
    title = "Greet people cheaply"
    world.will(say("Hm.", **SLOW), *BRISK, when=(title,))
    issue = thinking(world, title)
    issue.say("/autocode model claude-haiku-5-5")
    issue.until("validating")
    models = [item["model"] for item in world.stack.model_requests(title)]
    assert models[0] == "claude-opus-5-5"
    assert models[-1] == "claude-haiku-5-5"


@pytest.fixture(scope="module")
def forgotten(world: World) -> dict[str, Issue]:
    """Tickets whose status comment somebody deleted, side by side: it is some seconds until that is believed."""
    titles = {"coded": "Greet people and lose the record", "planned": "Greet people and lose everything"}
    world.will(*BRISK, when=(titles["coded"],))
    world.will(plan(["rewrite everything"]), when=(titles["planned"],))
    issues = {what: world.repository().issue(title) for what, title in titles.items()}
    issues["coded"].say("/autocode")
    issues["planned"].say("/autocode plan")
    issues["coded"].until("validating")
    issues["planned"].until("approving")
    [said] = [item for item in issues["planned"].all_comments() if item["body"] == "/autocode plan"]
    delete(issues["planned"], said)
    for issue, text in ((issues["coded"], "What was said here?"), (issues["planned"], "Hello?")):
        status = issue.status_comment()
        assert status is not None
        delete(issue, status)
        issue.say(text)
    return issues


def delete(issue: Issue, comment: dict[str, Any]) -> None:
    issue.repo.world.person("alice").delete(f"/repos/{issue.repo.name}/issues/comments/{comment['id']}")


def test_a_ticket_started_by_a_comment_is_rebuilt_from_its_branch(
    world: World, forgotten: dict[str, Issue]
) -> None:
    record = forgotten["coded"].until("validating")
    assert (record.requested_by, record.iteration) == ("bob", 1)
    assert calls_about(world, "Greet people and lose the record") == len(BRISK)


def test_one_of_which_nothing_is_left_is_told_how_to_start_again_once(
    world: World, forgotten: dict[str, Issue]
) -> None:
    issue = forgotten["planned"]
    world.settle()
    issue.say("Anybody?")
    world.settle()
    [told] = [text for text in issue.told() if "is gone" in text]
    assert "`/autocode` starts it again" in told


def test_a_ticket_goes_on_in_a_repository_that_was_renamed(world: World) -> None:
    title = "Greet people under another name"
    world.will(*BRISK, when=(title, "Iteration 1 of"))
    world.will(edit("README.md", "# greet", "# Hi"), submit(), submit(), when=(title, "Iteration 2 of"))
    repo = world.repository()
    issue = repo.issue(title).label()
    before = issue.until("validating")
    name = f"{repo.name}-again"
    world.person("alice").patch(f"/repos/{repo.name}", {"name": name.partition("/")[2]})
    repo.name = name
    issue.say("/autocode fix: say Hi")
    after = issue.until("validating", iteration=2)
    assert after.run == before.run
    assert issue.status_comment() is not None
    # Whoever asks for it by another spelling asks for the same ticket.
    queue, other = Queue(Redis.from_url(world.stack.redis_url)), name.replace("acme", "ACME")
    queue.request(Reconcile(Ticket(world.stack.hub.installation_id, other, issue.number), why="by hand"))
    issue.wait(lambda: f"is called {name} now" in world.stack.logs("tickets"), "the right name")


def test_a_ticket_starts_from_another_branch_and_is_told_of_one_that_is_not_there(world: World) -> None:
    title = "Greet people in the next release"
    world.will(*BRISK, when=(title,))
    repo = world.repository()
    main = repo.get("/git/ref/heads/main")["object"]["sha"]
    world.person("alice").post(f"/repos/{repo.name}/git/refs", {"ref": "refs/heads/next", "sha": main})
    issue = repo.issue(title)
    issue.say("/autocode base nxet")
    issue.until("failed")
    assert "The base branch `nxet` does not exist" in issue.told()[-1]
    issue.say("/autocode base next")
    assert issue.until("validating").base == "next"
    assert issue.pull_request()["base"]["ref"] == "next"


def test_a_command_on_a_pull_request_that_was_closed_is_heard(world: World) -> None:
    title = "Greet people at the second attempt"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    number = issue.pull_request()["number"]
    bob = world.person("bob")
    bob.patch(f"/repos/{issue.repo.name}/pulls/{number}", {"state": "closed"})
    issue.until("cancelled")
    assert issue.repo.branches() == []
    on_pull = Issue(issue.repo, number)
    on_pull.say("/autocode fix that too: greet them warmly")
    issue.until("validating")
    reacted(on_pull, "/autocode fix that too: greet them warmly", "+1")
    assert "greet them warmly" in str(world.stack.model_requests(title)[-1]["messages"])
