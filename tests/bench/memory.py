"""Memory: what the processes hold, idle and at work. Linux only: resident, and of that what nobody else shares."""

from pathlib import Path
from typing import Any

import psutil

from tests.bench.figure import Figure
from tests.processes import Child, until
from tests.stack import Stack

MEGABYTE = 1_000_000
REPOSITORY = "acme/greet"
SCRIPT = {
    "rules": [
        {
            "replies": [
                {"tools": [{"name": "plan", "input": {"steps": ["Think"]}}]},
                {"faults": [{"delay": 8}]},
            ]
        }
    ]
}
"""The second reply takes its time: meanwhile the horse is looked at."""


def measure(directory: Path) -> list[Figure]:
    """The web process before and after deliveries, the workers before a ticket, the horse in the middle of one."""
    issue = {"title": "One", "body": "Do it."}
    seed = {"repositories": [{"name": REPOSITORY, "files": {"greet.py": "pass\n"}, "issues": [issue]}]}
    with Stack(directory, seed=seed, script=SCRIPT) as stack:
        stack.start()
        lanes = ("tickets", "coding")
        idle = [_of(f"idle worker ({lane})", psutil.Process(stack.child(lane).pid)) for lane in lanes]
        stack.hub.person("alice").post(f"/repos/{REPOSITORY}/issues/1/labels", {"labels": ["autocode"]})
        until("the second model call", lambda: len(stack.model_requests()) > 1 or None, seconds=30)
        horse = _horse(stack.child("coding"))
        figures = _web(stack.child("web")) + [figure for both in idle for figure in both]
        return figures + _of("working horse", horse)


def _web(web: Child) -> list[Figure]:
    """The largest of the processes that serve; granian's supervisor beside them is told apart."""
    serving = max(web.descendants(), key=lambda process: process.memory_info().rss)
    return [
        *_of("web process", serving, "≤ 70"),
        *_of("web process, its supervisor", psutil.Process(web.pid)),
    ]


def _horse(worker: Child) -> Any:
    """RQ forks the process that does a job."""
    return worker.descendants()[0]


def _of(name: str, process: Any, target: str = "") -> list[Figure]:
    details = process.memory_full_info()
    return [
        Figure(name, details.rss / MEGABYTE, "MB", target),
        Figure(f"{name}, of that its own", details.uss / MEGABYTE, "MB"),
    ]
