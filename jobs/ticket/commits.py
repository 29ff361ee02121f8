"""Commits: their messages, with the trailers that say whose work it is. Pure."""

from jobs.ticket.observation import Issue
from jobs.ticket.record import Record
from jobs.ticket.words import quiet, short

COMMIT_TYPES = {"bug": "fix", "documentation": "docs"}
"""An issue's label → the type of its commits; everything else is a feature."""


def commit_message(record: Record, issue: Issue, number: int, co_author: str | None) -> str:
    """`feat(#12): <title>` with the trailers that say whose work it is."""
    kind = next((COMMIT_TYPES[name] for name in issue.labels if name in COMMIT_TYPES), "feat")
    body = f"{record.summary.strip()}\n\n" if record.summary.strip() else ""
    subject = f"{kind}(#{number}): {quiet(short(issue.title, 60))}"
    return f"{subject}\n\n{quiet(body)}{_trailers(record, number, co_author)}"


def merge_message(record: Record, number: int, co_author: str | None = None) -> str:
    """`Merge main into autocode/12-…` with the same trailers."""
    return f"Merge {record.base} into {record.branch}\n\n{_trailers(record, number, co_author)}"


def base_trailer(record: Record) -> str:
    """Says which branch a stacked ticket stands on."""
    return f"Autocode-Base: {record.base}"


def iteration_trailers(record: Record) -> tuple[str, str]:
    """Say which iteration of which run has made a commit."""
    return f"Autocode-Run: {record.run}", f"Autocode-Iteration: {record.iteration}"


def _trailers(record: Record, number: int, co_author: str | None) -> str:
    trailers = [f"Autocode-Issue: #{number}", *iteration_trailers(record)]
    if record.stacked:
        trailers.append(base_trailer(record))
    if co_author:
        trailers.append(f"Co-authored-by: {co_author}")
    return "\n".join(trailers) + "\n"
