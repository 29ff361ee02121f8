"""The clock: `python -m jobs.clock`. Asks for tickets whose time has come, every ten minutes for all of them, and every
minute for what GitHub could not deliver."""

import logging
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NoReturn

from redis import Redis

from jobs.github.quota import Quota
from jobs.logs import write_logs
from jobs.queue import Queue, QueueDown, connect
from jobs.settings import MissingSettings, Settings
from jobs.turns import Turns

TICK = 0.5
"""Seconds between two looks."""
SWEEP_EVERY = timedelta(minutes=10)
READ_EVERY = timedelta(minutes=1)
"""How often GitHub's delivery log is read for what never arrived."""
PULL_EVERY = timedelta(seconds=3)
"""How often it is read where nothing arrives and people wait for a first sign: 1,200 calls an hour."""

log = logging.getLogger("autocode.clock")


def run(queue: Queue, turns: Turns, read_every: timedelta) -> NoReturn:
    """Tick for ever. It begins with a sweep: nobody knows what was missed before."""
    is_up, has_swept = True, False
    while True:
        try:
            if not has_swept:
                queue.request_sweep()
                has_swept = True
            tick(queue, turns, datetime.now(UTC), read_every)
            is_up = True
        except QueueDown as error:
            if is_up:
                log.warning("waiting for Redis: %s", error)
            is_up = False
        time.sleep(TICK)


def tick(queue: Queue, turns: Turns, now: datetime, read_every: timedelta = READ_EVERY) -> None:
    """Ask for what is due."""
    queue.request_reading_every(read_every)
    if queue.request_sweep_every(SWEEP_EVERY):
        log.info("sweep")
    queue.request_sweeps_due(now)
    queue.request_due(now, turns.next)


def main() -> int:
    """The process; returns its exit code."""
    write_logs()
    try:
        settings = Settings.from_environment()
    except MissingSettings as error:
        sys.stderr.write(f"autocode's clock cannot start:\n{error}\n")
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        # Whatever it is doing may be left half done.
        signal.signal(number, lambda *_: sys.exit(0))
    every = PULL_EVERY if settings.pull_deliveries else READ_EVERY
    redis = connect(settings.redis_address, timeout=2.0, retries=0)
    run(Queue(redis), Turns(partial(_quota, settings, redis)), every)


def _quota(settings: Settings, redis: Redis, installation: int) -> Quota:
    return Quota(redis, installation, lambda: datetime.now(UTC), is_paced=settings.rate_limits)


if __name__ == "__main__":
    sys.exit(main())
