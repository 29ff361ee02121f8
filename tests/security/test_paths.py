"""Attacks on the worker itself, which reads and writes files for the model outside of the sandbox."""

import os
from pathlib import Path
from typing import Any

import pytest

from jobs.agent.tools import TOOLS, Misused, Workbench
from jobs.agent.transcript import Progress
from tests.security.conftest import SECRET
from tests.security.machine import working_sandbox

COMMANDS: list[dict[str, Any]] = [
    {"command": "view"},
    {"command": "create", "file_text": "boo"},
    {"command": "str_replace", "old_str": "ghs", "new_str": "boo"},
    {"command": "insert", "insert_line": 0, "insert_text": "boo"},
]


@pytest.fixture
def bench(worktree: Path, outside: Path) -> Workbench:
    (worktree / "to-file").symlink_to(outside)
    (worktree / "to-directory").symlink_to(outside.parent)
    (worktree / "up").symlink_to("..")
    (worktree / "by-two").symlink_to("up/secret.txt")
    (worktree / "dangling").symlink_to(outside.with_name("new.txt"))
    (worktree / "to-environment").symlink_to("/proc/self/environ")
    (worktree / "to-git").symlink_to(".git")
    (worktree / "loop").symlink_to("loop")
    (worktree / "sub/.git").mkdir(parents=True)
    (worktree / "sub/.git/config").write_text("ghs")
    os.mkfifo(worktree / "pipe")
    return Workbench(worktree, lambda: "", None)


def call(bench: Workbench, name: str, **given: Any) -> str:
    answer = TOOLS[name].call(bench, Progress(), given)
    assert isinstance(answer, str)
    return answer


@pytest.mark.parametrize("given", COMMANDS, ids=lambda given: given["command"])
@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "/workspace/../secret.txt",
        "to-file",
        "to-directory/secret.txt",
        "to-directory/new.txt",
        "up/secret.txt",
        "sub/../../secret.txt",
        "by-two",
        "dangling",
        "to-environment",
        "loop",
        "/proc/self/environ",
        "/workspacex/../proc/self/environ",
        "//proc/self/environ",
        "/etc/passwd",
        "{outside}",
        "inside.txt\0",
        ".git",
        ".git/hooks/pre-commit",
        "./sub/.git/config",
        "sub/.GIT/config",
        "new/.git./config",
        "git~1/config",
        "to-git",
        "pipe",
    ],
)
def test_the_edit_tool_stays_in_the_worktree(
    bench: Workbench, outside: Path, given: dict[str, Any], path: str
) -> None:
    before = {file: file.read_bytes() for file in outside.parent.rglob("*") if file.is_file()}
    with pytest.raises(Misused) as caught:
        call(bench, "str_replace_based_edit_tool", **given, path=path.replace("{outside}", str(outside)))
    assert SECRET not in str(caught.value)
    assert {file: file.read_bytes() for file in outside.parent.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize("path", ["to-directory", "up", "/", ".."])
def test_no_directory_outside_is_listed(bench: Workbench, path: str) -> None:
    with pytest.raises(Misused):
        call(bench, "str_replace_based_edit_tool", command="view", path=path)


def test_a_listing_does_not_follow_links(bench: Workbench) -> None:
    listing = call(bench, "str_replace_based_edit_tool", command="view", path=".")
    assert "secret.txt" not in listing
    assert ".git" not in listing.replace("to-git", "")


def test_a_link_that_a_command_made_leads_nowhere(bench: Workbench, outside: Path) -> None:
    links = (
        f"ln -sfn {outside.parent} sub/data",
        f"ln -sf {outside} inside.txt",
        "ln -s /proc/self/root root",
    )
    working_sandbox().run("; ".join(links), bench.path)
    for path in ("sub/data/secret.txt", "inside.txt", f"root{outside}"):
        with pytest.raises(Misused, match="leads out of /workspace"):
            call(bench, "str_replace_based_edit_tool", command="view", path=path)


def test_search_does_not_follow_links(bench: Workbench) -> None:
    assert call(bench, "search", pattern="ghs_") == "No match in /workspace."
    for path in ("to-file", "to-directory", "up", "to-environment"):
        with pytest.raises(Misused):
            call(bench, "search", pattern="ghs_", path=path)


def test_search_has_nothing_of_the_workers_environment(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONSTARTUP", "/nonexistent")
    monkeypatch.setenv("PYTHONPATH", str(bench.path))
    (bench.path / "json.py").write_text("raise SystemExit('taken over')")
    assert call(bench, "search", pattern="inside") == "inside.txt:1: inside"


def test_a_link_within_the_worktree_can_be_used(bench: Workbench) -> None:
    (bench.path / "alias").symlink_to("inside.txt")
    call(
        bench,
        "str_replace_based_edit_tool",
        command="str_replace",
        path="alias",
        old_str="inside",
        new_str="in",
    )
    assert (bench.path / "inside.txt").read_text() == "in\n"
    assert (bench.path / "alias").is_symlink()
