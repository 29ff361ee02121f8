"""One stack of real processes for all files of scenarios that need no other; every test has a repository of its own.

With HUB_ENTERPRISE=3.16.4 the hub is an Enterprise Server of that version.
"""

from collections.abc import Iterator

import pytest

from tests.scenarios.world import PROCESSES, World, playing

ENVIRON = {"AUTOCODE_MAX_ITERATIONS": "2", "AUTOCODE_CHECKS_WAIT": "3", "AUTOCODE_MAX_TURNS": "12"}


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with playing(tmp_path_factory.mktemp("stack"), ENVIRON) as world:
        yield world


@pytest.fixture(scope="module")
def world(shared: World) -> World:
    """What one file has the model say is not said in the next, and what it may have left dead is alive."""
    shared.stack.revive(*PROCESSES)
    fresh = World(shared.stack)
    fresh.is_enterprise = shared.is_enterprise
    return fresh
