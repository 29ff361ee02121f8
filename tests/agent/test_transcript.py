"""The transcript: what is kept of it, and how one that was cut anywhere becomes whole again."""

import zlib
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from jobs.agent import transcript as module
from jobs.agent.transcript import INTERRUPTED, Checkpoint, Progress, Transcript, repaired
from jobs.ticket.record import KEPT, CommandRun, PlanStep
from tests.agent.world import TICKET

Json = dict[str, Any]

KEY = "transcript:17/acme/tools#12:r1:1"


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def use(identity: str) -> Json:
    return {"type": "tool_use", "id": identity, "name": "submit", "input": {}}


def answer(identity: str) -> Json:
    return {"type": "tool_result", "tool_use_id": identity, "content": f"did {identity}"}


def lost(identity: str) -> Json:
    return {"type": "tool_result", "tool_use_id": identity, "content": INTERRUPTED, "is_error": True}


def user(*content: Json) -> Json:
    return {"role": "user", "content": list(content)}


def model(*content: Json) -> Json:
    return {"role": "assistant", "content": list(content)}


WHOLE = [
    user(text("go")),
    model(text("ok"), use("a"), use("b")),
    user(answer("a"), answer("b"), text("psst")),
]


@pytest.fixture
def checkpoint(redis: Redis) -> Checkpoint:
    return Checkpoint(redis, TICKET, "r1", 1)


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        (WHOLE, WHOLE),
        (WHOLE[:2], [*WHOLE[:2], user(lost("a"), lost("b"))]),
        ([*WHOLE[:2], user(answer("b"))], [*WHOLE[:2], user(lost("a"), answer("b"))]),
        ([*WHOLE[:2], user(answer("b"), answer("a"))], [*WHOLE[:2], user(answer("a"), answer("b"))]),
        ([*WHOLE[:2], user(text("hello"))], [*WHOLE[:2], user(lost("a"), lost("b"), text("hello"))]),
        ([WHOLE[0], user(answer("x"), text("hello"))], [user(text("go"), text("hello"))]),
        (
            [WHOLE[0], model(use("a")), model(use("b"))],
            [WHOLE[0], model(use("a")), user(lost("a")), model(use("b")), user(lost("b"))],
        ),
        ([WHOLE[0], model(text(" ")), user(text("on"))], [user(text("go"), text("on"))]),
    ],
    ids=["whole", "cut", "one missing", "swapped", "told first", "no call", "two in a row", "empty"],
)
def test_every_call_gets_its_result_and_every_result_its_call(
    messages: list[Json], expected: list[Json]
) -> None:
    assert repaired(messages) == expected


def test_a_transcript_comes_back_as_it_was(checkpoint: Checkpoint, redis: Redis) -> None:
    progress = Progress(
        turns=3,
        plan=(PlanStep("a", True),),
        commands=(CommandRun("make", 2, 1.5),),
        shown_diff="d",
        empty_submits=1,
        asked="b",
    )
    checkpoint.save(Transcript(list(WHOLE), progress))
    assert checkpoint.load() == Transcript(list(WHOLE), progress)
    assert 0 < redis.ttl(KEY) <= 7 * 24 * 3600


def test_there_is_nothing_before_the_first_turn_and_after_the_last(checkpoint: Checkpoint) -> None:
    assert checkpoint.load() is None
    checkpoint.save(Transcript(list(WHOLE)))
    checkpoint.delete()
    assert checkpoint.load() is None


@pytest.mark.parametrize("kept", [b"rubbish", zlib.compress(b"{"), zlib.compress(b'{"version": 0}')])
def test_an_unreadable_transcript_counts_as_none(checkpoint: Checkpoint, redis: Redis, kept: bytes) -> None:
    redis.set(KEY, kept)
    assert checkpoint.load() is None


def test_a_transcript_that_is_too_large_is_not_kept(
    checkpoint: Checkpoint, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint.save(Transcript(list(WHOLE)))
    monkeypatch.setattr(module, "LARGEST", 10)
    checkpoint.save(Transcript(list(WHOLE)))
    assert redis.get(KEY) is None


def test_only_the_newest_commands_are_kept() -> None:
    progress = Progress()
    run = CommandRun("true", 0, 0.1)
    for number in range(KEPT + 5):
        progress.note(replace(run, exit_code=number))
    assert [run.exit_code for run in progress.commands] == list(range(5, KEPT + 5))
