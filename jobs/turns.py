"""Turns: who of the tickets that wait for GitHub's limits is next: each repository in turn, in it who came first.

A ticket that finds no room is put off and waits in line until the clock gives it its turn, and newcomers wait behind
it. So the tickets that wait cost nothing, however many they are: only as many are asked for as there is room for.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from itertools import count

from jobs.github.quota import Quota
from jobs.ticket.request import Ticket


class Turns:
    """Remembers which repository was served when, for as long as it lives."""

    def __init__(self, quota_of: Callable[[int], Quota]) -> None:
        self._quota_of = quota_of
        self._served: dict[str, int] = {}
        self._serial = count(1)

    def next(self, waiting: Iterable[Ticket]) -> list[Ticket]:
        """Those of them, the longest waiting first, that may start now, in a fair order."""
        lines: dict[int, list[Ticket]] = defaultdict(list)
        for ticket in waiting:
            lines[ticket.installation].append(ticket)
        chosen: list[Ticket] = []
        for installation, line in lines.items():
            quota = self._quota_of(installation)
            starting = self._fairly(line, quota.room())
            for ticket in starting:
                quota.give_turn(ticket)
            quota.keep_waiting(len(line) - len(starting))
            chosen += starting
        return chosen

    def _fairly(self, line: list[Ticket], room: int) -> list[Ticket]:
        """As many as there is room for; the repository that has not been served for longest is next."""
        by_repository: dict[str, deque[Ticket]] = defaultdict(deque)
        for ticket in line:
            by_repository[ticket.repository].append(ticket)
        order = deque(sorted(by_repository, key=lambda name: self._served.get(name, 0)))
        chosen: list[Ticket] = []
        while order and len(chosen) < room:
            repository = order.popleft()
            self._served[repository] = next(self._serial)
            chosen.append(by_repository[repository].popleft())
            if by_repository[repository]:
                order.append(repository)
        return chosen
