"""What git knows of a repository: heads, commits, diffs, files, merges. Always read from the bare repository."""

import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from tests.hub.entities import PullRequest, Repository

NULL_SHA = "0" * 40
SHA = re.compile(r"[0-9a-f]{40}")
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
}


Row = tuple[str, str, str, str]
"""(mode, type, sha, path) of something in a tree."""


class GitError(Exception):
    """A git command failed; the text is its standard error."""


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    date: str
    """ISO 8601."""


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: list[str]
    author: Person
    committer: Person
    message: str


@dataclass(frozen=True)
class FileChange:
    """One file of a diff, as `/pulls/{n}/files` lists it."""

    path: str
    previous_path: str | None
    status: str
    """`added`, `removed`, `modified` or `renamed`."""
    additions: int
    deletions: int
    blob: str
    patch: str


def run_git(git_dir: Path, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
    """Standard output of one git command in the repository; GitError when it fails."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *args],
        cwd=git_dir, input=stdin, capture_output=True, env={**ENVIRONMENT, **(env or {})},
    )  # fmt: skip
    if done.returncode != 0:
        raise GitError(done.stderr.decode(errors="replace").strip())
    return done.stdout


@lru_cache(maxsize=4096)
def _remembered(git_dir: Path, *args: str) -> bytes:
    """Like `run_git`, for an answer that never changes: asked only once."""
    return run_git(git_dir, *args)


def text(git_dir: Path, *args: str) -> str:
    return run_git(git_dir, *args).decode(errors="replace").strip()


def refs(repository: Repository, prefix: str = "refs/heads/") -> dict[str, str]:
    """Full ref name → sha, sorted by name; read from the files, because every answer needs them."""
    found = {name: sha for name, sha in _packed(repository).items() if name.startswith(prefix)}
    for file in (repository.git_dir / prefix).rglob("*"):
        name = str(file.relative_to(repository.git_dir))
        if file.is_file() and not name.endswith(".lock") and (sha := ref_sha(repository, name)):
            found[name] = sha
    return dict(sorted(found.items()))


def ref_sha(repository: Repository, ref: str) -> str | None:
    """The sha a full ref name points at, or None."""
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return (repository.git_dir / ref).read_text().strip()
    return _packed(repository).get(ref)


def _packed(repository: Repository) -> dict[str, str]:
    """https://git-scm.com/docs/gitrepository-layout: `packed-refs`; comments begin with #, peeled tags with ^."""
    try:
        lines = (repository.git_dir / "packed-refs").read_text().splitlines()
    except FileNotFoundError:
        return {}
    return {name: sha for sha, _, name in (line.partition(" ") for line in lines) if SHA.fullmatch(sha)}


def branch_sha(repository: Repository, branch: str) -> str | None:
    return ref_sha(repository, f"refs/heads/{branch}")


def head_sha(pull: PullRequest) -> str:
    """The pull request's head commit, also after its branch is gone."""
    return ref_sha(pull.repository, f"refs/pull/{pull.number}/head") or NULL_SHA


def resolve(repository: Repository, revision: str) -> str | None:
    """The commit sha of `HEAD`, a branch, tag or (abbreviated) sha."""
    if revision.startswith("-"):
        return None
    if revision == "HEAD":
        head = (repository.git_dir / "HEAD").read_text().strip()
        return ref_sha(repository, head.removeprefix("ref: "))
    ask = _remembered if SHA.fullmatch(revision) else run_git
    try:
        found = ask(repository.git_dir, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except GitError:
        return None
    return found.decode().strip()


def update_ref(repository: Repository, ref: str, sha: str | None) -> None:
    """Create, move or (None) delete a ref."""
    if sha is None:
        run_git(repository.git_dir, "update-ref", "-d", ref)
    else:
        run_git(repository.git_dir, "update-ref", ref, sha)


LOG_FORMAT = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00%x00"


@lru_cache(maxsize=4096)
def log(git_dir: Path, *shas: str, limit: int = 250) -> tuple[Commit, ...]:
    """Commits newest first. `shas` are git's ranges over full shas (`a`, `a..b`), so that the answer never changes."""
    out = run_git(git_dir, "log", f"-{limit}", f"--format={LOG_FORMAT}", *shas).decode(errors="replace")
    return tuple(_commit(record) for record in out.split("\0\0\n") if record.strip("\0\n"))


def count(git_dir: Path, commits: str) -> int:
    """How many commits a range holds."""
    return int(text(git_dir, "rev-list", "--count", commits))


def _commit(record: str) -> Commit:
    sha, tree, parents, an, ae, ad, cn, ce, cd, message = record.strip("\0\n").split("\0", 9)
    return Commit(sha, tree, parents.split(), Person(an, ae, ad), Person(cn, ce, cd), message.strip())


def commit(repository: Repository, revision: str) -> Commit | None:
    """The commit that a revision names; a full sha need not be looked up first."""
    sha = revision if SHA.fullmatch(revision) else resolve(repository, revision)
    try:
        return next(iter(log(repository.git_dir, sha, limit=1)), None) if sha else None
    except GitError:
        return None


@lru_cache(maxsize=4096)
def merge_base(git_dir: Path, one: str, other: str) -> str | None:
    """Of two shas; None for unrelated histories. Mostly one is the other's parent, which needs no search."""
    try:
        if any(one in commit.parents for commit in log(git_dir, other, limit=1)):
            return one
        return text(git_dir, "merge-base", one, other)
    except GitError:
        return None


def contains(repository: Repository, descendant: str, ancestor: str) -> bool:
    """The descendant's history holds the ancestor."""
    return merge_base(repository.git_dir, descendant, ancestor) == ancestor


def pull_commits(pull: PullRequest) -> list[Commit]:
    """The commits of a pull request, oldest first."""
    return list(reversed(log(pull.repository.git_dir, f"{pull.base_sha}..{head_sha(pull)}")))


def pull_diff(pull: PullRequest) -> str:
    """The unified diff of a pull request against its merge base."""
    return diff(pull.repository.git_dir, pull.base_sha, head_sha(pull))


def diff(git_dir: Path, base: str, head: str) -> str:
    """What `head` changed since the merge base of two shas."""
    start = merge_base(git_dir, base, head) or base
    return _remembered(git_dir, "diff", "--no-color", "-M", start, head).decode(errors="replace")


def pull_files(pull: PullRequest) -> tuple[FileChange, ...]:
    return changed_files(pull.repository.git_dir, pull.base_sha, head_sha(pull))


@lru_cache(maxsize=1024)
def changed_files(git_dir: Path, base: str, head: str) -> tuple[FileChange, ...]:
    """What changed between the merge base of two shas and the second."""
    start = merge_base(git_dir, base, head) or base
    facts = text(git_dir, "diff", "--raw", "--numstat", "--abbrev=40", "-M", start, head).splitlines()
    raw, numbers = facts[: len(facts) // 2], facts[len(facts) // 2 :]
    patches = ("\n" + diff(git_dir, start, head)).split("\ndiff --git ")[1:]
    return tuple(_file_change(*three) for three in zip(raw, numbers, patches, strict=True))


def _file_change(raw: str, numbers: str, patch: str) -> FileChange:
    meta, *paths = raw.split("\t")
    letter = meta.split(" ")[4][0]
    added, deleted = (int(n) if n.isdigit() else 0 for n in numbers.split("\t")[:2])
    hunks = patch[patch.index("\n@@") + 1 :] if "\n@@" in patch else ""
    status = {"A": "added", "D": "removed", "R": "renamed"}.get(letter, "modified")
    previous = paths[0] if letter == "R" else None
    return FileChange(paths[-1], previous, status, added, deleted, meta.split(" ")[3], hunks.rstrip("\n"))


def changed_paths(git_dir: Path, base: str, head: str) -> list[tuple[str, str]]:
    """(letter, path) of what changed between two shas: A, D, M, R and so on, a renamed file by its new path."""
    words = _remembered(git_dir, "diff", "--name-status", "-z", "-M", base, head).decode().split("\0")
    found, place = [], 0
    while place < len(words) - 1:
        letter = words[place][0]
        place += 2 if letter in "RC" else 1
        found.append((letter, words[place]))
        place += 1
    return found


def show(repository: Repository, revision: str, path: str) -> bytes | None:
    """A file's bytes at a revision; None where there is none."""
    row = _tree_at(repository, revision).get(path)
    if row is None or row[1] != "blob":
        return None
    return _remembered(repository.git_dir, "cat-file", "blob", row[2])


def listing(repository: Repository, revision: str, path: str = "") -> list[Row]:
    """What is in one folder; empty where there is none."""
    folder = path.strip("/")
    return [row for row in _tree_at(repository, revision).values() if row[3].rpartition("/")[0] == folder]


def _tree_at(repository: Repository, revision: str) -> dict[str, Row]:
    sha = revision if SHA.fullmatch(revision) else resolve(repository, revision)
    try:
        return _tree(repository.git_dir, sha) if sha else {}
    except GitError:
        return {}


@lru_cache(maxsize=256)
def _tree(git_dir: Path, sha: str) -> dict[str, Row]:
    """Everything in a commit by its path: what is not in it is asked for as often as what is."""
    rows = os.fsdecode(run_git(git_dir, "ls-tree", "-rtz", sha)).split("\0")
    parts = (row.partition("\t") for row in rows if row)
    return {path: (*_three(meta), path) for meta, _, path in parts}


def _three(meta: str) -> tuple[str, str, str]:
    mode, kind, sha = meta.split(" ")
    return mode, kind, sha


def timestamp(moment: datetime) -> str:
    """For GIT_AUTHOR_DATE."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
