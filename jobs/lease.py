"""Lease: one run per ticket at a time, by a lock in Redis that expires, with a number that grows with each holder.

Whoever is about to change something on GitHub calls `check` first. A worker that was stopped for longer than the
lease lasts finds out there that another holds it, and writes nothing more. Between `check` and the write nothing can
be promised, for GitHub knows no fences: the effects are found before they are made for that case (DESIGN 4).
"""

import logging
import threading
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import RedisError

from jobs.ticket.errors import LeaseLost
from jobs.ticket.request import Ticket

TTL = 30.0
"""Seconds until a holder that does not renew has lost it."""
FENCE = "autocode:fence"
"""The last fencing number given, of all tickets."""

log = logging.getLogger("autocode.lease")

# KEYS: lease, last fence. ARGV: owner, milliseconds. A job that is run again takes over from its own dead run.
# The time of day makes the number grow even when Redis was emptied, the last one when the clock was put back.
ACQUIRE = """
local owner = redis.call('HGET', KEYS[1], 'owner')
if owner and owner ~= ARGV[1] then
  redis.call('HSET', KEYS[1], 'again', 1)
  return 0
end
local now = redis.call('TIME')
local fence = math.max((tonumber(redis.call('GET', KEYS[2])) or 0) + 1, now[1] * 1000000 + now[2])
local text = string.format('%.0f', fence)
redis.call('SET', KEYS[2], text)
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'fence', text)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(text)
"""

# KEYS: lease. ARGV: fence, milliseconds.
RENEW = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

# KEYS: lease. ARGV: fence. Returns 1: the flag was set, 0: it was not, -1: lost.
TAKE_AGAIN = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return -1 end
return redis.call('HDEL', KEYS[1], 'again')
"""

# KEYS: lease. ARGV: fence, 1 to let go even of a lease whose flag is set. Returns 0: the flag was set.
RELEASE = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 1 end
local again = redis.call('HDEL', KEYS[1], 'again')
if again == 0 or ARGV[2] == '1' then redis.call('DEL', KEYS[1]) end
return 1 - again
"""


class Lease:
    """Held until released, lost, or left: `with lease:` renews it in the background and lets go of it at the end."""

    fence: int
    """Grows for ever: of two holders of a ticket the later one has the larger number."""
    is_owed: bool
    """After leaving: something new was announced and nobody has looked. Whoever left asks for the ticket again."""

    def __init__(self, redis: Redis, key: str, fence: int, ttl: float) -> None:
        self.fence, self.is_owed = fence, False
        self._key, self._ttl, self._is_lost = key, ttl, False
        self._renew = redis.register_script(RENEW)
        self._take_again = redis.register_script(TAKE_AGAIN)
        self._release = redis.register_script(RELEASE)
        self._left = threading.Event()
        self._renewer = threading.Thread(target=self._keep_renewing, name="lease", daemon=True)

    @classmethod
    def acquire(cls, redis: Redis, ticket: Ticket, owner: str, ttl: float = TTL) -> Self | None:
        """Take the ticket's lease; None if another owner holds it, who now knows that there is something new.

        `owner` is the job's id (`turn`): the same job, run again after a worker's death, need not wait for the
        expiry of the lease that it left behind.
        """
        key = f"autocode:lease:{ticket.key}"
        acquire = redis.register_script(ACQUIRE)
        fence = int(acquire(keys=[key, FENCE], args=[owner, int(ttl * 1000)]))
        return cls(redis, key, fence, ttl) if fence else None

    def check(self) -> None:
        """LeaseLost unless it is still ours; then it lasts another `ttl` seconds. Called before each effect."""
        if not self._is_lost:
            self._is_lost = not self._renew(keys=[self._key], args=[self.fence, int(self._ttl * 1000)])
        if self._is_lost:
            raise LeaseLost(f"{self._key}: number {self.fence} does not hold it any more")

    def take_again(self) -> bool:
        """Whether something new was announced since the last call; whoever is told so has to look."""
        answer = int(self._take_again(keys=[self._key], args=[self.fence]))
        if answer < 0:
            self.check()
        return answer == 1

    def release(self) -> bool:
        """Let go; False if something new was announced: the lease is kept, and the holder has to look once more."""
        return bool(self._release(keys=[self._key], args=[self.fence, 0]))

    def __enter__(self) -> Self:
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._renewer.join()
        try:
            self.is_owed = not self._release(keys=[self._key], args=[self.fence, 1])
        except RedisError as trouble:
            log.warning("%s stays until it expires: %s", self._key, trouble)

    def _keep_renewing(self) -> None:
        while not self._left.wait(self._ttl / 3):
            try:
                self.check()
            except LeaseLost:
                return
            except RedisError as trouble:
                # The next round may be in time still.
                log.warning("%s could not be renewed: %s", self._key, trouble)
