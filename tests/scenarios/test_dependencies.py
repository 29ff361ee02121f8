"""Tickets wait for other issues: GitHub's dependencies and the lines in a body, and what can go wrong with both."""

import re
from collections.abc import Iterator

import pytest
from redis import Redis

from tests.scenarios.relatives import block, unblock
from tests.scenarios.test_slots import holders, line
from tests.scenarios.world import Issue, Repo, World, playing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Without a coding worker: a ticket that may begin stays in `preparing`."""
    with playing(tmp_path_factory.mktemp("stack"), {}, processes=("web", "tickets", "clock")) as world:
        yield world


def reopen(issue: Issue) -> None:
    issue.repo.world.person("alice").patch(issue.path, {"state": "open"})


def until_blocked(issue: Issue, *names: str) -> None:
    issue.wait(lambda: issue.state_labels() == {"autocode: blocked"}, "the label")
    issue.wait(lambda: waits_for(issue) == set(names), f"that it waits for {names}")


def waits_for(issue: Issue) -> set[str]:
    found = re.search(r"waiting for its turn: (.*) must be closed first", line(issue))
    return set(found[1].split(", ")) if found else set()


def test_a_ticket_waits_until_the_last_issue_that_blocks_it_is_closed(world: World) -> None:
    repo = world.repository()
    first, second, issue = repo.issue(), repo.issue(), repo.issue()
    block(issue, first)
    block(issue, second)
    issue.label()
    until_blocked(issue, f"#{first.number}", f"#{second.number}")
    first.close()
    until_blocked(issue, f"#{second.number}")
    assert holders(repo) == []
    second.close()
    issue.until("preparing")
    assert issue.state_labels() == {"autocode: working"}


def test_a_blocked_ticket_keeps_nobody_else_from_working(world: World) -> None:
    repo = world.repository()
    repo.put(".github/autocode.yml", "concurrency: 1\n")
    blocker, issue, other = repo.issue(), repo.issue(), repo.issue()
    block(issue, blocker)
    issue.label()
    until_blocked(issue, f"#{blocker.number}")
    other.label().until("preparing")
    blocker.close()
    issue.wait(lambda: issue.state_labels() == {"autocode: queued"}, "the label")
    other.close()
    issue.until("preparing")


def test_dependencies_are_heard_of_when_they_come_and_go(world: World) -> None:
    repo = world.repository()
    repo.put(".github/autocode.yml", "concurrency: 1\n")
    holder, blocker, issue = repo.issue().label(), repo.issue(), repo.issue()
    holder.until("preparing")
    issue.label().until("queued")
    block(issue, blocker)
    until_blocked(issue, f"#{blocker.number}")
    blocker.close()
    issue.wait(lambda: issue.state_labels() == {"autocode: queued"}, "the label")
    reopen(blocker)
    until_blocked(issue, f"#{blocker.number}")
    holder.unlabel()
    holder.until("cancelled")
    assert holders(repo) == []
    unblock(issue, blocker)
    issue.until("preparing")


def test_a_line_in_the_body_counts_if_a_writer_wrote_it(world: World) -> None:
    repo = world.repository()
    blocker = repo.issue()
    by_writer = repo.issue(
        "Greet people then", f"Say hello.\n\nDepends on #{blocker.number}", by="bob"
    ).label()
    by_reader = repo.issue("Greet people now", f"Depends on #{blocker.number}", by="carol").label()
    until_blocked(by_writer, f"#{blocker.number}")
    by_reader.until("preparing")
    blocker.close()
    by_writer.until("preparing")


def test_a_line_may_be_added_and_taken_back_while_the_ticket_waits(world: World) -> None:
    repo = world.repository()
    blocker, other = repo.issue(), repo.issue()
    issue = repo.issue(body=f"Depends on #{blocker.number}", by="bob").label()
    until_blocked(issue, f"#{blocker.number}")
    bob = world.person("bob")
    bob.patch(issue.path, {"body": f"Depends on #{blocker.number} and #{other.number}"})
    until_blocked(issue, f"#{blocker.number}", f"#{other.number}")
    bob.patch(issue.path, {"body": "Say hello."})
    issue.until("preparing")


def test_an_issue_of_another_repository_blocks_too(world: World) -> None:
    there, here = world.repository(), world.repository()
    by_line, by_link = there.issue(), there.issue()
    issue = here.issue(body=f"Blocked by: {there.name}#{by_line.number}", by="bob")
    block(issue, by_link)
    issue.label()
    until_blocked(issue, f"{there.name}#{by_link.number}", f"{there.name}#{by_line.number}")
    by_line.close()
    by_link.close()
    issue.until("preparing")


def test_a_persons_pull_request_blocks_until_it_is_merged(world: World) -> None:
    repo = world.repository()
    alice, path = world.person("alice"), f"/repos/{repo.name}"
    sha = repo.get("/git/ref/heads/main")["object"]["sha"]
    alice.post(f"{path}/git/refs", {"ref": "refs/heads/by-hand", "sha": sha})
    repo.put("notes.md", "# By hand\n", branch="by-hand")
    pull = alice.post(f"{path}/pulls", {"title": "By hand", "head": "by-hand", "base": "main"})
    issue = repo.issue(body=f"Depends on #{pull['number']}", by="bob").label()
    until_blocked(issue, f"#{pull['number']}")
    alice.put(f"{path}/pulls/{pull['number']}/merge")
    issue.until("preparing")


def test_what_cannot_be_seen_is_named_and_not_waited_for(world: World) -> None:
    repo = world.repository()
    Repo(world, repo.name).put(".github/autocode.yml", "concurrency: 1\n")
    holder = repo.issue().label()
    holder.until("preparing")
    issue = repo.issue(body="Depends on acme/nowhere#7", by="bob").label()
    issue.until("queued")
    issue.wait(lambda: "cannot see, so it does not wait for them: acme/nowhere#7" in line(issue), "its name")
    holder.unlabel()
    issue.until("preparing")


def test_a_cycle_is_named_once(world: World) -> None:
    repo = world.repository()
    first, second, third = (repo.issue(by="bob") for _ in range(3))
    block(first, second)
    block(second, third)
    block(third, first)
    first.label()
    circle = " waits for ".join(f"#{item.number}" for item in (first, second, third, first))
    first.wait(lambda: any(circle in text for text in first.told()), "the cycle")
    first.say("/autocode")
    unblock(third, first)
    second.close()
    first.until("preparing")
    assert len(first.told()) == 1


def test_who_waits_for_whom_is_found_out_again_after_everything_was_forgotten(world: World) -> None:
    repo = world.repository()
    blocker, issue = repo.issue(), repo.issue()
    block(issue, blocker)
    issue.label()
    until_blocked(issue, f"#{blocker.number}")
    Redis.from_url(world.stack.redis_url).flushall()
    blocker.close()
    issue.until("preparing")
