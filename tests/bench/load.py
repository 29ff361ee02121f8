"""Load: `python -m tests.bench.load PORT FILE CONNECTIONS` sends prepared requests, prints what came back.

A process of its own with one thread, bare sockets and one request at a time on each connection: it must cost less
than the server it measures. FILE holds the requests as they go over the wire, each behind its length (4 bytes).
"""

import json
import selectors
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

LONGEST = 30.0
"""Seconds after which it stops, whatever is left."""


def packed(requests: list[bytes]) -> bytes:
    """The contents of FILE."""
    return b"".join(struct.pack(">I", len(request)) + request for request in requests)


def unpacked(data: bytes) -> Iterator[bytes]:
    """What `packed` packed."""
    position = 0
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        yield data[position + 4 : position + 4 + length]
        position += 4 + length


def main(port: int, requests: list[bytes], connections: int) -> dict[str, object]:
    """`{count, seconds, statuses}`."""
    waiting, statuses = iter(requests), Counter[str]()
    with selectors.DefaultSelector() as selector:
        idle = [connected(port) for _ in range(connections)]
        for connection in idle:
            selector.register(connection, selectors.EVENT_READ)
        started = time.monotonic()
        while time.monotonic() - started < LONGEST:
            for connection in idle:
                request = next(waiting, None)
                if request is None:
                    selector.unregister(connection)
                else:
                    connection.sendall(request)
            if not selector.get_map():
                break
            idle = [cast(socket.socket, key.fileobj) for key, _ in selector.select(timeout=1.0)]
            statuses.update(status(connection) for connection in idle)
        seconds = time.monotonic() - started
    return {"count": statuses.total(), "seconds": seconds, "statuses": dict(statuses)}


def connected(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=LONGEST)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def status(connection: socket.socket) -> str:
    """Read one whole answer."""
    data = connection.recv(65_536)
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            raise ConnectionError("the server closed the connection")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0].split(b":")[1]) - len(body) if lengths else 0
    while missing > 0:
        missing -= len(connection.recv(65_536))
    return head.split(b" ", 2)[1].decode()


if __name__ == "__main__":
    prepared = list(unpacked(Path(sys.argv[2]).read_bytes()))
    print(json.dumps(main(int(sys.argv[1]), prepared, int(sys.argv[3]))))
