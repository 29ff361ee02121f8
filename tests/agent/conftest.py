"""What the agent's tests run on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs.models.gateway import Model, Patience
from jobs.settings import Settings
from tests.agent.world import GREETING, NOW, World
from tests.model import serve


@pytest.fixture
def world(tmp_path: Path, redis: Redis) -> Iterator[World]:
    path = tmp_path / "worktree"
    path.mkdir()
    (path / "greet.py").write_text(GREETING)
    with serve() as server:
        settings = Settings(
            app_id=1,
            private_key="",
            webhook_secrets=("s",),
            anthropic_api_key="k",
            anthropic_base_url=server.url,
        )
        patience = Patience(waits=())
        with Model(settings, patience=patience, sleep=lambda _: None, now=lambda: NOW) as model:
            world = World(path, server, model, redis)
            world.git("init", "--quiet")
            world.git("add", ".")
            world.git("commit", "--quiet", "--message", "start")
            yield world
