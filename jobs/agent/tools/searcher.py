"""Searcher: the process behind `search`. Gets its order as JSON on stdin, prints what it finds; knows nothing of ours.

Follows no links, so that it reads nothing outside of the worktree.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

SKIPPED = {
    ".git",
    "node_modules",
    "__pycache__",
    ".venv",
    ".tox",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}
LARGEST = 2_000_000
"""Bytes; larger files are seldom written by people."""
MATCHES = 200
LINE = 300
"""Characters shown of a line."""


def main() -> int:
    """Search; 1 and a word on stderr if the pattern is no regular expression."""
    order = json.load(sys.stdin)
    try:
        pattern = re.compile(order["pattern"])
    except re.error as error:
        sys.stderr.write(f"the pattern is no Python regular expression: {error}")
        return 1
    for count, found in enumerate(
        _matches(Path(order["root"]), Path(order["start"]), order["glob"], pattern)
    ):
        if count == MATCHES:
            found = f"[more than {MATCHES} matches: narrow the pattern, the path or the glob]"
        sys.stdout.buffer.write(f"{found}\n".encode("utf-8", "replace"))
        if count == MATCHES:
            break
    return 0


def _matches(root: Path, start: Path, glob: str, pattern: re.Pattern[str]) -> Iterator[str]:
    for path in _files(start):
        name = path.relative_to(root)
        if fnmatch(str(name), glob) or fnmatch(name.name, glob):
            for number, line in enumerate(_lines(path), 1):
                if pattern.search(line):
                    yield f"{name}:{number}: {line[:LINE]}"


def _files(start: Path) -> Iterator[Path]:
    if start.is_file():
        yield start
    for directory, inner, names in os.walk(start):
        inner[:] = sorted(set(inner) - SKIPPED)
        paths = (Path(directory, name) for name in sorted(names))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    except OSError:
        return []
    return [] if b"\0" in data else data.decode("utf-8", "replace").split("\n")


if __name__ == "__main__":
    sys.exit(main())
