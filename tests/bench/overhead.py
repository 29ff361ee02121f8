"""Overhead: what autocode adds to a ticket, beside the model and the checks, and how much of that git needs anyway.

The model answers at once, and the workflow's one step is `true`, so nearly all of the time from the label to ready
for review is ours. What the model and the workflow still take is counted as ours.
"""

import os
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.bench.figure import Figure
from tests.hub_client import Person
from tests.processes import until
from tests.stack import Stack

COMMITS, FILES, LINES = 5_000, 300, 60
TICKETS = 6
"""The first one fills the mirror and is not counted."""
REPOSITORY = "acme/large"
POLL = 0.01

EDIT = {"command": "create", "path": "/workspace/notes.md", "file_text": "Done.\n"}
SUBMIT = {"name": "submit", "input": {"summary": "A note."}}
SCRIPT = {
    "rules": [
        {
            "replies": [
                {"tools": [{"name": "str_replace_based_edit_tool", "input": EDIT}]},
                {"tools": [SUBMIT]},
                {"tools": [SUBMIT]},
            ]
        }
    ]
}
WORKFLOW = b"on: push\njobs:\n  check:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"


def measure(directory: Path) -> list[Figure]:
    """Some tickets one after the other, then the bare git commands that each of them needs, on the same repository."""
    local = directory / "large"
    generate(local)
    issues = [{"title": f"Note {number}", "body": "Add a note."} for number in range(1, TICKETS + 1)]
    people = {"alice": "admin"}
    repository = {"name": REPOSITORY, "path": str(local), "issues": issues, "collaborators": people}
    with Stack(directory, seed={"repositories": [repository]}, script=SCRIPT) as stack:
        stack.start()
        alice = stack.hub.person("alice")
        tickets = [_ticket(alice, number) for number in range(1, TICKETS + 1)][1:]
        bare = _bare_git(directory / "bare", stack)
    overhead, git = statistics.median(tickets), statistics.median(bare)
    sides = {"ticket, seconds": overhead, "bare git commands, seconds": git}
    return [
        Figure(f"ticket overhead, warm mirror, {COMMITS:,} commits, {FILES} files", overhead, "s", "≤ 2.0"),
        Figure("ticket overhead ÷ bare git commands", overhead / git, "", "", sides),
    ]


def generate(path: Path) -> None:
    """A repository with COMMITS commits, each to one of FILES files."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(path)], check=True)
    stream = b"".join(_commit(number) for number in range(COMMITS))
    stream += b"M 100644 inline .github/workflows/ci.yml\ndata %d\n%s\n" % (len(WORKFLOW), WORKFLOW)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=path, input=stream, check=True)


def _commit(number: int) -> bytes:
    """https://git-scm.com/docs/git-fast-import"""
    name = number % FILES
    text = "".join(
        f"line {line} of file {name}, version {number // FILES}\n" for line in range(LINES)
    ).encode()
    message = f"Change {number}".encode()
    return (
        f"commit refs/heads/main\ncommitter A <a@example.com> {1_700_000_000 + number} +0000\n".encode()
        + b"data %d\n%s\n" % (len(message), message)
        + f"M 100644 inline src/part{name // 20}/file{name}.txt\n".encode()
        + b"data %d\n%s\n" % (len(text), text)
    )


def _ticket(alice: Person, number: int) -> float:
    """Seconds from the label to ready for review."""
    repository = f"/repos/{REPOSITORY}"
    prefix = f"autocode/{number}-"

    def pull() -> Any:
        pulls = alice.get(f"{repository}/pulls")
        return next((item for item in pulls if item["head"]["ref"].startswith(prefix)), None)

    def is_ready() -> bool | None:
        found = pull()
        return (found is not None and not found["draft"]) or None

    started = time.monotonic()
    alice.post(f"{repository}/issues/{number}/labels", {"labels": ["autocode"]})
    until("ready for review", is_ready, seconds=60, pause=POLL)
    return time.monotonic() - started


def _bare_git(directory: Path, stack: Stack) -> list[float]:
    """Seconds of what no ticket can do without, by hand: fetch, worktree, commit, push, and the worktree removed."""
    url = stack.hub.url.replace("://", "://x-access-token:user:alice@") + f"/{REPOSITORY}.git"
    mirror = directory / "mirror.git"
    run = _runner(directory)
    run(["git", "clone", "--quiet", "--mirror", url, str(mirror)], directory)
    seconds = []
    for number in range(TICKETS):
        worktree = directory / f"worktree{number}"
        started = time.monotonic()
        run(["git", "fetch", "--quiet", url, "refs/heads/*:refs/remotes/bare/*"], mirror)
        run(["git", "worktree", "add", "--quiet", "-b", f"bare-{number}", str(worktree), "main"], mirror)
        (worktree / "notes.md").write_text("Done.\n")
        run(["git", "add", "--all"], worktree)
        run(["git", "commit", "--quiet", "--message=A note"], worktree)
        run(["git", "push", "--quiet", url, f"bare-{number}"], worktree)
        run(["git", "worktree", "remove", "--force", str(worktree)], mirror)
        seconds.append(time.monotonic() - started)
    shutil.rmtree(directory)
    return seconds[1:]


def _runner(directory: Path) -> Callable[[list[str], Path], object]:
    directory.mkdir()
    person = {"NAME": "A", "EMAIL": "a@example.com"}
    environ = os.environ | {
        f"GIT_{who}_{key}": text for who in ("AUTHOR", "COMMITTER") for key, text in person.items()
    }
    environ |= {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "no_proxy": "127.0.0.1"}
    return lambda command, cwd: subprocess.run(command, cwd=cwd, env=environ, check=True, capture_output=True)
