"""Pushing to a branch that other people push to as well: built upon, never forced."""

import pytest

from jobs.git.errors import GitDenied, GitFailed, GitUnreachable, PushConflict
from jobs.git.mirror import Mirror
from jobs.git.push import Pushed
from jobs.git.worktree import Worktree
from tests.git.conftest import BOT, BRANCH
from tests.git.server import TOKEN, GitServer

NAME = "acme/tools"


@pytest.fixture
def worktree(mirror: Mirror) -> Worktree:
    """A ticket whose branch exists on the remote, with one more commit that is not pushed."""
    worktree = mirror.worktree(12, BRANCH, "main")
    commit(worktree, "first.txt", "1\n")
    worktree.push(TOKEN)
    commit(worktree, "src/app.py", "ONE\ntwo\nthree\nfour\nfive\n")
    return worktree


def commit(worktree: Worktree, path: str, text: str) -> str:
    (worktree.path / path).write_text(text)
    head = worktree.commit(f"feat: {path}", author=BOT)
    assert head
    return head


def history(server: GitServer) -> list[str]:
    return server.git(NAME, "log", "--format=%s", BRANCH).splitlines()


def test_a_push_creates_the_branch_and_then_advances_it(worktree: Worktree, server: GitServer) -> None:
    assert worktree.push(TOKEN) == Pushed(worktree.head(), others=0)
    assert server.head(NAME, BRANCH) == worktree.head()
    assert history(server) == ["feat: src/app.py", "feat: first.txt", "by me"]


def test_a_second_push_of_the_same_head_does_nothing(worktree: Worktree) -> None:
    assert worktree.push(TOKEN) == worktree.push(TOKEN)


def test_a_persons_commits_are_fetched_and_built_upon(worktree: Worktree, server: GitServer) -> None:
    server.commit(NAME, BRANCH, {"ann.txt": "hi\n"})
    server.commit(NAME, BRANCH, {"src/app.py": "one\ntwo\nthree\nfour\nFIVE\n"})
    pushed = worktree.push(TOKEN)
    assert pushed == Pushed(worktree.head(), others=2)
    assert history(server) == ["feat: src/app.py", "by me", "by me", "feat: first.txt", "by me"]
    assert server.git(NAME, "show", f"{BRANCH}:src/app.py") == "ONE\ntwo\nthree\nfour\nFIVE"
    assert server.git(NAME, "log", "-1", "--format=%an %cn", BRANCH) == f"{BOT.name} {BOT.name}"
    assert worktree.changed_paths() == []


def test_a_branch_made_by_somebody_in_the_meantime_is_built_upon(mirror: Mirror, server: GitServer) -> None:
    worktree = mirror.worktree(13, "autocode/13-x", "main")
    commit(worktree, "mine.txt", "m\n")
    server.commit(NAME, "autocode/13-x", {"ann.txt": "hi\n"}, new_from="refs/heads/main^0")
    assert worktree.push(TOKEN).others == 1
    files = server.git(NAME, "ls-tree", "--name-only", "autocode/13-x").split()
    assert files == ["README.md", "ann.txt", "mine.txt", "src"]


def test_a_conflict_names_the_paths_and_leaves_the_worktree_clean_at_their_head(
    worktree: Worktree, server: GitServer
) -> None:
    theirs = server.commit(NAME, BRANCH, {"src/app.py": "uno\ntwo\nthree\nfour\nfive\n", "ann.txt": "hi\n"})
    with pytest.raises(PushConflict) as conflict:
        worktree.push(TOKEN)
    assert conflict.value.paths == ["src/app.py"]
    assert "+ONE" in conflict.value.patch
    assert "ann" not in conflict.value.patch
    assert worktree.head() == theirs == server.head(NAME, BRANCH)
    assert worktree.changed_paths() == []
    assert (worktree.path / "src/app.py").read_text().startswith("uno")
    commit(worktree, "src/app.py", "UNO\ntwo\nthree\nfour\nfive\n")
    assert worktree.push(TOKEN).others == 0


def test_a_branch_that_moves_at_each_attempt_is_given_up_after_three(
    worktree: Worktree, server: GitServer
) -> None:
    attempts: list[str] = []

    def somebody_is_faster(path: str) -> None:
        if path.endswith("git-receive-pack"):
            attempts.append(server.commit(NAME, BRANCH, {f"ann{len(attempts)}.txt": "hi\n"}))

    server.before = somebody_is_faster
    with pytest.raises(GitFailed, match="moved 3 times"):
        worktree.push(TOKEN)
    assert server.head(NAME, BRANCH) == attempts[-1]


def test_a_push_whose_answer_was_lost_is_found_on_the_remote(worktree: Worktree, server: GitServer) -> None:
    server.cut_answers_to = "/git-receive-pack"
    pushed = worktree.push(TOKEN)
    assert pushed == Pushed(server.head(NAME, BRANCH), others=0)
    assert history(server)[0] == "feat: src/app.py"


def test_a_push_that_did_not_arrive_is_an_error_to_be_tried_again(
    worktree: Worktree, server: GitServer
) -> None:
    before = server.head(NAME, BRANCH)
    server.before = lambda path: 502 if path.endswith("/git-receive-pack") else None
    with pytest.raises(GitUnreachable):
        worktree.push(TOKEN)
    assert server.head(NAME, BRANCH) == before
    server.before = lambda path: None
    assert worktree.push(TOKEN).others == 0


@pytest.mark.parametrize(
    ("status", "words"), [(401, "access token"), (403, "contents: write"), (404, "not there")]
)
def test_a_refused_push_says_what_to_do(
    worktree: Worktree, server: GitServer, status: int, words: str
) -> None:
    server.before = lambda path: status
    with pytest.raises(GitDenied, match=words):
        worktree.push(TOKEN)


def test_a_rule_of_the_repository_is_quoted(worktree: Worktree, server: GitServer) -> None:
    hook = server.root / f"{NAME}.git/hooks/update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'GH013: Repository rule violations found' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(GitDenied, match=r"refused the push(.|\n)*> GH013: Repository rule violations found"):
        worktree.push(TOKEN)
