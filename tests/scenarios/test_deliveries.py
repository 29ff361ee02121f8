"""What GitHub could not deliver is taken in from its log, once; where nothing can reach us, everything is."""

import signal
from collections.abc import Iterator

import pytest
from redis import Redis

from jobs.deliveries import WAITING
from jobs.queue import READ
from tests.board import new_board
from tests.model.replies import ask, edit, submit
from tests.scenarios.world import RIGHT, Issue, World, playing

NOWHERE = "http://127.0.0.1:1/webhook"
"""Nobody listens there."""


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """No web process, and a webhook that leads nowhere."""
    environ = {"AUTOCODE_CHECKS_WAIT": "3", "PULL_DELIVERIES": "1"}
    with playing(tmp_path_factory.mktemp("stack"), environ, processes=()) as world:
        world.stack.hub.app.patch(f"{world.prefix}/app/hook/config", {"url": NOWHERE})
        world.stack.start("tickets", "coding", "clock")
        swept(world)
        yield world


def swept(world: World) -> None:
    """The first sweep is over: what happens from now on only a delivery tells."""
    Issue.wait(
        world.repository().issue(),
        lambda: any(call["path"].endswith("/graphql") for call in world.calls_of_the_app()),
        "the first sweep",
    )
    world.settle()


def a_minute_later(world: World) -> None:
    """The clock has the log read again."""
    with Redis.from_url(world.stack.redis_url) as redis:
        redis.delete(READ)


def answered(world: World, status_code: int) -> bool:
    """The log's newest entry about a label has this answer."""
    log = [row for row in world.control("GET", "deliveries") if row["action"] == "labeled"]
    return bool(log) and log[-1]["status_code"] == status_code


def assert_reviewed_once(issue: Issue) -> None:
    issue.until("validating")
    assert len(issue.repo.branches()) == len(issue.repo.pull_requests()) == len(issue.told()) == 1
    eyes = [row for row in issue.repo.get(f"/issues/{issue.number}/reactions") if row["content"] == "eyes"]
    assert len(eyes) == 1


def brisk(world: World, title: str) -> Issue:
    """An issue that takes the model one edit."""
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title,))
    return world.repository().issue(title)


def test_what_happened_while_the_web_process_was_down_is_caught_up_with(world: World) -> None:
    swept(world)
    issue = brisk(world, "Greet people during an outage")
    world.stack.kill("web", signal.SIGTERM)
    issue.label()
    issue.wait(lambda: answered(world, 502), "the failed delivery")
    world.stack.start("web")
    a_minute_later(world)
    assert_reviewed_once(issue)


def test_a_delivery_that_the_queue_could_not_take_is_caught_up_with(world: World) -> None:
    swept(world)
    issue = brisk(world, "Greet people without a queue")
    with Redis.from_url(world.stack.redis_url) as redis:
        redis.config_set("maxmemory", 1)
        try:
            issue.label()
            issue.wait(lambda: answered(world, 503), "the refused delivery")
        finally:
            redis.config_set("maxmemory", 0)
    a_minute_later(world)
    assert_reviewed_once(issue)


def test_a_machine_that_no_webhook_can_reach_works_a_ticket(unreachable: World) -> None:
    issue = brisk(unreachable, "Greet people from a cellar").label()
    assert_reviewed_once(issue)


def test_who_moved_a_card_is_heard_of_from_the_log(unreachable: World) -> None:
    issue = brisk(unreachable, "Greet people from a board in a cellar")
    board = new_board(unreachable.stack.hub.url, "Cellar")
    board.move(board.add(issue.node_id, "Todo"), "Autocode", by="bob")
    assert issue.until("validating").requested_by == "bob"
    assert_reviewed_once(issue)


def test_a_reading_that_is_killed_in_the_middle_loses_nothing(unreachable: World) -> None:
    title = "Greet people in spite of all"
    unreachable.will(ask("Formal or casual?"), when=(title,))
    repo = unreachable.repository()
    issues = [repo.issue(title) for _ in range(2)]
    unreachable.fault(path=r"/app/hook/deliveries/\d+$", answer="timeout", delay=10, times=1)
    for issue in issues:
        issue.label()
    with Redis.from_url(unreachable.stack.redis_url) as redis:
        issues[0].wait(lambda: redis.llen(WAITING), "a reading that has begun")
    unreachable.stack.kill("tickets", signal.SIGKILL)
    unreachable.stack.start("tickets")
    for issue in issues:
        issue.until("asking")
        assert len(issue.told()) == 1
