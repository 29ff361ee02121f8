"""The benchmark's own arithmetic: a figure that flatters is worse than none."""

import socket
import threading

import pytest

from tests.bench import load
from tests.bench.figure import Figure, table


@pytest.mark.parametrize(
    ("value", "target", "met"),
    [
        (0.9, "≤ 1.0", True),
        (1.1, "≤ 1.0", False),
        (0.1, "≥ 0.20", False),
        (0.3, "≥ 0.20", True),
        (5, "", None),
    ],
)
def test_a_target_is_met_or_missed(value, target, met):
    assert Figure("f", value, "s", target).is_met is met


def test_a_missed_target_is_seen_in_the_table_and_both_sides_of_a_ratio_too():
    text = table([Figure("ratio", 0.1, "", "≥ 0.20", {"ours": 1.0, "theirs": 10.0})])
    assert "missed" in text
    assert "ours" in text
    assert "theirs" in text


def test_the_load_sends_every_request_once_and_counts_every_answer():
    requests = [
        b"POST /webhook HTTP/1.1\r\nContent-Length: 1\r\n\r\n%d" % (number % 10) for number in range(50)
    ]
    seen = []

    def serve(connection):
        with connection:
            while data := connection.recv(65_536):
                seen.append(data)
                connection.sendall(b"HTTP/1.1 202 ACCEPTED\r\ncontent-length: 2\r\n\r\n")
                connection.sendall(b"ok")

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            for _ in range(4):
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        result = load.main(server.getsockname()[1], list(load.unpacked(load.packed(requests))), 4)
    assert (result["count"], result["statuses"]) == (50, {"202": 50})
    assert sorted(seen) == sorted(requests)
