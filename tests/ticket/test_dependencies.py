"""What a body's lines name, how dependencies go round, and which sub-issue is next, as tables."""

import pytest

from jobs.ticket.dependencies import MOST, MOST_STEPS, Part, Reference, cycle, references, to_begin
from tests.ticket.builders import NOW

HOME = "acme/shop"


def near(*numbers: int) -> tuple[Reference, ...]:
    return tuple(Reference(HOME, number) for number in numbers)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", ()),
        ("See #12.", ()),
        ("Depends on #12", near(12)),
        ("Say hello.\r\n\r\ndepends on: #12\r\nThanks", near(12)),
        ("- Blocked by #3, #4 and #3", near(3, 4)),
        ("* [ ] Depends on #3", ()),
        ("Blocked by acme/lib#3", (Reference("acme/lib", 3),)),
        ("Blocked by my-org/lib.py#3; #4", (Reference("my-org/lib.py", 3), *near(4))),
        ("It depends on #12", ()),
        ("Depends on the weather", ()),
        ("Depends on #0 and #12a", ()),
        ("Depends on a/b/c#3", ()),
        ("```\nDepends on #12\n```\nDepends on #13", near(13)),
        ("Depends on " + " ".join(f"#{number}" for number in range(1, 50)), near(*range(1, MOST + 1))),
    ],
)
def test_a_line_names_what_it_depends_on(body: str, expected: tuple[Reference, ...]) -> None:
    assert references(body, HOME) == expected


def test_a_reference_is_shown_as_people_write_it() -> None:
    assert Reference("Acme/Shop", 3).shown(HOME) == "#3"
    assert Reference("acme/lib", 3).shown(HOME) == "acme/lib#3"


@pytest.mark.parametrize(
    ("blocked_by", "expected"),
    [
        ({1: [2], 2: [3], 3: []}, []),
        ({1: [1]}, [1]),
        ({1: [2], 2: [1]}, [1, 2]),
        ({1: [2, 3], 2: [], 3: [4], 4: [1]}, [1, 3, 4]),
        ({1: [2], 2: [3], 3: [2]}, []),
        ({number: [number + 1] for number in range(1, 99)} | {99: [1]}, []),
    ],
)
def test_a_cycle_is_found_within_reason(blocked_by: dict[int, list[int]], expected: list[int]) -> None:
    asked = []

    def blockers_of(item: Reference) -> tuple[Reference, ...]:
        asked.append(item)
        return near(*blocked_by[item.number])

    way = cycle(*near(1), near(*blocked_by[1]), blockers_of)
    assert way == list(near(*expected))
    assert len(asked) <= MOST_STEPS


def part(number: int, *labels: str, is_open: bool = True, repository: str = HOME) -> Part:
    return Part(Reference(repository, number), is_open, "bob", NOW, frozenset(labels))


@pytest.mark.parametrize(
    ("parts", "begun", "expected"),
    [
        ([part(3), part(1), part(2)], (), [3, 1]),
        ([part(3, "autocode", "autocode: working"), part(1), part(2)], (3,), [1]),
        ([part(3, "autocode", "autocode: review"), part(1), part(2)], (3,), [1, 2]),
        ([part(3, "autocode", "autocode: blocked"), part(1), part(2)], (3,), [1, 2]),
        ([part(3, is_open=False), part(1)], (3,), [1]),
        ([part(3), part(1)], (3,), [1]),
        ([part(3, repository="acme/lib"), part(1)], (), [1]),
        ([part(n, "autocode", "autocode: queued") for n in (1, 2, 3)] + [part(4)], (), []),
    ],
)
def test_sub_issues_begin_in_their_order_as_slots_allow(
    parts: list[Part], begun: tuple[int, ...], expected: list[int]
) -> None:
    assert to_begin(parts, begun, HOME, concurrency=2) == expected


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (part(1), "open"),
        (part(1, "autocode", "autocode: needs input"), "needs input"),
        (part(1, "autocode: failed", is_open=False), "closed"),
    ],
)
def test_how_a_sub_issue_stands_is_said_in_a_word(given: Part, state: str) -> None:
    assert given.state == state
