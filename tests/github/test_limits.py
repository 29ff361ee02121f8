"""GitHub's limits, as the hub enforces them, and what the client makes of each refusal."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from jobs.github.errors import GitHubError
from jobs.github.quota import Quota
from jobs.ticket.errors import Later
from tests.hub.limits import PLEASE_WAIT
from tests.stack import NO_LIMITS

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def limit(world):
    """Set some limits, of which nothing is used yet."""
    yield lambda **rates: world.control("POST", "limits", NO_LIMITS | rates)
    world.control("POST", "limits", NO_LIMITS)


def later(do):
    """How long to wait, as the client says when it is refused."""
    with pytest.raises(Later) as refused:
        do()
    return refused.value.until - datetime.now(UTC)


def bot(world):
    """The installation without our client around it."""
    return world.hub.with_token(world.open().token())


def test_without_changes_the_limits_are_githubs(world, limit):
    rates = world.control("POST", "limits", {})["rates"]
    assert rates == {
        "core": 5000, "graphql": 5000, "content_per_minute": 80, "content_per_hour": 500, "rest_points": 900,
        "graphql_points": 2000, "concurrent": 100, "nodes": 500_000, "search_results": 1000, "minute": 60.0,
        "hour": 3600.0, "retry_after": 60,
    }  # fmt: skip


@pytest.mark.parametrize("ahead", [0, 1800, -1800])
def test_after_the_last_request_of_the_hour_the_wait_goes_by_githubs_clock(world, limit, ahead):
    client = world.open()
    client.token()
    world.hub.advance(ahead)
    try:
        limit(core=2)
        client.permissions(["alice", "bob"])
        wait = later(lambda: client.permissions(["carol"]))
    finally:
        world.hub.advance(-ahead)
    assert HOUR - timedelta(seconds=5) < wait < HOUR + timedelta(seconds=3)


def test_an_answer_tells_what_is_left(world, limit):
    limit(core=9)
    client = bot(world)
    path = f"/repos/{world.repository}"
    first, second, free = (client.get(where) for where in (path, path, "/rate_limit"))
    assert [answer.headers["X-RateLimit-Remaining"] for answer in (first, second, free)] == ["8", "7", "7"]
    assert first.headers["X-RateLimit-Resource"] == "core"
    assert free.json()["resources"]["core"]["used"] == 2
    # By the hub's own clock, which other tests move.
    answered = parsedate_to_datetime(first.headers["Date"]).timestamp()
    assert 3590 < int(first.headers["X-RateLimit-Reset"]) - answered <= 3602


def test_the_hour_ends(world, limit):
    limit(core=1)
    client, path = bot(world), f"/repos/{world.repository}"
    assert [client.get(path).status_code for _ in range(2)] == [200, 403]
    refused = client.get(path)
    assert "API rate limit exceeded" in client.get(path).json()["message"] or refused.status_code == 429
    world.hub.advance(3601)
    try:
        assert client.get("/rate_limit").headers["X-RateLimit-Remaining"] == "1"
    finally:
        world.hub.advance(-3601)


def test_graphql_has_points_of_its_own_and_refuses_with_200(world, limit):
    client = world.open()
    limit(graphql=7)
    client.observe(now=NOW)
    assert timedelta(minutes=59) < later(lambda: client.observe(now=NOW)) <= HOUR + timedelta(seconds=2)
    answer = bot(world).post("/graphql", json={"query": "{rateLimit {limit cost used}}"})
    assert answer.status_code == 429
    limit(graphql=0)
    answer = bot(world).post("/graphql", json={"query": "{rateLimit {limit cost used}}"})
    assert answer.status_code == 200
    [error] = answer.json()["errors"]
    assert (error["type"], error["code"]) == ("RATE_LIMIT", "graphql_rate_limit")
    assert error["message"].startswith("API rate limit already exceeded for installation ID")
    assert answer.headers["X-RateLimit-Remaining"] == "0"


def test_our_observation_costs_what_its_comment_says(world, limit):
    limit()
    client = world.open()
    client.observe(now=NOW)
    used = world.control("GET", "limits")["clients"][f"installation {world.hub.installation_id}"]["used"]
    assert used["graphql"] == 6


@pytest.mark.parametrize(
    ("rates", "allowed"),
    [({"content_per_minute": 3}, 3), ({"content_per_hour": 4}, 4), ({"rest_points": 12}, 2)],
)
def test_too_many_writes_are_refused_and_say_how_long(world, limit, rates, allowed):
    client = world.open()
    client.token()
    limit(**rates)
    for number in range(allowed):
        client.create_comment(f"{number}")
    wait = later(lambda: client.create_comment("too much"))
    assert timedelta(seconds=58) < wait <= timedelta(seconds=61)


def test_whoever_goes_on_asking_is_refused_whatever_it_is(world, limit):
    limit(content_per_minute=0, retry_after=30)
    client, comments = bot(world), f"/repos/{world.repository}/issues/1/comments"
    first = client.post(comments, json={"body": "x"})
    second = client.get(comments)
    assert (first.status_code, second.status_code) == (403, 429)
    assert first.json()["message"] == second.json()["message"] == PLEASE_WAIT
    assert 29 <= int(second.headers["Retry-After"]) <= int(first.headers["Retry-After"]) <= 31


def test_more_requests_at_once_than_allowed_are_refused(world, limit):
    client = bot(world)
    limit(concurrent=2)
    world.control("POST", "latency", {"seconds": 0.3})
    statuses = []

    def ask():
        statuses.append(client.get(f"/repos/{world.repository}").status_code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        world.control("POST", "latency", {"seconds": 0})
    assert 403 in statuses


def test_a_query_for_too_many_nodes_is_refused_before_it_is_begun(world, limit):
    limit(nodes=11_000)
    with pytest.raises(GitHubError, match=r"requests up to 12,216 possible nodes .* limit of 11,000"):
        world.observe()


def test_one_worker_that_is_told_to_wait_waits_for_all(world, limit, redis):
    first, second = (
        world.open(Quota(redis, world.hub.installation_id, lambda: datetime.now(UTC))) for _ in range(2)
    )
    second.token()
    limit(content_per_minute=1)
    first.create_comment("one")
    later(lambda: first.create_comment("two"))
    before = len(world.calls())
    assert later(lambda: second.observe(now=NOW)) > timedelta(seconds=50)
    assert len(world.calls()) == before


def test_refusals_that_say_no_time_are_waited_out_longer_each_time(world, redis):
    now = [NOW]
    client = world.open(Quota(redis, world.hub.installation_id, lambda: now[0]))
    client.token()

    def refused_for():
        world.fail(method="POST", path="/comments$", answer=403, body={"message": PLEASE_WAIT})
        with pytest.raises(Later) as refused:
            client.create_comment("refused")
        wait, now[0] = refused.value.until - now[0], refused.value.until
        return round(wait.total_seconds())

    assert [refused_for(), refused_for()] == [60, 120]
    client.observe(now=NOW)
    assert refused_for() == 240
    client.create_comment("taken")
    assert refused_for() == 60
