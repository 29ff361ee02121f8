"""Which commit our own check run is shown on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from jobs.ticket.check_run import face
from jobs.ticket.observation import PullRequest
from jobs.ticket.phases import Phase
from jobs.ticket.record import Record, Round
from tests.ticket.builders import NOW, SHA, observation, pull_request, record

THEIRS, NEXT = "b" * 40, "c" * 40
PUSHED_SINCE = replace(
    record(Phase.CHECKING, head_sha=NEXT, published_at=NOW + timedelta(seconds=1)),
    rounds=(Round(1, SHA), Round(2, NEXT)),
)


@pytest.mark.parametrize(
    ("kept", "pulls", "head_sha", "may_be_new"),
    [
        (record(Phase.CODING), (pull_request(),), SHA, True),
        # A person has pushed, of which no round tells: what GitHub shows of our run is of their commit.
        (record(Phase.CODING), (pull_request(head_sha=THEIRS),), THEIRS, True),
        (record(Phase.CANCELLED), (pull_request(head_sha=THEIRS),), THEIRS, True),
        (PUSHED_SINCE, (pull_request(),), NEXT, True),
        # It was opened after the observation.
        (record(Phase.CHECKING), (), SHA, True),
        (record(Phase.DONE), (pull_request(state="MERGED"),), SHA, False),
        (record(Phase.CANCELLED), (pull_request(state="CLOSED"),), SHA, False),
    ],
)
def test_which_commit_shows_it(
    kept: Record, pulls: tuple[PullRequest, ...], head_sha: str, may_be_new: bool
) -> None:
    shown = face(kept, 3, "https://github.test/comment", observation(pull_requests=pulls))
    assert shown is not None
    assert (shown.head_sha, shown.may_be_new) == (head_sha, may_be_new)


def test_before_there_is_a_pull_request_there_is_none() -> None:
    assert face(record(Phase.PREPARING), 3, "", observation()) is None
