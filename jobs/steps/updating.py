"""Updating: the base's commits brought into the branch, where the two collide or people have asked for it."""

from jobs.git.worktree import Worktree
from jobs.steps.people import bot
from jobs.steps.work import Work
from jobs.ticket import commits
from jobs.ticket.phases import Signal
from jobs.ticket.signals import is_told, unread_comments


def update(work: Work, worktree: Worktree) -> Signal:
    """UPDATED, to be published; PREPARED when there is work for the agent first: conflicts, which stand in the files,
    or what people have told it meanwhile."""
    if not is_wanted(work, worktree):
        return Signal.PREPARED if _is_begun(worktree) or _is_told(work) else Signal.UPDATED
    message = commits.merge_message(work.record, work.ticket.number)
    rebase = work.observation.configuration.update == "rebase"
    unresolved = worktree.update(message, author=bot(work), rebase=rebase)
    # Who settled the conflict themselves and said so has nothing for the agent; any other answer may be for it.
    asked = work.record.question
    is_answer = asked is not None and asked.kind == "conflict"
    return Signal.PREPARED if unresolved or _is_told(work, in_any_words=is_answer) else Signal.UPDATED


def is_wanted(work: Work, worktree: Worktree) -> bool:
    """The base is to be brought in, and is not yet. What an agent has begun on top of it is let alone."""
    return work.record.update and not worktree.contains_base() and not _is_begun(worktree)


def _is_begun(worktree: Worktree) -> bool:
    return bool(worktree.conflicts() or worktree.changed_paths())


def _is_told(work: Work, *, in_any_words: bool = False) -> bool:
    work.ask_permissions({item.author for item in unread_comments(work.record, work.observation)})
    return is_told(work.record, work.observation, in_any_words=in_any_words)
