"""Preparing: mirror fetched, branch checked out; afterwards there is a worktree to code in."""

import logging
from functools import partial

from jobs import pauses
from jobs.agent.transcript import Checkpoint
from jobs.git.address import Address
from jobs.git.errors import BaseMissing, MirrorBroken
from jobs.git.evict import evict
from jobs.git.files import require_room
from jobs.git.mirror import Mirror
from jobs.git.worktree import Worktree
from jobs.steps.stacking import begin_on_top, take_up
from jobs.steps.updating import update
from jobs.steps.work import Work
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.names import ticket_branch
from jobs.ticket.observation import Observation
from jobs.ticket.phases import Signal
from jobs.ticket.stacking import trunk_of
from jobs.ticket.updates import checked_out

GIGABYTE = 10**9
ROOM = 16 << 20
"""Bytes without which nothing is begun."""

log = logging.getLogger("autocode")


def prepare(work: Work) -> Signal:
    """Settle the branch and check it out."""
    if work.record.branch is None:
        stacked = work.record.stacked
        base = work.record.base if stacked else trunk_of(work.record, work.observation)
        if base is None or work.observation.repository.is_empty:
            raise TellPeople(
                f"The repository {work.ticket.repository} has no commit yet, so there is no branch to start from. "
                "Push a first commit to its default branch."
            )
        chosen = None if stacked else work.record.base
        work.note(branch=branch_of(work.observation, chosen), base=base)
        take_up(work)
    # The files belong to the conversation: they are kept while it can go on, and only then.
    goes_on = checkpoint_of(work).load() is not None
    worktree = open_worktree(work, resume=goes_on)
    if not (goes_on and worktree.resumed):
        checkpoint_of(work).delete()
        work.record = checked_out(work.record, worktree.head(), work.clock())
    begin_on_top(work, worktree)
    work.note(no_change=False)
    is_held_up = (goes_on or not work.record.rounds) and work.record.underneath
    # Whoever was answered goes on first, in files that have been brought along if nothing in them is unsaved. A new
    # run has something for its agent in any case.
    return update(work, worktree) if work.record.update and not is_held_up else Signal.PREPARED


def open_worktree(work: Work, *, resume: bool) -> Worktree:
    """The ticket's worktree; with `resume` whatever a dead worker left in it is kept if it still fits.

    Where the conversation of the present iteration is kept, only what was done to the files in that one fits.
    """
    if work.worktree is None or work.worktree.base != work.record.base:
        record, url = work.record, f"{work.observation.repository.url}.git"
        if record.branch is None or record.base is None:
            raise RuntimeError(f"{work.ticket.key} has no branch in phase {record.phase}")
        # Before anything is done, or asked of the model, that could not be kept.
        require_room(work.settings.data, ROOM)
        mirror = work.mirror = work.mirror or Mirror(work.settings.data, Address.parse(url), url)
        begun = checkpoint_of(work).load() if resume else None
        mark = begun.progress.files if begun else ""
        open_here = partial(
            mirror.worktree, work.ticket.number, record.branch, record.base, resume=resume, mark=mark
        )
        work.with_token(mirror.fetch)
        # Whoever has the ticket now, if it is not us any more, has its files as well.
        work.still_ours()
        try:
            work.worktree = open_here()
        except BaseMissing as missing:
            if record.stacked is None:
                raise
            # GitHub has not shown yet what became of its pull request.
            pause = pauses.pause(work.redis, work.ticket, "the base is missing")
            raise Later(work.clock() + pause, str(missing)) from missing
        except MirrorBroken:
            work.with_token(mirror.fetch)
            work.still_ours()
            work.worktree = open_here()
        evict(work.settings.data, int(work.settings.mirrors_gb * GIGABYTE), keep=mirror.path)
    return work.worktree


def remove_worktree(work: Work) -> None:
    """The ticket rests: its files, where this machine has them, are of use to nobody. Another run has its own."""
    url = f"{work.observation.repository.url}.git"
    mirror = work.mirror = work.mirror or Mirror(work.settings.data, Address.parse(url), url)
    work.worktree = None
    try:
        mirror.remove_worktree(work.ticket.number)
    except OSError as error:
        log.warning("%s: its files could not be removed: %s", work.ticket.key, error)


def checkpoint_of(work: Work) -> Checkpoint:
    """Where the conversation of the present iteration is kept."""
    return Checkpoint(work.redis, work.ticket, work.record.run, work.record.iteration)


def branch_of(observation: Observation, base: str | None = None) -> str:
    """The branch to work on: an unfinished one of this ticket if there is any, else a new name.

    Args:
        base: what people have chosen; one that is not known to be meant for it is of no use then.
    """
    pull_requests = observation.pull_requests
    finished = {item.head_branch for item in pull_requests if item.state != "OPEN"}
    bases = {item.head_branch: item.base_branch for item in pull_requests if item.state == "OPEN"}
    for branch in observation.branches:
        if branch.name not in finished and base in (None, bases.get(branch.name)):
            return branch.name
    taken = finished | {branch.name for branch in observation.branches}
    return ticket_branch(observation.ticket.number, observation.issue.title, frozenset(taken))
