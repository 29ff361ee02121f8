"""The world of every GraphQL test: a hub of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.world import SEED, World
from tests.hub import serve


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with serve(seed=SEED, directory=tmp_path / "hub") as hub:
        yield World(hub)
