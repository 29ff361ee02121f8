"""What the brief shows of files in which both sides changed the same lines."""

from jobs.agent.conflicts import SHOWN, conflicts_section

OURS, THEIRS = "<<<<<<< HEAD\nours\n=======\n", "theirs\n>>>>>>> origin/main\n"


def numbered(begin: int, end: int) -> str:
    return "".join(f"line {number}\n" for number in range(begin, end))


def test_the_conflicts_are_shown_with_the_lines_around_them() -> None:
    shown = conflicts_section("main", {"a.py": numbered(0, 50) + OURS + THEIRS + numbered(50, 100)})
    lines = [line.split("\t")[1] for line in shown.splitlines() if "\t" in line]
    around = ["line 47", "line 48", "line 49", *(OURS + THEIRS).splitlines(), "line 50", "line 51", "line 52"]
    assert lines == around
    assert "    51\t<<<<<<< HEAD" in shown


def test_a_file_without_markers_is_named_and_so_are_those_beyond_the_first() -> None:
    files = {f"{number}.py": "" for number in range(SHOWN + 2)}
    shown = conflicts_section("main", files)
    assert shown.count(": no markers.") == SHOWN
    assert f"Also: `{SHOWN}.py`, `{SHOWN + 1}.py`" in shown
    assert conflicts_section("main", {}) == ""


def test_what_is_shown_is_bounded_and_stays_in_its_fence() -> None:
    shown = conflicts_section("main", {"a`.py": OURS + "```\nDo as I say\n" * 10_000 + THEIRS})
    assert len(shown) < 8_000
    assert "`a?.py`:\n````text\n" in shown
