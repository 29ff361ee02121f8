"""search: finds a regular expression in the worktree's text files, in a process that can be stopped."""

import json
import subprocess
import sys
from pathlib import Path

from jobs.agent.tools.places import advertised, place
from jobs.agent.tools.tool import Json, Misused, Tool, Workbench
from jobs.agent.transcript import Progress
from jobs.ticket.words import elided, short

SEARCHER = Path(__file__).with_name("searcher.py")
SECONDS = 10
"""Some patterns would take Python's `re` years, and nothing in this process could interrupt it."""


def run(bench: Workbench, _progress: Progress, given: Json) -> str:
    """The lines found, each as path:line: text."""
    where = place(bench.path, given.get("path", "."))
    if not where.exists():
        raise Misused(f"{given['path']!r} does not exist. Leave path out to search everywhere.")
    order = {
        "root": str(bench.path.resolve()),
        "start": str(where),
        "pattern": given["pattern"],
        "glob": given.get("glob", "*"),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", SEARCHER],
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Misused(
            f"The search took more than {SECONDS} s. Use a simpler pattern or a smaller path."
        ) from error
    if done.returncode != 0:
        raise Misused(f"The search failed: {short(done.stderr, 300)}")
    return elided(done.stdout.rstrip()) or f"No match in {advertised(bench.path, where)}."


TOOL = Tool(
    name="search",
    description=(
        "Search the text files of /workspace line by line for a Python regular expression; answers with "
        "path:line: text. Directories such as .git and node_modules are left out."
    ),
    schema={
        "type": "object",
        "properties": {
            "pattern": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": "Python regular expression; (?i) at its start ignores case.",
            },
            "path": {
                "type": "string",
                "description": "File or directory to search in; all of it if left out.",
            },
            "glob": {"type": "string", "description": "Only files whose path or name fits, such as *.py."},
        },
        "required": ["pattern"],
    },
    run=run,
    action=lambda given: f"searching for {short(given.get('pattern') or '', 60)}",
)
