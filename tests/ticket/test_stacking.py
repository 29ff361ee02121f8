"""Whether a ticket begins on top of its blocker's pull request, and where it belongs when that ends: tables."""

from dataclasses import replace

import pytest

from jobs.ticket import notes
from jobs.ticket.budget import Budget
from jobs.ticket.commits import commit_message
from jobs.ticket.configuration import Configuration
from jobs.ticket.dependencies import Stacked
from jobs.ticket.observation import Branch, Observation, PullRequest
from jobs.ticket.phases import Phase, Signal
from jobs.ticket.rebuilding import rebuilt
from jobs.ticket.record import Merge, Record
from jobs.ticket.signals import signal
from jobs.ticket.signing import dump, load
from jobs.ticket.stacking import candidate, has_to_wait, is_forsaken, moved, new_base, trunk_of
from jobs.ticket.status import status_body
from jobs.ticket.updates import updated
from tests.ticket.builders import BRANCH, SHA, check, observation, pull_request, record

BELOW = "autocode/11-below"
STACKED = Stacked(11, 5, "main")
FORSAKEN = replace(STACKED, pull_request=None)


def below(state: str = "OPEN", **more: object) -> PullRequest:
    return pull_request(number=5, state=state, head_branch=BELOW, is_draft=False, **more)


def standing(phase: Phase = Phase.VALIDATING, **more: object) -> Record:
    return replace(record(phase, base=BELOW, stacked=STACKED, underneath="b" * 40), **more)


def own(base: str = BELOW, **more: object) -> PullRequest:
    return pull_request(base_branch=base, is_draft=False, checks=(check(),), **more)


def seen(under: PullRequest | None, *pulls: PullRequest, **more: object) -> Observation:
    return observation(below=under, pull_requests=pulls or (own(),), **more)


@pytest.mark.parametrize(
    ("found", "branches", "pulls", "expected"),
    [
        ((), (), (), False),
        ((below(),), (), (), True),
        ((below(), below("CLOSED")), (), (), True),
        ((replace(below(), is_draft=True),), (), (), False),
        ((below(), replace(below(), number=6)), (), (), False),
        ((below(),), (Branch(BRANCH, SHA),), (), False),
        ((below(),), (Branch(BRANCH, SHA),), (own("main"),), False),
        ((below(),), (Branch(BRANCH, SHA),), (own(),), True),
        ((below(),), (Branch(BRANCH, SHA),), (own("main", state="CLOSED"),), True),
    ],
)
def test_it_begins_on_the_only_open_pull_request_that_is_ready(
    found: tuple[PullRequest, ...],
    branches: tuple[Branch, ...],
    pulls: tuple[PullRequest, ...],
    expected: bool,
) -> None:
    waiting = record(Phase.QUEUED)
    given = candidate(found, waiting, observation(branches=branches, pull_requests=pulls))
    assert (given is not None) is expected


def test_the_trunk_is_where_it_would_have_begun_otherwise() -> None:
    asked = observation(configuration=Configuration(base="develop"))
    assert trunk_of(record(Phase.QUEUED), observation()) == "main"
    assert trunk_of(record(Phase.QUEUED), asked) == "develop"
    assert trunk_of(record(Phase.QUEUED, base="release"), asked) == "release"
    assert trunk_of(standing(), asked) == "main"


@pytest.mark.parametrize(
    ("under", "mine", "expected"),
    [
        (below(), own(), None),
        (None, own(), None),
        (below("MERGED"), own(), "main"),
        (below("MERGED", base_branch="develop"), own(), "develop"),
        (below("MERGED", base_branch="develop"), own("main"), "main"),
        (below("CLOSED", base_branch="develop"), own(), "main"),
        (below(), own("release"), "release"),
        (below(), own("release", state="CLOSED"), None),
    ],
)
def test_it_follows_what_it_stands_on(
    under: PullRequest | None, mine: PullRequest, expected: str | None
) -> None:
    assert new_base(standing(), seen(under, mine)) == expected


def test_what_is_published_is_brought_along() -> None:
    after = moved(standing(), seen(below("MERGED")), "main")
    assert (after.base, after.stacked, after.update, after.underneath) == ("main", None, True, "b" * 40)
    assert after.note == notes.below_merged(STACKED, "main")
    closed = moved(standing(), seen(below("CLOSED")), "main")
    assert is_forsaken(closed)
    assert closed.note == notes.below_closed(STACKED, "main")
    assert moved(standing(), seen(below(), own("release")), "release").note == notes.base_replaced("release")


def test_what_is_not_published_begins_afresh() -> None:
    begun = standing(Phase.CODING, rounds=(), pull_request=None)
    after = moved(begun, seen(below("MERGED"), own(state="CLOSED")), "main")
    assert (after.base, after.branch, after.head_sha, after.underneath) == ("main", None, None, "")
    assert (after.stacked, after.update) == (None, False)
    pushed = observation(below=below("MERGED"), branches=(Branch(BRANCH, SHA),))
    assert moved(begun, pushed, "main").branch == BRANCH


@pytest.mark.parametrize("phase", [Phase.CHECKING, Phase.VALIDATING, Phase.MERGING])
def test_it_is_brought_to_its_new_base_before_anything_else(phase: Phase) -> None:
    left = replace(standing(phase), stacked=None, base="main", update=True)
    assert signal(left, seen(None, own("main")), Budget()) is Signal.BASE_REPLACED
    assert signal(replace(left, pull_request=None), observation(), Budget()) is Signal.BASE_REPLACED
    somebodys = seen(None, own("main", head_sha="c" * 40))
    assert signal(left, somebodys, Budget()) is Signal.PUSHED
    after = updated(replace(left, merge=Merge(SHA, by="bob")), Signal.BASE_REPLACED, seen(None), Budget())
    assert (after.iteration, after.first_iteration, after.merge) == (2, 2, Merge(SHA, by="bob"))


@pytest.mark.parametrize(
    ("phase", "taken", "expected"),
    [
        (Phase.PREPARING, {}, False),
        (Phase.PREPARING, {"stacked": None, "branch": BRANCH}, False),
        (Phase.PREPARING, {"stacked": None, "branch": None}, True),
        (Phase.PREPARING, {"stacked": FORSAKEN}, True),
        (Phase.CODING, {"stacked": FORSAKEN}, True),
        (Phase.PUBLISHING, {"stacked": FORSAKEN}, False),
        (Phase.PUBLISHING, {"stacked": None, "branch": None}, True),
        (Phase.ASKING, {"stacked": FORSAKEN}, False),
    ],
)
def test_who_is_at_work_asks_its_blockers_again_when_its_base_is_taken_away(
    phase: Phase, taken: dict[str, object], expected: bool
) -> None:
    left = standing(phase, **taken)
    assert has_to_wait(left) is expected
    if expected:
        after = updated(left, Signal.BASE_REPLACED, seen(below("CLOSED")), Budget())
        # The round that was under way is still to be finished.
        assert after.iteration == left.iteration


@pytest.mark.parametrize("phase", [Phase.CHECKING, Phase.VALIDATING, Phase.MERGING])
def test_whatever_was_published_meanwhile_waits_again(phase: Phase) -> None:
    left = standing(phase, base="main", stacked=FORSAKEN, update=False)
    assert signal(left, seen(None, own("main")), Budget()) is Signal.BASE_REPLACED
    assert signal(left, seen(None, own("main", head_sha="c" * 40)), Budget()) is Signal.PUSHED


@pytest.mark.parametrize("wish", [None, Merge(SHA, by="bob")])
def test_it_is_never_merged_before_what_it_stands_on(wish: Merge | None) -> None:
    green = seen(below(), configuration=Configuration(merge="on-green"))
    assert signal(standing(merge=wish), green, Budget()) is None
    free = replace(standing(merge=wish), stacked=None)
    assert signal(free, green, Budget()) is Signal.MERGE_WANTED


def test_people_and_a_lost_record_know_what_it_stands_on() -> None:
    text = status_body(standing(), 5)
    assert "stacked on #11: its pull request #5 has to be merged first" in text
    assert "#11" not in notes.below_merged(Stacked(5, 5, "main"), "main")
    assert load(dump(standing(), "a/b#1", ["s"]), "a/b#1", ["s"]) == standing()
    message = commit_message(standing(), observation().issue, 12, None)
    found = rebuilt(observation(branches=(Branch(BRANCH, SHA, message),)), Budget())
    assert found is not None
    assert found.base == BELOW
