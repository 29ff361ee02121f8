"""`python -m tests.bench [NAME …]`: measures all figures or some, prints them, writes `.autocode/bench.json`."""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import api_calls, burst, deliveries, first_signs, memory, overhead, rush, waiting
from tests.bench.figure import Figure, table
from tests.stack import ROOT

OUTPUT = ROOT / ".autocode" / "bench.json"
BENCHMARKS: dict[str, Callable[[Path], list[Figure]]] = {
    "first_signs": first_signs.measure,
    "card_signs": first_signs.measure_cards,
    "pulled_signs": first_signs.measure_pulled,
    "overhead": overhead.measure,
    "api_calls": api_calls.measure,
    "deliveries": deliveries.measure,
    "memory": memory.measure,
    "burst": burst.measure,
    "waiting": waiting.measure,
    "rush": rush.measure,
}


def main(names: list[str]) -> int:
    unknown = sorted(set(names) - BENCHMARKS.keys())
    if unknown:
        print(
            f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr
        )
        return 2
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="autocode-bench-") as directory:
            figures += BENCHMARKS[name](Path(directory))
        print(f"{name}: measured in {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    machine = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    OUTPUT.parent.mkdir(exist_ok=True)
    document = {"machine": machine, "figures": [figure.as_json() for figure in figures]}
    OUTPUT.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
