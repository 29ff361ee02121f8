"""Which pull requests a ticket may be stacked on, of those that GitHub links to its blocker."""

import pytest

from jobs.github.stacks import open_here


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({}, True),
        ({"repository": {"nameWithOwner": "Acme/Greet"}}, True),
        ({"repository": {"nameWithOwner": "acme/other"}}, False),
        ({"isCrossRepository": True}, False),
        ({"state": "MERGED"}, False),
    ],
)
def test_only_an_open_one_of_this_repository_is_taken(changes: dict[str, object], is_taken: bool) -> None:
    node = {"number": 5, "state": "OPEN", "isCrossRepository": False}
    node |= {"repository": {"nameWithOwner": "acme/greet"}} | changes
    assert open_here([node, node], "acme/greet") == ((node,) if is_taken else ())
