"""GitHub is away, takes no token, wants us to wait, answers with what is over, or loses webhooks: tickets go on."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from jobs.queue import Queue
from jobs.ticket.request import Reconcile, Ticket
from tests.model.replies import ask, edit, submit
from tests.permissions import reasons
from tests.scenarios.test_github_trouble import GREET, assert_once, review
from tests.scenarios.world import RIGHT, Issue, World, playing

GRANTED = {name: access for name, (access, _) in reasons().items()}
THINKING = {"faults": [{"delay": 2.5}]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack of its own, whose GitHub is in trouble as a whole."""
    with playing(tmp_path_factory.mktemp("stack"), {"AUTOCODE_CHECKS_WAIT": "1"}, patience=90) as world:
        yield world


def ticket(world: World, title: str, *, files=GREET, **thinking) -> Issue:
    """One that will be ready after one change; not labelled yet."""
    done = submit(f"{title}.")
    world.will(edit("greet.py", "return ''", RIGHT, **thinking), done, done, when=(title,))
    return world.repository(files).issue(title)


def in_the_middle_of_coding(world: World, title: str) -> Issue:
    issue = ticket(world, title, **THINKING).label()
    issue.wait(lambda: world.stack.model_requests(title), "the first turn")
    return issue


def assert_ready(issue: Issue) -> None:
    issue.until("validating")
    [ready] = issue.told()
    assert "is ready for review" in ready
    assert issue.pull_request()["state"] == "open"
    assert_once(issue)


def test_a_token_that_is_revoked_in_the_middle_is_renewed(world: World) -> None:
    issue = in_the_middle_of_coding(world, "Greet with a revoked token")
    assert world.control("DELETE", "tokens")["revoked"] > 0
    assert_ready(issue)


def test_a_token_that_expires_in_the_middle_is_renewed(world: World) -> None:
    world.control("POST", "tokens", {"life": 1})
    issue = in_the_middle_of_coding(world, "Greet with an expired token")
    world.control("POST", "tokens", {"life": 3600})
    assert_ready(issue)


def test_a_permission_that_is_taken_away_is_named_and_once_granted_the_ticket_goes_on(world: World) -> None:
    issue = in_the_middle_of_coding(world, "Greet without a permission")
    world.control("POST", "permissions", GRANTED | {"contents": "read"})
    try:
        issue.until("failed")
    finally:
        world.control("POST", "permissions", GRANTED)
    [told] = issue.told()
    assert "**contents: write**" in told
    assert "@alice" in told
    issue.say("/autocode retry", by="alice")
    issue.until("validating")
    assert len(issue.told()) == 2
    assert_once(issue)


@pytest.fixture(scope="module")
def refused(world: World) -> dict[str, Issue]:
    """Tickets that are refused one request each, and work side by side."""
    made = {how: ticket(world, f"Greet though refused: {how}") for how in REFUSALS}
    for how, issue in made.items():
        path, fault = REFUSALS[how]
        about = {"operation": issue.node_id} if path == "/graphql" else {}
        world.fault(path=f"^{path.replace('REPO', issue.repo.name)}$", method="POST", **about, **fault())
        issue.label()
    return made


REFUSALS: dict[str, tuple[str, Callable[[], dict[str, object]]]] = {
    "a token for a fetch": ("/REPO.git/git-upload-pack", lambda: {"answer": 401}),
    "a token for a push": ("/REPO.git/git-receive-pack", lambda: {"answer": 401}),
    "a token for a comment": ("/graphql", lambda: {"answer": 401}),
    "by the primary limit": ("/repos/REPO/pulls", lambda: {"answer": 403, "headers": used_up()}),
    "by a secondary limit": ("/repos/REPO/pulls", lambda: {"answer": 403, "headers": {"Retry-After": "1"}}),
    "by another limit": (
        "/repos/REPO/pulls",
        lambda: {"answer": 429, "headers": {"Retry-After": "1"}, "body": SECONDARY_LIMIT},
    ),
}


SECONDARY_LIMIT = {"message": "You have exceeded a secondary rate limit."}


def used_up() -> dict[str, str]:
    return {
        "X-RateLimit-Limit": "5000",
        "X-RateLimit-Used": "5000",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(time.time()) + 2),
        "X-RateLimit-Resource": "core",
    }


@pytest.mark.parametrize("how", REFUSALS)
def test_what_is_refused_for_the_moment_is_done_once(refused: dict[str, Issue], how: str) -> None:
    assert_ready(refused[how])


@pytest.fixture
def old_answers(world: World) -> Iterator[None]:
    """Half of all answers are up to five seconds old."""
    world.control("POST", "staleness", {"seconds": 5, "share": 0.5, "seed": 7})
    yield
    world.control("POST", "staleness", {"seconds": 0, "share": 0})


def test_old_answers_hide_nothing_for_long_and_nothing_is_made_twice(world: World, old_answers: None) -> None:
    title = "Greet in the past"
    world.will(ask("Formal or casual?"), *ready(title), when=(f"{title}, asking",))
    asking = world.repository(GREET).issue(f"{title}, asking").label()
    reviewed = ticket(world, f"{title}, reviewed").label()
    failing = ticket(world, f"{title}, with a lost answer")
    world.fault(operation=rf'"comment": ?{{"subjectId": ?"{failing.node_id}"', answer=502, effect="after")
    failing.label()
    asking.until("asking")
    asking.say("Casual.")
    reviewed.until("validating")
    world.will(
        edit("greet.py", "Hello", "Hi"),
        submit("Hi."),
        submit("Hi."),
        when=(f"{title}, reviewed", "Iteration 2 of"),
    )
    review(reviewed.repo, reviewed.pull_request()["number"])
    reviewed.until("validating", iteration=2)
    assert_ready(failing)
    asking.until("validating")
    for issue in (asking, reviewed):
        assert len(issue.told()) == 2
        assert_once(issue)
    assert world.control("GET", "staleness")["served"] > 5


def ready(title: str):
    return edit("greet.py", "return ''", RIGHT), submit(f"{title}."), submit(f"{title}.")


@contextmanager
def disturbed(world: World, **fields: object) -> Iterator[None]:
    """Webhooks are disturbed until the block ends."""
    world.control("POST", "webhooks", {"seed": 11, **fields})
    try:
        yield
    finally:
        world.control("POST", "webhooks", {})


def test_webhooks_may_come_late_twice_and_in_another_order(world: World) -> None:
    issues = [ticket(world, f"Greet in any order {number}") for number in range(3)]
    with disturbed(world, late=[0, 1.5], doubled=0.5, reordered=0.5):
        for issue in issues:
            issue.label()
        for issue in issues:
            assert_ready(issue)


def test_what_webhooks_do_not_bring_the_sweep_does(world: World) -> None:
    issue = ticket(world, "Greet unheard")
    # The clock would have the delivery log read, which shows them too.
    world.stack.kill("clock")
    with disturbed(world, dropped=1):
        issue.label()
        world.settle()
        assert issue.record() is None
        assert {item["status_code"] for item in world.control("GET", "deliveries") if _is_lost(item)} == {0}
        with Redis.from_url(world.stack.redis_url) as redis:
            Queue(redis).request_sweep()
        issue.until("checking")
        world.stack.start("clock")
        assert_ready(issue)


def _is_lost(delivery: dict[str, object]) -> bool:
    return delivery["status"] == "failed to connect to host"


def test_while_github_is_away_nobody_hammers_it_and_no_worker_is_held(world: World) -> None:
    issues = [ticket(world, f"Greet after the outage {number}") for number in range(4)]
    world.settle()
    before, calls = working_time(world), len(world.calls_of_the_app())
    world.fault(path="^/(app|repos|graphql)", answer=502, times=100_000)
    # People cannot act during an outage either: what they did just before comes through by webhook alone.
    with Redis.from_url(world.stack.redis_url) as redis:
        installation = world.stack.hub.installation_id
        for issue in issues:
            Queue(redis).request(Reconcile(Ticket(installation, issue.repo.name, 1), why="labelled"))
        time.sleep(5)
    world.control("DELETE", "faults")
    asked = len(world.calls_of_the_app()) - calls
    # Each look is three attempts at the first read, and the second look comes after some seconds.
    assert 0 < asked <= 3 * 2 * len(issues)
    jobs, seconds = working_time(world)
    assert (seconds - before[1]) / max(jobs - before[0], 1) < 4
    for issue in issues:
        issue.label()
    for issue in issues:
        assert_ready(issue)


def working_time(world: World) -> tuple[int, float]:
    """How many jobs all workers have done, and how many seconds these took together."""
    with Redis.from_url(world.stack.redis_url, decode_responses=True) as redis:
        workers = [redis.hgetall(key) for key in redis.smembers("rq:workers")]
    jobs = sum(
        int(worker.get(name, 0))
        for worker in workers
        for name in ("successful_job_count", "failed_job_count")
    )
    return jobs, sum(float(worker.get("total_working_time", 0)) for worker in workers)
