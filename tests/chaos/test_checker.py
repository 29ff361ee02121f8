"""The checker finds every kind of violation, planted over the hub's API, and nothing where nothing is wrong."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests import hub_client
from tests.chaos.checker import TAXONOMY, Expected, violations
from tests.chaos.planted import BRANCH, Planted
from tests.hub import Hub, serve
from tests.hub_client import Person
from tests.stack import NO_LIMITS

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with serve() as running:
        running.control("POST", "limits", NO_LIMITS)
        yield running


@pytest.fixture(scope="module")
def app(hub: Hub) -> Person:
    """The installation, with everything that it was granted."""
    client = hub_client.Hub(hub.url, hub.app_id, hub.private_key, hub.webhook_secret, hub.installation_id)
    return Person(
        hub.url, client.app.post(f"/app/installations/{hub.installation_id}/access_tokens")["token"]
    )


@pytest.fixture
def ticket(hub: Hub, app: Person) -> Planted:
    return Planted(Person(hub.url, "user:alice"), app, f"acme/planted-{next(_numbers)}")


def found(ticket: Planted, expected: Expected | None = None) -> set[str]:
    return {problem.what for problem in violations(ticket.alice, [expected or ticket.expected])}


def test_a_ticket_that_went_as_it_should_has_no_violation(ticket: Planted) -> None:
    assert found(ticket) == set()


def test_a_failed_ticket_with_its_bug_ticket_has_none_either(ticket: Planted) -> None:
    ticket.bug()
    ticket.record(phase="failed")
    ticket.label("autocode: failed")
    assert found(ticket, replace(ticket.expected, phases=frozenset({"failed"}), has_bug=True)) == set()


def test_a_ticket_refused_for_want_of_a_permission_has_none_if_that_was_taken_away(ticket: Planted) -> None:
    ticket.record(phase="failed")
    ticket.label("autocode: failed")
    ticket.say("autocode needs the permission **issues: write**")
    assert found(ticket) == {"wrong phase"}
    assert found(ticket, replace(ticket.expected, may_be_refused=True)) == set()


def second_branch(ticket: Planted) -> None:
    ticket.branch("autocode/1-greet-2")


def second_pull_request(ticket: Planted) -> None:
    ticket.alice.patch(ticket.path(f"/pulls/{ticket.pull}"), {"state": "closed"})
    ticket.open(BRANCH)


def second_bug_ticket(ticket: Planted) -> None:
    ticket.bug()
    ticket.bug()


def comment_under_another_marker(ticket: Planted) -> None:
    ticket.say("<!-- autocode:comment r2 ready -->\n@alice, ready.")


def status_comment_deleted(ticket: Planted) -> None:
    ticket.alice.delete(ticket.path(f"/issues/comments/{ticket.status}"))


def pushed_without_the_record(ticket: Planted) -> None:
    ticket.commit(1, message="Autocode-Issue: #1\nAutocode-Iteration: 1")


def red_commit(ticket: Planted) -> None:
    ticket.head = ticket.commit(2, file="red")
    ticket.record(iteration=2)


def another_issue(ticket: Planted) -> None:
    ticket.alice.post(ticket.path("/issues"), {"title": "Another", "labels": ["autocode"]})


PLANTS: list[tuple[str, Callable[[Planted], object], dict[str, object]]] = [
    ("no status comment", status_comment_deleted, {}),
    ("two status comments", lambda t: t.say(t.status_body()), {}),
    ("two branches", second_branch, {}),
    ("two pull requests", second_pull_request, {}),
    ("two bug tickets", second_bug_ticket, {"has_bug": True}),
    ("no bug ticket", lambda t: None, {"has_bug": True}),
    ("bug ticket nobody can explain", lambda t: t.bug(), {}),
    ("branch nobody can explain", lambda t: None, {"has_branch": False}),
    ("comment twice", comment_under_another_marker, {}),
    ("iteration committed twice", pushed_without_the_record, {}),
    ("commit nobody can explain", lambda t: t.commit(0, message="Nobody's"), {}),
    ("commit nobody can explain", lambda t: t.commit(2), {}),
    ("iteration without a commit", lambda t: t.record(iteration=2), {"iterations": (2, 2)}),
    ("no pull request", another_issue, {"number": 3}),
    ("wrong iteration", lambda t: t.record(iteration=2), {}),
    ("wrong phase", lambda t: t.record(phase="coding"), {}),
    ("wrong label", lambda t: t.label("autocode: working"), {}),
    ("wrong label", lambda t: t.label("autocode: working", "autocode: review"), {}),
    ("wrong label", lambda t: t.label(), {}),
    ("wrong head", lambda t: t.record(head_sha="0" * 40), {}),
    (
        "wrong state of the pull request",
        lambda t: t.alice.patch(t.path(f"/pulls/{t.pull}"), {"state": "closed"}),
        {},
    ),
    ("checks and phase disagree", red_commit, {"iterations": (2, 2)}),
    ("record cannot be read", lambda t: t.rewrite(t.status_body().replace("{", "")), {}),
]


@pytest.mark.parametrize(
    ("what", "plant", "changes"), PLANTS, ids=[f"{plant[0]}-{n}" for n, plant in enumerate(PLANTS)]
)
def test_a_planted_violation_is_found(
    ticket: Planted, what: str, plant: Callable[[Planted], object], changes: dict[str, object]
) -> None:
    plant(ticket)
    assert what in found(ticket, replace(ticket.expected, **changes))  # type: ignore[arg-type]


def test_every_kind_of_violation_is_planted_above() -> None:
    assert {what for what, _, _ in PLANTS} == TAXONOMY.keys()


def test_a_label_that_nobody_noticed_is_lost_and_nothing_else(ticket: Planted) -> None:
    number = ticket.alice.post(ticket.path("/issues"), {"title": "Another", "labels": ["autocode"]})["number"]
    expected = replace(ticket.expected, number=number, iterations=(0, 1))
    [problem] = violations(ticket.alice, [expected])
    assert (problem.kind, problem.what) == ("lost", "no status comment")
