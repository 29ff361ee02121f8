"""Where a line stands in a diff, and where it has gone since. Patches are those of `git_facts.FileChange`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tests.hub import git_facts
from tests.hub.entities import PullRequest
from tests.hub.git_facts import GitError
from tests.hub.review_entities import ReviewThread

HEADER = re.compile(r"^@@ -(?P<old>\d+)(?:,(?P<olds>\d+))? \+(?P<new>\d+)(?:,(?P<news>\d+))? @@")


@dataclass(frozen=True)
class Place:
    """One line of a file's diff."""

    position: int
    """Lines below the first `@@`: https://docs.github.com/en/rest/pulls/comments"""
    hunk: int
    """Which hunk, counted from 0."""
    text: str
    """The hunk from its `@@` to this line."""


def place(patch: str, line: int, side: str) -> Place | None:
    """The line of that number on that side (`LEFT` or `RIGHT`); None where the diff does not show it."""
    return next((found for number, where, found in _numbered(patch) if (number, where) == (line, side)), None)


def _numbered(patch: str) -> Iterator[tuple[int, str, Place]]:
    """(number, side, place) of every line; one that did not change stands on both sides."""
    old = new = 0
    hunk, start = -1, 0
    lines = patch.splitlines()
    for position, text in enumerate(lines):
        if header := HEADER.match(text):
            old, new, hunk, start = int(header["old"]), int(header["new"]), hunk + 1, position
            continue
        here = Place(position, hunk, "\n".join(lines[start : position + 1]))
        if text.startswith(("-", " ")) or not text:
            yield old, "LEFT", here
            old += 1
        if text.startswith(("+", " ")) or not text:
            yield new, "RIGHT", here
            new += 1


def patch_of(pull: PullRequest, path: str, head: str | None = None) -> str | None:
    """The patch of a file in a pull request as of its head or another commit; None where it is not in it."""
    git_dir, head = pull.repository.git_dir, head or git_facts.head_sha(pull)
    files = git_facts.changed_files(git_dir, pull.base_sha, head)
    return next((change.patch for change in files if change.path == path), None)


@lru_cache(maxsize=1024)
def follow(git_dir: Path, old: str, new: str, path: str, line: int) -> int | None:
    """The number that a line of a file has in a later commit; None once it was changed or is gone."""
    try:
        found = git_facts.text(git_dir, "diff", "--no-color", "-U0", old, new, "--", path)
    except GitError:
        return None
    shift = 0
    for header in filter(None, map(HEADER.match, found.splitlines())):
        start, olds, news = int(header["old"]), int(header["olds"] or 1), int(header["news"] or 1)
        if start + olds <= line if olds else start < line:
            shift += news - olds
        elif olds and start <= line:
            return None
    return line + shift


@dataclass(frozen=True)
class Standing:
    """Where a thread stands in the diff as it is now."""

    line: int | None
    start_line: int | None
    position: int | None
    outdated: bool


GONE = Standing(None, None, None, outdated=True)


def standing(thread: ReviewThread) -> Standing:
    """A thread is outdated as soon as one of its lines was changed, or the diff no longer shows it."""
    pull, head = thread.pull_request, git_facts.head_sha(thread.pull_request)
    patch = patch_of(pull, thread.path)
    if patch is None:
        return GONE
    if thread.line is None:
        return Standing(None, None, None, outdated=False)
    end = _now(thread, head, thread.line, thread.side)
    start = _now(thread, head, thread.start_line, thread.start_side or thread.side)
    found = place(patch, end, thread.side) if end is not None else None
    if found is None or (thread.start_line is not None and start is None):
        return GONE
    return Standing(end, start, found.position, outdated=False)


def _now(thread: ReviewThread, head: str, line: int | None, side: str) -> int | None:
    if line is None:
        return None
    git_dir, pull = thread.pull_request.repository.git_dir, thread.pull_request
    if side == "RIGHT":
        return follow(git_dir, thread.commit_id, head, thread.path, line)
    base = git_facts.merge_base(git_dir, pull.base_sha, head) or pull.base_sha
    return follow(git_dir, thread.base_id, base, thread.path, line)
