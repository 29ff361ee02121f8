"""One git server with the repository acme/tools, and a mirror of it. Both are made once and copied for each test."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jobs.git.address import Address
from jobs.git.command import Person
from jobs.git.mirror import Mirror
from tests.git.server import TOKEN, GitServer, serving

BOT = Person("autocode[bot]", "41+autocode[bot]@users.noreply.github.com")
BRANCH = "autocode/12-greet"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`served`, what a server serves, and `mirror.git`, fetched from it; neither knows its own address."""
    root = tmp_path_factory.mktemp("git")
    with serving(root / "served") as server:
        address = server.create()
        with Mirror(root / "data", address, f"{server.url}/acme/tools.git") as mirror:
            mirror.fetch(TOKEN)
            mirror.path.rename(root / "mirror.git")
    return root


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with serving(tmp_path / "served") as server:
        yield server


@pytest.fixture
def address(server: GitServer, template: Path) -> Address:
    shutil.copytree(template / "served", server.root)
    return server.address("acme/tools")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def mirror_of(server: GitServer, data: Path) -> Callable[[Address], Mirror]:
    """A mirror as another worker would open it; not fetched yet."""
    return lambda address: Mirror(data, address, f"{server.url}/{address.repository}.git")


@pytest.fixture
def mirror(mirror_of: Callable[[Address], Mirror], address: Address, template: Path) -> Iterator[Mirror]:
    """A mirror that a worker fetched earlier; nothing has happened on the server since."""
    with mirror_of(address) as mirror:
        shutil.copytree(template / "mirror.git", mirror.path)
        yield mirror
