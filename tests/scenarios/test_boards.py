"""People move cards on Projects: it starts and cancels tickets, and a ticket's cards show where it is."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.board import Board, new_board
from tests.model.replies import ask, edit, say, submit
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.world import RIGHT, WRONG, Issue, World, playing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    environ = {"AUTOCODE_MAX_ITERATIONS": "1", "AUTOCODE_CHECKS_WAIT": "3", "AUTOCODE_MAX_TURNS": "12"}
    seed = {"organizations": ["acme", "globex"]}
    with playing(tmp_path_factory.mktemp("stack"), environ, seed=seed) as world:
        yield world


def on_board(world: World, title: str, column: str | None = "Todo", **board: Any) -> tuple[Issue, Board, str]:
    """An issue that the model can solve, a board of its own, and its card there."""
    world.will(*BRISK, when=(title,))
    issue, made = world.repository().issue(title), new_board(world.stack.hub.url, title, **board)
    return issue, made, made.add(issue.node_id, column)


def until_in(issue: Issue, board: Board, card: str, column: str) -> None:
    issue.wait(lambda: board.column(card) == column, f"the card in {column}")


def moves(world: World, card: str) -> list[Mapping[str, Any]]:
    """The calls by which the app has moved that card."""
    bodies = [(call, call["body"]) for call in world.calls_of_the_app() if call["path"].endswith("/graphql")]
    return [call for call, body in bodies if body.get("variables", {}).get("move", {}).get("itemId") == card]


def status(issue: Issue) -> str:
    return str((issue.status_comment() or {"body": ""})["body"])


def test_a_card_starts_a_ticket_and_goes_where_the_ticket_is(world: World) -> None:
    issue, board, card = on_board(world, "Greet people by card")
    board.move(card, "Autocode", by="bob")
    until_in(issue, board, card, "In progress")
    record = issue.until("validating")
    assert record.requested_by == "bob"
    assert {item["name"] for item in issue.repo.get(f"/issues/{issue.number}/labels")} > {"autocode"}
    until_in(issue, board, card, "In review")
    number = issue.pull_request()["number"]
    world.person("alice").put(f"/repos/{issue.repo.name}/pulls/{number}/merge")
    issue.until("done")
    until_in(issue, board, card, "Done")
    # In progress, In review; into Done it may have been taken by the Project's own workflow.
    assert len(moves(world, card)) in (2, 3)
    [ready] = issue.told()
    assert ready.startswith(f"@bob, pull request #{number} is ready for review.")


def test_moved_out_it_cancels_and_moved_in_again_it_starts_afresh(world: World) -> None:
    issue, board, card = on_board(world, "Greet people back and forth")
    board.move(card, "Autocode")
    first = issue.until("validating")
    until_in(issue, board, card, "In review")
    board.move(card, "Todo", by="bob")
    issue.until("cancelled")
    assert "The card was moved out of the columns" in status(issue)
    # A run is known by the second in which it was asked for.
    world.control("POST", "clock", {"advance": 1})
    board.move(card, "Autocode", by="bob")
    second = issue.until("failed")
    # The work was done already.
    assert (second.run != first.run, second.requested_by) == (True, "bob")
    assert board.column(card) == "In progress"


def test_moved_out_while_the_agent_is_at_work_it_is_cancelled_before_the_next_turn(world: World) -> None:
    title = "Greet people at leisure"
    issue, board, card = on_board(world, title)
    slow = [say(f"Hm {number}.", faults=[{"delay": 2}]) for number in range(5)]
    world.will(*slow, ask("Which people?"), when=(title,))
    board.move(card, "Autocode")
    issue.wait(lambda: calls_about(world, title) >= 1, "the first turn")
    until_in(issue, board, card, "In progress")
    board.move(card, "Todo", by="bob")
    issue.until("cancelled")
    assert issue.told() == []
    assert calls_about(world, title) < len(slow)


def test_whoever_may_not_write_starts_nothing(world: World) -> None:
    issue, board, card = on_board(world, "Greet people on a readers wish")
    board.invite("carol")
    board.move(card, "Autocode", by="carol")
    [line] = issue.wait(issue.told, "the polite line")
    assert line.startswith("@carol, thank you")
    assert (issue.record(), board.column(card)) == (None, "Autocode")


def test_whoever_may_not_write_cancels_nothing(world: World) -> None:
    issue, board, card = on_board(world, "Greet people against a readers wish", column=None)
    board.invite("carol")
    issue.label().until("validating")
    until_in(issue, board, card, "In review")
    board.move(card, "Todo", by="carol")
    # It goes back to where its ticket is.
    until_in(issue, board, card, "In review")
    assert issue.told()[-1].startswith("@carol, thank you")
    assert issue.until("validating")


def test_a_move_that_github_does_not_show_yet_is_heeded_when_it_does(world: World) -> None:
    issue, board, card = on_board(world, "Greet people in spite of old copies", column=None)
    issue.label().until("validating")
    until_in(issue, board, card, "In review")
    world.settle()
    world.control("POST", "staleness", {"seconds": 3, "share": 1})
    try:
        before = len(world.calls_of_the_app())
        issue.say("Nice.")
        issue.wait(lambda: len(world.calls_of_the_app()) >= before + 2, "a look at it")
        board.move(card, "Todo", by="bob")
        issue.until("cancelled")
        assert world.control("GET", "staleness")["served"]
    finally:
        world.control("POST", "staleness", {"seconds": 0, "share": 0})


def test_the_label_moves_the_card_and_takes_it_back(world: World) -> None:
    issue, board, card = on_board(world, "Greet people by label", column=None)
    issue.label().until("validating")
    until_in(issue, board, card, "In review")
    issue.unlabel()
    issue.until("cancelled")
    until_in(issue, board, card, "Todo")


def test_a_card_that_comes_later_goes_where_the_ticket_is(world: World) -> None:
    title = "Greet people on a late board"
    world.will(*BRISK, when=(title,))
    issue, board = world.repository().issue(title), new_board(world.stack.hub.url, title)
    issue.label().until("validating")
    until_in(issue, board, board.add(issue.node_id, None), "In review")


def test_a_closed_issue_leaves_its_card_to_the_projects_own_workflow(world: World) -> None:
    issue, board, card = on_board(world, "Greet people no more", columns=("Todo", "In progress", "Done"))
    issue.label().until("validating")
    issue.close()
    issue.until("cancelled")
    world.settle()
    assert board.column(card) != "Todo"


def test_whoever_moves_a_closed_issues_card_in_is_told_to_reopen_it(world: World) -> None:
    issue, board, card = on_board(world, "Greet people once more")
    issue.close()
    board.move(card, "Autocode", by="bob")
    issue.wait(issue.told, "the word")
    assert issue.told() == ["@bob, the issue is closed: reopen it first, then move its card once more."]
    assert issue.record() is None


def test_names_fit_in_whatever_case_and_the_field_can_be_another(world: World) -> None:
    columns = ("todo", "AUTOCODE", "in Progress", "IN REVIEW", "done")
    issue, board, card = on_board(world, "Greet people in capitals", "todo", columns=columns, field="Stage")
    issue.repo.put(".github/autocode.yml", "board:\n  field: stage\n  trigger: autoCode\n")
    board.move(card, "AUTOCODE")
    issue.until("validating")
    until_in(issue, board, card, "IN REVIEW")


def test_every_board_shows_the_ticket_and_a_missing_column_is_said(world: World) -> None:
    issue, board, card = on_board(world, "Greet people on two boards")
    other = new_board(world.stack.hub.url, "Roadmap", ("Backlog", "In Progress", "Shipped"))
    beside = other.add(issue.node_id, "Backlog")
    archived = new_board(world.stack.hub.url, "Old plans")
    away = archived.add(issue.node_id, "Todo")
    archived.archive(away)
    board.move(card, "Autocode")
    issue.until("validating")
    until_in(issue, board, card, "In review")
    assert (other.column(beside), archived.column(away)) == ("In Progress", "Todo")
    assert status(issue).count("⚠") == 1
    assert "The board “Roadmap” has no column `In review`, `Done`, `Todo`" in status(issue)


def test_another_organizations_board_is_left_alone(world: World) -> None:
    title = "Greet people elsewhere"
    world.will(*BRISK, when=(title,))
    issue = world.repository().issue(title)
    world.person("alice").post("/orgs/globex/repos", {"name": "theirs"})
    board = new_board(world.stack.hub.url, "Theirs", organization="globex")
    board.change("updateProjectV2", "clientMutationId", public=True)
    card = board.add(issue.node_id, "Todo")
    board.move(card, "Autocode")
    world.settle()
    assert issue.record() is None
    issue.label().until("validating")
    assert (board.column(card), moves(world, card)) == ("Autocode", [])


def test_a_draft_starts_nothing_until_it_is_an_issue_that_is_moved(world: World) -> None:
    title = "Greet people in draft"
    world.will(*BRISK, when=(title,))
    board, repository = new_board(world.stack.hub.url, title), world.repository()
    card = board.draft(title, "Autocode")
    world.settle()
    deliveries = [item for item in world.control("GET", "deliveries") if item["event"] == "projects_v2_item"]
    assert {item["status_code"] for item in deliveries[-2:]} == {200}
    made = board.convert(card, repository.get("")["node_id"])
    issue = Issue(repository, made)
    world.settle()
    assert issue.record() is None
    board.move(card, "Todo")
    board.move(card, "Autocode")
    assert issue.until("validating").requested_by == "alice"
    until_in(issue, board, card, "In review")


def test_a_bug_ticket_gets_a_card_beside_its_tickets(world: World) -> None:
    title = "Greet people wrongly on a board"
    issue, board, card = on_board(world, title)
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title,))
    board.move(card, "Autocode")
    issue.until("failed")
    [bug] = issue.repo.bugs()
    assert set(board.titles()) == {title, bug["title"]}
    assert board.column(card) == "In progress"
    assert RIGHT not in bug["body"]
