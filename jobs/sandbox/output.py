"""Output: what a command prints, of which only both ends are kept however much it is."""

import os
import select

KEPT = 100_000
"""Bytes kept of each end."""
CHUNK = 1 << 16


class Output:
    """Collects what arrives at one end of a pipe. `closed` once nothing more can come."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._head, self._tail = bytearray(), bytearray()
        self._arrived = 0
        self.closed = False

    def collect(self, seconds: float) -> None:
        """Take what arrives next; wait at most so long for it."""
        if not select.select([self._pipe], [], [], seconds)[0]:
            return
        chunk = os.read(self._pipe, CHUNK)
        self.closed = not chunk
        self._arrived += len(chunk)
        room = KEPT - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room < len(chunk) else b""
        del self._tail[:-KEPT]

    @property
    def lost(self) -> int:
        """Bytes that were not kept."""
        return self._arrived - len(self._head) - len(self._tail)

    @property
    def text(self) -> str:
        """What was kept; bytes that are no UTF-8 are replaced."""
        middle = f"\n[… {self.lost:,} bytes not kept …]\n".encode() if self.lost else b""
        return bytes(self._head + middle + self._tail).decode("utf-8", "replace")
