"""A ticket's branch that began on top of another one: what is its own comes along when that is merged or rewritten."""

import pytest

from jobs.git.errors import BaseMissing, PushConflict
from jobs.git.mirror import Mirror
from jobs.git.worktree import Worktree
from tests.git.conftest import BOT, BRANCH
from tests.git.server import TOKEN, GitServer
from tests.git.test_push import NAME, commit
from tests.git.test_update import parents

BELOW = "autocode/11-below"
THEIRS = "ONE\ntwo\nthree\nfour\nfive\n"
"""What the ticket below made of the file."""
OURS = "ONE and a half\ntwo\nthree\nfour\nfive\n"
"""What ours made of that, in the very line."""


@pytest.fixture
def below(mirror: Mirror) -> Worktree:
    worktree = mirror.worktree(11, BELOW, "main")
    # In two commits, of which a squash makes one that git does not know again.
    commit(worktree, "src/app.py", "One\ntwo\nthree\nfour\nfive\n")
    commit(worktree, "src/app.py", THEIRS)
    worktree.push(TOKEN)
    mirror.fetch(TOKEN)
    return worktree


@pytest.fixture
def since(below: Worktree) -> str:
    """Where ours began."""
    return below.head()


@pytest.fixture
def worktree(mirror: Mirror, since: str) -> Worktree:
    worktree = mirror.worktree(12, BRANCH, BELOW)
    assert worktree.head() == since
    commit(worktree, "src/app.py", OURS)
    worktree.push(TOKEN)
    return worktree


def squashed(mirror: Mirror, server: GitServer, text: str = THEIRS) -> str:
    """The ticket below is merged as one new commit, and its branch deleted."""
    base = server.commit(NAME, "main", {"src/app.py": text})
    server.git(NAME, "update-ref", "-d", f"refs/heads/{BELOW}")
    mirror.fetch(TOKEN)
    return base


def freed(mirror: Mirror, since: str) -> tuple[Worktree, list[str]]:
    """The branch on top of main, and what could not be settled."""
    worktree = mirror.worktree(12, BRANCH, "main")
    return worktree, worktree.update("Merge main", author=BOT, rebase=True, since=since)


def text(server: GitServer) -> str:
    return server.git(NAME, "show", f"{BRANCH}:src/app.py") + "\n"


def test_what_was_squashed_does_not_conflict_with_itself(
    worktree: Worktree, mirror: Mirror, server: GitServer, since: str
) -> None:
    base = squashed(mirror, server)
    moved, unresolved = freed(mirror, since)
    assert unresolved == []
    pushed = moved.push(TOKEN)
    assert (parents(server, pushed.head_sha), text(server)) == ([base], OURS)
    assert server.head(NAME, BRANCH) == pushed.head_sha


def test_where_others_have_committed_nothing_is_rewritten(
    worktree: Worktree, mirror: Mirror, server: GitServer, since: str
) -> None:
    theirs = server.commit(NAME, BRANCH, {"ann.txt": "hi\n"})
    base = squashed(mirror, server)
    moved, unresolved = freed(mirror, since)
    assert unresolved == []
    assert parents(server, moved.push(TOKEN).head_sha) == [theirs, base]
    assert (text(server), server.git(NAME, "show", f"{BRANCH}:ann.txt")) == (OURS, "hi")


def test_a_push_that_comes_in_between_is_not_overwritten(
    worktree: Worktree, mirror: Mirror, server: GitServer, since: str
) -> None:
    squashed(mirror, server)
    moved, _ = freed(mirror, since)
    theirs = server.commit(NAME, BRANCH, {"ann.txt": "hi\n"})
    with pytest.raises(PushConflict):
        moved.push(TOKEN)
    assert moved.head() == theirs == server.head(NAME, BRANCH)
    assert moved.update("Merge main", author=BOT, rebase=True, since=since) == []
    moved.push(TOKEN)
    assert (text(server), server.git(NAME, "show", f"{BRANCH}:ann.txt")) == (OURS, "hi")


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_is_below_stays_behind_on_a_base_that_has_not_moved(
    worktree: Worktree, mirror: Mirror, server: GitServer, since: str, is_shared: bool
) -> None:
    """The ticket below was closed, and its change is not to come along."""
    server.git(NAME, "update-ref", "-d", f"refs/heads/{BELOW}")
    (worktree.path / "mine.txt").write_text("mine\n")
    head = commit(worktree, "src/app.py", THEIRS.replace("five", "FIVE"))
    worktree.push(TOKEN)
    if is_shared:
        head = server.commit(NAME, BRANCH, {"ann.txt": "hi\n"})
    mirror.fetch(TOKEN)
    moved = mirror.worktree(12, BRANCH, "main")
    assert moved.contains_base()
    assert not moved.contains_base(since)
    moved.update("Merge main", author=BOT, rebase=True, since=since)
    assert moved.contains_base(since)
    main = server.head(NAME, "main")
    if is_shared:
        assert parents(server, moved.push(TOKEN).head_sha) == [head, main]
    assert (moved.path / "src/app.py").read_text() == "one\ntwo\nthree\nfour\nFIVE\n"
    assert (moved.path / "mine.txt").exists()


def test_a_true_conflict_is_left_with_markers(
    worktree: Worktree, mirror: Mirror, server: GitServer, since: str
) -> None:
    ours, base = worktree.head(), squashed(mirror, server, "uno\ntwo\nthree\nfour\nfive\n")
    moved, unresolved = freed(mirror, since)
    assert unresolved == moved.conflicts() == ["src/app.py"]
    head = commit(moved, "src/app.py", "uno and a half\n")
    assert moved.push(TOKEN).head_sha == head
    assert parents(server, head) == [ours, base]


def test_without_knowing_where_it_began_it_would_conflict(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    squashed(mirror, server)
    assert freed(mirror, "")[1] == freed(mirror, "0" * 40)[1] == ["src/app.py"]


def test_what_was_changed_in_a_merge_is_not_lost_by_a_rebase(
    worktree: Worktree, below: Worktree, mirror: Mirror, server: GitServer
) -> None:
    commit(below, "src/app.py", "UNO\ntwo\nthree\nfour\nfive\n")
    below.push(TOKEN)
    mirror.fetch(TOKEN)
    assert worktree.update("Merge it", author=BOT, rebase=False, since=below.head()) == ["src/app.py"]
    (worktree.path / "more.txt").write_text("of the same round\n")
    commit(worktree, "src/app.py", "UNO and a half\ntwo\nthree\nfour\nfive\n")
    worktree.push(TOKEN)
    squashed(mirror, server, "UNO\ntwo\nthree\nfour\nfive\n")
    moved, unresolved = freed(mirror, below.head())
    assert unresolved == []
    moved.push(TOKEN)
    assert text(server).startswith("UNO and a half")
    assert server.git(NAME, "show", f"{BRANCH}:more.txt") == "of the same round"


def test_a_branch_below_that_was_rewritten_is_followed(
    worktree: Worktree, below: Worktree, mirror: Mirror, server: GitServer, since: str
) -> None:
    server.commit(NAME, "main", {"new.txt": "new\n"})
    mirror.fetch(TOKEN)
    below.update("", author=BOT, rebase=True)
    rewritten = below.push(TOKEN).head_sha
    mirror.fetch(TOKEN)
    again = mirror.worktree(12, BRANCH, BELOW)
    assert not again.contains_base()
    assert again.update("Merge it", author=BOT, rebase=False, since=since) == []
    assert parents(server, again.push(TOKEN).head_sha) == [rewritten]


def test_a_base_that_goes_while_the_files_are_open_is_remembered(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    (worktree.path / "src/app.py").write_text("mine\n")
    squashed(mirror, server)
    assert "-ONE\n" in worktree.diff()
    assert worktree.contains_base()
    with pytest.raises(BaseMissing):
        mirror.worktree(12, BRANCH, BELOW)
