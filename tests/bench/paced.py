"""Paced: `python -m tests.bench.paced PORT FILE CONNECTIONS RATE` sends prepared requests at a steady pace.

Each request has its time, whether or not the ones before it have been answered, and its latency is counted from that
time: a server that falls behind is not let off. Prints `[[status, seconds], …]` in the order of FILE (see `load`).
"""

import json
import selectors
import socket
import sys
import time
from collections import deque
from pathlib import Path
from typing import cast

from tests.bench.load import LONGEST, connected, status, unpacked


class Pace:
    """Sends every request at its time, or as soon after it as a connection is free."""

    def __init__(self, port: int, requests: list[bytes], connections: int, rate: float) -> None:
        self._requests, self._rate = requests, rate
        self._idle = deque(connected(port) for _ in range(connections))
        self._selector = selectors.DefaultSelector()
        self._answers: list[tuple[str, float]] = [("none", LONGEST)] * len(requests)

    def run(self) -> list[tuple[str, float]]:
        """(status, seconds) of each; `none` where no answer came."""
        self._started, sent, answered = time.monotonic(), 0, 0
        end = self._started + len(self._requests) / self._rate + LONGEST
        while answered < len(self._requests) and (now := time.monotonic()) < end:
            while self._idle and sent < len(self._requests) and self._due(sent) <= now:
                self._send(sent)
                sent += 1
            pause = self._due(sent) - now if self._idle and sent < len(self._requests) else 1.0
            for key, _ in self._selector.select(max(pause, 0.0)):
                self._receive(key)
                answered += 1
        return self._answers

    def _due(self, number: int) -> float:
        return self._started + number / self._rate

    def _send(self, number: int) -> None:
        connection = self._idle.popleft()
        connection.sendall(self._requests[number])
        self._selector.register(connection, selectors.EVENT_READ, number)

    def _receive(self, key: selectors.SelectorKey) -> None:
        connection, number = cast("socket.socket", key.fileobj), key.data
        self._selector.unregister(connection)
        self._answers[number] = (status(connection), time.monotonic() - self._due(number))
        self._idle.append(connection)


if __name__ == "__main__":
    prepared = list(unpacked(Path(sys.argv[2]).read_bytes()))
    print(json.dumps(Pace(int(sys.argv[1]), prepared, int(sys.argv[3]), float(sys.argv[4])).run()))
