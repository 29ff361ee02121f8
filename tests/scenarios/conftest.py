"""One stack of real processes for each file of scenarios; every test has a repository of its own in it.

With HUB_ENTERPRISE=3.16.4 the hub is an Enterprise Server of that version.
"""

from collections.abc import Iterator

import pytest

from tests.scenarios.world import World, playing


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    environ = {"AUTOCODE_MAX_ITERATIONS": "2", "AUTOCODE_CHECKS_WAIT": "3", "AUTOCODE_MAX_TURNS": "12"}
    with playing(tmp_path_factory.mktemp("stack"), environ) as world:
        yield world
