"""A sandbox, a worktree to attack from, and something outside that must stay a secret."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.sandbox import Finished, Sandbox
from tests.security.machine import working_sandbox

SECRET = "ghs_000000000000000000000000000000secret"

Attack = Callable[..., Finished]


@pytest.fixture
def sandbox() -> Sandbox:
    return working_sandbox()


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """As git makes it: `.git` is a file that names a directory elsewhere."""
    path = tmp_path / "data/worktree"
    path.mkdir(parents=True)
    (path / ".git").write_text(f"gitdir: {tmp_path}/data/mirror.git/worktrees/12\n")
    (path / "inside.txt").write_text("inside\n")
    return path


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file of the worker, readable for everybody on this machine."""
    path = tmp_path / "data/secret.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(SECRET)
    return path


@pytest.fixture
def attack(sandbox: Sandbox, worktree: Path) -> Attack:
    return lambda command, timeout=20: sandbox.run(command, worktree, timeout)
