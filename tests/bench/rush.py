"""Rush: 1,000 tickets labelled within a minute, worked off within GitHub's own limits on a moved clock."""

from pathlib import Path

from tests.bench.figure import Figure
from tests.rush import MAY, MAY_NOT, SCRIPT, Rush, seed
from tests.stack import Stack

REPOSITORIES, TICKETS = 20, 50


def measure(directory: Path) -> list[Figure]:
    """One in ten asks the model and ends with a question, the others end with a word to who may not ask."""
    with Stack(directory, seed=seed(REPOSITORIES, TICKETS), script=SCRIPT) as stack:
        stack.start("web")
        with Rush(stack, REPOSITORIES, TICKETS) as rush:
            outcome = rush.run(lambda number: MAY if number % 10 == 0 else MAY_NOT)
    total = REPOSITORIES * TICKETS
    name = f"{total:,} tickets in {REPOSITORIES} repositories at once"
    return [
        Figure(f"{name}: not served, or told twice", sum(told != 1 for told in outcome.told), "", "≤ 0"),
        Figure(f"{name}: requests that GitHub had to refuse", outcome.refused, "", "≤ 0"),
        Figure(f"{name}: a repository ahead of another by at most", outcome.spread, "tickets", "≤ 15"),
        Figure(f"{name}: jobs for each ticket", outcome.jobs / total, "", "≤ 4"),
        Figure(f"{name}: until the last one is served, by GitHub's clock", outcome.hours, "h"),
    ]
