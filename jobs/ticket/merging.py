"""Merging: whether a pull request is to be merged now, in which way, and what stands against it. Pure.

A person asks for it (`/autocode merge`), or the repository's `merge` does; either way one commit is meant, the head
that was seen. GitHub's rules are GitHub's to keep: here is only chosen which way to ask.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto

from jobs.ticket.budget import Budget
from jobs.ticket.checks import Verdict, verdict
from jobs.ticket.observation import Observation, PullRequest, Review
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.record import Merge, Record

JUDGEMENTS = frozenset({"APPROVED", "CHANGES_REQUESTED"})
SETTLING = timedelta(seconds=30)
"""How long green commit statuses alone are not taken for the whole answer: workflows take as long to begin, be it
after a push or once a pull request is no draft any more."""
LAGGING = timedelta(seconds=15)
"""How long GitHub may go on to say that a review is missing after it was given."""


@dataclass(frozen=True)
class Standing:
    """What GitHub says of merging a pull request, asked directly before."""

    state: str
    """OPEN, CLOSED, MERGED."""
    is_draft: bool
    head_sha: str
    merge_state: str
    """https://docs.github.com/en/graphql/reference/enums#mergestatestatus: UNKNOWN until GitHub has found out."""
    review_decision: str | None
    """https://docs.github.com/en/graphql/reference/enums#pullrequestreviewdecision"""
    has_queue: bool
    """Its base has a merge queue."""
    is_waiting: bool
    """GitHub has been asked already: it is in the queue, or auto-merge is on."""
    may_wait: bool
    """The repository allows auto-merge."""
    asked_by: str | None = None
    """Login of who put it into the queue or switched auto-merge on; None while it is not waiting."""


class Way(Enum):
    """How GitHub is asked."""

    AT_ONCE = auto()
    QUEUE = auto()
    AUTO_MERGE = auto()
    """GitHub merges by itself once the rules of the base are met."""


UNREVIEWED = {
    "REVIEW_REQUIRED": "an approving review is required by the rules of the base branch, and missing.",
    "CHANGES_REQUESTED": "a reviewer's request for changes stands; they approve, or their review is dismissed.",
}
MOVED = "its head has moved since the merge was asked for."
DRAFT = "the pull request is a draft."
CONFLICT = "it conflicts with the base branch."
BEHIND = "its branch lacks commits of the base branch, whose rules want it to have them."
BASE_MOVED = "Base branch was modified"
"""GitHub's words for a merge that it did not get done before the base moved."""


def way(standing: Standing, head_sha: str, refusals: dict[Way, str]) -> Way | str:
    """The next way to try, or why there is none.

    Args:
        head_sha: the only commit that may be merged.
        refusals: the ways that GitHub has refused, with its words.
    """
    if standing.head_sha != head_sha:
        return MOVED
    if standing.is_draft:
        return DRAFT
    if standing.merge_state == "DIRTY":
        return CONFLICT
    unreviewed = UNREVIEWED.get(standing.review_decision or "", "")
    first = Way.QUEUE if standing.has_queue else Way.AT_ONCE
    is_held_up = bool(unreviewed) or standing.merge_state == "BLOCKED" or Way.QUEUE in refusals
    if is_held_up and standing.may_wait and Way.AUTO_MERGE not in refusals:
        return Way.AUTO_MERGE
    if unreviewed:
        # Not even tried: there may be exceptions to the rule for Apps, and none are meant for this.
        return unreviewed
    if standing.merge_state == "BEHIND" and first is Way.AT_ONCE:
        return BEHIND
    return first if first not in refusals else _sentence(refusals[first])


def is_outdated(standing: Standing, pull_request: PullRequest, now: datetime) -> bool:
    """GitHub has answered from a copy that lags behind what was observed before: it was no draft, or was approved."""
    is_new = any(
        item.state == "APPROVED" and now - item.submitted_at < LAGGING for item in pull_request.reviews
    )
    is_draft = standing.is_draft and not pull_request.is_draft
    return is_draft or (standing.review_decision == "REVIEW_REQUIRED" and is_new)


def may_pass(standing: Standing, said: str) -> bool:
    """A refusal that the same request may not meet a moment later: GitHub was still finding out, or the base moved."""
    return standing.merge_state == "UNKNOWN" or BASE_MOVED in said


def merge_signal(
    record: Record, observation: Observation, pull_request: PullRequest, budget: Budget
) -> Signal | None:
    """What is to be done about merging, once nothing else is."""
    if record.stacked is not None:
        # Not before what it stands on, and then into another base.
        return None
    if record.phase is Phase.VALIDATING and _is_wanted(record, observation, pull_request, budget):
        return Signal.MERGE_WANTED
    merge = record.merge
    if record.phase is not Phase.MERGING or merge is None or merge.at is None:
        return None
    if merge.is_behind:
        return Signal.OUTDATED
    is_asked = pull_request.has_auto_merge or pull_request.is_queued
    if merge.refusal or (observation.now >= merge.at and not is_asked):
        return Signal.MERGE_REFUSED
    return None


def settled_at(record: Record, observation: Observation, budget: Budget) -> datetime | None:
    """When it can be told whether the pull request's end as a draft has started checks; None once that is over.

    Nobody calls us then: GitHub tells us of what we have done ourselves, and that is not listened to.
    """
    if record.phase is not Phase.VALIDATING or record.since is None or record.stacked is not None:
        return None
    settled = record.since + min(SETTLING, budget.checks_timeout)
    is_of_use = observation.configuration.merge != "never" or (record.merge is not None and record.merge.by)
    return settled if is_of_use and observation.now < settled else None


def begun(record: Record, now: datetime) -> Merge:
    """GitHub is about to be asked to merge the head."""
    wish, head = record.merge, str(record.head_sha)
    return Merge(head, by=wish.by if wish and wish.head_sha == head else "", at=now)


def given_up(record: Record, pull_request: PullRequest) -> Merge:
    """The merge was refused: who asked has been told, and the configuration waits until something has changed."""
    merge = record.merge or Merge(pull_request.head_sha)
    return replace(merge, by="", at=None, tried=_shown(pull_request))


def overtaken(merge: Merge | None) -> Merge | None:
    """A review has come: whoever asked for the merge knew nothing of it, nor of what is answered, so none is merged."""
    return replace(merge, head_sha="", at=None) if merge and merge.by else None


def judges(record: Record, observation: Observation, pull_request: PullRequest | None) -> frozenset[str]:
    """Whose permission has to be known before an approval counts."""
    wants = observation.configuration.merge == "on-approval" and record.phase is Phase.VALIDATING
    reviews = pull_request.reviews if wants and pull_request else ()
    return frozenset(item.author for item in reviews if item.by_person and item.state in JUDGEMENTS)


def _is_wanted(record: Record, observation: Observation, pull_request: PullRequest, budget: Budget) -> bool:
    word, merge = verdict(pull_request.checks), record.merge
    if pull_request.state != "OPEN" or word in (Verdict.PENDING, Verdict.FAILED):
        return False
    is_settling = settled_at(record, observation, budget) is not None
    if merge and merge.head_sha == pull_request.head_sha:
        if merge.by:
            # What somebody has made a draft of again is refused with a word.
            return not (pull_request.is_draft and is_settling)
        if merge.tried == _shown(pull_request):
            return False
    if pull_request.is_draft:
        return False
    match observation.configuration.merge:
        case "on-green":
            return word is Verdict.PASSED and not is_settling
        case "on-approval":
            return _is_approved(pull_request, observation)
    return False


def _is_approved(pull_request: PullRequest, observation: Observation) -> bool:
    """Somebody who may write approves exactly this head, and nobody who may write objects."""
    latest: dict[str, Review] = {
        item.author: item
        for item in pull_request.reviews
        if item.state in JUDGEMENTS and item.by_person and observation.may_write(item.author)
    }
    states: Collection[str] = {item.state for item in latest.values()}
    approved = any(
        item.state == "APPROVED" and item.head_sha == pull_request.head_sha for item in latest.values()
    )
    return approved and "CHANGES_REQUESTED" not in states


def _shown(pull_request: PullRequest) -> str:
    """What may be another reason next time: reviews and checks."""
    newest = max((item.id for item in pull_request.reviews), default=0)
    return f"review {newest}, {len(pull_request.checks)} checks"


def _sentence(words: str) -> str:
    """GitHub's words as a sentence of ours."""
    text = " ".join(words.split())
    return f"GitHub says: {text}" if text.endswith((".", "!", "?")) else f"GitHub says: {text}."
