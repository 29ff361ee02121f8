"""What a ticket's neighbours cost to ask for: one call where there is little to know, six for five hundred tickets."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from jobs.ticket.dependencies import Reference
from jobs.ticket.order import next_up
from tests.board import new_board
from tests.hub import Hub, serve
from tests.stack import NO_LIMITS

BOT = "autocode[bot]"


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    """Of their own: five hundred tickets would show in everybody else's searches."""
    with serve() as running:
        running.control("POST", "limits", NO_LIMITS)
        yield running


@pytest.fixture(scope="module")
def people(hub: Hub) -> Iterator[dict[str, httpx.Client]]:
    with ExitStack() as stack:
        yield {login: stack.enter_context(hub.as_user(login)) for login in ("alice", "bob", "carol")}


def test_the_next_of_five_hundred_tickets_is_chosen_with_six_calls_at_most(world):
    def open_issue(number: int) -> int:
        labels = ["autocode", "autocode: working" if number < 2 else "autocode: queued"]
        labels += ["priority: high"] if number == 400 else []
        made = world.act("alice", "POST", "/issues", {"title": f"Greet {number}", "labels": labels})
        return int(made["number"])

    with ThreadPoolExecutor(4) as hands:
        made = list(hands.map(open_issue, range(500)))
    board = new_board(world.hub.url, "Plans")
    for number in (made[300], made[200]):
        board.add(world.act("alice", "GET", f"/issues/{number}")["node_id"])
    relations = world.open().relations
    relations.has_comment(1, BOT, "nothing", world.observe().now)
    world.control("DELETE", "calls")
    places = relations.places("Priority")
    calls = world.calls()
    assert len(calls) <= 6
    assert len(places) == 500
    assert next_up(places, 5) == [made[400], made[300], made[200]]


def test_what_cards_say_decides_unless_projects_are_out_of_sight(world, hub):
    def waiting(title: str) -> tuple[int, str]:
        labels = ["autocode", "autocode: queued"]
        made = world.act("alice", "POST", "/issues", {"title": title, "labels": labels})
        return made["number"], made["node_id"]

    (first, _), (second, by_option), (third, by_number) = (waiting(f"Greet {number}") for number in range(3))
    board, other = (
        new_board(hub.url, "Plans", ("Soon", "Some day"), field="pRIORITY"),
        new_board(hub.url, "Shelf"),
    )
    board.add(by_option, "Some day")
    for shelf, number in ((other, 0.5), (board, 7)):
        shelf.write_number(shelf.add(by_number), "Priority" if shelf is other else "Effort", number)
    assert next_up(world.open().relations.places("priority"), 3) == [third, second, first]
    other.archive(other.add(by_number))
    # That of a number field elsewhere is archived, but its card on the first board stands below the second's.
    assert next_up(world.open().relations.places("priority"), 3) == [second, third, first]
    granted = dict(hub.state.installations[hub.installation_id].permissions)
    hub.control("POST", "permissions", {"issues": "write", "metadata": "read"})
    try:
        assert next_up(world.open().relations.places("priority"), 3) == [first, second, third]
    finally:
        hub.control("POST", "permissions", granted)


def test_the_oldest_board_orders_those_whose_cards_say_nothing(world, hub):
    def waiting(title: str) -> tuple[int, str]:
        labels = ["autocode", "autocode: queued"]
        made = world.act("alice", "POST", "/issues", {"title": title, "labels": labels})
        return made["number"], made["node_id"]

    tickets = [waiting(f"Greet {number}") for number in range(4)]
    board, later = new_board(hub.url, "Plans"), new_board(hub.url, "Afterthoughts")
    cards = [board.add(node) for _, node in tickets[:3]]
    for _, node in reversed(tickets):
        later.add(node)
    board.put_below(cards[2])
    board.put_below(cards[0], cards[1])
    world.control("DELETE", "calls")
    places = world.open().relations.places("Priority")
    assert next_up(places, 4) == [tickets[index][0] for index in (2, 1, 0, 3)]
    calls = world.calls()
    assert len([call for call in calls if call.endswith("/graphql")]) == 2


def test_a_ticket_that_waits_for_nothing_is_known_with_one_call(world):
    relations = world.open().relations
    relations.places("Priority")
    world.control("DELETE", "calls")
    found = relations.found((), BOT)
    assert (found.open, found.unseen, found.parts) == ((), (), ())
    assert world.calls() == [f"GET /repos/{world.repository}/issues/1"]


def test_blockers_out_of_sight_are_counted_and_those_of_the_installation_are_seen(world, people):
    alice = people["alice"]
    other = alice.post(
        "/orgs/acme/repos", json={"name": f"{world.repository[5:]}-lib", "private": True}
    ).json()
    mine = alice.post("/user/repos", json={"name": f"{world.repository[5:]}-mine", "private": True}).json()
    for repository in (other, mine):
        blocker = alice.post(f"/repos/{repository['full_name']}/issues", json={"title": "First this"}).json()
        world.act("alice", "POST", "/issues/1/dependencies/blocked_by", {"issue_id": blocker["id"]})
    named = (Reference(mine["full_name"], 1), Reference(world.repository, 99))
    found = world.open().relations.found(named, BOT)
    assert found.open == (Reference(other["full_name"], 1),)
    assert found.unseen == (
        "1 in repositories that it does not name",
        f"{mine['full_name']}#1",
        "#99",
    )


def test_what_we_have_filed_about_a_failure_is_no_part_of_the_ticket(world):
    installation = world.open()
    bug = installation.create_issue(title="autocode gave up", body="Red.")
    issue, child = (
        world.act("bob", "GET", "/issues/1"),
        world.act("bob", "POST", "/issues", {"title": "Greet twice"}),
    )
    assert installation.add_sub_issue(issue["node_id"], bug.node_id)
    assert not installation.add_sub_issue(issue["node_id"], bug.node_id)
    world.act("alice", "POST", "/issues/1/sub_issues", {"sub_issue_id": child["id"]})
    [part] = installation.relations.found((), BOT).parts
    assert part.reference == Reference(world.repository, child["number"])
    assert (part.is_open, part.author, part.state) == (True, "bob", "open")
