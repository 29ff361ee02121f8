"""Sending: one POST after the other over a connection that is kept. httpx takes four times as long for the same."""

import http.client
import select
from contextlib import suppress
from urllib.parse import urlsplit

SECONDS = 10.0
"""That GitHub waits for an answer:
https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks#respond-within-10-seconds"""


class Sender:
    """Not for several threads at once."""

    def __init__(self) -> None:
        self._place = ("", "")
        self._connection: http.client.HTTPConnection | None = None

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        """Status, headers (names in lower case) and body of the answer; OSError or HTTPException without one."""
        address = urlsplit(url)
        path = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
        connection = self._connected(address.scheme, address.netloc)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode(errors="replace")
        except BaseException:
            self.close()
            raise
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _connected(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        """The kept connection, unless it leads elsewhere or the other side has hung up."""
        kept = self._connection
        if kept is not None and self._place == (scheme, netloc) and not _has_ended(kept):
            return kept
        self.close()
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        self._place, self._connection = (scheme, netloc), kind(netloc, timeout=SECONDS)
        return self._connection


def _has_ended(connection: http.client.HTTPConnection) -> bool:
    """Between two requests there is nothing to be read but the end."""
    with suppress(OSError, ValueError):
        return bool(connection.sock is not None and select.select([connection.sock], [], [], 0)[0])
    return True
