"""A worker of the real kind over functions that only leave marks: `python -m tests.queue.stubs LANE`.

The functions take the place of `jobs.entrypoints`, which is the other side of the name that the queue enqueues.
"""

import os
import subprocess
import sys
import time
from types import ModuleType

from redis import Redis

from jobs import shutdown
from jobs.guardian import Guardian
from jobs.queue import connect
from jobs.worker import work


def reconcile(ticket_key: str, lane: str, turn: str) -> None:
    """Do what the key `act:<ticket>` says, and leave a mark at the beginning and the end."""
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    act = redis.get(f"act:{ticket_key}")
    if act != "raise always":
        redis.delete(f"act:{ticket_key}")
    if act == "start others":
        # As git push does, whose helper talks to the remote.
        helper = subprocess.Popen(["/bin/sh", "-c", "sleep 600 & echo ready; wait"], stdout=subprocess.PIPE)
        assert helper.stdout
        helper.stdout.readline()
    # Whoever sees the mark may kill us: by now the next run does not do the same.
    redis.rpush("marks", f"begin {ticket_key} {os.getpid()} {os.getppid()}")
    if act == "raise always":
        raise RuntimeError("planned")
    if act in ("hang", "start others"):
        time.sleep(600)
    if act == "until told":
        while not shutdown.stopping():
            time.sleep(0.01)
    redis.rpush("marks", f"end {ticket_key}")


def main() -> None:
    """Work on one lane until told to stop."""
    module = ModuleType("jobs.entrypoints")
    module.reconcile = reconcile  # type: ignore[attr-defined]
    sys.modules["jobs.entrypoints"] = module
    # One retry: an outage need not last long to be noticed.
    guardian = Guardian()
    work(sys.argv[1], connect(os.environ["REDIS_URL"], retries=1), guardian)  # type: ignore[arg-type]
    guardian.end()


if __name__ == "__main__":
    main()
