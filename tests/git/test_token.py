"""The token: shown to the one server, and nowhere else to be found."""

import base64
import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.git.address import Address
from jobs.git.errors import GitDenied, GitUnreachable, redacted
from jobs.git.mirror import Mirror
from tests.git.conftest import BOT, BRANCH
from tests.git.server import TOKEN, GitServer

SECRETS = (TOKEN, base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode())


def test_after_copying_and_pushing_no_file_holds_the_token(
    address: Address, mirror_of: Callable[[Address], Mirror], data: Path
) -> None:
    mirror = mirror_of(address)
    mirror.fetch(TOKEN)
    worktree = mirror.worktree(12, BRANCH, "main")
    (worktree.path / "README.md").write_text("x\n")
    worktree.commit("feat: x", author=BOT)
    worktree.push(TOKEN)
    files = [path for path in data.rglob("*") if path.is_file()]
    assert len(files) > 10
    for path in files:
        assert not any(secret.encode() in path.read_bytes() for secret in SECRETS), path


@pytest.mark.parametrize(("status", "error"), [(401, GitDenied), (403, GitDenied), (500, GitUnreachable)])
def test_neither_an_error_nor_the_log_tells_the_token(
    server: GitServer,
    address: Address,
    mirror_of: Callable[[Address], Mirror],
    status: int,
    error: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.before = lambda path: status
    with pytest.raises(error) as caught:
        mirror_of(address).fetch(TOKEN)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + caplog.text
    assert "git" in caplog.text
    assert not any(secret in told for secret in SECRETS)


def test_the_token_is_not_on_the_command_line(mirror: Mirror, server: GitServer) -> None:
    seen: list[str] = []

    def look_at_every_process(path: str) -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.append(file.read_text(errors="replace"))
            except (FileNotFoundError, ProcessLookupError):
                continue

    server.before = look_at_every_process
    mirror.fetch(TOKEN)
    assert any("fetch" in line and server.url in line for line in seen)
    assert not any(secret in line for secret in SECRETS for line in seen)


def test_the_token_does_not_follow_a_redirect(
    server: GitServer, address: Address, mirror_of: Callable[[Address], Mirror]
) -> None:
    asked: list[str] = []

    def moved(path: str) -> int:
        asked.append(path)
        return 301

    server.before = moved
    with pytest.raises(GitDenied):
        mirror_of(address).fetch(TOKEN)
    assert asked == ["/acme/tools.git/info/refs"]


@pytest.mark.parametrize(
    "text",
    [
        f"https://x-access-token:{TOKEN}@github.com/acme/tools",
        f"Authorization: Basic {SECRETS[1]}",
        "remote: ghs_" + "a.b-c_" * 80,
        "https://user:hunter2@github.com/acme/tools",
    ],
)
def test_whatever_looks_like_a_secret_is_redacted(text: str) -> None:
    plain = redacted(text, ())
    assert "***" in plain
    assert not any(secret in plain for secret in (*SECRETS, "hunter2", "a.b-c_"))
