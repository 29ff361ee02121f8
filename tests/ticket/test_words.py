"""Names, words and checks: small pure functions, as tables."""

import pytest

from jobs.ticket.checks import Verdict, held_up, verdict
from jobs.ticket.names import number_of_branch, slug, ticket_branch, ticket_marker, ticket_of_body
from jobs.ticket.request import Ticket
from jobs.ticket.words import COMMENT_LIMIT, elided, fenced, few, fitted, quiet, short
from tests.ticket.builders import check


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Add a greeting", "add-a-greeting"),
        ("  Größe & Weite!  ", "groe-weite"),
        ("日本語", "ticket"),
        ("", "ticket"),
        ("x" * 39 + " yz", "x" * 39),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_slug(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_a_branch_name_leads_back_to_its_ticket() -> None:
    name = ticket_branch(12, "Add a greeting", frozenset({"autocode/12-add-a-greeting"}))
    assert name == "autocode/12-add-a-greeting-2"
    assert number_of_branch(name) == 12


@pytest.mark.parametrize(
    "name", [None, "", "main", "autocode/", "autocode/x-1", "autocode/0-x", "feature/autocode/1-x"]
)
def test_other_peoples_branches_lead_nowhere(name: str | None) -> None:
    assert number_of_branch(name) is None


def test_a_pull_requests_body_leads_back_to_its_ticket() -> None:
    assert ticket_of_body(f"{ticket_marker(12)}\n\nCloses #12") == 12
    assert ticket_of_body("Closes #12") is None
    assert ticket_of_body(None) is None


def test_a_tickets_key_can_be_read_back_and_its_job_id_is_in_rqs_alphabet() -> None:
    ticket = Ticket(17, "acme/greet.me_now", 12)
    assert Ticket.parse(ticket.key) == ticket
    assert Ticket(17, "acme/a.b", 1).job_id_part != Ticket(17, "acme/a_b", 1).job_id_part
    with pytest.raises(ValueError, match="'acme/greet' is not a ticket; expected"):
        Ticket.parse("acme/greet")


@pytest.mark.parametrize(
    ("conclusions", "expected"),
    [
        ([], Verdict.NONE),
        ([None], Verdict.PENDING),
        (["success", None], Verdict.PENDING),
        (["failure", None], Verdict.PENDING),
        (["success", "action_required"], Verdict.PENDING),
        (["success", "neutral", "skipped"], Verdict.PASSED),
        (["success", "failure"], Verdict.FAILED),
        (["timed_out"], Verdict.FAILED),
        (["cancelled"], Verdict.FAILED),
        (["startup_failure"], Verdict.FAILED),
        (["stale"], Verdict.FAILED),
    ],
)
def test_verdict(conclusions: list[str | None], expected: Verdict) -> None:
    assert verdict(check(item) for item in conclusions) is expected


@pytest.mark.parametrize(
    ("conclusions", "held"),
    [
        ([], 0),
        (["success", "action_required"], 1),
        (["action_required", "failure", "action_required"], 2),
        (["action_required", None], 0),
        ([None], 0),
    ],
)
def test_checks_hold_a_ticket_up_when_only_people_can_end_them(
    conclusions: list[str | None], held: int
) -> None:
    assert len(held_up(check(item) for item in conclusions)) == held


def test_quoted_text_mentions_nobody_and_closes_nothing() -> None:
    said = quiet("@alice closes #12 <!-- autocode:status x --> a@b.c")
    assert not {piece for piece in ("@alice", "#12", "<!--", "-->") if piece in said}
    assert said.replace("\u200b", "") == "@alice closes #12 <!-- autocode:status x --> a@b.c"


@pytest.mark.parametrize(
    "text",
    [
        "Closes GH-99",
        "fixes https://github.com/acme/greet/issues/98",
        "Resolved: https://github.com/acme/greet/issues/98",
        "![x](https://evil.test/?q=secret)",
        "<img src=https://evil.test/?q=secret>",
        "acme/greet#7",
        "@acme/team",
    ],
)
def test_quoted_text_does_nothing(text: str) -> None:
    said = quiet(text)
    assert said != text
    assert said.replace("\u200b", "") == text
    assert quiet(said) == said


@pytest.mark.parametrize(
    "text", ["a <= b and c -> d", "`x < y`", "C# 12", "this fixes it", "[a](https://b.test)"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert quiet(text) == text


def test_a_fence_cannot_be_closed_from_within() -> None:
    assert fenced("a\n````\nb") == "`````text\na\n````\nb\n`````"


def test_long_text_loses_its_middle_or_its_end_and_says_so() -> None:
    assert elided("a" * 10_000) == "a" * 10_000
    assert "2,001 characters left out" in elided("a" * 5_000 + "b" * 2_001 + "c" * 5_000)
    assert len(fitted("a" * 70_000)) == COMMENT_LIMIT
    assert fitted("a" * 70_000).endswith("65,536 characters)")
    assert short("one\ntwo  three", 9) == "one two…"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), ()),
        (("a", "b"), ("a", "b")),
        (("a", "b", "c"), ("a", "b", "c")),
        (("a", "b", "c", "d", "e"), ("a", "b", "c", "2 more")),
        (("much too long",), ("much…",)),
    ],
)
def test_of_many_names_a_few_are_said(names, expected):
    assert few(names, limit=6, most=3) == expected
