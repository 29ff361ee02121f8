"""Slots: who of a repository's tickets is worked on and who waits, counted in Redis under many hands.

GitHub is the truth: its labels say who works and who waits. But its answers lag behind, and two workers may ask at
once. So there is a book in Redis, one entry per ticket, that the workers write whenever a ticket takes a slot, lets
go of one or begins to wait; and into which GitHub's list is entered again and again, for all tickets of which nothing
newer is known. The last slot is given by one Lua script, so to one ticket only.

When Redis was emptied, the book is made afresh from the list. A slot whose holder died before its label said so is
free with the next list, unless the holder is run again and goes on with it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from jobs.freshness import LAG, remember_since
from jobs.ticket.errors import Later
from jobs.ticket.order import Place, next_up
from jobs.ticket.request import Ticket

LISTED_FOR = timedelta(seconds=30)
"""How old the list may be by which a ticket takes its place; whoever lets go of a slot asks anew."""
KEPT = timedelta(minutes=10)
"""How long a book is kept that nobody writes to."""
LISTED = "listed"
"""The entry that says when GitHub was asked for the list."""

# All times are Redis' own, in seconds since 1970: workers on several machines have several clocks.
NOW = "local time = redis.call('TIME'); local now = time[1] + time[2] / 1000000\n"

# KEYS: book. ARGV: number, state, seconds to keep the book.
NOTE = (
    NOW
    + """
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({state = ARGV[2], rank = '', at = now}))
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""
)

# KEYS: book. ARGV: number, rank, concurrency, seconds to keep the book. Returns how many come before it, or -1: it
# has a slot. Who held one already keeps it, unless the others alone take all there are: what is checked after people
# have let it go on, or pushed, holds one without having asked. Of one that waits already the rank in the book counts:
# the list knows its card's place, the ticket does not.
JOIN = (
    NOW
    + """
local working, before, state = 0, 0, 'waiting'
local known = redis.call('HGET', KEYS[1], ARGV[1])
local own = known and cjson.decode(known) or {}
local rank = own.state == 'waiting' and own.rank or ARGV[2]
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local is_other = entries[i] ~= 'listed' and entries[i] ~= ARGV[1]
  local entry = is_other and cjson.decode(entries[i + 1]) or {}
  if entry.state == 'working' then working = working + 1
  elseif entry.state == 'waiting' and entry.rank < rank then before = before + 1 end
end
if own.state == 'working' and working < tonumber(ARGV[3]) then return -1 end
if working + before < tonumber(ARGV[3]) then state, before = 'working', -1 end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode({state = state, rank = rank, at = now}))
redis.call('EXPIRE', KEYS[1], ARGV[4])
return before
"""
)

# KEYS: book. ARGV: when GitHub was asked, the lag of its answers, its list as JSON, seconds to keep the book.
# What was entered later than the list can know stays, but for the order of those that wait by both.
ENTER = """
local asked = tonumber(ARGV[1])
if tonumber(redis.call('HGET', KEYS[1], 'listed') or 0) > asked then return 0 end
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  if entries[i] ~= 'listed' and cjson.decode(entries[i + 1]).at < asked - tonumber(ARGV[2]) then
    redis.call('HDEL', KEYS[1], entries[i])
  end
end
for number, place in pairs(cjson.decode(ARGV[3])) do
  local known = redis.call('HGET', KEYS[1], number)
  local entry = known and cjson.decode(known) or {state = place.state, at = asked}
  if entry.state == place.state then entry.rank = place.rank end
  redis.call('HSET', KEYS[1], number, cjson.encode(entry))
end
redis.call('HSET', KEYS[1], 'listed', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
return 1
"""


class Slots:
    """The book of one ticket's repository."""

    def __init__(
        self,
        redis: Redis,
        ticket: Ticket,
        clock: Callable[[], datetime],
        ask: Callable[[], Mapping[int, Place]],
    ) -> None:
        """`ask` gives GitHub's list of the repository's tickets that work or wait."""
        self._redis, self._ticket, self._clock, self._ask = redis, ticket, clock, ask
        self._book = f"slots:{ticket.installation}/{ticket.repository}"
        self._note = redis.register_script(NOTE)
        self._join = redis.register_script(JOIN)
        self._enter = redis.register_script(ENTER)

    def join(self, rank: str, concurrency: int) -> int | None:
        """Take a slot for the ticket: None. Or wait for one: how many waiting tickets come before it.

        Later for some seconds after Redis was emptied, while GitHub's list may lack what has just been given.
        """
        places = self._places(LISTED_FOR)
        if set(places) - {self._ticket.number}:
            settled = remember_since(self._redis, self._clock()) + LAG
            if self._clock() < settled:
                raise Later(settled, "Redis was emptied, so who holds a slot may not show yet")
        before = int(self._run(self._join, self._ticket.number, rank, concurrency))
        return None if before < 0 else before

    def hold(self) -> None:
        """The ticket is worked on, whether there was a slot for it or not."""
        self._write("working")

    def leave(self) -> None:
        """The ticket neither holds a slot nor waits for one."""
        self._write("gone")

    def vacate(self) -> list[int]:
        """The ticket is gone from GitHub, which therefore is not asked: who waits first, if anybody does."""
        self.leave()
        waiting = {
            number: place.rank for number, place in self._entered().items() if place.state == "waiting"
        }
        return sorted(waiting, key=waiting.__getitem__)[:1]

    def next_up(self, concurrency: int, *, anew: bool = False) -> list[int]:
        """The waiting tickets for which there is a slot, the first one first; `anew`: as GitHub lists them now."""
        places = self._places(LISTED_FOR)
        if anew and any(place.state == "waiting" for place in places.values()):
            places = self._places(timedelta(0))
        return next_up(places, concurrency)

    def _write(self, state: str) -> None:
        self._run(self._note, self._ticket.number, state)

    def _run(self, script: Any, *arguments: object) -> Any:
        return script(keys=[self._book], args=[*arguments, int(KEPT.total_seconds())])

    def _places(self, oldest: timedelta) -> dict[int, Place]:
        """The book, entered anew if GitHub's list in it is older than that."""
        now = self._now()
        listed_at = float(self._read().get(LISTED, 0))
        if now - listed_at > oldest.total_seconds():
            listed = {number: asdict(place) for number, place in self._ask().items()}
            self._run(self._enter, repr(now), LAG.total_seconds(), json.dumps(listed))
        return self._entered()

    def _entered(self) -> dict[int, Place]:
        """Who works and who waits, as the book says."""
        book = self._read()
        entries = {int(number): json.loads(text) for number, text in book.items() if number != LISTED}
        return {
            number: Place(entry["state"], entry["rank"])
            for number, entry in entries.items()
            if entry["state"] != "gone"
        }

    def _read(self) -> dict[str, str]:
        book: Any = self._redis.hgetall(self._book)
        return {name.decode(): text.decode() for name, text in book.items()}

    def _now(self) -> float:
        seconds, microseconds = self._redis.time()
        return float(seconds) + float(microseconds) / 1e6
