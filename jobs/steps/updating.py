"""Updating: the base's commits brought into the branch, where the two collide or people have asked for it."""

from jobs.git.worktree import Worktree
from jobs.steps.people import bot
from jobs.steps.work import Work
from jobs.ticket import commits
from jobs.ticket.phases import Signal


def update(work: Work, worktree: Worktree) -> Signal:
    """UPDATED, to be published; PREPARED when the agent has to settle conflicts first, which stand in the files."""
    if not is_wanted(work, worktree):
        return Signal.PREPARED if _is_begun(worktree) else Signal.UPDATED
    message = commits.merge_message(work.record, work.ticket.number)
    rebase = work.observation.configuration.update == "rebase"
    unresolved = worktree.update(message, author=bot(work), rebase=rebase)
    return Signal.PREPARED if unresolved else Signal.UPDATED


def is_wanted(work: Work, worktree: Worktree) -> bool:
    """The base is to be brought in, and is not yet. What an agent has begun on top of it is let alone."""
    return work.record.update and not worktree.contains_base() and not _is_begun(worktree)


def _is_begun(worktree: Worktree) -> bool:
    return bool(worktree.conflicts() or worktree.changed_paths())
