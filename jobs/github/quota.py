"""Quota: what an installation may still ask of GitHub, counted in Redis for all workers together.

GitHub counts per installation, and whoever goes on asking when told to wait may be banned. So nobody does: one
worker that is told to wait closes the door for all, and no worker asks faster than GitHub's own limits allow.
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis import Redis

from jobs.ticket.errors import InLine, Later
from jobs.ticket.request import Ticket


@dataclass(frozen=True)
class Rate:
    """A limit of GitHub's: `most` in any stretch of `seconds`."""

    name: str
    most: int
    seconds: int


# Nine tenths of what GitHub allows: its window does not begin when ours does.
WRITES_A_MINUTE = Rate("writes", 72, 60)
WRITES_AN_HOUR = Rate("writes-hourly", 450, 3600)
REST_POINTS = Rate("rest", 810, 60)
GRAPHQL_POINTS = Rate("graphql", 1800, 60)
WRITES = (WRITES_A_MINUTE, WRITES_AN_HOUR)
"""GitHub does not say which requests it takes for creating content, so every write is counted."""

FOR_A_START = 5
"""Writes that have to be free before a ticket is looked at: what is begun and cut off is done again."""
AT_ONCE = 500
"""Starts in one go where nothing is paced."""
TURN_KEPT = timedelta(minutes=10)
"""A ticket that does not come for its turn in this time has lost it."""
LINE_KEPT = timedelta(seconds=5)
"""After that nobody waits in line any more: whoever hands out the turns is gone."""
STEPS = 60
"""A stretch is counted in so many parts."""
LOADS = {False: 1, True: 5}
"""Points of a read and of a write, in REST and in GraphQL."""

# KEYS: a hash for each rate, number of the part → used. ARGV: now, then for each rate its most, the seconds of one
# part, what is used now, and what has to be free besides. Gives the seconds to wait; when that is 0, it is counted.
SPEND = f"""
local now, wait = tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
  local most, part = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local over = tonumber(ARGV[4 * i]) + tonumber(ARGV[4 * i + 1]) - most
  local present, used = math.floor(now / part), redis.call('HGETALL', key)
  local parts = {{}}
  for n = 1, #used, 2 do
    local number = tonumber(used[n])
    if number < present - {STEPS} then
      redis.call('HDEL', key, used[n])
    else
      over = over + tonumber(used[n + 1])
      parts[#parts + 1] = {{number, tonumber(used[n + 1])}}
    end
  end
  table.sort(parts, function(a, b) return a[1] < b[1] end)
  for _, entry in ipairs(parts) do
    if over <= 0 then break end
    over = over - entry[2]
    wait = math.max(wait, (entry[1] + {STEPS} + 1) * part - now)
  end
end
if wait > 0 then return tostring(wait) end
for i, key in ipairs(KEYS) do
  local part, cost = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
  if cost > 0 then
    redis.call('HINCRBY', key, math.floor(now / part), cost)
    redis.call('EXPIRE', key, math.ceil(part * {STEPS} * 2))
  end
end
return '0'
"""

# KEYS: until when the door is closed. ARGV: a time, and the seconds until then. The later time counts.
CLOSE = """
if tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
"""


SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
"""Where GitHub does not say how long: the shortest at first, then twice as long each time, up to the longest.
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit"""
SHORTEST_SILENCE, LONGEST_SILENCE = timedelta(seconds=5), timedelta(minutes=1)
"""Where GitHub does not answer at all: one worker at a time tries whether it does again."""

# KEYS: until when the door is closed; refusals in a row. ARGV: now, the shortest wait, the longest, in seconds. Gives
# until when it is closed. A refusal while it is closed was on its way before, and makes nothing worse.
BACK_OFF = """
local now, closed = tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or 0)
if closed > now then return tostring(closed) end
local row = redis.call('INCR', KEYS[2])
local wait = math.min(tonumber(ARGV[2]) * 2 ^ (row - 1), tonumber(ARGV[3]))
redis.call('EXPIRE', KEYS[2], math.ceil(wait) + tonumber(ARGV[3]))
redis.call('SET', KEYS[1], string.format('%.6f', now + wait), 'EX', math.ceil(wait) + 1)
return redis.call('GET', KEYS[1])
"""


class Quota:
    """One installation's share of GitHub. Its methods raise Later instead of waiting."""

    def __init__(
        self, redis: Redis, installation: int, clock: Callable[[], datetime], *, is_paced: bool = True
    ) -> None:
        """Without `is_paced` it waits only when GitHub says so."""
        self._prefix = f"quota:{installation}"
        self._turns, self._line = f"{self._prefix}:turns", f"{self._prefix}:line"
        self._redis = redis
        self._clock = clock
        self._is_paced = is_paced
        self._spend = redis.register_script(SPEND)
        self._close = redis.register_script(CLOSE)
        self._back_off = redis.register_script(BACK_OFF)

    def start(self, ticket: Ticket) -> None:
        """InLine unless there is enough left to begin something, and nobody has waited for that longer."""
        if not self._redis.zrem(self._turns, ticket.key) and self._redis.exists(self._line):
            raise InLine(self._clock(), "other tickets have waited longer for GitHub's limits")
        try:
            self._take(dict.fromkeys(WRITES, (0, FOR_A_START)))
        except Later as later:
            raise InLine(later.until, later.why) from None

    def room(self) -> int:
        """How many tickets could start now, besides those that have been given their turn and are on their way."""
        now = self._clock()
        if self._closed_until() > now.timestamp():
            return 0
        self._redis.zremrangebyscore(self._turns, "-inf", now.timestamp())
        if not self._is_paced:
            return AT_ONCE
        left = min(rate.most - self._used(rate, now) for rate in WRITES)
        return max(0, left // FOR_A_START - int(self._redis.zcard(self._turns)))

    def give_turn(self, ticket: Ticket) -> None:
        """It may start, however many wait."""
        self._redis.zadd(self._turns, {ticket.key: (self._clock() + TURN_KEPT).timestamp()})

    def return_turn(self, ticket: Ticket) -> None:
        """It does not start now, and keeps nobody else from it."""
        self._redis.zrem(self._turns, ticket.key)

    def keep_waiting(self, count: int) -> None:
        """So many have not got their turn yet: newcomers wait behind them. To be said again within `LINE_KEPT`."""
        if count:
            self._redis.set(self._line, count, ex=LINE_KEPT)
        else:
            self._redis.delete(self._line)

    def spend(self, *, is_graphql: bool, is_write: bool) -> None:
        """Count a request that is about to be sent; Later if it must not be sent now."""
        points = GRAPHQL_POINTS if is_graphql else REST_POINTS
        writes = int(is_write)
        costs = {points: (LOADS[is_write], 0), WRITES_A_MINUTE: (writes, 0), WRITES_AN_HOUR: (writes, 0)}
        self._take({rate: cost for rate, cost in costs.items() if any(cost)})

    def close(self, until: datetime) -> None:
        """GitHub said to wait until then: nobody asks before."""
        seconds = max(0, math.ceil((until - self._clock()).total_seconds()))
        self._close(keys=[f"{self._prefix}:closed"], args=[until.timestamp(), seconds + 1])

    def back_off(self) -> datetime:
        """GitHub said to wait and not how long: longer each time until `proceed`. Gives until when nobody asks."""
        return self._close_longer("row", SHORTEST_WAIT, LONGEST_WAIT)

    def fall_silent(self) -> None:
        """GitHub did not answer in time: nobody asks for some seconds, longer each time within `LONGEST_SILENCE`."""
        self._close_longer("silences", SHORTEST_SILENCE, LONGEST_SILENCE)

    def proceed(self) -> None:
        """GitHub took a write, so nothing is in the way any more. Reads may pass all the time while writes do not."""
        self._redis.delete(f"{self._prefix}:row")

    def _take(self, costs: dict[Rate, tuple[int, int]]) -> None:
        """Count each rate's first number if, with the second besides, nothing gets too much."""
        now = self._clock()
        closed = self._closed_until()
        if closed > now.timestamp():
            raise Later(datetime.fromtimestamp(closed, UTC), "GitHub asked to wait")
        if not self._is_paced:
            return
        arguments: list[float] = [now.timestamp()]
        for rate, (cost, spare) in costs.items():
            arguments += [rate.most, rate.seconds / STEPS, cost, spare]
        wait = float(self._spend(keys=[f"{self._prefix}:{rate.name}" for rate in costs], args=arguments))
        if wait > 0:
            raise Later(now + timedelta(seconds=wait), "GitHub's limits leave no room for more")

    def _close_longer(self, row: str, shortest: timedelta, longest: timedelta) -> datetime:
        """Twice as long as last time; gives until when. `row` counts, and forgets `longest` after the door is open."""
        keys = [f"{self._prefix}:closed", f"{self._prefix}:{row}"]
        args = [self._clock().timestamp(), shortest.total_seconds(), longest.total_seconds()]
        return datetime.fromtimestamp(float(self._back_off(keys=keys, args=args)), UTC)

    def _closed_until(self) -> float:
        """In seconds since 1970; 0 when the door is open."""
        return float(self._redis.get(f"{self._prefix}:closed") or 0)

    def _used(self, rate: Rate, now: datetime) -> int:
        """What the present stretch has taken, counted as `SPEND` counts it."""
        oldest = math.floor(now.timestamp() / (rate.seconds / STEPS)) - STEPS
        used = self._redis.hgetall(f"{self._prefix}:{rate.name}")
        return sum(int(count) for part, count in used.items() if int(part) >= oldest)
