"""The mirror: copied once, fetched after that, mended when broken, shared by tickets."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.git.address import Address
from jobs.git.errors import GitDenied, GitUnreachable, MirrorBroken
from jobs.git.lock import exclusive
from jobs.git.mirror import Mirror
from jobs.ticket.errors import TellPeople
from tests.git.conftest import BOT, BRANCH
from tests.git.server import TOKEN, GitServer

Open = Callable[[Address], Mirror]


def test_a_mirror_lies_below_host_owner_and_name_with_the_port_spelt_for_file_systems(
    server: GitServer, address: Address, mirror_of: Open, data: Path
) -> None:
    mirror = mirror_of(address)
    mirror.fetch(TOKEN)
    host = server.url.removeprefix("http://").replace(":", "_")
    assert mirror.path == data / host / "acme" / "tools.git"
    assert (mirror.path / "HEAD").is_file()
    assert sorted(path.name for path in mirror.path.parent.iterdir()) == [
        "tools.git",
        "tools.lock",
        "tools.used",
    ]


def test_a_fetch_brings_new_commits_and_forgets_deleted_branches(mirror: Mirror, server: GitServer) -> None:
    server.commit("acme/tools", "main", {"new.txt": "n\n"})
    server.commit("acme/tools", "old", {"o.txt": "o\n"}, new_from="refs/heads/main^0")
    mirror.fetch(TOKEN)
    assert mirror.worktree(1, "old", "main").head() == server.head("acme/tools", "old")
    server.git("acme/tools", "branch", "-D", "old")
    mirror.fetch(TOKEN)
    assert mirror.worktree(2, "old", "main").head() == server.head("acme/tools", "main")


def test_a_branch_checked_out_in_a_worktree_can_be_fetched_and_pruned(
    mirror: Mirror, server: GitServer
) -> None:
    server.commit("acme/tools", BRANCH, {"a.txt": "a\n"}, new_from="refs/heads/main^0")
    mirror.fetch(TOKEN)
    worktree = mirror.worktree(12, BRANCH, "main")
    before = worktree.head()
    moved = server.commit("acme/tools", BRANCH, {"a.txt": "b\n"})
    mirror.fetch(TOKEN)
    assert worktree.head() == before
    assert mirror.worktree(12, BRANCH, "main").head() == moved
    server.git("acme/tools", "branch", "-D", BRANCH)
    mirror.fetch(TOKEN)
    assert worktree.head() == moved


def test_a_rewritten_branch_is_followed(mirror: Mirror, server: GitServer) -> None:
    server.git("acme/tools", "update-ref", "-d", "refs/heads/main")
    server.commit("acme/tools", "main", {"README.md": "again\n"})
    mirror.fetch(TOKEN)
    assert mirror.worktree(12, BRANCH, "main").show("README.md") == "again\n"


def test_an_empty_repository_is_told_to_people_and_leaves_nothing_behind(
    server: GitServer, mirror_of: Open
) -> None:
    mirror = mirror_of(server.create_empty("acme/empty"))
    with pytest.raises(TellPeople, match="is empty: it has no commit to start from"):
        mirror.fetch(TOKEN)
    assert not mirror.path.exists()
    server.commit("acme/empty", "trunk", {"README.md": "now\n"})
    mirror.fetch(TOKEN)
    assert mirror.worktree(1, BRANCH, "trunk").show("README.md") == "now\n"


def break_all_objects(mirror: Path) -> None:
    for file in (mirror / "objects").rglob("*"):
        if file.is_file():
            file.unlink()


def truncate_pack(mirror: Path) -> None:
    for pack in (mirror / "objects").rglob("*.pack"):
        pack.chmod(0o600)
        os.truncate(pack, pack.stat().st_size // 2)


def half_remove(mirror: Path) -> None:
    """As a worker leaves it that is killed while it throws the mirror away."""
    (mirror / "packed-refs").unlink(missing_ok=True)
    shutil.rmtree(mirror / "refs")


def break_refs(mirror: Path) -> None:
    (mirror / "packed-refs").write_text("nonsense\n")


def break_head(mirror: Path) -> None:
    (mirror / "HEAD").unlink()


@pytest.mark.parametrize("broken", [break_all_objects, truncate_pack, half_remove, break_refs, break_head])
def test_a_broken_mirror_is_thrown_away_and_fetched_again(
    mirror: Mirror, server: GitServer, broken: Callable[[Path], None]
) -> None:
    mirror.worktree(12, BRANCH, "main")
    broken(mirror.path)
    server.commit("acme/tools", "main", {"README.md": "mended\n"})
    mirror.fetch(TOKEN)
    worktree = mirror.worktree(12, BRANCH, "main")
    assert (worktree.path / "README.md").read_text() == "mended\n"


def test_a_mirror_found_broken_only_at_checkout_is_made_anew_by_the_next_fetch(mirror: Mirror) -> None:
    break_all_objects(mirror.path)
    with pytest.raises(MirrorBroken, match="to be fetched again"):
        mirror.worktree(12, BRANCH, "main")
    mirror.fetch(TOKEN)
    assert mirror.worktree(12, BRANCH, "main").changed_paths() == []


def test_a_damaged_object_is_found_by_whoever_looks_for_the_reason_of_a_failure(mirror: Mirror) -> None:
    assert not mirror.discard_if_broken()
    blob = mirror.commands.line("rev-parse", "refs/remotes/origin/main:README.md")
    loose = mirror.path / "objects" / blob[:2] / blob[2:]
    for pack in (mirror.path / "objects/pack").glob("*.pack"):
        packed = pack.rename(mirror.path / "packed")
        mirror.commands.run("unpack-objects", "-q", stdin=packed.read_bytes())
    loose.chmod(0o600)
    loose.write_bytes(b"")
    assert mirror.discard_if_broken()
    assert not mirror.path.exists()


def test_what_a_killed_copy_left_is_removed_by_the_next_one(mirror_of: Open, address: Address) -> None:
    mirror = mirror_of(address)
    left = mirror.path.parent / f".{mirror.path.name}.killed" / "copy" / "objects"
    left.mkdir(parents=True)
    mirror.fetch(TOKEN)
    assert [path.name for path in mirror.path.parent.glob(".*")] == []


def test_locks_left_by_a_killed_fetch_do_not_block_the_next_one(mirror: Mirror, server: GitServer) -> None:
    for lock in ("packed-refs.lock", "refs/remotes/origin/main.lock"):
        (mirror.path / lock).parent.mkdir(parents=True, exist_ok=True)
        (mirror.path / lock).touch()
    server.commit("acme/tools", "main", {"README.md": "on\n"})
    mirror.fetch(TOKEN)
    assert mirror.worktree(12, BRANCH, "main").show("README.md") == "on\n"


def test_three_workers_fetch_one_repository_at_once_and_copy_it_once(
    server: GitServer, address: Address, mirror_of: Open
) -> None:
    requests: list[str] = []
    server.before = requests.append
    mirrors = [mirror_of(address) for _ in range(3)]
    threads = [threading.Thread(target=mirror.fetch, args=(TOKEN,)) for mirror in mirrors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heads = {mirror.worktree(number, BRANCH, "main").head() for number, mirror in enumerate(mirrors)}
    assert heads == {server.head("acme/tools", "main")}
    # Each asks twice (capabilities, refs), and the one that copies a third time: for the objects.
    assert sum(path.endswith("/git-upload-pack") for path in requests) == 3 + 1


def test_a_fetch_waits_for_the_process_that_holds_the_lock(mirror: Mirror, server: GitServer) -> None:
    server.commit("acme/tools", "main", {"README.md": "later\n"})
    fetching = threading.Thread(target=mirror.fetch, args=(TOKEN,))
    with exclusive(mirror.path.with_suffix(".lock")):
        fetching.start()
        fetching.join(timeout=0.2)
        assert fetching.is_alive()
    fetching.join()
    assert mirror.worktree(12, BRANCH, "main").show("README.md") == "later\n"


def test_two_tickets_of_one_repository_work_at_once(mirror: Mirror, server: GitServer) -> None:
    one, two = (mirror.worktree(number, f"autocode/{number}-x", "main") for number in (1, 2))
    for worktree in (one, two):
        (worktree.path / "README.md").write_text(worktree.branch)
        worktree.commit(f"feat: {worktree.branch}", author=BOT)
    one.push(TOKEN)
    two.push(TOKEN)
    for worktree in (one, two):
        assert server.git("acme/tools", "show", f"{worktree.branch}:README.md") == worktree.branch


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, GitDenied, "did not accept the app's access token"),
        (403, GitDenied, "contents: write"),
        (404, GitDenied, "was not given access to it"),
        (301, GitDenied, "has moved"),
        (502, GitUnreachable, "502"),
    ],
)
def test_what_the_server_answers_becomes_a_clear_error(
    server: GitServer, address: Address, mirror_of: Open, status: int, error: type[Exception], words: str
) -> None:
    server.before = lambda path: status
    with pytest.raises(error, match=words):
        mirror_of(address).fetch(TOKEN)


def test_a_server_that_is_away_leaves_the_mirror_as_it_is(mirror: Mirror, server: GitServer) -> None:
    server.http.server_close()
    with pytest.raises(GitUnreachable):
        mirror.fetch(TOKEN)
    assert mirror.worktree(12, BRANCH, "main").head() == server.head("acme/tools", "main")


@pytest.mark.parametrize("name", ["--upload-pack=x", "a..b", "HEAD~1"])
def test_a_name_that_git_does_not_accept_is_told_to_people(mirror: Mirror, name: str) -> None:
    with pytest.raises(TellPeople, match="cannot be the name of a branch"):
        mirror.worktree(12, name, "main")
    with pytest.raises(TellPeople, match="cannot be the name of a branch"):
        mirror.worktree(12, BRANCH, name)


def test_a_base_that_does_not_exist_is_told_to_people(mirror: Mirror) -> None:
    with pytest.raises(TellPeople, match="base branch `develop` does not exist"):
        mirror.worktree(12, BRANCH, "develop")


def test_a_url_with_credentials_or_a_strange_transport_is_refused(data: Path) -> None:
    address = Address("github.com", "acme", "tools")
    for url in (
        "https://x:pa55@github.com/acme/tools.git",
        "ext::sh -c id",
        "ssh://git@github.com/acme/tools",
    ):
        with pytest.raises(ValueError, match="https, http or file") as error:
            Mirror(data, address, url)
        assert "pa55" not in str(error.value)
