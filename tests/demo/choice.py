"""Choice: which repository, issue and model the demo runs with, and what has to be said about that beforehand."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.board import COLUMNS

HERE = Path(__file__).parent
WITHOUT_CHECKS = 15
"""Seconds to wait for a first check in a repository that has no workflow."""

SAMPLE_TITLE = "parse() drops everything after the first unit, and does not know days"
SAMPLE_BODY = """\
`parse("1h30m")` returns 3600: everything after the first unit is dropped without a word. We found out when a job \
with a time limit of 90 minutes was stopped after an hour.

What I expect:

- `parse("1h30m")` and `parse("1h 30m")` are both 5400
- days and weeks work too: `parse("1w 2d")` is 777600
- what cannot be read is still a ValueError that names the text: `parse("1h30")`, `parse("1h and a bit")`
"""


class Unusable(Exception):
    """The demo cannot run like this; the text says what arrived and what to do."""


@dataclass(frozen=True)
class Choice:
    """What the demo runs with."""

    repository: str
    """`owner/name` on the hub."""
    seed: dict[str, Any]
    """The hub's world: see tests/hub/seeds.py."""
    script: dict[str, Any]
    """The recorded replies; of no importance with a live model."""
    is_live: bool
    notes: tuple[str, ...] = ()
    """What people should know before it starts."""
    checks_wait: int = 120
    """Seconds to wait for the first check."""


def choice(environ: Mapping[str, str]) -> Choice:
    """Read `REPO`, `TITLE`, `BODY` and `ANTHROPIC_API_KEY`; Unusable if they make no sense together."""
    is_live = bool(environ.get("ANTHROPIC_API_KEY", "").strip())
    given = {name: environ.get(name, "").strip() for name in ("REPO", "TITLE", "BODY")}
    if given["REPO"]:
        return _local(Path(given["REPO"]).expanduser(), given["TITLE"], given["BODY"], is_live)
    if given["TITLE"] or given["BODY"]:
        raise Unusable("TITLE and BODY need a repository: make demo REPO=path TITLE='…' BODY='…'")
    return _sample(is_live)


def _sample(is_live: bool) -> Choice:
    root = HERE / "sample"
    files = {
        str(path.relative_to(root)): path.read_text()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"__pycache__", ".pytest_cache"}.intersection(path.parts)
    }
    issue = {"title": SAMPLE_TITLE, "body": SAMPLE_BODY, "labels": ["bug"]}
    seed = _seed({"name": "acme/tempo", "files": files, "issues": [issue]})
    return Choice("acme/tempo", seed, _script("replies"), is_live)


def _local(path: Path, title: str, body: str, is_live: bool) -> Choice:
    if not title:
        raise Unusable("REPO needs an issue: make demo REPO=path TITLE='what is to be done' BODY='…'")
    root = _root(path)
    notes = [f"{root} is copied to the hub as it is committed; it is only read."]
    if not is_live:
        notes.append(
            "ANTHROPIC_API_KEY is not set, and no recorded reply knows your repository: these replies do not work "
            "on your issue, they add the file AUTOCODE_DEMO.md. Set the key for real work."
        )
    checks_wait = 120
    if not _git(root, "ls-tree", "--name-only", "HEAD", ".github/workflows/"):
        checks_wait = WITHOUT_CHECKS
        notes.append(
            f"There is no workflow under .github/workflows, so no checks will come: after {checks_wait} s without "
            "any, autocode says that nothing verified the change."
        )
    name = f"acme/{_name(root)}"
    seed = _seed({"name": name, "path": str(root), "issues": [{"title": title, "body": body}]})
    return Choice(name, seed, _script("note"), is_live, tuple(notes), checks_wait)


def _root(path: Path) -> Path:
    """The repository that holds `path`; Unusable if there is none, or no commit in it."""
    if not path.is_dir():
        raise Unusable(f"REPO: {path} is not a directory")
    try:
        _git(path, "rev-parse", "--verify", "--quiet", "HEAD")
        top = (
            _git(path, "rev-parse", "--show-toplevel")
            if _git(path, "rev-parse", "--is-inside-work-tree") == "true"
            else ""
        )
    except subprocess.CalledProcessError:
        raise Unusable(f"REPO: {path} is not a git repository with at least one commit") from None
    return Path(top) if top else path.resolve()


def _name(root: Path) -> str:
    """The directory's name as GitHub would make a repository's name of it."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", root.name.removesuffix(".git")).strip("-.") or "repository"


def _git(directory: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(directory), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _seed(repository: dict[str, Any]) -> dict[str, Any]:
    people = {"alice": "admin", "bob": "write"}
    row = {"labels": ["autocode", "bug", "documentation"], "collaborators": people} | repository
    board = {
        "title": "Roadmap",
        "columns": list(COLUMNS),
        "items": [{"issue": f"{row['name']}#1", "Status": COLUMNS[0]}],
    }
    return {"users": [*people], "organizations": ["acme"], "repositories": [row], "projects": [board]}


def _script(name: str) -> dict[str, Any]:
    script: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    return script
