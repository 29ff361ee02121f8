"""Setbacks: what becomes of a ticket that cannot go on: it is set aside, waits for room, or is tried again."""

import logging
import time
from datetime import timedelta

from redis.exceptions import RedisError

from jobs import pauses
from jobs.git.errors import GitFailed
from jobs.git.evict import make_room
from jobs.github.errors import GitHubError, Uncertain
from jobs.moves import move
from jobs.poison import ASIDE_FOR, BLIND, MOST
from jobs.steps.preparing import remove_worktree
from jobs.steps.work import Work
from jobs.ticket import messages, notes
from jobs.ticket.errors import Later, LeaseLost, TellPeople
from jobs.ticket.names import comment_marker
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.world import World

REDIS_AWAY = 60.0
"""Seconds that a run waits for Redis, to say there that it did not end badly."""

log = logging.getLogger("autocode")


def run_of(work: Work) -> str:
    """What people are told and the log says of this run; before there is a record, or it can be read, its number."""
    return work.recorded.run if work.recorded else str(work.bad_runs.fence)


def set_aside(world: World, work: Work, problem: str) -> None:
    """Tell people what stands in the way, and let the ticket rest. If even that cannot be said, try again later."""
    record = work.recorded
    if record is None or KIND[record.phase] == "resting":
        return
    work.ending = messages.stopped_by_problem(record, problem) if problem else messages.apology(record.run)
    work.note(note=problem)
    try:
        move(world, work, Signal.BROKEN)
        work.save()
        remove_worktree(work)
    except LeaseLost:
        log.warning("%s: the lease is lost, another worker goes on", work.ticket.key)
    except (Later, Uncertain) as later:
        until = later.until if isinstance(later, Later) else world.clock() + pauses.UNCERTAIN_FOR
        log.warning("%s: could not say so yet: %s", work.ticket.key, later)
        world.queue.request_at(work.ticket, until)
    except (TellPeople, GitHubError) as error:
        log.warning("%s: could not say so on the issue: %s", work.ticket.key, error)


def stays_aside(world: World, work: Work) -> bool:
    """Whether the ticket is not to be looked at, since its runs end badly; people are told so when it begins.

    Set aside, it is looked at when somebody does something to it, and once a day.
    """
    since, now = work.bad_runs.aside_since(), world.clock()
    if since is None:
        if work.bad_runs.before() < MOST:
            return False
        _apologize(world, work)
        return True
    if world.queue.heard_of(work.ticket) <= since and now < since + ASIDE_FOR:
        world.queue.request_at(work.ticket, since + ASIDE_FOR)
        return True
    # Before the look, which may be what kills us.
    work.bad_runs.set_aside(now)
    return False


def _apologize(world: World, work: Work) -> None:
    """Set the ticket aside with an apology, in its record if that can be reached.

    What may be what breaks is not tried twice: first everything is read, then the issue alone, then nothing.
    """
    bad = work.bad_runs.before()
    log.error("%s: %d runs in a row have ended badly", work.ticket.key, bad)
    if bad < BLIND:
        work.observe(everything=bad == MOST)
    if work.recorded and KIND[work.recorded.phase] != "resting":
        log.error("%s: run %s is set aside", work.ticket.key, work.recorded.run)
        set_aside(world, work, "")
        return
    if work.recorded is None or work.recorded.phase is not Phase.FAILED:
        _apologize_blindly(work)
    now = world.clock()
    work.bad_runs.set_aside(now)
    world.queue.request_at(work.ticket, now + ASIDE_FOR)


def _apologize_blindly(work: Work) -> None:
    """In a comment that no record tells of. What may have been said is not said again."""
    run = run_of(work)
    log.error("%s: set aside under run %s, without a record", work.ticket.key, run)
    try:
        work.github.create_comment(f"{comment_marker(run, 'failed')}\n{messages.apology(run)}")
    except (Uncertain, TellPeople, GitHubError) as error:
        log.warning("%s: could not say so on the issue: %s", work.ticket.key, error)


def wait_for_room(world: World, work: Work) -> None:
    """Make room on the disk by what can be fetched again; if there is no such thing, say so and try again later."""
    again = world.clock()
    is_roomy = make_room(world.settings.data, keep=work.mirror.path if work.mirror else None) is not None
    if not is_roomy:
        again += pauses.pause(world.redis, work.ticket, "no room")
    world.queue.request_at(work.ticket, again)
    if is_roomy or work.recorded is None or work.record.note == notes.NO_ROOM:
        return
    work.note(note=notes.NO_ROOM)
    try:
        work.save()
    except (LeaseLost, Later, Uncertain, TellPeople, GitHubError) as error:
        log.warning("%s: could not say so on the issue: %s", work.ticket.key, error)


def wait_for_redis(world: World, work: Work) -> None:
    """Redis was away, for which the ticket cannot help: this run does not count, and another one goes on.

    Raises what Redis says if it stays away; then the job is run again.
    """
    given_up = time.monotonic() + REDIS_AWAY
    while True:
        try:
            work.bad_runs.leave()
            break
        except RedisError:
            if work.stopping() or time.monotonic() > given_up:
                raise
            time.sleep(0.5)
    world.queue.request_at(
        work.ticket, world.clock() + pauses.pause(world.redis, work.ticket, "Redis is away")
    )


def after_failure(world: World, work: Work, error: Exception) -> None:
    """Try again soon; after the third bad run in a row the next one sets the ticket aside."""
    if isinstance(error, GitFailed) and work.mirror:
        work.mirror.discard_if_broken()
    bad = work.bad_runs.before() + 1
    pause = timedelta(0) if MOST <= bad <= BLIND else pauses.doubled(pauses.FAILURE_PAUSE, bad)
    world.queue.request_at(work.ticket, world.clock() + pause)
