"""More tickets than slots: they wait for their turn, and nobody overtakes but by priority."""

import signal
from collections.abc import Iterator

import pytest
from redis import Redis

from tests.board import new_board
from tests.model.replies import ask, say
from tests.scenarios.test_people import calls_about
from tests.scenarios.world import Issue, Repo, World, playing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Without a coding worker, so that who has a slot keeps it for as long as a test likes; and with many others."""
    environ, processes = {"AUTOCODE_CHECKS_WAIT": "3"}, ("web", "tickets", "clock")
    with playing(tmp_path_factory.mktemp("stack"), environ, processes=processes) as world:
        world.stack.start_another("tickets", "tickets-2")
        yield world


def with_slots(world: World, slots: int) -> Repo:
    repo = world.repository()
    repo.put(".github/autocode.yml", f"concurrency: {slots}\n")
    return repo


def labelled(repo: Repo, count: int) -> list[Issue]:
    issues = [repo.issue(f"Greet people, part {number}") for number in range(count)]
    for issue in issues:
        issue.label()
    return issues


def holders(repo: Repo) -> list[int]:
    return sorted(item["number"] for item in repo.get("/issues", labels="autocode: working"))


def waiting(repo: Repo) -> list[int]:
    return sorted(item["number"] for item in repo.get("/issues", labels="autocode: queued"))


def until_places(issues: list[Issue], working: int, queued: int) -> None:
    """Wait until so many of them work and so many wait; that never more work than that is asserted on the way."""

    def settled() -> bool:
        count = len(holders(issues[0].repo))
        assert count <= working
        return (count, len(waiting(issues[0].repo))) == (working, queued)

    issues[0].wait(settled, f"{working} at work and {queued} waiting")


def line(issue: Issue) -> str:
    return (issue.status_comment() or {"body": ""})["body"]


def test_a_question_lets_the_next_one_in_and_its_answer_waits_for_a_slot(world: World) -> None:
    """The first test of this file: the coding worker finds nobody else's tickets."""
    repo = with_slots(world, 1)
    asker, other = repo.issue("Greet people, but how?"), repo.issue("Greet people at length")
    world.will(ask("Formal or casual?"), when=("Greet people, but how?",))
    world.will(say("Thinking", faults=[{"delay": 3.0}]), when=("Greet people at length",))
    asker.label().until("preparing")
    other.label().until("queued")
    world.stack.start("coding")
    asker.until("asking")
    other.wait(lambda: calls_about(world, "Greet people at length") >= 1, "the first model call")
    asker.say("Formal, please.")
    asker.until("queued")
    assert holders(repo) == [other.number]
    world.stack.kill("coding", signal.SIGTERM)
    other.unlabel()
    asker.until("preparing")
    assert holders(repo) == [asker.number]
    asker.unlabel()


def test_two_are_worked_on_at_a_time_and_the_others_know_their_place(world: World) -> None:
    repo = world.repository()
    first, second, third, fourth = labelled(repo, 4)
    until_places([first, second, third, fourth], working=2, queued=2)
    begun = holders(repo)
    last = max(waiting(repo))
    issue = next(item for item in (third, fourth, second, first) if item.number == last)
    issue.say("/autocode")
    issue.wait(lambda: "waiting for its turn: 1 in front of it" in line(issue), "its place")
    for number in begun:
        Issue(repo, number).unlabel()
    until_places([first, second, third, fourth], working=2, queued=0)
    assert set(holders(repo)).isdisjoint(begun)


def test_who_asks_in_the_same_moment_gets_no_slot_too_many(world: World) -> None:
    repo = with_slots(world, 1)
    issues = labelled(repo, 6)
    until_places(issues, working=1, queued=5)
    for left in range(4, -1, -1):
        Issue(repo, holders(repo)[0]).unlabel()
        until_places(issues, working=1, queued=left)


def test_a_high_priority_goes_first_and_a_low_one_last(world: World) -> None:
    repo = with_slots(world, 1)
    holder = repo.issue().label()
    holder.until("preparing")
    low, plain, high = (repo.issue(word) for word in ("later", "some time", "now"))
    for issue, label in ((low, "priority: low"), (plain, None), (high, "Priority: High")):
        if label:
            world.person("alice").post(f"{issue.path}/labels", {"labels": [label]})
        issue.label().until("queued")
    until_places([holder], working=1, queued=3)
    for done, following in ((holder, high), (high, plain), (plain, low)):
        done.unlabel()
        following.until("preparing")
        assert holders(repo) == [following.number]


def test_a_projects_field_decides_among_those_without_a_label(world: World) -> None:
    repo = with_slots(world, 1)
    board = new_board(world.stack.hub.url, "Plans", ("Urgent", "Some day"), field="Priority")
    holder = repo.issue().label()
    holder.until("preparing")
    unsaid, some_day, urgent, low = (repo.issue(word) for word in ("whenever", "later", "now", "last"))
    world.person("alice").post(f"{low.path}/labels", {"labels": ["priority: low"]})
    for issue, option in ((some_day, "Some day"), (urgent, "Urgent"), (low, "Urgent")):
        board.add(issue.node_id, option)
    for issue in (unsaid, low, some_day, urgent):
        issue.label().until("queued")
    until_places([holder], working=1, queued=4)
    for done, following in ((holder, urgent), (urgent, some_day), (some_day, unsaid), (unsaid, low)):
        done.unlabel()
        following.until("preparing")
        assert holders(repo) == [following.number]


def test_who_stands_higher_on_the_board_goes_first(world: World) -> None:
    repo = with_slots(world, 1)
    board = new_board(world.stack.hub.url, "Backlog")
    holder, first, second = repo.issue().label(), repo.issue("one"), repo.issue("two")
    holder.until("preparing")
    upper, lower = (board.add(issue.node_id, "Todo") for issue in (first, second))
    for issue in (first, second):
        issue.label().until("queued")
    until_places([holder], working=1, queued=2)
    board.put_below(upper, lower)
    holder.unlabel()
    second.until("preparing")
    assert holders(repo) == [second.number]


def test_who_may_not_ask_is_told_before_it_would_be_its_turn(world: World) -> None:
    repo = with_slots(world, 1)
    repo.issue().label().until("preparing")
    issue = repo.issue().label(by="dave")
    issue.until("cancelled")
    assert "autocode works for people who can write" in issue.told()[0]


def test_a_waiting_ticket_is_cancelled_like_any_other(world: World) -> None:
    repo = with_slots(world, 1)
    first, second, third = labelled(repo, 3)
    until_places([first, second, third], working=1, queued=2)
    stopped = Issue(repo, waiting(repo)[0])
    stopped.say("/autocode stop")
    stopped.until("cancelled")
    assert stopped.state_labels() == set()
    left = waiting(repo)
    Issue(repo, holders(repo)[0]).close()
    until_places([first], working=1, queued=0)
    assert holders(repo) == left


def test_a_label_put_on_by_hand_neither_holds_a_slot_nor_the_queue_up(world: World) -> None:
    repo = with_slots(world, 1)
    holder = repo.issue().label()
    holder.until("preparing")
    stopped = repo.issue().label()
    stopped.until("queued")
    stopped.say("/autocode stop")
    stopped.until("cancelled")
    stranger = repo.issue()
    for issue in (stopped, stranger):
        world.person("alice").post(f"{issue.path}/labels", {"labels": ["autocode: queued"]})
    last = repo.issue().label()
    last.until("queued")
    holder.unlabel()
    last.until("preparing")


def test_with_everything_forgotten_the_slots_are_those_of_github(world: World) -> None:
    repo = world.repository()
    issues = labelled(repo, 4)
    until_places(issues, working=2, queued=2)
    Redis.from_url(world.stack.redis_url).flushall()
    late = repo.issue().label()
    late.until("queued")
    until_places(issues, working=2, queued=3)
    Issue(repo, holders(repo)[0]).unlabel()
    until_places(issues, working=2, queued=2)


def test_a_deleted_issue_leaves_its_slot_to_the_next_one(world: World) -> None:
    repo = with_slots(world, 1)
    holder, other = repo.issue("Greet people no more"), repo.issue("Greet people instead")
    holder.label().until("preparing")
    other.label().until("queued")
    query = "mutation($id: ID!) {deleteIssue(input: {issueId: $id}) {clientMutationId}}"
    world.person("alice").post("/graphql", {"query": query, "variables": {"id": holder.node_id}})
    other.until("preparing")
