"""A sweep asks for what has changed since a finished look, all of it and nothing else."""

import base64
from datetime import datetime, timedelta

import pytest
from rq.timeouts import JobTimeoutException, UnixSignalDeathPenalty

from jobs.github.app import App
from jobs.github.quota import Quota
from jobs.queue import LATER, SWEEPS, Queue
from jobs.sweep import Fingerprints, sweep
from jobs.ticket.request import Ticket
from tests.github.conftest import BRANCH, World
from tests.stack import NO_LIMITS


class Sweeps:
    """Sweeps of the hub's installation, of which those of one repository are looked at."""

    def __init__(self, world: World, redis) -> None:
        self.world, self.redis, self.queue = world, redis, Queue(redis)
        self.fingerprints = Fingerprints(redis, world.hub.installation_id)

    def __call__(self) -> list[int]:
        """The numbers of the tickets asked for; their jobs are taken from the queue."""
        self.of(self.world.hub.installation_id)
        tickets = [Ticket.parse(name.removeprefix("reconcile ")) for name in self.asked_for()]
        return sorted(ticket.number for ticket in tickets if ticket.repository == self.world.repository)

    def of(self, installation: int | None) -> None:
        sweep(self.world.settings, self.redis, self.queue, self.quota, self.now, installation)

    def asked_for(self) -> list[str]:
        """The jobs in the queue, which is emptied."""
        jobs = [job.removeprefix(b"rq:job:") for job in self.redis.lrange("rq:queue:tickets", 0, -1)]
        found = [self.redis.hget(f"rq:job:{job.decode()}", "description").decode() for job in jobs]
        self.redis.delete("rq:queue:tickets", *self.redis.keys("autocode:waiting:*"), "rq:none")
        return found

    def put_off(self) -> list[tuple[int, float]]:
        """(installation, seconds) of the sweeps that come again."""
        entries = self.redis.zrange(SWEEPS, 0, -1, withscores=True)
        return [(int(name), time - self.now().timestamp()) for name, time in entries]

    def look(self, number: int = 1) -> None:
        """A look that comes to its end."""
        ticket = Ticket(self.world.hub.installation_id, self.world.repository, number)
        self.fingerprints.finish(ticket, self.fingerprints.asked(ticket))

    def quota(self, installation: int) -> Quota:
        return Quota(self.redis, installation, self.now, is_paced=False)

    def now(self) -> datetime:
        """By GitHub's clock, later than what has happened so far, which is therefore not fresh any more."""
        return self.world.hub_now() + timedelta(minutes=2)


@pytest.fixture
def sweeps(world, redis) -> Sweeps:
    return Sweeps(world, redis)


def test_what_has_not_changed_since_the_last_look_is_let_alone(sweeps):
    assert sweeps() == [1]
    sweeps.look()
    assert sweeps() == []


def test_what_nobody_finished_looking_at_is_asked_for_again(sweeps):
    assert sweeps() == [1]
    assert sweeps() == [1]


def test_a_look_that_began_before_the_sweep_does_not_count(sweeps, world):
    sweeps()
    ticket = world.ticket
    before = sweeps.fingerprints.asked(ticket)
    world.hub.advance(1)
    world.say("bob", "One more thing.")
    assert sweeps() == [1]
    sweeps.fingerprints.finish(ticket, before)
    assert sweeps() == [1]


def test_what_changed_just_now_may_change_again_in_the_same_second(sweeps, world, monkeypatch):
    monkeypatch.setattr(sweeps, "now", world.hub_now)
    for _ in range(2):
        assert sweeps() == [1]
        sweeps.look()


@pytest.mark.parametrize("what", ["comment", "push", "checks", "closed", "relabelled"])
def test_what_has_changed_is_asked_for(sweeps, world, what):
    sha = world.push()
    pull = {"title": "Greet", "head": "autocode/1-greet-politely", "base": "main", "body": "Closes #1"}
    world.act("alice", "POST", "/pulls", pull)
    world.act("alice", "POST", "/issues/1/labels", {"labels": ["autocode: working"]})
    world.act("alice", "POST", f"/statuses/{sha}", {"state": "pending", "context": "ci"})
    sweeps()
    sweeps.look()
    assert sweeps() == []
    world.hub.advance(1)
    match what:
        case "comment":
            world.act("bob", "POST", "/issues/2/comments", {"body": "On the pull request."})
        case "push":
            file = world.act("bob", "GET", "/contents/README.md?ref=autocode/1-greet-politely")
            change = {
                "message": "more",
                "content": "eA==",
                "branch": "autocode/1-greet-politely",
                "sha": file["sha"],
            }
            world.act("bob", "PUT", "/contents/README.md", change)
        case "checks":
            world.act("alice", "POST", f"/statuses/{sha}", {"state": "success", "context": "ci"})
        case "closed":
            world.act("bob", "PATCH", "/issues/1", {"state": "closed"})
        case "relabelled":
            world.act("bob", "DELETE", "/issues/1/labels/autocode")
    assert sweeps() == [1]


@pytest.mark.parametrize("label", ["autocode: working", "autocode: needs input"])
def test_while_red_checks_may_be_followed_by_others_it_is_asked_for_each_time(sweeps, world, label):
    sha = world.push()
    pull = {"title": "Greet", "head": "autocode/1-greet-politely", "base": "main", "body": "Closes #1"}
    world.act("alice", "POST", "/pulls", pull)
    for context, state in (("one", "failure"), ("two", "pending")):
        world.act("alice", "POST", f"/statuses/{sha}", {"state": state, "context": context})
    world.act("alice", "POST", "/issues/1/labels", {"labels": [label]})
    for _ in range(2):
        assert sweeps() == [1]
        sweeps.look()
    # A ticket that waits for its review has seen all of its checks.
    world.act("alice", "DELETE", f"/issues/1/labels/{label}")
    assert sweeps() == [1]
    sweeps.look()
    assert sweeps() == []


@pytest.mark.parametrize("label", ["autocode: working", "autocode: needs input", "autocode: review"])
def test_a_pull_request_that_github_does_not_link_may_change_unseen_so_it_is_asked_for_each_time(
    sweeps, world, label
):
    sha = world.act("alice", "GET", "/git/ref/heads/main")["object"]["sha"]
    world.act("alice", "POST", "/git/refs", {"ref": "refs/heads/develop", "sha": sha})
    world.push()
    pull = {"title": "Greet", "head": BRANCH, "base": "develop", "body": "Closes #1"}
    number = world.act("alice", "POST", "/pulls", pull)["number"]
    world.act("alice", "POST", "/issues/1/labels", {"labels": [label]})
    for _ in range(2):
        assert sweeps() == [1]
        sweeps.look()
    world.act("alice", "PATCH", f"/pulls/{number}", {"base": "main"})
    assert sweeps() == [1]
    sweeps.look()
    assert sweeps() == []


def test_a_base_that_moves_is_asked_about_only_once_it_conflicts(sweeps, world):
    world.push()
    pull = {"title": "Greet", "head": BRANCH, "base": "main", "body": "Closes #1"}
    world.act("alice", "POST", "/pulls", pull)
    world.act("alice", "POST", "/issues/1/labels", {"labels": ["autocode: review"]})
    while sweeps():
        sweeps.look()
    move(world, "notes.md", "aside")
    assert (sweeps(), sweeps()) == ([], [])
    move(world, "greet.py", "print('good night')")
    # The first sweep makes GitHub look.
    sweeps()
    assert sweeps() == [1]
    sweeps.look()
    assert sweeps() == []


def move(world: World, path: str, text: str) -> None:
    """Somebody changes a file on the base branch."""
    content = base64.b64encode(text.encode()).decode()
    world.act("alice", "PUT", f"/contents/{path}", {"message": "More", "content": content})


def test_who_waits_in_line_is_not_asked_for_again_and_keeps_the_place(sweeps, world):
    past, future = sweeps.now() - timedelta(minutes=1), sweeps.now() + timedelta(minutes=1)
    sweeps.queue.request_at(world.ticket, past)
    assert sweeps() == []
    sweeps.queue.request_at(world.ticket, future)
    assert sweeps() == [1]
    # It was asked for, and put off.
    assert sweeps() == []
    world.hub.advance(1)
    world.say("bob", "One more thing.")
    assert sweeps() == [1]
    assert sweeps.redis.zscore(LATER, world.ticket.key) == future.timestamp()


def test_what_is_gone_is_forgotten_and_after_a_loss_everything_is_asked_for(sweeps, world):
    sweeps()
    sweeps.look()
    world.act("bob", "DELETE", "/issues/1/labels/autocode")
    sweeps()
    name = f"{world.repository}#1".encode()
    assert name not in sweeps.fingerprints.all()
    world.label()
    sweeps()
    sweeps.look()
    sweeps.redis.flushall()
    assert sweeps() == [1]


def test_without_the_permission_to_see_checks_every_ticket_is_asked_for(sweeps, world):
    uses = {"metadata": "read", "issues": "write", "contents": "write", "pull_requests": "write"}
    before = dict(world.hub.state.installations[world.hub.installation_id].permissions)
    world.control("POST", "permissions", uses | {"checks": "read", "statuses": "read", "actions": "read"})
    sha = world.push()
    pull = {"title": "Greet", "head": "autocode/1-greet-politely", "base": "main", "body": "Closes #1"}
    world.act("alice", "POST", "/pulls", pull)
    world.act("alice", "POST", f"/statuses/{sha}", {"state": "pending", "context": "ci"})
    world.control("POST", "permissions", uses)
    try:
        for _ in range(2):
            assert sweeps() == [1]
            sweeps.look()
    finally:
        world.control("POST", "permissions", before)


def test_more_than_one_search_shows_are_all_found(world):
    for number in range(9):
        world.act("bob", "POST", "/issues", {"title": f"Ticket {number}", "labels": ["autocode"]})
        world.hub.advance(0.6)
    world.control("POST", "limits", NO_LIMITS | {"search_results": 4})
    try:
        with App(world.settings) as app:
            found = list(app.open_tickets(app.account(world.hub.installation_id)))
    finally:
        world.control("POST", "limits", NO_LIMITS)
    ours = {item.ticket.number for item in found if item.ticket.repository == world.repository}
    assert ours == set(range(1, 11))


def test_a_sweep_that_github_refuses_comes_again_as_soon_as_it_may(sweeps, world):
    world.fail(
        path="^/graphql$", answer=403, body={"message": "secondary rate limit"}, headers={"Retry-After": "30"}
    )
    assert sweeps() == []
    [(name, wait)] = sweeps.put_off()
    assert name == world.hub.installation_id
    assert 20 < wait <= 30
    world.hub.advance(40)
    assert sweeps() == [1]


def test_an_installation_that_is_refused_for_good_is_left_to_the_sweep_of_all_in_the_end(sweeps, world):
    waits = []
    for _ in range(5):
        world.fail(path="^/graphql$", answer=400)
        assert sweeps() == []
        waits += [round(wait / 60) for _, wait in sweeps.put_off()]
        sweeps.redis.delete(SWEEPS)
    assert waits == [1, 2, 4, 8]
    assert sweeps() == [1]
    world.fail(path="^/graphql$", answer=400)
    sweeps()
    assert [round(wait / 60) for _, wait in sweeps.put_off()] == [1]


def test_the_sweep_of_all_asks_for_one_of_each_installation_and_looks_at_none(sweeps, world):
    sweeps.of(None)
    assert sweeps.asked_for() == [f"sweep {world.hub.installation_id}"]
    assert world.calls() == ["GET /app/installations"]


def test_the_sweep_of_all_comes_again_soon_when_the_installations_cannot_be_listed(sweeps, world):
    for _ in range(3):
        world.fail(path="^/app/installations$", answer=400)
        sweeps.of(None)
        assert sweeps.asked_for() == []
        assert sweeps.put_off() == [(0, pytest.approx(60, abs=5))]
        sweeps.redis.delete(SWEEPS)


def test_a_sweep_that_takes_too_long_is_put_off_and_not_run_again_at_once(sweeps, world):
    world.fail(path="^/graphql$", answer="timeout", delay=2)
    with UnixSignalDeathPenalty(1, JobTimeoutException):
        assert sweeps() == []
    [(name, wait)] = sweeps.put_off()
    assert (name, wait) == (world.hub.installation_id, pytest.approx(60, abs=5))
