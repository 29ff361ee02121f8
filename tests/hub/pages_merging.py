"""What a pull request's page says of merging it, and how much of a thread's hunk it shows."""

from tests.hub import git_merge
from tests.hub.checks import CheckRun, Status
from tests.hub.entities import PullRequest
from tests.hub.mergeability import state_when
from tests.hub.requirements import is_required as asked_for
from tests.hub.requirements import unmet
from tests.hub.state import State

SHOWN = 4
"""The last lines of a hunk."""
WORDS = {
    "dirty": ("bad", "This branch has conflicts that must be resolved."),
    "draft": ("grey", "This pull request is still a work in progress."),
    "blocked": ("bad", "Merging is blocked."),
    "behind": ("bad", "This branch is out-of-date with the base branch."),
    "unstable": ("good", "This branch has no conflicts with the base branch."),
    "clean": ("good", "This branch has no conflicts with the base branch. Ready for review."),
}


def merge_box(state: State, pull: PullRequest) -> tuple[tuple[str, str], list[str]]:
    """((colour, words), what is still asked for) of an open pull request."""
    if pull.state == "closed":
        return ("grey", ""), []
    lines = [line.strip().rpartition("\n")[2] for line in unmet(state, pull)]
    return WORDS[state_when(state, pull, git_merge.mergeable(pull))], lines


def is_required(check: CheckRun | Status, pull: PullRequest) -> bool:
    return (isinstance(check, CheckRun) and check.required) or asked_for(check, pull)
