"""Pull requests into the branch of another one: what becomes of them when that branch goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.pulls import Pulls, pulls


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Pulls]:
    """Number 3 goes into the branch of number 2."""
    with pulls(tmp_path) as made:
        below = made.change("topic", _10="ten")
        made.rest("POST", "/git/refs", {"ref": "refs/heads/above", "sha": below})
        made.change("above", _10="ten", _20="twenty")
        made.open()
        made.open("above", base="topic")
        yield made


def above(world: Pulls) -> tuple[str, str]:
    found = world.rest("GET", "/pulls/3")
    return found["state"], found["base"]["ref"]


def test_a_branch_that_goes_with_its_merge_hands_on_what_is_based_on_it(world: Pulls):
    world.rest("PATCH", "", {"delete_branch_on_merge": True})
    world.rest("PUT", "/pulls/2/merge", {"merge_method": "squash"})
    assert above(world) == ("open", "main")
    [edited] = world.heard("pull_request.edited")
    assert edited["changes"]["base"]["ref"] == {"from": "topic"}


def test_a_branch_that_is_deleted_otherwise_closes_what_is_based_on_it_for_good(world: Pulls):
    world.rest("PUT", "/pulls/2/merge", {"merge_method": "squash"})
    assert above(world) == ("open", "topic")
    world.rest("DELETE", "/git/refs/heads/topic")
    assert above(world) == ("closed", "topic")

    def refused(change: Any) -> dict[str, Any]:
        answer = world.as_("bot", "PATCH", "/pulls/3", change)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        return {key: error.get(key) for key in ("field", "message")}

    closed = "Cannot change the base branch of a closed pull request."
    assert refused({"base": "main"}) == {"field": "base", "message": closed}
    assert refused({"base": "main", "state": "open"}) == {"field": "base", "message": closed}
    assert refused({"state": "open"})["field"] == "state"
