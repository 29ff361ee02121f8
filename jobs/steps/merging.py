"""Merging: GitHub is asked to merge the head that was seen, now or once its rules allow it; and that is taken back.

Every way looks first how the pull request stands, so whoever does it again after a death or a lost answer finds what
was done. What GitHub refuses stands in the record, from where people are told it in the status comment.
"""

import logging
from dataclasses import replace
from functools import partial

from jobs import pauses
from jobs.freshness import LAG
from jobs.github.errors import GitHubError, Gone
from jobs.steps.allowed import allowed
from jobs.steps.work import Work
from jobs.ticket import notes
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.merging import BEHIND, Way, is_outdated, may_pass, way
from jobs.ticket.observation import PullRequest
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.signals import UPDATES
from jobs.ticket.unread import own_pull_request
from jobs.ticket.words import elided

REFUSAL_EACH_END = 500
"""Characters of GitHub's words."""
LONGEST = 4 * pauses.UNCERTAIN_FOR
"""The third pause, and the last, after refusals that may pass."""

log = logging.getLogger("autocode")


def merge(work: Work, _signal: Signal) -> None:
    """merging: ask GitHub; afterwards the observation shows what came of it, or the record why nothing did."""
    pull_request, wish = own_pull_request(work.record, work.observation), work.record.merge
    if pull_request is None or wish is None:
        return
    try:
        why = _attempt(work, pull_request)
    except TellPeople as problem:
        # A permission is missing, which is no reason to give the ticket up.
        why = str(problem)
    if why == BEHIND and work.record.updates < UPDATES:
        work.note(merge=replace(wish, is_behind=True))
    elif why:
        log.info("%s: not merged: %s", work.ticket.key, why)
        work.note(merge=replace(wish, refusal=notes.not_merged(elided(why, REFUSAL_EACH_END))))


def call_off(work: Work) -> None:
    """The ticket leaves merging, or ends: what GitHub would still do by itself for us is taken back, if it lets us.

    Where no record tells of our asking, for which a worker may have died in between, GitHub says who did.
    """
    pull_request = own_pull_request(work.record, work.observation)
    if pull_request is None or pull_request.state != "OPEN":
        return
    if pull_request.is_queued or pull_request.has_auto_merge:
        allowed(work, partial(_take_back, work, pull_request))


def _take_back(work: Work, pull_request: PullRequest) -> None:
    if work.record.phase is not Phase.MERGING:
        standing = work.github.merge_standing(pull_request.number)
        if standing.asked_by != work.observation.viewer:
            return
    if pull_request.is_queued:
        work.github.leave_queue(pull_request)
    if pull_request.has_auto_merge:
        work.github.disable_auto_merge(pull_request)


def _attempt(work: Work, pull_request: PullRequest) -> str:
    """Try every way that is open; why none was, or nothing when one was or somebody else was faster."""
    refusals: dict[Way, str] = {}
    while True:
        standing = work.github.merge_standing(pull_request.number)
        if standing.state != "OPEN":
            work.show_pull_request(pull_request, state=standing.state)
            return ""
        if standing.is_waiting:
            work.show_pull_request(pull_request, has_auto_merge=True)
            return ""
        if is_outdated(standing, pull_request, work.observation.now):
            raise Later(work.clock() + LAG, "GitHub answered with a state older than the one observed")
        chosen = way(standing, pull_request.head_sha, refusals)
        if isinstance(chosen, str):
            return chosen
        try:
            _ask(work, pull_request, chosen)
        except Gone:
            raise
        except GitHubError as refused:
            if may_pass(standing, refused.said):
                _wait_once_more(work, refused)
            refusals[chosen] = refused.said
        else:
            return ""


def _wait_once_more(work: Work, refused: GitHubError) -> None:
    """Later, unless the pauses have grown too long for something that passes: then it is a refusal like others."""
    pause = pauses.pause(work.redis, work.ticket, "not merged yet")
    if pause <= LONGEST:
        raise Later(work.clock() + pause, f"GitHub has not merged it yet: {refused.said}")


def _ask(work: Work, pull_request: PullRequest, chosen: Way) -> None:
    method, base = work.observation.configuration.method, pull_request.base_branch
    match chosen:
        case Way.AT_ONCE:
            work.github.merge(pull_request, method)
            work.show_pull_request(pull_request, state="MERGED")
        case Way.QUEUE:
            work.github.join_queue(pull_request)
            work.show_pull_request(pull_request, is_queued=True)
            work.note(note=notes.in_queue(base))
        case Way.AUTO_MERGE:
            work.github.enable_auto_merge(pull_request, method)
            work.show_pull_request(pull_request, has_auto_merge=True)
            work.note(note=notes.auto_merge(base))
