"""Moves of cards are kept, in order, until somebody says that they are dealt with."""

from datetime import UTC, datetime

from redis import Redis

from jobs.cards import Moves
from jobs.ticket.request import CardMoved, Ticket

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TICKET = Ticket(17, "acme/shop", 12)


def moved(sender: str) -> CardMoved:
    return CardMoved(17, "PVTI_1", sender, 2, "2026-11-21T12:00:00Z", "Status", "", "Autocode")


def waiting(moves: Moves) -> list[str]:
    return [heard.moved.sender for heard in moves.waiting()]


def test_a_move_that_was_taken_comes_back_unless_it_was_settled(redis: Redis) -> None:
    moves = Moves(redis, TICKET)
    moves.add(moved("bob"), NOW)
    moves.add(moved("carol"), NOW)
    assert moves.waiting()[0].at == NOW
    moves.take()
    assert waiting(moves) == ["carol"]
    # As after a worker's death.
    again = Moves(redis, TICKET)
    assert waiting(again) == ["bob", "carol"]
    again.take()
    again.settle()
    again.settle()
    assert waiting(Moves(redis, TICKET)) == ["carol"]
    assert waiting(Moves(redis, Ticket(17, "acme/shop", 13))) == []
    assert 0 < redis.ttl(f"moves:{TICKET.key}") <= 3 * 24 * 3600
