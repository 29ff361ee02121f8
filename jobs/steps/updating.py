"""Updating: the base's commits brought into the branch, where the two collide or people have asked for it."""

from dataclasses import replace

from jobs.git.worktree import Worktree
from jobs.steps.people import bot
from jobs.steps.work import Work
from jobs.ticket import commits
from jobs.ticket.phases import Signal
from jobs.ticket.stacking import is_forsaken
from jobs.ticket.unread import is_told, unread_comments


def update(work: Work, worktree: Worktree) -> Signal:
    """UPDATED, to be published; PREPARED when there is work for the agent first: conflicts, which stand in the files,
    or what people have told it meanwhile."""
    if not is_wanted(work, worktree):
        return Signal.PREPARED if _is_told(work) or _is_begun(worktree) else Signal.UPDATED
    message = commits.merge_message(work.record, work.ticket.number)
    record = work.record
    is_left = bool(record.underneath) and (record.stacked is None or is_forsaken(record))
    rebase = is_left or work.observation.configuration.update == "rebase"
    unresolved = worktree.update(message, author=bot(work), rebase=rebase, since=record.underneath)
    # Who settled the conflict themselves and said so has nothing for the agent; any other answer may be for it.
    asked = work.record.question
    is_answer = asked is not None and asked.kind == "conflict"
    if _is_told(work, in_any_words=is_answer) or unresolved:
        return Signal.PREPARED
    _keep_wish(work, worktree.head())
    return Signal.UPDATED


def _keep_wish(work: Work, head: str) -> None:
    """Who asked for the merge of what stood on another ticket meant what git alone makes of it on its new base, too."""
    merge = work.record.merge
    if work.record.underneath and merge and merge.by and merge.head_sha == work.record.head_sha:
        work.note(merge=replace(merge, head_sha=head))


def is_wanted(work: Work, worktree: Worktree) -> bool:
    """The base is to be brought in, and is not yet. What an agent has begun on top of it is let alone."""
    return (
        work.record.update and not worktree.contains_base(work.record.underneath) and not _is_begun(worktree)
    )


def _is_begun(worktree: Worktree) -> bool:
    return bool(worktree.conflicts() or worktree.changed_paths())


def _is_told(work: Work, *, in_any_words: bool = False) -> bool:
    """People want something else of the agent in this iteration: what it has made of that may have been lost since."""
    work.ask_permissions({item.author for item in unread_comments(work.record, work.observation)})
    if is_told(work.record, work.observation, in_any_words=in_any_words):
        work.note(told=work.record.iteration)
    return work.record.told == work.record.iteration
