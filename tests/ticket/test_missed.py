"""Missed deliveries: which entries of the log are taken in, and which payloads that costs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.ticket.missed import UNSEEN_BY_A_SWEEP, Delivery, missed, plan
from jobs.ticket.request import Sweep
from tests.web.payloads import APP_ID

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST = 3


def entry(number: int, name: str = "issues.labeled", status_code: int = 502, **changes: object) -> Delivery:
    event, _, action = name.partition(".")
    made = Delivery(
        id=number,
        guid=f"guid-{number}",
        at=NOON + timedelta(seconds=number),
        status_code=status_code,
        event=event,
        action=action or None,
        installation=17,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def again(number: int, status_code: int) -> Delivery:
    """A redelivery of the first."""
    return entry(number, status_code=status_code, guid="guid-1")


@pytest.mark.parametrize(
    ("case", "entries", "normally", "as_only_source"),
    [
        ("queued", [entry(1, status_code=202)], [], [1]),
        ("ignored", [entry(1, status_code=200)], [], [1]),
        ("redirected, which GitHub does not follow", [entry(1, status_code=302)], [1], [1]),
        ("the signature did not fit", [entry(1, status_code=401)], [1], [1]),
        ("the queue was down", [entry(1, status_code=503)], [1], [1]),
        ("nobody answered", [entry(1, status_code=502)], [1], [1]),
        ("no status", [entry(1, status_code=0)], [1], [1]),
        ("redelivered in vain", [again(5, 502), entry(1)], [5], [5]),
        ("redelivered with success", [again(5, 202), entry(1)], [], [5]),
        ("failed after it had arrived", [again(5, 502), entry(1, status_code=202)], [], [5]),
        ("newest first", [entry(3), entry(2), entry(1)], [1, 2, 3], [1, 2, 3]),
        ("nothing", [], [], []),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_got_no_2xx_is_missed_and_where_nothing_reaches_us_all_of_it(
    case: str, entries: list[Delivery], normally: list[int], as_only_source: list[int]
) -> None:
    def found(is_only_source: bool, taken: set[str]) -> list[int]:
        return [one.id for one in missed(entries, taken, is_only_source=is_only_source)]

    assert found(False, set()) == normally
    assert found(True, set()) == as_only_source
    assert found(True, {one.guid for one in entries}) == found(False, {one.guid for one in entries}) == []


@pytest.mark.parametrize(
    ("case", "entries", "payloads", "swept"),
    [
        ("a rule reads the payload", [entry(1), entry(2, "status")], [1, 2], []),
        ("no rule for the event", [entry(1, "star.created"), entry(2, "fork")], [], []),
        ("no rule for the action", [entry(1, "issues.pinned")], [], []),
        ("a ping", [entry(1, "ping")], [], []),
        ("the installation is gone", [entry(1, "installation.deleted")], [], []),
        ("more to see", [entry(1, "installation.created"), entry(2, "installation.unsuspend")], [], [17]),
        ("the entry does not say whose", [entry(1, "installation.created", installation=None)], [1], []),
        ("as many as may be", [entry(n) for n in range(1, 4)], [1, 2, 3], []),
        ("too many", [entry(n) for n in range(1, 5)], [], [17]),
        (
            "too many, and one that a sweep does not see",
            [*(entry(n) for n in range(1, 5)), entry(5, "pull_request.closed")],
            [5],
            [17],
        ),
        (
            "too many, and a card, of which nothing else says who moved it",
            [*(entry(n) for n in range(1, 5)), entry(5, "projects_v2_item.edited")],
            [5],
            [17],
        ),
        (
            "too many of one of them",
            [*(entry(n) for n in range(1, 5)), *(entry(n, installation=18) for n in range(5, 7))],
            [5, 6],
            [17],
        ),
        (
            "too many that cost nothing",
            [entry(1), *(entry(n, "star.created") for n in range(2, 9))],
            [1],
            [],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_payload_is_fetched_only_where_it_matters_and_not_too_many(
    case: str, entries: list[Delivery], payloads: list[int], swept: list[int]
) -> None:
    made = plan(entries, APP_ID, MOST, room=100)
    assert sorted(made.payloads + made.unseen) == payloads
    unseen = {one.id for one in entries if one.name in UNSEEN_BY_A_SWEEP}
    assert set(made.unseen) == unseen & set(payloads)
    assert sorted({request.installation for request in made.requests if isinstance(request, Sweep)}) == swept
    assert all(isinstance(request, Sweep) for request in made.requests)


@pytest.mark.parametrize(
    ("room", "payloads", "swept"),
    [(5, [1, 2, 3, 4, 5], []), (4, [1, 2], [18]), (2, [1, 2], [18]), (1, [], [17, 18]), (-3, [], [17, 18])],
)
def test_what_waits_already_leaves_less_room_and_who_does_not_fit_is_swept(
    room: int, payloads: list[int], swept: list[int]
) -> None:
    entries = [entry(1), entry(2), *(entry(n, installation=18) for n in (3, 4, 5))]
    made = plan(entries, APP_ID, MOST, room)
    assert made.payloads == payloads
    assert [request.installation for request in made.requests if isinstance(request, Sweep)] == swept


def test_what_arrived_and_may_be_forgotten_is_taken_in_where_no_sweep_sees_it() -> None:
    names = ("issue_comment.created", "pull_request.closed", "issues.labeled", "issue_comment.edited")
    entries = [entry(n, name, status_code=202) for n, name in enumerate(names, start=1)]
    found = missed(entries, {"guid-2"}, is_only_source=False, may_have_forgotten=True)
    assert [one.id for one in found] == [1]
