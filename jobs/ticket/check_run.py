"""Check runs of our own: on a pull request's head with buttons, and on a commit whose configuration is wrong. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobs.ticket.configuration import PATH, Mistake
from jobs.ticket.observation import Observation, PullRequest
from jobs.ticket.phases import Phase
from jobs.ticket.record import Record
from jobs.ticket.status import headline
from jobs.ticket.unread import own_pull_request

NAME = "autocode"
CONFIGURATION = "autocode.yml"
MOST_ANNOTATIONS = 50
"""https://docs.github.com/en/rest/checks/runs#create-a-check-run"""


@dataclass(frozen=True)
class Button:
    """A press starts what the command of that name starts.

    https://docs.github.com/en/rest/checks/runs#create-a-check-run: at most 20, 40 and 20 characters.
    """

    label: str
    description: str
    identifier: str


RETRY = Button("Retry", "Start the ticket afresh", "retry")
STOP = Button("Stop", "Cancel; the branch and the draft stay", "stop")
FIX = Button("Fix", "Work in what people have said since", "fix")

BUTTONS: dict[Phase, tuple[Button, ...]] = {
    Phase.QUEUED: (STOP,),
    Phase.PREPARING: (STOP,),
    Phase.CODING: (STOP,),
    Phase.ASKING: (STOP,),
    Phase.APPROVING: (STOP,),
    Phase.PUBLISHING: (STOP,),
    Phase.CHECKING: (FIX, STOP),
    Phase.VALIDATING: (FIX, STOP),
    Phase.MERGING: (FIX, STOP),
    Phase.DONE: (),
    Phase.FAILED: (RETRY,),
    Phase.CANCELLED: (RETRY,),
}
"""Those that fit."""


@dataclass(frozen=True)
class Face:
    """What the check run of one commit shows. It always is complete, since only then it has buttons, and neutral."""

    head_sha: str
    title: str
    summary: str
    buttons: tuple[Button, ...]
    shown: str
    """For whoever presses one: the run and the iteration that it is about."""
    may_be_new: bool = True
    """Made where the commit has none yet; of a pull request that is over nobody knows whether it has."""


def face(record: Record, max_iterations: int, url: str, observation: Observation) -> Face | None:
    """What is shown on the pull request's head; None before there is a pull request.

    Args:
        url: of the status comment.
    """
    if record.pull_request is None or not record.rounds:
        return None
    text, pull_request = headline(record, max_iterations), own_pull_request(record, observation)
    return Face(
        head_sha=_head(record, observation.now, pull_request),
        title=text[:1].upper() + text[1:],
        summary=f"What was done, what it waits for and what it costs is in the [status comment]({url}).",
        buttons=BUTTONS[record.phase],
        shown=f"{record.run} {record.iteration}",
        may_be_new=pull_request is None or pull_request.state == "OPEN",
    )


def _head(record: Record, observed_at: datetime, pull_request: PullRequest | None) -> str:
    """Whoever pushed it; only what we have pushed since the observation is not in it."""
    is_ours = record.published_at is not None and observed_at < record.published_at
    return record.rounds[-1].head_sha if is_ours or pull_request is None else pull_request.head_sha


def report(mistakes: Sequence[Mistake]) -> dict[str, Any]:
    """The check run of a commit whose configuration file has mistakes, each noted at its line."""
    number = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
    annotations = [
        {
            "path": PATH, "start_line": mistake.line, "end_line": mistake.line, "annotation_level": "failure",
            "message": mistake.text,
        }
        for mistake in mistakes[:MOST_ANNOTATIONS]
    ]  # fmt: skip
    return {
        "status": "completed",
        "conclusion": "failure",
        "output": {
            "title": f"{number} in {PATH}",
            "summary": "Until that is mended, the last valid values of the default branch count, or the defaults.",
            "annotations": annotations,
        },
    }
