"""The base has moved: its commits come into the ticket's branch, and nobody else's are rewritten."""

import pytest

from jobs.git.errors import GitDenied, PushConflict
from jobs.git.mirror import Mirror
from jobs.git.worktree import Worktree
from tests.git.conftest import BOT, BRANCH
from tests.git.server import TOKEN, GitServer
from tests.git.test_push import NAME, commit

OURS = "ONE\ntwo\nthree\nfour\nfive\n"
APART = "one\ntwo\nthree\nfour\nFIVE\n"
AGAINST = "uno\ntwo\nthree\nfour\nfive\n"
BASE = "main"


@pytest.fixture
def worktree(mirror: Mirror) -> Worktree:
    """A ticket whose branch exists on the remote."""
    worktree = mirror.worktree(12, BRANCH, BASE)
    commit(worktree, "src/app.py", OURS)
    worktree.push(TOKEN)
    return worktree


def moved(mirror: Mirror, server: GitServer, text: str) -> str:
    """Somebody changes the base, and we hear of it."""
    base = server.commit(NAME, BASE, {"src/app.py": text})
    mirror.fetch(TOKEN)
    return base


def update(worktree: Worktree, *, rebase: bool = False) -> list[str]:
    return worktree.update("Merge main", author=BOT, rebase=rebase)


def parents(server: GitServer, commit: str) -> list[str]:
    return server.git(NAME, "log", "-1", "--format=%P", commit).split()


def test_what_git_can_settle_is_merged(worktree: Worktree, mirror: Mirror, server: GitServer) -> None:
    ours, base = worktree.head(), moved(mirror, server, APART)
    assert not worktree.contains_base()
    assert update(worktree) == []
    assert worktree.contains_base()
    pushed = worktree.push(TOKEN)
    assert parents(server, pushed.head_sha) == [ours, base]
    assert (worktree.path / "src/app.py").read_text() == "ONE\ntwo\nthree\nfour\nFIVE\n"
    assert (worktree.conflicts(), worktree.violations(), worktree.changed_paths()) == ([], [], [])


def test_what_it_cannot_is_left_with_markers_and_settled_by_one_commit(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    ours, base = worktree.head(), moved(mirror, server, AGAINST)
    assert update(worktree) == ["src/app.py"]
    assert worktree.conflicts() == ["src/app.py"]
    assert "<<<<<<< HEAD\nONE\n=======\nuno\n>>>>>>> " in worktree.conflicted("src/app.py")
    [why] = worktree.violations()
    assert "`src/app.py` still has git's conflict markers" in why
    assert mirror.worktree(12, BRANCH, BASE, resume=True).conflicts() == ["src/app.py"]
    head = commit(worktree, "src/app.py", "UNO\ntwo\nthree\nfour\nfive\n")
    assert (worktree.conflicts(), worktree.violations()) == ([], [])
    assert worktree.push(TOKEN).head_sha == head
    assert parents(server, head) == [ours, base]
    assert server.git(NAME, "log", "-1", "--format=%B", head) == "feat: src/app.py"


def test_a_file_that_one_side_deleted_may_stay_as_the_merge_has_it(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    server.commit(NAME, BASE, {"src/app.py": None})
    mirror.fetch(TOKEN)
    assert update(worktree) == ["src/app.py"]
    assert worktree.violations() == []
    head = worktree.commit("Merge main, settled", author=BOT)
    assert (head, worktree.conflicts()) == (worktree.head(), [])
    assert worktree.push(TOKEN).head_sha == head


def test_a_rebase_replaces_only_our_own_commits(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    base = moved(mirror, server, APART)
    assert update(worktree, rebase=True) == []
    pushed = worktree.push(TOKEN)
    assert parents(server, pushed.head_sha) == [base]
    assert server.head(NAME, BRANCH) == pushed.head_sha


def test_a_rebased_branch_is_pushed_again_when_the_token_was_refused(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    base = moved(mirror, server, APART)
    update(worktree, rebase=True)
    server.before = lambda path: 401
    with pytest.raises(GitDenied):
        worktree.push(TOKEN)
    server.before = lambda path: None
    assert parents(server, worktree.push(TOKEN).head_sha) == [base]


def test_a_text_that_looks_like_an_unsettled_merge_is_none(worktree: Worktree) -> None:
    (worktree.path / "new.txt").write_text("x\n")
    worktree.commit('feat: x\n\nAutocode-Unresolved: "src/app.py"\nAutocode-Unresolved: {', author=BOT)
    assert worktree.conflicts() == []


def test_with_somebody_elses_commit_on_the_branch_a_rebase_is_a_merge(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    theirs = server.commit(NAME, BRANCH, {"ann.txt": "hi\n"})
    base = moved(mirror, server, APART)
    worktree = mirror.worktree(12, BRANCH, BASE)
    assert update(worktree, rebase=True) == []
    assert parents(server, worktree.push(TOKEN).head_sha) == [theirs, base]


def test_a_rebase_that_git_cannot_do_alone_is_a_merge(
    worktree: Worktree, mirror: Mirror, server: GitServer
) -> None:
    moved(mirror, server, AGAINST)
    assert update(worktree, rebase=True) == ["src/app.py"]
    assert worktree.replaces is None


@pytest.mark.parametrize("rebase", [True, False])
def test_a_push_that_comes_in_between_is_never_overwritten(
    worktree: Worktree, mirror: Mirror, server: GitServer, rebase: bool
) -> None:
    moved(mirror, server, APART)
    update(worktree, rebase=rebase)
    theirs = server.commit(NAME, BRANCH, {"ann.txt": "hi\n"})
    with pytest.raises(PushConflict):
        worktree.push(TOKEN)
    assert worktree.head() == theirs == server.head(NAME, BRANCH)
    assert update(worktree, rebase=rebase) == []
    assert worktree.push(TOKEN).head_sha == server.head(NAME, BRANCH)
    assert (worktree.path / "ann.txt").exists()
