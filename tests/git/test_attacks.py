"""Attacks from inside a worktree: nothing that was planted there is ever executed, followed or committed."""

import subprocess
from pathlib import Path

import pytest

from jobs.git.mirror import Mirror
from jobs.git.worktree import Worktree
from jobs.ticket.errors import TellPeople
from tests.git.conftest import BOT, BRANCH
from tests.git.server import CLEAN, TOKEN, GitServer

HOOKS = (
    *(
        "pre-commit",
        "prepare-commit-msg",
        "commit-msg",
        "post-commit",
        "pre-push",
        "post-checkout",
        "pre-rebase",
    ),
    *("post-rewrite", "post-merge", "post-index-change", "reference-transaction"),
)
SETTINGS = (
    *("core.fsmonitor", "core.editor", "diff.external", "diff.evil.textconv", "merge.evil.driver"),
    *("filter.evil.clean", "filter.evil.smudge"),
)


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    """The file that any successful attack makes."""
    return tmp_path / "executed"


@pytest.fixture
def worktree(mirror: Mirror) -> Worktree:
    return mirror.worktree(12, BRANCH, "main")


def git(where: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=where, env=CLEAN, check=True, capture_output=True)


def plant_repository(where: Path, bait: Path) -> Path:
    """A repository whose every hook and command setting makes the bait. The path of its `.git`."""
    where.mkdir(exist_ok=True)
    git(where, "init", "-q")
    git(where, "-c", "user.name=e", "-c", "user.email=e@e", "commit", "-q", "--allow-empty", "-m", "x")
    (where / ".git/hooks").mkdir(exist_ok=True)
    for name in HOOKS:
        hook = where / ".git/hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {bait}\n")
        hook.chmod(0o755)
    for key in SETTINGS:
        git(where, "config", key, f"touch {bait};false")
    return where / ".git"


def everything(worktree: Worktree, mirror: Mirror, server: GitServer) -> None:
    """Every operation there is, a rebase among them."""
    (worktree.path / "README.md").write_text("ours\n")
    worktree.changed_paths()
    worktree.diff()
    worktree.violations()
    worktree.commit("feat: ours", author=BOT)
    worktree.push(TOKEN)
    (worktree.path / "more.txt").write_text("more\n")
    worktree.commit("feat: more", author=BOT)
    server.commit("acme/tools", BRANCH, {"ann.txt": "hi\n"})
    assert worktree.push(TOKEN).others == 1
    worktree.show("README.md")
    mirror.fetch(TOKEN)
    mirror.worktree(12, BRANCH, "main", resume=True).changed_paths()
    mirror.worktree(12, BRANCH, "main")


def test_the_planted_repository_bites_whoever_believes_it(worktree: Worktree, bait: Path) -> None:
    """The attack is real: git as people call it falls for it. Without this the other tests could not fail."""
    (worktree.path / ".git").unlink()
    plant_repository(worktree.path, bait)
    bait.unlink(missing_ok=True)
    git(worktree.path, "status")
    assert bait.exists()


def test_a_planted_git_directory_executes_nothing(
    worktree: Worktree, mirror: Mirror, server: GitServer, bait: Path
) -> None:
    (worktree.path / ".git").unlink()
    plant_repository(worktree.path, bait)
    bait.unlink(missing_ok=True)
    everything(worktree, mirror, server)
    assert not bait.exists()
    assert (worktree.path / ".git").read_text() == f"gitdir: {worktree.git_dir}\n"
    files = server.git("acme/tools", "ls-tree", "--name-only", BRANCH).split()
    assert files == ["README.md", "ann.txt", "more.txt", "src"]


@pytest.mark.parametrize("how", ["file", "link"])
def test_a_git_file_or_link_to_a_planted_repository_executes_nothing(
    worktree: Worktree, mirror: Mirror, server: GitServer, bait: Path, tmp_path: Path, how: str
) -> None:
    planted = plant_repository(tmp_path / "elsewhere", bait)
    bait.unlink(missing_ok=True)
    dot_git = worktree.path / ".git"
    dot_git.unlink()
    if how == "file":
        dot_git.write_text(f"gitdir: {planted}\n")
    else:
        dot_git.symlink_to(planted)
    everything(worktree, mirror, server)
    assert not bait.exists()
    assert planted.is_dir()
    assert dot_git.is_file()
    assert not dot_git.is_symlink()


def test_filters_and_drivers_named_in_gitattributes_do_not_run(
    worktree: Worktree,
    mirror: Mirror,
    server: GitServer,
    bait: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    plant_repository(tmp_path / "elsewhere", bait)
    bait.unlink(missing_ok=True)
    (tmp_path / "elsewhere/.git/config").rename(tmp_path / ".gitconfig")
    monkeypatch.setenv("HOME", str(tmp_path))
    (worktree.path / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    everything(worktree, mirror, server)
    assert not bait.exists()


def test_a_nested_repository_is_reported_and_never_becomes_a_submodule(
    worktree: Worktree, bait: Path
) -> None:
    plant_repository(worktree.path / "lib", bait)
    bait.unlink(missing_ok=True)
    (worktree.path / "lib/code.py").write_text("x\n")
    [sentence] = worktree.violations()
    assert "`lib` is a git repository of its own (a submodule)" in sentence
    assert worktree.diff() == ""
    with pytest.raises(TellPeople, match="`lib` is a git repository"):
        worktree.commit("feat: lib", author=BOT)
    assert not bait.exists()


def test_a_repository_planted_in_a_directory_of_the_project_changes_nothing(
    worktree: Worktree, mirror: Mirror, server: GitServer, bait: Path
) -> None:
    plant_repository(worktree.path / "src", bait)
    bait.unlink(missing_ok=True)
    (worktree.path / "src/new.py").write_text("x\n")
    everything(worktree, mirror, server)
    assert not bait.exists()
    assert "src/new.py" in server.git("acme/tools", "ls-tree", "-r", "--name-only", BRANCH)


def test_a_repository_planted_in_a_real_submodule_is_never_entered(
    mirror: Mirror, server: GitServer, bait: Path
) -> None:
    """Git looks for changes inside a submodule by running `git status` there: a planted one would bite."""
    head = server.head("acme/tools", "main")
    lines = f"commit refs/heads/main\ncommitter A <a@b> 1700000000 +0000\ndata 1\nx\nfrom {head}\n"
    server.git("acme/tools", "fast-import", "--quiet", stdin=f"{lines}M 160000 {head} sub\n")
    mirror.fetch(TOKEN)
    worktree = mirror.worktree(12, BRANCH, "main")
    plant_repository(worktree.path / "sub", bait)
    bait.unlink(missing_ok=True)
    everything(worktree, mirror, server)
    assert not bait.exists()
    assert f"160000 commit {head}\tsub" in server.git("acme/tools", "ls-tree", BRANCH)


def test_what_is_in_the_index_is_asked_again_before_the_commit(worktree: Worktree) -> None:
    """However it came there: while changes are looked at, code that still runs may write others."""
    entry = f"160000,{worktree.head()},lib"
    git(worktree.path, "update-index", "--add", "--cacheinfo", entry)
    assert worktree.violations() == []
    with pytest.raises(TellPeople, match="submodule"):
        worktree.commit("feat: lib", author=BOT)


def test_wiping_follows_no_links_and_minds_no_permissions(
    worktree: Worktree, mirror: Mirror, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep\n")
    (worktree.path / "link").symlink_to(precious)
    (worktree.path / "src/app.py").unlink()
    (worktree.path / "src").rmdir()
    (worktree.path / "src").symlink_to(precious)
    (worktree.path / "locked/inner").mkdir(parents=True)
    (worktree.path / "locked/inner/file").touch()
    (worktree.path / "locked").chmod(0)
    assert mirror.worktree(12, BRANCH, "main").changed_paths() == []
    worktree.remove()
    assert (precious / "file").read_text() == "keep\n"


def test_a_path_beyond_a_planted_link_is_not_read(worktree: Worktree, tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/app.py").write_text("TOP SECRET\n")
    (worktree.path / "src/app.py").unlink()
    (worktree.path / "src").rmdir()
    (worktree.path / "src").symlink_to(tmp_path / "secret")
    [sentence] = worktree.violations()
    assert "symbolic link" in sentence
    assert "SECRET" not in worktree.diff()


def test_variables_of_a_git_hook_that_runs_us_mean_nothing(
    worktree: Worktree, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: GitServer
) -> None:
    (worktree.path / "README.md").write_text("ours\n")
    with monkeypatch.context() as patch:
        for name in ("GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"):
            patch.setenv(name, str(tmp_path / "wrong"))
        patch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare=true'")
        patch.setenv("GIT_TRACE_CURL", str(tmp_path / "trace"))
        assert worktree.commit("feat: ours", author=BOT)
        worktree.push(TOKEN)
    assert server.head("acme/tools", BRANCH) == worktree.head()
    assert not (tmp_path / "wrong").exists()
    assert not (tmp_path / "trace").exists()
