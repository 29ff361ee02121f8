"""Many tickets at once: within GitHub's own limits, in a fair order, and none is lost. The clock is moved."""

from tests.rush import MAY, MAY_NOT, SCRIPT, Rush, seed, spread
from tests.stack import Stack

REPOSITORIES, TICKETS = 2, 22
"""In each more than are given their turns at once."""


def test_every_ticket_of_a_rush_is_served_in_a_fair_order_and_github_never_has_to_refuse(tmp_path):
    with Stack(tmp_path, seed=seed(REPOSITORIES, TICKETS), script=SCRIPT, is_preloaded=True) as stack:
        stack.start("web")
        with Rush(stack, REPOSITORIES, TICKETS) as rush:
            outcome = rush.run(lambda number: MAY if number == 0 else MAY_NOT)
    assert outcome.told == [1] * (REPOSITORIES * TICKETS)
    assert outcome.refused == 0
    # They have come repository by repository, and wait for their turns from the beginning.
    assert outcome.spread <= 2
    # Each waits at the price of one job that finds no room; the rest are for those that were begun.
    assert outcome.jobs <= 4 * REPOSITORIES * TICKETS


def test_the_spread_counts_only_repositories_with_tickets_still_waiting():
    assert spread(["a", "b", "a", "b"], 2) == 1
    assert spread(["a", "a", "b", "b"], 2) == 1
    assert spread(["a", "a", "a", "b", "b", "b", "a", "b"], 4) == 3
