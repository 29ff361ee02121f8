"""Eviction: the least recently used mirrors make room, those in use never do."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.git.address import Address
from jobs.git.evict import evict, make_room
from jobs.git.mirror import Mirror
from tests.git.conftest import BRANCH
from tests.git.server import TOKEN, GitServer

NOTHING = Path("/nonexistent")


@pytest.fixture
def mirrors(server: GitServer, mirror_of: Callable[[Address], Mirror]) -> list[Mirror]:
    """Three mirrors of about one megabyte each, oldest use first, none in use."""
    made = []
    for age, name in ((300, "acme/old"), (200, "acme/middle"), (100, "other/new.er")):
        server.create_empty(name)
        server.commit(name, "main", {"big": os.urandom(350_000).hex()})
        with mirror_of(server.address(name)) as mirror:
            mirror.fetch(TOKEN)
            mirror.worktree(1, BRANCH, "main")
        os.utime(mirror.path.with_suffix(".used"), (1_700_000_000 - age,) * 2)
        made.append(mirror)
    return made


def left(mirrors: list[Mirror]) -> list[str]:
    return [mirror.path.stem for mirror in mirrors if mirror.path.exists() or mirror.worktrees.exists()]


def test_the_least_recently_used_go_first_until_the_rest_fits(mirrors: list[Mirror], data: Path) -> None:
    assert evict(data, 10_000_000, NOTHING) == []
    assert evict(data, 3_000_000, NOTHING) == [mirrors[0].path]
    assert left(mirrors) == ["middle", "new.er"]
    assert evict(data, 0, NOTHING) == [mirrors[1].path, mirrors[2].path]
    assert left(mirrors) == []


def test_the_one_to_keep_and_those_in_use_stay(mirrors: list[Mirror], data: Path) -> None:
    with mirrors[0] as used:
        used.fetch(TOKEN)
        assert evict(data, 0, keep=mirrors[1].path) == [mirrors[2].path]
    assert left(mirrors) == ["old", "middle"]
    assert evict(data, 0, NOTHING) == [mirrors[1].path, mirrors[0].path]
    with mirrors[0] as copied_again:
        copied_again.fetch(TOKEN)
        assert copied_again.worktree(1, BRANCH, "main").changed_paths() == []


def test_a_mirror_that_nobody_closed_is_in_use_as_long_as_its_worktree_lives(
    mirrors: list[Mirror], mirror_of: Callable[[Address], Mirror], server: GitServer, data: Path
) -> None:
    worktree = mirror_of(server.address("acme/old")).worktree(1, BRANCH, "main")
    assert mirrors[0].path not in evict(data, 0, NOTHING)
    assert worktree.changed_paths() == []
    del worktree
    assert evict(data, 0, NOTHING) == [mirrors[0].path]


def test_a_full_disk_costs_one_mirror_at_a_time_and_none_that_is_used(
    mirrors: list[Mirror], data: Path
) -> None:
    assert make_room(data, keep=mirrors[0].path) == mirrors[1].path
    assert left(mirrors) == ["old", "new.er"]
    assert make_room(data, keep=mirrors[0].path) == mirrors[2].path
    assert make_room(data, keep=mirrors[0].path) is None
    assert left(mirrors) == ["old"]
