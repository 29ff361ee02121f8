"""The record survives the way through a comment, and nobody else can write one."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ticket.budget import Spend
from jobs.ticket.record import Answer, CommandRun, Merge, PlanStep, Question, Record, Round
from jobs.ticket.signing import LARGEST, _signature, dump, load
from tests.ticket.builders import NOW, SHA, record

SECRETS = ("newest", "older")
FULL = record(
    plan=(PlanStep("write it", done=True),),
    question=Question("--> or <!--?"),
    spend=Spend(2, 10, 20, 30, 40, Decimal("0.0123")),
    since=NOW,
    rounds=(Round(1, SHA, "failed", (("test", "failure", "https://github.test/1"),)),),
    commands=(CommandRun("pytest", 1, 0.5),),
)


def test_a_record_comes_back_as_it_was() -> None:
    assert load(dump(FULL, "7#12", SECRETS), "7#12", SECRETS) == FULL


@given(st.text(), st.text())
def test_no_text_in_it_can_end_the_hidden_block(note: str, summary: str) -> None:
    written: Record = replace(FULL, note=note, summary=summary)
    block = dump(written, "7#12", SECRETS)
    assert block.count("-->") == 1 and block.endswith("-->")
    assert load(f"Hello\n{block}\n### autocode", "7#12", SECRETS) == written


def test_however_much_there_is_to_say_it_fits_into_a_comment() -> None:
    checks = tuple((f"check {n}", "failure", "https://github.test/" + "x" * 100) for n in range(100))
    many = replace(
        FULL,
        rounds=tuple(Round(n, SHA, "failed", checks) for n in range(60)),
        commands=tuple(CommandRun("c" * 2_000, 1, 0.5) for _ in range(60)),
        plan=tuple(PlanStep("書" * 200) for _ in range(20)),
        summary="書" * 5_000,
        note="書" * 5_000,
        question=Question("書" * 5_000),
    )
    block = dump(many, "7#12", SECRETS)
    assert len(block) < LARGEST + 200
    read = load(block, "7#12", SECRETS)
    assert read is not None
    assert (read.head_sha, read.rounds[-1].head_sha, read.spend) == (FULL.head_sha, SHA, FULL.spend)


@pytest.mark.parametrize(
    "much",
    [
        {"held_by": ("😀" * 20_000,)},
        {"held_by": tuple(f"check {number} {'x' * 100}" for number in range(1_000))},
        {"waits_for": tuple(f"acme/{'x' * 100}#{number}" for number in range(1_000))},
        {"unseen": tuple(f"acme/{'x' * 100}#{number}" for number in range(1_000))},
        {"parts": tuple((f"acme/{'x' * 100}#{number}", "open") for number in range(1_000))},
        {"merge": Merge(SHA, refusal="😀" * 20_000)},
        {"rounds": tuple(Round(number, SHA, note="😀" * 1_000) for number in range(30))},
        {"answers": tuple(Answer("PRRT_" + "x" * 30, "answered", "😀" * 1_000) for _ in range(25))},
    ],
    ids=lambda much: next(iter(much)),
)
def test_nothing_of_it_can_be_too_much(much: dict[str, Any]) -> None:
    loud = {"summary": "😀" * 5_000, "note": "😀" * 5_000, "question": Question("😀" * 5_000)}
    for record_ in (replace(FULL, **much), replace(FULL, **loud, **much)):
        block = dump(record_, "7#12", SECRETS)
        assert len(block) < LARGEST + 200
        assert load(block, "7#12", SECRETS)


@pytest.mark.parametrize(
    ("find", "put"), [('"sequence"', '"sequel"'), ('"checking"', '"dreaming"'), ('"usd"', '"eur"')]
)
def test_a_record_of_another_build_is_no_record(find: str, put: str) -> None:
    text = dump(FULL, "7#12", SECRETS).split("\n")[1].replace(find, put)
    signed = f"<!-- autocode:status {_signature(SECRETS[0], '7#12', text)}\n{text}\n-->"
    found = load(signed, "7#12", SECRETS)
    assert found is None or find == '"sequence"'


def test_it_is_still_read_after_the_secret_was_rotated() -> None:
    assert load(dump(FULL, "7#12", ["older"]), "7#12", SECRETS) == FULL


def test_it_is_still_read_after_github_changed_the_line_ends() -> None:
    assert load(dump(FULL, "7#12", SECRETS).replace("\n", "\r\n"), "7#12", SECRETS) == FULL


@pytest.mark.parametrize(
    ("ticket", "secrets", "find", "put"),
    [
        ("7#12", SECRETS, '"iteration":1', '"iteration":0'),
        ("7#13", SECRETS, "", ""),
        ("7#12", ("another",), "", ""),
        ("7#12", SECRETS, "<!-- autocode:status", "<!-- autocode:state"),
    ],
    ids=["changed by hand", "copied from another issue", "signed by somebody else", "no record at all"],
)
def test_anything_else_is_no_record(ticket: str, secrets: tuple[str, ...], find: str, put: str) -> None:
    assert load(dump(FULL, "7#12", SECRETS).replace(find, put), ticket, secrets) is None
