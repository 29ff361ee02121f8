"""The App by its own key: where it is installed, and which tickets want looking at."""

from datetime import UTC, datetime, timedelta

import pytest

from jobs.github.app import Account, App
from jobs.github.errors import Gone
from jobs.ticket.request import Ticket


def test_it_knows_where_it_is_installed(world):
    with App(world.settings) as app:
        assert app.installations() == [Account(world.hub.installation_id, "acme")]


def test_open_tickets_are_found_by_their_labels(world):
    for title in ("Closed and finished", "Closed yet unfinished", "Not ours"):
        world.act("bob", "POST", "/issues", {"title": title})
    world.act("bob", "POST", "/issues/2/labels", {"labels": ["autocode"]})
    world.act("bob", "POST", "/issues/3/labels", {"labels": ["autocode: needs input"]})
    for number in (2, 3):
        world.act("bob", "PATCH", f"/issues/{number}", {"state": "closed"})
    with App(world.settings) as app:
        account = app.account(world.hub.installation_id)
        found = [item.ticket for item in app.open_tickets(account)]
    ours = {ticket for ticket in found if ticket.repository == world.repository}
    assert ours == {Ticket(world.hub.installation_id, world.repository, number) for number in (1, 3)}
    assert len(found) == len(set(found))
    assert len(world.calls()) == 3


def test_of_the_tickets_that_wait_for_a_slot_one_is_always_looked_at(world, hub):
    for labels in (["autocode", "autocode: queued"],) * 3 + (["autocode", "autocode: blocked"],):
        world.act("alice", "POST", "/issues", {"title": "Greet", "labels": labels})
    with App(world.settings, lambda: datetime.now(UTC) + timedelta(hours=1)) as app:
        found = list(app.open_tickets(app.account(world.hub.installation_id)))
    without = [
        item.ticket.number
        for item in found
        if item.fingerprint is None and item.ticket.repository == world.repository
    ]
    assert without == [2, 5]


def test_a_removed_installation_is_gone(world):
    with App(world.settings) as app, pytest.raises(Gone):
        list(app.open_tickets(Account(424242, "acme")))
