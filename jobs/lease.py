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
  redis.call('HINCRBY', KEYS[1], 'announced', 1)
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

# Announcements are counted, and the holder remembers how many it has heard: a command whose answer was lost may be sent
# again, and says the same again.
# KEYS: lease. ARGV: fence. Returns how many announcements there were, or -1: lost.
ANNOUNCED = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return -1 end
return tonumber(redis.call('HGET', KEYS[1], 'announced')) or 0
"""

# KEYS: lease. ARGV: fence, how many announcements were heard, 1 to let go even if there were more. Returns as above.
RELEASE = """
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return -1 end
local announced = tonumber(redis.call('HGET', KEYS[1], 'announced')) or 0
if announced <= tonumber(ARGV[2]) or ARGV[3] == '1' then redis.call('DEL', KEYS[1]) end
return announced
"""


class Lease:
    """Held until released, lost, or left: `with lease:` renews it in the background and lets go of it at the end."""

    fence: int
    """Grows for ever: of two holders of a ticket the later one has the larger number."""
    is_owed: bool
    """After leaving: something new was, or may have been, announced and nobody has looked; what was announced to a
    lease that got lost nobody can know. Whoever left asks for the ticket again."""

    def __init__(self, redis: Redis, key: str, fence: int, ttl: float) -> None:
        self.fence, self.is_owed = fence, False
        self._key, self._ttl, self._is_lost = key, ttl, False
        self._heard, self._is_released = 0, False
        self._renew = redis.register_script(RENEW)
        self._announced = redis.register_script(ANNOUNCED)
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
        announced = int(self._announced(keys=[self._key], args=[self.fence]))
        if announced < 0:
            self.check()
        return self._hears(announced)

    def release(self) -> bool:
        """Let go; False if something new was announced: the lease is kept, and the holder has to look once more."""
        announced = self._let_go()
        if announced < 0:
            return True
        self._is_released = not self._hears(announced)
        return self._is_released

    def __enter__(self) -> Self:
        self._renewer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._left.set()
        self._renewer.join()
        if not self._is_released:
            # With Redis away this raises: the job fails, is run again, and takes over the lease that it left.
            announced = self._let_go(whatever=True)
            self.is_owed = announced < 0 or self._hears(announced)

    def _let_go(self, whatever: bool = False) -> int:
        """Delete it, unless there were announcements that nobody heard; how many there were in all, -1 if lost."""
        return int(self._release(keys=[self._key], args=[self.fence, self._heard, int(whatever)]))

    def _hears(self, announced: int) -> bool:
        """Whether there were more than those heard so far."""
        is_news, self._heard = announced > self._heard, announced
        return is_news

    def _keep_renewing(self) -> None:
        while not self._left.wait(self._ttl / 3):
            try:
                self.check()
            except LeaseLost:
                return
            except RedisError as trouble:
                # The next round may be in time still.
                log.warning("%s could not be renewed: %s", self._key, trouble)
