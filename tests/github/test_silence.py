"""A GitHub that keeps us waiting: one worker finds out, the others are not kept waiting as well."""

from datetime import UTC, datetime

import httpx
import pytest

from jobs.github import api
from jobs.github.errors import Unanswered, Uncertain
from jobs.github.quota import Quota
from jobs.ticket.errors import Later

NOW = datetime.now(UTC)


@pytest.fixture
def hasty(monkeypatch):
    """Our patience is short."""
    monkeypatch.setattr(api, "TIMEOUT", httpx.Timeout(0.6))


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("path", ["^/graphql$", "/access_tokens$"])
def test_where_github_keeps_one_ticket_waiting_nobody_else_waits(world, redis, path, monkeypatch):
    now = [NOW]
    first, second = (
        world.open(Quota(redis, world.hub.installation_id, lambda: now[0], is_paced=False)) for _ in range(2)
    )
    waits = []
    for client in (first, second, first):
        world.fail(path=path, answer="timeout", delay=0.9)
        with pytest.raises(Unanswered, match="kept us waiting"):
            client.observe(now=NOW)
        asked = len(world.calls())
        with pytest.raises(Later, match="asked to wait") as closed:
            (second if client is first else first).observe(now=NOW)
        assert len(world.calls()) == asked
        waits.append(round((closed.value.until - now[0]).total_seconds()))
        now[0] = closed.value.until
    assert waits == [5, 10, 20]
    assert sum(call.endswith(path.strip("^$")) for call in world.calls()) == 3
    monkeypatch.undo()
    patient = world.open(Quota(redis, world.hub.installation_id, lambda: now[0], is_paced=False))
    assert patient.observe(now=NOW).is_labeled


@pytest.mark.usefixtures("hasty")
def test_a_write_that_is_kept_waiting_is_uncertain(world):
    client = world.open()
    client.token()
    world.fail(method="POST", path="/issues/1/comments$", answer="timeout", delay=0.9, effect="after")
    with pytest.raises(Uncertain, match="POST /repos/"):
        client.create_comment("once")
    assert sum(call.endswith("/issues/1/comments") for call in world.calls()) == 1
