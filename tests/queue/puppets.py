"""Puppets: the workers' real code in threads that stop before every command to Redis, to be led on, cut off or killed.

Only one puppet moves at a time, and only when it is told to: an order of steps can be written down and repeated.
"""

import threading
from collections.abc import Callable
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.connection import UnixDomainSocketConnection
from redis.exceptions import ConnectionError as Unreachable
from redis.retry import Retry
from rq.executions import Execution
from rq.job import Job, JobStatus
from rq.queue import Queue as RQueue
from rq.timeouts import BaseDeathPenalty

from jobs.queue import Lane
from jobs.worker import Worker

PATIENCE = 20.0
"""Seconds after which a puppet that does not come back has hung."""


NOBODY: Any = None
"""Threads have no guardian."""


class Killed(BaseException):
    """What kill -9 is to a thread: from here on it sends nothing more."""


class Puppet:
    """A thread that runs `body` with a client of its own. It has come to its first command when it is made."""

    def __init__(self, path: str, body: Callable[["Puppet"], None], leader: Any) -> None:
        self.leader = leader
        self.is_over = False
        self.failure: BaseException | None = None
        self._body, self._is_killed, self._cuts = body, False, False
        self._go, self._came = threading.Semaphore(0), threading.Semaphore(0)
        pool = ConnectionPool(Strings, path=path, retry=Retry(NoBackoff(), 2))
        self.redis = Redis(connection_pool=pool)
        self.redis.ping()
        pool.connection_kwargs["puppet"] = self
        for connection in pool._available_connections:
            connection.puppet = self
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        self._wait()

    def step(self, commands: int = 1, *, cut: bool = False) -> None:
        """Let it send so many commands; `cut`: its connection breaks before the answer to the last one comes."""
        for number in range(commands):
            if self.is_over:
                return
            self._cuts = cut and number == commands - 1
            self._go.release()
            self._wait()

    def finish(self) -> None:
        """Let it come to its end."""
        while not self.is_over:
            self.step()

    def kill(self) -> None:
        """End it where it stands."""
        self._is_killed = True
        self.finish()

    def pause(self) -> None:
        """Called in the thread: stop until told to go on."""
        if self._is_killed:
            raise Unreachable("sent by a dead process, on its way out of a thread that Python cannot kill")
        self._came.release()
        self._go.acquire()
        if self._is_killed:
            raise Killed

    def takes_cut(self) -> bool:
        """Whether the answer to this command is to be lost; once."""
        cuts, self._cuts = self._cuts, False
        return cuts

    def _wait(self) -> None:
        if not self._came.acquire(timeout=PATIENCE):
            raise TimeoutError("a puppet hangs")
        if self.failure:
            raise self.failure

    def _live(self) -> None:
        current.puppet = self
        try:
            self._body(self)
        except BaseException as failure:  # noqa: BLE001 (it is raised where the test is)
            self.failure = None if self._is_killed else failure
        finally:
            self.is_over = True
            self.redis.connection_pool.disconnect()
            self._came.release()


class Strings(UnixDomainSocketConnection):
    """A connection that asks its puppet's leader before it sends."""

    def __init__(self, *, puppet: Puppet | None = None, **options: Any) -> None:
        self.puppet = puppet
        self._is_greeting = self._is_cut = False
        super().__init__(**options)

    def connect_check_health(self, *args: Any, **options: Any) -> None:
        self._is_greeting = True
        try:
            super().connect_check_health(*args, **options)
        finally:
            self._is_greeting = False

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        led = self.puppet is not None and not self._is_greeting
        if led and self.puppet:
            self.puppet.pause()
        super().send_packed_command(command, check_health)
        # RQ's own commands are not cut off: what is asked here is whether ours may be sent twice.
        self._is_cut = bool(
            led and self.puppet and self.puppet.takes_cut() and b"EVALSHA" in b"".join(command)
        )

    def read_response(self, *args: Any, **options: Any) -> Any:
        answer = super().read_response(*args, **options)
        if self._is_cut:
            self._is_cut = False
            self.disconnect()
            raise Unreachable("cut off before the answer came")
        return answer


class _Current(threading.local):
    puppet: Puppet


current = _Current()
"""The puppet whose thread this is."""


class Endless(BaseDeathPenalty):
    """No alarm: signals reach the main thread only."""

    def setup_death_penalty(self) -> None:
        pass

    def cancel_death_penalty(self) -> None:
        pass


class OneJob(Worker):
    """Takes one job and does it in this thread; the rest is ours and RQ's."""

    death_penalty_class = Endless

    def take(self, begins: Callable[[str], None]) -> None:
        """Take a job if there is one; `begins` is called with its id before it begins."""
        taken = self.queue_class.dequeue_any(self.queues, None, self.connection, serializer=self.serializer)
        if taken is None:
            return
        job, queue = taken
        self.prepare_execution(job)
        begins(job.id)
        try:
            self.perform_job(job, queue)
        except Exception as failure:  # noqa: BLE001
            self._after_horse(job, queue, failure)

    def _after_horse(self, job: Job, queue: RQueue, failure: Exception) -> None:
        """What RQ's `monitor_work_horse` does after a horse that ended with an exception."""
        if job.get_status() not in (JobStatus.FINISHED, JobStatus.FAILED):
            self.handle_job_failure(job, queue=queue, exc_string=repr(failure))

    def _set_ip_address(self, connection: Redis) -> None:
        self.ip_address = ""


def worker(lane: Lane, begins: Callable[[str], None]) -> Callable[[Puppet], None]:
    """A puppet's body: a worker of that lane that does one job."""
    return lambda puppet: OneJob(lane, puppet.redis, NOBODY).take(begins)


def cleaner(lane: Lane) -> Callable[[Puppet], None]:
    """A puppet's body: an idle worker, which has done a job before, looks for jobs to put back."""

    def clean(puppet: Puppet) -> None:
        idle = OneJob(lane, puppet.redis, NOBODY)
        idle.execution = Execution("over", "another-job", puppet.redis)
        idle.clean_registries()

    return clean
