"""What people may do goes along with a ticket once, for a minute."""

from jobs.asked import COUNTS_FOR, Asked
from jobs.ticket.request import Ticket

TICKET = Ticket(1, "acme/greet", 1)


def test_what_was_asked_goes_along_once(redis):
    Asked(redis, TICKET).pass_on({"bob": "write", "carol": "read"})
    assert Asked(redis, Ticket(1, "acme/greet", 2)).take() == {}
    assert Asked(redis, TICKET).take() == {"bob": "write", "carol": "read"}
    assert Asked(redis, TICKET).take() == {}


def test_it_counts_for_a_minute(redis):
    Asked(redis, TICKET).pass_on({"bob": "write"})
    [key] = redis.keys("asked:*")
    assert 0 < redis.ttl(key) <= COUNTS_FOR.total_seconds() == 60
