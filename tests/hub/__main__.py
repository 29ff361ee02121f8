"""`python -m tests.hub --port N [--seed FILE]`: serve a hub until killed; one JSON line says where it is."""

import argparse
import json
import signal
import threading
from pathlib import Path

from tests.hub.hub import serve


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.hub", description="A GitHub small enough for one machine."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=Path, help="JSON: users, organizations, repositories")
    parser.add_argument("--directory", type=Path, help="where the repositories lie; temporary without it")
    arguments = parser.parse_args()
    seed = json.loads(arguments.seed.read_text()) if arguments.seed else None
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with serve(arguments.port, seed, arguments.directory) as hub:
        line = {
            "url": hub.url, "app_id": hub.app_id, "private_key": hub.private_key,
            "webhook_secret": hub.webhook_secret, "installation_id": hub.installation_id,
        }  # fmt: skip
        print(json.dumps(line), flush=True)
        stopped.wait()


if __name__ == "__main__":
    main()
