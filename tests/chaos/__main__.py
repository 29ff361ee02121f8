"""`python -m tests.chaos`: one run of the fault suite, SEED and TICKETS from the environment. Exit 0 if all is well."""

import os
import shutil
import sys

from tests.chaos import report
from tests.chaos.faults import FAULTS
from tests.chaos.run import play
from tests.chaos.schedule import schedule
from tests.stack import ROOT

SECONDS = 42.0
"""How long things break; one that is paused for longer than its lease has to fit in."""
OUTPUT = ROOT / ".autocode" / "chaos.json"
LOGS = ROOT / ".autocode" / "chaos"


def main() -> int:
    seed, tickets = _number("SEED", 1), _number("TICKETS", 10)
    plan = schedule(seed, tickets, {name: fault.lasts for name, fault in FAULTS.items()}, SECONDS)
    directory = LOGS / f"seed-{seed}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    print(f"seed {seed}: {tickets} tickets, {len(plan.strokes)} faults in {SECONDS:g} s", flush=True)
    outcome = play(plan, directory, tell=lambda at, what: print(f"{at:6.1f} s  {what}", flush=True))
    print(f"\n{report.table(outcome)}\n\n{report.summary(outcome)}")
    report.write(outcome, OUTPUT)
    if outcome.is_clean:
        shutil.rmtree(directory)
        return 0
    print(f"what the processes wrote is in {directory / 'logs'}")
    return 1


def _number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal():
        sys.exit(f"{name}={text}: a number was expected, as in `make chaos SEED=7 TICKETS=10`")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
