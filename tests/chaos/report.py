"""Report: what a run did and what became of it, for people and as `.autocode/chaos.json`."""

import json
from pathlib import Path

from tests.chaos.run import Outcome, Verdict

KINDS = ("lost", "duplicated", "stuck")


def table(outcome: Outcome) -> str:
    """One line per ticket, and below it whatever is wrong."""
    lines = [f"{'ticket':>7}  {'script':<26} {'expected':<11} {'seen':<11} {'commits':>7}  verdict"]
    for verdict in outcome.verdicts:
        lines.append(_line(verdict))
        lines += [f"         {violation}" for violation in verdict.violations]
    return "\n".join(lines)


def _line(verdict: Verdict) -> str:
    ticket, seen = verdict.ticket, verdict.seen
    word = "WRONG" if verdict.violations else "refused, and said so" if seen.was_refused else "fine"
    expected = "/".join(sorted(ticket.script.ends))
    return (
        f"{f'#{ticket.number}':>7}  {ticket.opening.script:<26} {expected:<11} {seen.phase or 'nothing':<11} "
        f"{len(seen.commits):>7}  {word}"
    )


def summary(outcome: Outcome) -> str:
    """The run in a line."""
    counts = ", ".join(f"{outcome.count(kind)} {kind}" for kind in KINDS)
    schedule = outcome.schedule
    return (
        f"seed {schedule.seed}: {len(outcome.verdicts)} tickets, {outcome.struck} faults: {counts}; "
        f"{outcome.seconds:.0f} s, at rest {outcome.settled_after:.0f} s after everything was mended; "
        f"{outcome.unmet} wrong answers were in store that nobody met"
    )


def write(outcome: Outcome, path: Path) -> None:
    """`{seed, tickets, faults, lost, duplicated, stuck, seconds}`: numbers all of them."""
    document = {
        "seed": outcome.schedule.seed,
        "tickets": len(outcome.verdicts),
        "faults": outcome.struck,
        **{kind: outcome.count(kind) for kind in KINDS},
        "seconds": round(outcome.seconds, 1),
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")
