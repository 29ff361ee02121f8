"""Terminal: one line for each thing that happened, with the seconds since the card was moved."""

import os
import sys
import time
from collections.abc import Mapping
from typing import TextIO

BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


class Terminal:
    """Writes to a stream, coloured only where that is a terminal and NO_COLOR is not set (https://no-color.org)."""

    def __init__(self, stream: TextIO = sys.stdout, environ: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        self._colours = stream.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        self._started: float | None = None

    def start_clock(self) -> None:
        """From now on `line` shows the time that has passed."""
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the clock was started; 0 before."""
        return 0.0 if self._started is None else time.monotonic() - self._started

    def say(self, text: str = "", style: str = "") -> None:
        """A line without a time."""
        self._write(self._styled(text, style))

    def line(self, icon: str, text: str, detail: str = "", style: str = "") -> None:
        """A line with the time, and what there is to add below it."""
        self._write(f"{self._styled(f'{self.seconds:6.1f} s', DIM)}  {icon}  {self._styled(text, style)}")
        for below in detail.splitlines():
            self._write(" " * 14 + self._styled(below, DIM))

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if style and self._colours else text

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        self._stream.flush()
