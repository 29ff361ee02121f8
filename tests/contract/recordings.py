"""Recordings: the scenarios and the demo are run with hubs that write down everything they hear and say."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.github.api import USER_AGENT
from tests.contract.headers import VERSION
from tests.contract.packages import ROOT
from tests.hub.recording import VARIABLE

DIRECTORY = ROOT / ".autocode" / "contract" / "recording"
SUITES = (
    "tests/scenarios",
    "tests/github",
    "tests/contract/test_hub_check_runs.py",
    "tests/contract/test_hub_compare.py",
    "tests/contract/test_hub_merging.py",
    "tests/contract/test_hub_queue.py",
    "tests/contract/test_hub_rest.py",
    "tests/contract/test_hub_reviews.py",
    "tests/contract/test_hub_stacked.py",
    "tests/contract/test_hub_webhooks.py",
    "tests/contract/test_projects.py",
    "tests/contract/test_relations.py",
    "tests/contract/test_rest_models.py",
    "tests/contract/test_rest_refusals.py",
)
SOURCES = ("app", "jobs", "tests", "Procfile", "constraints.txt", "pyproject.toml")
"""What the recording depends on."""
COMMANDS = (
    (
        "pytest",
        "--quiet",
        "--maxfail",
        "5",
        "--numprocesses",
        "logical",
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
        *SUITES,
    ),
    ("tests.demo",),
)


@dataclass(frozen=True)
class Call:
    """One API call, as the hub saw it."""

    request: dict[str, Any]
    """`method`, `path` (undecoded, without `/api/v3`), `query` (pairs), `headers`, `body`."""
    answer: dict[str, Any] | None
    """`status`, `headers`, `body`; None where the connection was cut."""
    is_fault: bool = False
    """A fault answered, in words that a test has chosen."""
    what: str = ""
    """In the words of the hub's `/_hub/uses`; empty where a fault answered before the hub could."""
    needed: tuple[str, ...] = ()
    """The permissions that it took."""

    @property
    def by_us(self) -> bool:
        agent: str = self.request["headers"].get("User-Agent", "")
        return agent == USER_AGENT

    @property
    def is_enterprise(self) -> bool:
        """An Enterprise Server answered. One that was not heard is taken for github.com."""
        return self.answer is not None and VERSION in self.answer["headers"]

    @property
    def is_graphql(self) -> bool:
        return str(self.request["path"]) in ("/graphql", "/api/graphql")


def recorded(directory: Path = DIRECTORY) -> list[str]:
    """Have a recording of the code as it is now in `directory`, an earlier one if nothing changed since.

    Whoever has run tests and demo already names their recording in `HUB_RECORD`; then nothing is run again.
    Gives what went wrong: of a run that failed, what was recorded is worth a look all the same.
    """
    if os.environ.get(VARIABLE) == str(directory):
        return (
            []
            if any(directory.glob("*.jsonl"))
            else [f"{VARIABLE} names {directory}, where nothing was recorded"]
        )
    stamp, wanted = directory / "of", fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return []
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    failures = [said for command in COMMANDS for said in _run(command, directory)]
    if not failures:
        stamp.write_text(wanted)
    return failures


def fingerprint(root: Path = ROOT) -> str:
    """Changes with every file that the recording depends on."""
    made = hashlib.sha256()
    for name in SOURCES:
        place = root / name
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file() and "__pycache__" not in path.parts:
                made.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return made.hexdigest()


def calls(directory: Path) -> Iterator[Call]:
    """Every recorded API call."""
    for line in _lines(directory, "call"):
        request = line["request"] | {"path": line["request"]["path"].removeprefix("/api/v3")}
        use = line["use"]
        yield Call(request, line["answer"], line["is_fault"], use["what"], tuple(use["needed"]))


def deliveries(directory: Path) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Headers and payload of every recorded webhook."""
    for line in _lines(directory, "delivery"):
        yield line["headers"], line["payload"]


def _run(command: tuple[str, ...], directory: Path) -> Iterator[str]:
    log = directory / f"{command[0]}.log"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    # The demo's terminal is not ours, and it shall not cost money.
    environ = {
        name: value for name, value in environ.items() if name not in ("REPO", "KEEP", "ANTHROPIC_API_KEY")
    }
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environ | {VARIABLE: str(directory)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode != 0:
        last = log.read_text(errors="replace").splitlines()[-1:]
        yield f"{command[0]} failed, see {log.relative_to(ROOT)}: {''.join(last)}"


def _lines(directory: Path, kind: str) -> Iterator[dict[str, Any]]:
    for path in sorted(directory.glob("*.jsonl")):
        with path.open() as file:
            for text in file:
                line: dict[str, Any] = json.loads(text)
                if line["kind"] == kind:
                    yield line
