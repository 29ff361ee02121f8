"""One worker: `python -m jobs.worker tickets|coding`. RQ's forking worker, made to die cleanly and be missed quickly.

Each job runs in a child process, the horse. What is different from RQ's own worker, and why:

- A horse dies with its worker, and what it has started dies with it. RQ would run the job again beside the orphans.
- A run that was given up, since its worker was paused, has no say in what becomes of the job: that is another's now.
- A dead worker's job is put back within 25 seconds: the worker reports every 5 that it lives, is given up after 15,
  and idle workers look every 5. Cleaning up is locked for 10 seconds instead of 15 minutes, in case that is when a
  worker dies.
- SIGTERM reaches the horse as a request (`jobs.shutdown`): the agent finishes its turn and the job ends by itself. A
  second SIGTERM, more than a second later, ends both at once.
- An outage of Redis ends neither horse nor worker.

One lane per worker: RQ takes a job from several queues in two steps, and loses it when it dies between them.
"""

import gc
import importlib
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import rq
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TimedOut
from rq.exceptions import StopRequested
from rq.intermediate_queue import IntermediateQueue
from rq.job import Job
from rq.registry import StartedJobRegistry

from jobs import shutdown
from jobs.freshness import remember_since
from jobs.guardian import Guardian, end_group
from jobs.logs import write_logs
from jobs.queue import Lane, Queue, connect
from jobs.settings import MissingSettings, Settings

REPORTS_EVERY = 5
"""Seconds between two signs of life while a horse works."""
GIVEN_UP_AFTER = 3 * REPORTS_EVERY
"""Seconds without a sign of life after which a job is put back."""
IDLE_FOR = 5
"""Seconds that an idle worker waits for a job before it looks for jobs to put back."""
CLEANS_FOR = 10
"""Seconds that one worker's cleaning up keeps the others from it."""
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger("autocode.worker")


class Taken(IntermediateQueue):
    """RQ's list of jobs that were taken and have not been registered yet."""

    def should_be_cleaned_up(self, job_id: str) -> bool:
        """Whether the worker that took it must be dead; RQ waits for a minute more."""
        seen = self.get_first_seen(job_id)
        return seen is not None and datetime.now(UTC) - seen > timedelta(seconds=GIVEN_UP_AFTER)


class LaneQueue(rq.Queue):
    """RQ's queue, whose cleaning lock does not outlive its holder for long."""

    @property
    def intermediate_queue(self) -> IntermediateQueue:
        """What a worker has taken and not yet registered."""
        return Taken(self.key, connection=self.connection)

    def acquire_maintenance_lock(self) -> bool:
        """True if nobody else is cleaning up."""
        return bool(self.connection.set(self.registry_cleaning_key, 1, nx=True, ex=CLEANS_FOR))


class Worker(rq.Worker):
    """RQ's forking worker for one lane."""

    queue_class = LaneQueue
    max_connection_wait_time = 2.0

    def __init__(self, lane: Lane, redis: Redis, guardian: Guardian) -> None:
        # RQ waits for a job 15 seconds less than `worker_ttl`.
        super().__init__(
            [lane],
            connection=redis,
            serializer="json",
            worker_ttl=IDLE_FOR + 15,
            job_monitoring_interval=REPORTS_EVERY,
            maintenance_interval=IDLE_FOR,
        )
        self.is_told_to_stop = False
        self._guardian = guardian

    def get_heartbeat_ttl(self, job: Job) -> int:  # noqa: ARG002 (RQ's signature)
        """Seconds after which the job is given up unless the worker reports."""
        return GIVEN_UP_AFTER

    def handle_warm_shutdown_request(self) -> None:
        """The first SIGTERM: the horse is asked to come to an end."""
        self.is_told_to_stop = True
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGTERM)

    def fork_work_horse(self, job: Job, queue: rq.Queue) -> None:
        """Fork, holding back signals until the worker knows its horse and the horse has its own handlers."""
        self._worker_pid = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        super().fork_work_horse(job, queue)
        self._guardian.guard(self.horse_pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def main_work_horse(self, job: Job, queue: rq.Queue) -> None:
        """The horse's life: it ends with the worker's, however that ends."""
        shutdown.die_with(self._worker_pid)
        self._guardian.leave()
        super().main_work_horse(job, queue)

    def setup_work_horse_signals(self) -> None:
        """A stop signal, from the worker or from whoever signals all processes, is a request to the job."""
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: shutdown.request())
        if self.is_told_to_stop:
            shutdown.request()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def wait_for_horse(self) -> tuple[int | None, int | None, Any]:
        """Wait until it has ended, and end what it has left behind before its job can be run again."""
        ended = super().wait_for_horse()
        end_group(self.horse_pid)
        self._guardian.guard(0)
        return ended

    def perform_job(self, job: Job, queue: rq.Queue) -> bool:
        """In the horse: strike out the job as waiting before it looks, see jobs/queue.py."""
        Queue(self.connection).begin(job.id)
        return bool(super().perform_job(job, queue))

    def handle_job_success(self, job: Job, queue: rq.Queue, started_job_registry: StartedJobRegistry) -> None:
        """Done: the job is forgotten, unless another worker runs it again."""
        if not self._is_given_up(job):
            # RQ looks up each run of the job for a minute longer than it keeps one that died, and raises then.
            self.connection.delete(job.execution_registry.key)
            super().handle_job_success(job, queue, started_job_registry)

    def handle_job_failure(
        self,
        job: Job,
        queue: rq.Queue,
        started_job_registry: StartedJobRegistry | None = None,
        exc_string: str = "",
    ) -> None:
        """Not done: the job is put back, unless that has happened already."""
        if not self._is_given_up(job):
            super().handle_job_failure(job, queue, started_job_registry, exc_string)

    def _is_given_up(self, job: Job) -> bool:
        """Whether our run of the job was taken for dead and the job put back, which deleting it would undo."""
        # RQ leaves the last run's execution here, and asks the same of jobs that others took and never began.
        if self.execution is None or self.execution.job_id != job.id:
            return False
        running = self.connection.zscore(job.started_job_registry.key, self.execution.composite_key)
        # After FLUSHALL there is nothing of the job either, and nobody else has it.
        return running is None and bool(self.connection.hexists(job.key, "status"))

    def maintain_heartbeats(self, job: Job) -> None:
        """Report; when Redis is away, next time."""
        with suppress(Unreachable, TimedOut):
            super().maintain_heartbeats(job)

    def set_current_job_working_time(
        self, current_job_working_time: float, pipeline: Pipeline | None = None
    ) -> None:
        """Statistics; when Redis is away, next time."""
        with suppress(Unreachable, TimedOut):
            super().set_current_job_working_time(current_job_working_time, pipeline)


def work(lane: Lane, redis: Redis, guardian: Guardian) -> None:
    """Work until told to stop. What RQ's worker gives up on, a new one goes on with."""
    while True:
        worker: Worker | None = None
        try:
            worker = Worker(lane, redis, guardian)
            worker.work(logging_level="WARNING")
        except StopRequested:
            return
        except RedisError as error:
            log.warning("Redis: %s", error)
        if worker is not None:
            if worker.is_told_to_stop:
                return
            if worker.horse_pid:
                worker.kill_horse()
        time.sleep(1)


def main(arguments: list[str]) -> int:
    """The process; returns its exit code."""
    if len(arguments) != 1 or arguments[0] not in get_args(Lane):
        sys.stderr.write("usage: python -m jobs.worker tickets|coding\n")
        return 2
    write_logs()
    lane: Any = arguments[0]
    # What the libraries make while they are loaded stays: to look for garbage in it takes a third of their time.
    gc.disable()
    try:
        settings = Settings.from_environment()
        guardian = Guardian()
        redis = connect(settings.redis_address)
        with suppress(RedisError):
            remember_since(redis, datetime.now(UTC))
        # The libraries take a second and up to 100 MB: once here, not in each horse.
        importlib.import_module("jobs.entrypoints").prepare(lane, settings)
    except MissingSettings as error:
        sys.stderr.write(f"autocode's worker cannot start:\n{error}\n")
        return 2
    # Horses share the memory of what is there by now for as long as they do not write to it.
    gc.freeze()
    gc.enable()
    work(lane, redis, guardian)
    guardian.end()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
