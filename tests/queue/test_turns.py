"""Whoever waits for GitHub's limits comes to a turn: repositories in rotation, and no more than there is room for."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from jobs import controller
from jobs.github.quota import AT_ONCE, FOR_A_START, WRITES_A_MINUTE, Quota
from jobs.queue import Queue
from jobs.settings import Settings
from jobs.ticket.errors import Later
from jobs.ticket.request import Ticket
from jobs.turns import Turns
from jobs.world import World

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROOM = WRITES_A_MINUTE.most // FOR_A_START


def line(repository: str, count: int, installation: int = 17) -> list[Ticket]:
    return [Ticket(installation, repository, number + 1) for number in range(count)]


class Minutes:
    """Quotas on a clock that the test moves."""

    def __init__(self, redis: Redis, *, is_paced: bool = True) -> None:
        self.redis, self.now, self.is_paced = redis, NOW, is_paced

    def quota(self, installation: int) -> Quota:
        return Quota(self.redis, installation, lambda: self.now, is_paced=self.is_paced)

    def serve(self, ticket: Ticket) -> None:
        """It starts, and writes as much as a start may."""
        quota = self.quota(ticket.installation)
        quota.start(ticket)
        for _ in range(FOR_A_START):
            quota.spend(is_graphql=False, is_write=True)


@pytest.fixture
def minutes(redis: Redis) -> Minutes:
    return Minutes(redis)


def test_a_short_line_beside_a_long_one_comes_first_but_for_one(minutes: Minutes) -> None:
    chosen = Turns(minutes.quota).next([*line("acme/long", 500), *line("acme/short", 1)])
    assert len(chosen) == ROOM
    assert line("acme/short", 1)[0] in chosen[:2]
    assert [ticket.number for ticket in chosen if ticket.repository == "acme/long"] == list(range(1, ROOM))


def test_with_more_repositories_than_room_nobody_is_left_out(minutes: Minutes) -> None:
    turns, served = Turns(minutes.quota), Counter[str]()
    waiting = [ticket for number in range(50) for ticket in line(f"acme/r{number}", 8)]
    while waiting:
        chosen = turns.next(waiting)
        assert 0 < len(chosen) <= ROOM
        for ticket in chosen:
            minutes.serve(ticket)
            waiting.remove(ticket)
            served[ticket.repository] += 1
        assert max(served.values()) - min(served[f"acme/r{number}"] for number in range(50)) <= 1
        minutes.now += timedelta(hours=1.1)
    assert served.total() == 400


def test_nobody_is_asked_for_again_before_who_was_asked_for_has_come(minutes: Minutes) -> None:
    turns, waiting = Turns(minutes.quota), line("acme/shop", 100)
    first = turns.next(waiting)
    assert len(first) == ROOM
    assert turns.next(waiting[ROOM:]) == []
    with pytest.raises(Later):
        minutes.quota(17).start(waiting[-1])
    minutes.serve(first[0])
    # Its turn is over and its writes are counted: one and the same room.
    assert turns.next(waiting[ROOM:]) == []


def test_the_line_ends_with_the_last_who_waited(minutes: Minutes) -> None:
    turns = Turns(minutes.quota)
    turns.next(line("acme/shop", ROOM + 1))
    newcomer = Ticket(17, "acme/other", 9)
    with pytest.raises(Later, match="waited longer"):
        minutes.quota(17).start(newcomer)
    minutes.now += timedelta(hours=1)
    assert turns.next(line("acme/shop", 1)) == line("acme/shop", 1)
    minutes.quota(17).start(newcomer)


def test_a_webhook_about_a_ticket_in_line_does_not_cost_it_its_place(minutes: Minutes) -> None:
    queue, (first, second) = Queue(minutes.redis), line("acme/shop", 2)
    # Nothing listens there: who waits in line asks nothing of GitHub.
    settings = Settings(7, "", ("",), api_url="http://127.0.0.1:9")
    world = World(
        settings,
        minutes.redis,
        queue,
        lambda: minutes.now,
        lambda: False,
        lambda _: pytest.fail("a model"),
        lambda: None,
    )
    for ticket in (first, second):
        queue.request_at(ticket, minutes.now)
        minutes.now += timedelta(seconds=1)
    minutes.quota(17).keep_waiting(2)
    controller.reconcile(world, first, "tickets", "tickets-1")
    named: list[Ticket] = []
    queue.request_due(minutes.now, lambda due: named.extend(due) or [])
    assert named == [first, second]


def test_one_account_that_has_to_wait_holds_no_other_up(minutes: Minutes) -> None:
    minutes.quota(17).close(NOW + timedelta(minutes=1))
    chosen = Turns(minutes.quota).next([*line("acme/shop", 5), *line("other/shop", 5, installation=18)])
    assert {ticket.installation for ticket in chosen} == {18}


def test_without_pacing_many_are_taken_in_portions(redis: Redis) -> None:
    turns, waiting = Turns(Minutes(redis, is_paced=False).quota), line("acme/shop", AT_ONCE + 1)
    assert turns.next(waiting) == waiting[:AT_ONCE]
