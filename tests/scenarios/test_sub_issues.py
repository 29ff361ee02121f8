"""A parent is labelled: its sub-issues become tickets of their own, one after the other, and it reports on them."""

from collections.abc import Iterator

import pytest

from tests.scenarios.relatives import adopt, block, disown
from tests.scenarios.test_slots import holders, line
from tests.scenarios.world import Issue, Repo, World, playing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Without a coding worker: a ticket that may begin stays in `preparing`."""
    with playing(tmp_path_factory.mktemp("stack"), {}, processes=("web", "tickets", "clock")) as world:
        yield world


def family(world: World, children: int, slots: int) -> tuple[Repo, Issue, list[Issue]]:
    repo = world.repository()
    repo.put(".github/autocode.yml", f"concurrency: {slots}\n")
    parent = repo.issue("Greet everybody")
    # The first one is to be the last.
    made = [repo.issue(f"Greet part {number}") for number in range(children)]
    return repo, parent, [adopt(parent, child) for child in reversed(made)]


def nudge(parent: Issue) -> None:
    """An Enterprise Server sends no webhook about sub-issues; the sweep would look, but not for minutes."""
    if parent.repo.world.is_enterprise:
        parent.say("/autocode")


def says(issue: Issue, text: str) -> None:
    issue.wait(lambda: text in line(issue), text)


def test_sub_issues_are_worked_on_in_their_order_and_the_parent_reports(world: World) -> None:
    repo, parent, (first, second, third) = family(world, 3, slots=1)
    parent.label(by="bob")
    assert first.until("preparing").requested_by == "bob"
    says(parent, f"- [ ] #{first.number} · working\n- [ ] #{second.number} · open")
    assert parent.state_labels() == {"autocode: blocked"}
    assert {item["name"] for item in repo.get(f"/issues/{first.number}/labels")} >= {"autocode"}
    assert holders(repo) == [first.number]
    first.close()
    second.until("preparing")
    second.close()
    third.until("preparing")
    says(parent, f"- [x] #{first.number} · closed\n- [x] #{second.number} · closed\n- [ ] #{third.number}")
    third.close()
    parent.until("done")
    [report] = parent.told()
    assert report.startswith("@bob, all sub-issues of this ticket are closed")
    assert parent.state_labels() == set()
    assert len(first.told()) == 1


def test_a_parent_with_all_its_sub_issues_closed_is_a_ticket_like_any_other(world: World) -> None:
    _, parent, [child] = family(world, 1, slots=1)
    child.close()
    parent.label().until("preparing")


def test_a_parent_that_loses_its_last_sub_issue_is_not_worked_on_itself(world: World) -> None:
    _, parent, [child] = family(world, 1, slots=2)
    parent.label(by="bob")
    child.until("preparing")
    disown(parent, child)
    nudge(parent)
    parent.until("done")
    [report] = parent.told()
    assert report.startswith("@bob, this ticket has no sub-issues any more")
    assert child.record().phase == "preparing"


def test_a_sub_issue_that_blocks_its_parent_is_worked_on(world: World) -> None:
    _, parent, [child] = family(world, 1, slots=1)
    block(parent, child)
    parent.label()
    child.until("preparing")


def test_a_sub_issue_that_waits_for_its_parent_goes_in_circles(world: World) -> None:
    _, parent, [child] = family(world, 1, slots=1)
    block(child, parent)
    parent.label()
    circle = f"#{child.number} waits for #{parent.number} waits for #{child.number}"
    child.wait(lambda: any(circle in text for text in child.told()), "the cycle")


def test_a_cancelled_sub_issue_stays_cancelled_and_the_next_one_begins(world: World) -> None:
    repo, parent, (first, second) = family(world, 2, slots=1)
    parent.label()
    first.until("preparing")
    first.unlabel()
    second.until("preparing")
    assert first.record().phase == "cancelled"
    assert holders(repo) == [second.number]


def test_who_may_not_ask_for_the_parent_gets_no_sub_issue_worked_on(world: World) -> None:
    _, parent, [child] = family(world, 1, slots=1)
    parent.label(by="dave").until("cancelled")
    assert child.all_comments() == []


def test_a_readers_sub_issue_that_came_later_is_not_begun(world: World) -> None:
    repo, parent, [child] = family(world, 1, slots=2)
    world.control("POST", "clock", {"advance": 2})
    parent.label()
    child.until("preparing")
    world.control("POST", "clock", {"advance": 2})
    by_reader, by_writer = repo.issue(by="carol"), repo.issue(by="bob")
    adopt(parent, by_reader)
    adopt(parent, by_writer)
    nudge(parent)
    by_writer.until("preparing")
    assert by_reader.all_comments() == []
    says(parent, f"- [ ] #{by_reader.number} · open")
