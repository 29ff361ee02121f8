"""A ticket begins on top of its blocker's open pull request and follows it, whatever becomes of that."""

import base64
from typing import Any

import pytest

from jobs.ticket.stacking import is_forsaken
from tests.model.replies import create, say, submit
from tests.processes import until
from tests.scenarios.relatives import block
from tests.scenarios.test_conflicts import head_of, parents
from tests.scenarios.test_dependencies import until_blocked
from tests.scenarios.test_merging import is_merged, note
from tests.scenarios.test_people import calls_about
from tests.scenarios.world import WITH_CHECKS, Issue, Repo, World

STACK = {".github/autocode.yml": "stack: true\n"}
FIRST = "def greet(name):\n    return f'Hello, {name}!'\n"
SECOND = "def greet(name):\n    return f'Hello, {name}' + '!'\n"
"""What the second ticket makes of the line that the first one wrote."""
SETTLED = "def greet(name):\n    return 'Hello, ' + name + '!'\n"


def repository(world: World, configuration: str = "", **settings: Any) -> Repo:
    files = STACK | {".github/autocode.yml": f"stack: true\n{configuration}"}
    return world.repository(WITH_CHECKS | files, **settings)


def ticket(repo: Repo, title: str, text: str = FIRST, path: str = "greet.py") -> Issue:
    repo.world.will(
        create(path, text), submit(), submit(), when=(f"{title} in {repo.name}", "Iteration 1 of")
    )
    return repo.issue(f"{title} in {repo.name}")


def reviewed(repo: Repo, title: str = "Greet first") -> Issue:
    issue = ticket(repo, title)
    issue.label().until("validating")
    return issue


def stacked(below: Issue, title: str = "Greet second", text: str = SECOND, path: str = "greet.py") -> Issue:
    """A ticket in review, on top of another one."""
    issue = ticket(below.repo, title, text, path)
    block(issue, below)
    issue.label()
    record = issue.until("validating")
    assert record.stacked is not None
    return issue


def base(issue: Issue) -> str:
    return str(issue.pull_request()["base"]["ref"])


def branch(issue: Issue) -> str:
    return str(issue.pull_request()["head"]["ref"])


def merge(issue: Issue, method: str = "squash") -> None:
    path = f"/repos/{issue.repo.name}/pulls/{issue.pull_request()['number']}/merge"
    issue.repo.world.person("alice").put(path, {"merge_method": method})


def by_hand(repo: Repo, name: str, sha: str, **fields: str) -> int:
    """A person's pull request; its number."""
    alice = repo.world.person("alice")
    alice.post(f"/repos/{repo.name}/git/refs", {"ref": f"refs/heads/{name}", "sha": sha})
    repo.put("greet.py", FIRST, branch=name)
    repo.put(f"{name}.md", "# By hand\n", branch=name)
    body = {"title": "By hand", "head": name, **fields}
    return int(alice.post(f"/repos/{repo.name}/pulls", body)["number"])


def text_of(issue: Issue, path: str = "greet.py") -> str:
    world, address = issue.repo.world, f"/repos/{issue.repo.name}/contents/{path}"
    found = world.person("alice").request("GET", address + f"?ref={branch(issue)}", None)["content"]
    return base64.b64decode(found).decode()


def test_it_begins_when_its_blocker_is_ready_and_is_rebased_when_that_is_squashed(world: World) -> None:
    repo = repository(world)
    below = ticket(repo, "Greet first")
    issue = ticket(repo, "Greet second", SECOND)
    block(issue, below)
    issue.label()
    until_blocked(issue, f"#{below.number}")
    below.label().until("validating")
    issue.until("validating")
    assert base(issue) == branch(below)
    number = below.pull_request()["number"]
    note(issue, f"stacked on #{below.number}: its pull request #{number} has to be merged first")
    issue.say("/autocode merge", by="bob")
    note(issue, f"stands on pull request #{number} of #{below.number}: it comes when that is merged")
    bobs = by_hand(repo, "bobs", head_of(below, branch(below)), base=branch(below))
    world.settle()
    assert not is_merged(issue)
    merge(below)
    below.until("done")
    issue.until("done")
    theirs = repo.get(f"/pulls/{bobs}")
    assert (theirs["state"], theirs["base"]["ref"]) == ("open", "main")
    assert repo.branches() == []
    messages = [item["commit"]["message"] for item in repo.get("/commits")]
    assert (f"#{issue.number}" in messages[0], f"#{below.number}" in messages[1]) == (True, True)


def test_where_the_blockers_branch_goes_with_the_merge_peoples_commits_come_along(world: World) -> None:
    repo = repository(world, delete_branch_on_merge=True)
    below = reviewed(repo)
    issue = stacked(below)
    repo.put("notes.md", "# Bob's\n", branch=branch(issue), by="bob")
    bobs = head_of(issue, branch(issue))
    issue.until("validating", head_sha=bobs)
    merge(below)
    record = issue.until("validating", iteration=2)
    assert (record.stacked, record.underneath, base(issue)) == (None, "", "main")
    assert parents(issue)[-1] == [bobs, head_of(issue, "main")]
    assert (text_of(issue), text_of(issue, "notes.md")) == (SECOND, "# Bob's\n")
    assert repo.get(f"/pulls/{issue.pull_request()['number']}")["changed_files"] == 2


def test_what_then_collides_is_settled_by_the_agent(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    issue = stacked(below)
    title = f"Greet second in {repo.name}"
    world.will(create("greet.py", SETTLED), submit("Both."), submit("Both."), when=(title, "Conflicts with"))
    issue.say("/autocode merge", by="bob")
    repo.put("greet.py", "def greet(name, loud=False):\n    return f'Hello, {name}!'\n", branch=branch(below))
    repo.put("greet.py", "def greet(name):\n    return f'Hello, {name}!'  # so\n", branch=branch(below))
    below.until("validating", head_sha=head_of(below, branch(below)))
    merge(below)
    record = issue.until("validating", iteration=2)
    assert (record.stacked, base(issue), text_of(issue)) == (None, "main", SETTLED)
    note(issue, "The merge that @bob asked for has lapsed")


def test_when_its_blocker_is_closed_it_waits_again_and_goes_on_when_the_issue_is_closed(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    issue = stacked(below, text="# Two\n", path="two.md")
    number = below.pull_request()["number"]
    world.person("bob").patch(f"/repos/{repo.name}/pulls/{number}", {"state": "closed"})
    below.until("cancelled")
    until_blocked(issue, f"#{below.number}")
    note(issue, f"Pull request #{number} of #{below.number} was closed without a merge")
    assert (base(issue), issue.pull_request()["state"]) == ("main", "open")
    below.close()
    # Its checks are red without what it stood on, which is what they are for.
    issue.wait(lambda: len(parents(issue)) == 1, "the branch on top of main")
    assert parents(issue) == [[head_of(issue, "main")]]


def test_when_that_is_closed_while_it_is_worked_on_it_waits_again_too(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    published = stacked(below, text="# Two\n", path="two.md")
    fresh = ticket(repo, "Greet third", "# Three\n", "three.md")
    world.stack.kill_all("coding")
    published.say("/autocode fix the title", by="bob")
    published.until("preparing")
    block(fresh, below)
    fresh.label().until("preparing")
    number = below.pull_request()["number"]
    world.person("bob").patch(f"/repos/{repo.name}/pulls/{number}", {"state": "closed"})
    below.until("cancelled")
    until_blocked(fresh, f"#{below.number}")
    until_blocked(published, f"#{below.number}")
    world.stack.revive("coding")
    assert not [name for name in repo.branches() if name.startswith(f"autocode/{fresh.number}-")]
    record = published.record()
    assert record is not None
    assert (record.iteration, record.update, is_forsaken(record)) == (2, True, True)


def test_begun_again_it_leaves_behind_what_it_stood_on(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    issue = stacked(below, text="# Two\n", path="two.md")
    issue.say("/autocode stop", by="bob")
    issue.until("cancelled")
    number = below.pull_request()["number"]
    world.person("bob").patch(f"/repos/{repo.name}/pulls/{number}", {"state": "closed"})
    below.until("cancelled")
    below.close()
    title = f"Greet second in {repo.name}"
    world.will(create("greet.py", FIRST), submit(), submit(), when=(title, "Iteration 1 of"))
    issue.say("/autocode retry", by="bob")
    record = issue.until("validating", iteration=1)
    assert (record.stacked, record.underneath, base(issue)) == (None, "", "main")
    assert (len(parents(issue)), [head_of(issue, "main")] in parents(issue)) == (2, True)
    files = repo.get(f"/pulls/{record.pull_request}/files")
    assert [item["filename"] for item in files] == ["greet.py", "two.md"]


def test_with_the_next_pull_request_of_its_blocker_it_stands_on_that(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    issue = stacked(below)
    first = below.pull_request()
    world.person("bob").patch(f"/repos/{repo.name}/pulls/{first['number']}", {"state": "closed"})
    below.until("cancelled")
    until_blocked(issue, f"#{below.number}")
    below.label().until("validating")
    issue.until("validating", iteration=2)
    [second] = [
        item
        for item in repo.pull_requests()
        if item["number"] not in (first["number"], issue.pull_request()["number"])
    ]
    assert base(issue) == second["head"]["ref"]
    assert parents(issue) == [[second["head"]["sha"]]]


def test_when_people_rewrite_the_branch_below_it_is_put_on_top_of_that_at_once(world: World) -> None:
    repo = repository(world)
    below = repo.issue("Greet by hand")
    main, alice = head_of(below, "main"), world.person("alice")
    by_hand(repo, "by-hand", main, base="main", body=f"Closes #{below.number}")
    issue = stacked(below, text="# Two\n", path="two.md")
    alice.post(f"/repos/{repo.name}/git/refs", {"ref": "refs/heads/anew", "sha": main})
    repo.put("greet.py", SETTLED, branch="anew")
    rewritten = head_of(below, "anew")
    alice.patch(f"/repos/{repo.name}/git/refs/heads/by-hand", {"sha": rewritten, "force": True})
    record = issue.until("validating", iteration=2)
    assert (record.underneath, parents(issue)) == (rewritten, [[rewritten]])


def test_a_base_that_is_deleted_by_hand_costs_the_pull_request_and_not_the_work(world: World) -> None:
    repo = repository(world)
    below = repo.issue("Greet by hand")
    main = head_of(below, "main")
    alice = world.person("alice")
    number = by_hand(repo, "by-hand", main, base="main", body=f"Closes #{below.number}")
    issue = stacked(below)
    closed = issue.pull_request()["number"]
    assert base(issue) == "by-hand"
    alice.put(f"/repos/{repo.name}/pulls/{number}/merge", {"merge_method": "squash"})
    alice.delete(f"/repos/{repo.name}/git/refs/heads/by-hand")
    record = issue.until("validating", iteration=2)
    assert record.pull_request not in (closed, None)
    again = repo.get(f"/pulls/{record.pull_request}")
    assert (again["state"], again["base"]["ref"]) == ("open", "main")
    assert repo.get(f"/pulls/{closed}")["state"] == "closed"
    assert issue.told()[-1].startswith(f"@alice, pull request #{record.pull_request} is ready")


@pytest.mark.parametrize("dies", [False, True])
def test_what_is_merged_while_it_is_coded_upon_costs_a_round_or_the_iteration(
    world: World, dies: bool
) -> None:
    repo = repository(world)
    below = reviewed(repo)
    name = f"Greet second in {repo.name}"
    slow = say("Let me think.", faults=[{"delay": 2.5}])
    world.will(slow, create("greet.py", SECOND), submit(), submit(), when=(name, "Iteration 1 of"))
    issue = repo.issue(name)
    block(issue, below)
    issue.label()
    issue.wait(lambda: calls_about(world, name) >= 1, "the first model call")
    merge(below)
    below.until("done")
    assert repo.branches() == []
    if dies:
        until("a horse", lambda: world.stack.horse("coding"), seconds=10).kill()
    record = issue.until("validating", iteration=1 if dies else 2)
    assert (record.stacked, record.underneath, base(issue)) == (None, "", "main")
    assert parents(issue) == [[head_of(issue, "main")]]
    assert text_of(issue) == SECOND


def test_three_on_top_of_each_other_go_in_one_after_the_other(world: World) -> None:
    repo = repository(world)
    first = reviewed(repo)
    second = stacked(first)
    third = stacked(second, "Greet third", "# Three\n", "three.md")
    assert (base(second), base(third)) == (branch(first), branch(second))
    merge(first)
    second.until("validating", iteration=2)
    third.until("validating", iteration=2)
    assert (base(second), base(third)) == ("main", branch(second))
    assert parents(third) == [[head_of(second, branch(second))]]
    merge(second)
    third.until("validating", iteration=3)
    assert base(third) == "main"
    assert parents(third) == [[head_of(third, "main")]]


def test_what_was_merged_into_a_branch_that_was_merged_itself_is_followed_to_the_end(world: World) -> None:
    repo = repository(world)
    first, below = repo.issue("Greet by hand"), repo.issue("Greet by hand on top")
    names = [f"autocode/{issue.number}-by-hand" for issue in (first, below)]
    lower = by_hand(repo, names[0], head_of(first, "main"), base="main")
    upper = by_hand(repo, names[1], head_of(first, names[0]), base=names[0])
    issue = stacked(below)
    assert base(issue) == names[1]
    world.stack.kill_all("tickets", "coding")
    for number in (upper, lower):
        world.person("alice").put(f"/repos/{repo.name}/pulls/{number}/merge", {"merge_method": "squash"})
    world.stack.revive("tickets", "coding")
    record = issue.until("validating", iteration=2)
    assert (record.base, record.stacked, base(issue)) == ("main", None, "main")
    assert parents(issue) == [[head_of(issue, "main")]]


def test_people_are_told_when_github_does_not_allow_the_base_where_it_belongs(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    issue = stacked(below, text="# Two\n", path="two.md")
    alice, number = world.person("alice"), below.pull_request()["number"]
    own = issue.pull_request()["number"]
    body = {"title": "The same", "head": branch(issue), "base": "main"}
    other = alice.post(f"/repos/{repo.name}/pulls", body)["number"]
    alice.patch(f"/repos/{repo.name}/pulls/{number}", {"state": "closed"})
    note(issue, "GitHub does not let us give its pull request that base")
    alice.patch(f"/repos/{repo.name}/pulls/{other}", {"state": "closed"})
    until_blocked(issue, f"#{below.number}")
    assert repo.get(f"/pulls/{own}")["base"]["ref"] == "main"


def test_a_lost_record_knows_again_what_it_stands_on(world: World) -> None:
    repo = repository(world)
    below = reviewed(repo)
    issue = stacked(below)
    before = issue.record()
    comment = issue.status_comment()
    assert comment is not None
    world.person("alice").delete(f"/repos/{repo.name}/issues/comments/{comment['id']}")
    with world.stack.redis() as redis:
        # It remembers that there was a newer one, and would wait for it.
        for key in redis.keys(f"*{repo.name}#{issue.number}*"):
            redis.delete(key)
    issue.say("/autocode", by="bob")
    record = issue.until("validating")
    assert before is not None
    assert (record.stacked, record.underneath) == (before.stacked, before.underneath)
    merge(below, "merge")
    issue.until("validating", iteration=2)
    assert parents(issue) == [[head_of(issue, "main")]]


def test_without_the_key_or_with_two_blockers_it_waits(world: World) -> None:
    repo = world.repository()
    below = reviewed(repo)
    issue = ticket(repo, "Greet second")
    block(issue, below)
    issue.label()
    until_blocked(issue, f"#{below.number}")
    other = repository(world)
    first, open_one = reviewed(other), other.issue()
    both = ticket(other, "Greet both", SECOND)
    block(both, first)
    block(both, open_one)
    both.label()
    until_blocked(both, f"#{first.number}", f"#{open_one.number}")
    open_one.close()
    both.until("validating")
    assert base(both) == branch(first)
