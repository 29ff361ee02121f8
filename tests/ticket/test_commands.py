"""What counts as a command in a comment, and what is said of one that is written wrongly."""

from decimal import Decimal

import pytest

from jobs.ticket.commands import Command, command, looks_like_command


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("/autocode", Command("")),
        ("  /autocode  \n\nplease", Command("")),
        ("/autocode stop", Command("stop")),
        ("/Autocode stop", Command("stop")),
        ("/autocode STOP now", Command("stop", "now")),
        ("/autocode fix the typo\nin README.md\n", Command("fix", "the typo\nin README.md")),
        ("/autocode fix: the typo", Command("fix", "the typo")),
        ("/autocode stop.", Command("stop")),
        ("@autocode please mend it", Command("fix", "please mend it")),
        ("@Autocode: mend it", Command("fix", "mend it")),
        ("@autocode\nmend it", Command("fix", "mend it")),
        ("/autocode continue", Command("continue")),
        ("/autocode continue +$2", Command("continue", "+$2", Decimal(2))),
        ("/autocode continue +2 iterations", Command("continue", "+2 iterations", None, 2)),
        ("/autocode continue +1 iteration +$0.50", Command("continue", "+1 iteration +$0.50", Decimal("0.5"), 1)),
        ("/autocode base release/2", Command("base", "release/2")),
        ("/autocode model claude-haiku-5-5", Command("model", "claude-haiku-5-5")),
        ("Please /autocode stop", None),
        ("> /autocode stop", None),
        ("thanks\n/autocode stop", None),
        ("/autocodestop", None),
        ("@autocode2 mend it", None),
        ("@autocode[bot] mend it", Command("fix", "mend it")),
        ("@autocode, mend it", Command("fix", "mend it")),
        ("@autocode-team please", None),
        ("@autocode_team please", None),
        ("@autocode/maintainers hi", None),
        ("@autocode's idea was good", None),
        ("@autocode’s idea was good", None),
        ("@autocode.example.com is down", None),
        ("@autocode@example.com is down", None),
        ("    /autocode stop", None),
        ("\t@autocode mend it", None),
        ("\n\n   /autocode stop", Command("stop")),
        (" \n    /autocode stop", None),
        ("@alice see this", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_first_line_decides(body: str, expected: Command | None) -> None:
    assert command(body) == expected


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("/autocode aprove", "Did you mean `/autocode approve`?"),
        ("/autocode frobnicate", "`/autocode help` lists those that are."),
        ("/autocode fix", "needs what to fix behind it"),
        ("@autocode", "needs what to fix behind it"),
        ("/autocode base", "needs a branch behind it"),
        ("/autocode continue +2 dollars", "`+2 dollars` is not understood"),
        ("/autocode continue +$1 for ever", "`for ever` is not understood"),
        ("/autocode continue +0 iterations", "is not understood"),
    ],
)
def test_a_wrong_one_is_told_what_was_expected(body: str, said: str) -> None:
    found = command(body)
    assert found is not None
    assert said in found.problem


def test_our_name_is_the_apps() -> None:
    assert command("@acme-autocode do it", "acme-autocode[bot]") == Command("fix", "do it")
    assert command("@autocode do it", "acme-autocode[bot]") is None


@pytest.mark.parametrize(
    "body", ["/autocode", "@acme-autocode do it", "@autocode-dev x", " /autocode fix it"]
)
def test_what_may_be_meant_for_us_is_looked_at(body: str) -> None:
    assert looks_like_command(body)


@pytest.mark.parametrize("body", ["see /autocode", "autocode", "/autocodex", "@alice autocode"])
def test_what_cannot_be_is_not(body: str) -> None:
    assert not looks_like_command(body)
