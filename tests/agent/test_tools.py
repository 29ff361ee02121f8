"""The tools, one call at a time: what they do, and what they say to a model that got something wrong."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.agent.tools import TOOLS, Misused, Workbench
from jobs.agent.tools.schema import problems
from jobs.agent.transcript import Progress
from jobs.ticket.record import PlanStep
from tests.security.machine import working_sandbox

Json = dict[str, Any]

EDIT = "str_replace_based_edit_tool"
TEXT = "one\ntwo\nthree\ntwo again\n"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    path = tmp_path / "worktree"
    (path / "src/deep/deeper").mkdir(parents=True)
    (path / "src/deep/deeper/hidden.py").write_text("x = 1\n")
    (path / "node_modules").mkdir()
    (path / "node_modules/two.js").write_text("two\n")
    (path / "a.txt").write_text(TEXT)
    (path / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    (path / "empty.txt").write_text("")
    (path / "binary").write_bytes(b"\x7fELF\0two")
    (path / "latin.txt").write_bytes(b"caf\xe9 two\n")
    return Workbench(path, lambda: "", None)


def call(bench: Workbench, name: str, **given: Any) -> str:
    answer = TOOLS[name].call(bench, Progress(), given)
    assert isinstance(answer, str)
    return answer


def edit(bench: Workbench, command: str, path: str, **given: Any) -> str:
    return call(bench, EDIT, command=command, path=path, **given)


@pytest.mark.parametrize(
    "path", ["a.txt", "./a.txt", "/workspace/a.txt", "src/../a.txt", "/workspace/src/../a.txt"]
)
def test_a_file_is_seen_under_each_of_its_names(bench: Workbench, path: str) -> None:
    assert edit(bench, "view", path) == "     1\tone\n     2\ttwo\n     3\tthree\n     4\ttwo again"


@pytest.mark.parametrize(
    ("view_range", "seen"), [([2, 3], "     2\ttwo\n     3\tthree"), ([4, -1], "     4\ttwo again")]
)
def test_a_part_of_a_file_can_be_seen(bench: Workbench, view_range: list[int], seen: str) -> None:
    assert edit(bench, "view", "a.txt", view_range=view_range) == seen


def test_a_directory_is_listed_two_levels_deep(bench: Workbench) -> None:
    listing = edit(bench, "view", "/workspace")
    assert listing.splitlines()[0] == "/workspace, 2 levels deep:"
    assert listing.splitlines()[1:] == [
        "a.txt",
        "binary",
        "dos.txt",
        "empty.txt",
        "latin.txt",
        "src/",
        "src/deep/",
    ]


def test_a_long_file_is_cut_in_the_middle(bench: Workbench) -> None:
    (bench.path / "long.txt").write_text("x" * 3_000 + "\n" + "y" * 20_000)
    seen = edit(bench, "view", "long.txt")
    assert "characters left out" in seen
    assert seen.startswith("     1\txxx")
    assert seen.endswith("yyy")
    assert len(seen) < 10_100


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"command": "str_replace", "old_str": "three", "new_str": "3"}, "one\ntwo\n3\ntwo again\n"),
        ({"command": "str_replace", "old_str": "two again\n"}, "one\ntwo\nthree\n"),
        (
            {"command": "str_replace", "old_str": "\ntwo\n", "new_str": "\n\\1\n"},
            "one\n\\1\nthree\ntwo again\n",
        ),
        ({"command": "insert", "insert_line": 0, "insert_text": "zero"}, f"zero\n{TEXT}"),
        ({"command": "insert", "insert_line": 4, "insert_text": "five\nsix\n"}, f"{TEXT}five\nsix\n"),
        ({"command": "insert", "insert_line": 1, "insert_text": "1½\n"}, "one\n1½\ntwo\nthree\ntwo again\n"),
        ({"command": "create", "file_text": "new"}, "new"),
        ({"command": "create", "file_text": ""}, ""),
    ],
)
def test_an_edit_changes_just_what_was_asked(bench: Workbench, given: Json, after: str) -> None:
    call(bench, EDIT, path="a.txt", **given)
    assert (bench.path / "a.txt").read_text() == after


def test_an_edit_shows_the_lines_around_it(bench: Workbench) -> None:
    shown = edit(bench, "str_replace", "a.txt", old_str="three", new_str="3\n3½")
    assert shown.endswith("     2\ttwo\n     3\t3\n     4\t3½\n     5\ttwo again")


def test_line_ends_of_a_file_stay_what_they_are(bench: Workbench) -> None:
    edit(bench, "str_replace", "dos.txt", old_str="one\ntwo", new_str="1\n2")
    edit(bench, "insert", "dos.txt", insert_line=1, insert_text="1½")
    assert (bench.path / "dos.txt").read_bytes() == b"1\r\n1\xc2\xbd\r\n2\r\n"


def test_a_last_line_without_an_end_gets_one_when_text_follows(bench: Workbench) -> None:
    (bench.path / "a.txt").write_text("one")
    edit(bench, "insert", "a.txt", insert_line=1, insert_text="two")
    assert (bench.path / "a.txt").read_text() == "one\ntwo\n"


def test_a_file_stays_executable(bench: Workbench) -> None:
    (bench.path / "a.txt").chmod(0o755)
    edit(bench, "str_replace", "a.txt", old_str="three", new_str="3")
    assert os.access(bench.path / "a.txt", os.X_OK)


def test_a_new_file_comes_with_its_directories(bench: Workbench) -> None:
    assert edit(bench, "create", "/workspace/new/dir/f.py", file_text="a\nb\n").startswith("Created")
    assert (bench.path / "new/dir/f.py").read_text() == "a\nb\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"command": "view", "path": "no.txt"}, "'no.txt' does not exist"),
        ({"command": "view", "path": "a.txt", "view_range": [9, 10]}, "lines 1 to 4"),
        (
            {"command": "view", "path": "a.txt", "view_range": [1]},
            "view_range has 1 items, expected at least 2",
        ),
        ({"command": "view", "path": "binary"}, "binary file"),
        ({"command": "view", "path": "latin.txt"}, "not UTF-8"),
        ({"command": "view", "path": "a.txt/x"}, "does not exist"),
        ({"command": "str_replace", "path": "src", "old_str": "x"}, "is a directory"),
        ({"command": "str_replace", "path": "a.txt", "old_str": "four"}, "does not occur"),
        (
            {"command": "str_replace", "path": "a.txt", "old_str": "two"},
            "occurs 2 times in 'a.txt' (lines 2, 4)",
        ),
        ({"command": "str_replace", "path": "a.txt", "old_str": ""}, "old_str is empty"),
        ({"command": "str_replace", "path": "a.txt"}, "old_str missing"),
        ({"command": "insert", "path": "a.txt", "insert_line": 5, "insert_text": "x"}, "between 0 and 4"),
        (
            {"command": "insert", "path": "a.txt", "insert_line": "5", "insert_text": "x"},
            "insert_line is string",
        ),
        ({"command": "create", "path": "src", "file_text": "x"}, "not a regular file"),
        ({"command": "create", "path": "a.txt/b", "file_text": "x"}, "failed: "),
        ({"command": "create", "path": "a.txt"}, "file_text missing"),
        ({"command": "create", "path": "big", "file_text": "x" * 2_000_001}, "at most 2,000,000"),
        ({"command": "undo_edit", "path": "a.txt"}, "expected one of view, create, str_replace, insert"),
        ({"path": "a.txt"}, "command is missing"),
        ({"command": 7, "path": None}, "path is missing; command is integer, expected string"),
        ({"INVALID_JSON": '{"command": "vi'}, "the input was no JSON object"),
    ],
)
def test_a_wrong_edit_is_explained_and_changes_nothing(bench: Workbench, given: Json, said: str) -> None:
    before = {path: path.read_bytes() for path in bench.path.rglob("*") if path.is_file()}
    with pytest.raises(Misused) as caught:
        call(bench, EDIT, **given)
    assert said in str(caught.value)
    assert str(bench.path) not in str(caught.value)
    assert {path: path.read_bytes() for path in bench.path.rglob("*") if path.is_file()} == before


def test_what_arrived_and_what_was_expected_is_told(bench: Workbench) -> None:
    with pytest.raises(Misused) as caught:
        call(bench, "search", pattrn="x")
    assert "search was not run: pattern is missing.\nThis arrived: {'pattrn': 'x'}" in str(caught.value)
    assert "Expected: {'type': 'object'" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"pattern": "^two"}, "a.txt:2: two\na.txt:4: two again\ndos.txt:2: two"),
        ({"pattern": r"x = \d", "glob": "*.py"}, "src/deep/deeper/hidden.py:1: x = 1"),
        ({"pattern": "x", "path": "/workspace/src"}, "src/deep/deeper/hidden.py:1: x = 1"),
        ({"pattern": "(?i)THREE", "path": "a.txt"}, "a.txt:3: three"),
        ({"pattern": "two", "glob": "src/*"}, "No match in /workspace."),
    ],
)
def test_search_finds_lines(bench: Workbench, given: Json, found: str) -> None:
    assert call(bench, "search", **given).replace("\r", "") == found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pattern": "("}, "no Python regular expression"),
        ({"pattern": "x", "path": "nowhere"}, "does not exist"),
        ({"pattern": "x", "path": "../.."}, "leads out of /workspace"),
    ],
)
def test_a_wrong_search_is_explained(bench: Workbench, given: Json, said: str) -> None:
    with pytest.raises(Misused) as caught:
        call(bench, "search", **given)
    assert said in str(caught.value)


def test_a_pattern_that_would_take_years_is_stopped(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.agent.tools.search.SECONDS", 0.3)
    (bench.path / "bait.txt").write_text("a" * 60 + "b")
    started = time.monotonic()
    with pytest.raises(Misused, match="simpler pattern"):
        call(bench, "search", pattern="(a+)+$")
    assert time.monotonic() - started < 2


def test_a_search_with_too_many_matches_says_so(bench: Workbench) -> None:
    (bench.path / "many.txt").write_text("hit\n" * 500)
    assert call(bench, "search", pattern="hit").endswith(
        "[more than 200 matches: narrow the pattern, the path or the glob]"
    )


def test_where_a_plan_is_always_wanted_nothing_is_changed_or_handed_in_without_one(bench: Workbench) -> None:
    bench, progress = replace(bench, plan="wanted", diff=lambda: "+two"), Progress()
    edit, submit = {"command": "create", "path": "b.txt", "file_text": "b"}, {"summary": "Two."}
    for name, given in ((EDIT, edit), ("submit", submit)):
        with pytest.raises(Misused, match="Call `plan` first"):
            TOOLS[name].call(bench, progress, given)
    assert not (bench.path / "b.txt").exists()
    TOOLS["plan"].call(bench, progress, {"steps": ["a"]})
    TOOLS[EDIT].call(bench, progress, edit)
    assert "This is the change" in str(TOOLS["submit"].call(bench, progress, submit))


def test_a_plan_is_kept_for_people(bench: Workbench) -> None:
    progress = Progress()
    TOOLS["plan"].call(bench, progress, {"steps": [{"text": "a", "done": True}, {"text": "b"}, "c"]})
    assert progress.plan == (PlanStep("a", True), PlanStep("b"), PlanStep("c"))


@pytest.mark.parametrize(
    "steps", [[], [{"text": "x"}] * 21, [{"text": "x" * 201}], ["x" * 201], [{}], [3], "x"]
)
def test_a_plan_that_people_could_not_read_is_refused(bench: Workbench, steps: object) -> None:
    progress = Progress()
    with pytest.raises(Misused):
        TOOLS["plan"].call(bench, progress, {"steps": steps})
    assert progress.plan == ()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"restart": True}, "Just go on"),
        ({"command": "true"}, "(no output)\n\n[exit code 0]"),
        ({"command": "printf 'a\\377b'"}, "a\N{REPLACEMENT CHARACTER}b"),
        ({"command": "kill -9 $$"}, "[exit code 137]"),
    ],
)
def test_bash_answers(bench: Workbench, given: Json, said: str) -> None:
    assert said in call(Workbench(bench.path, bench.diff, working_sandbox()), "bash", **given)


@pytest.mark.parametrize(
    "given", [{}, {"command": " "}, {"command": "a\0b"}, {"command": ["ls"]}, {"restart": "yes"}]
)
def test_bash_refuses_what_is_no_command(bench: Workbench, given: Json) -> None:
    with pytest.raises(Misused, match="bash was not run"):
        call(Workbench(bench.path, bench.diff, working_sandbox()), "bash", **given)


def test_long_output_is_cut_in_the_middle_and_its_end_is_seen(bench: Workbench) -> None:
    shell = Workbench(bench.path, bench.diff, working_sandbox())
    answer = call(shell, "bash", command="seq 100000; echo the end")
    assert answer.startswith("1\n2\n3\n")
    assert answer.endswith("the end\n\n[exit code 0]")
    assert "characters left out" in answer
    assert len(answer) < 10_100


@pytest.mark.parametrize(
    ("schema", "value", "wrong"),
    [
        ({"type": "integer"}, True, ["the input is boolean, expected integer"]),
        ({"type": ["object", "string"]}, 3, ["the input is integer, expected object or string"]),
        ({"type": "string", "minLength": 1}, "", ["the input has 0 characters, expected at least 1"]),
        (
            {"type": "array", "items": {"type": "string"}},
            ["a", 1],
            ["the input, item 2, is integer, expected string"],
        ),
        ({"type": "object"}, 1.5, ["the input is float, expected object"]),
    ],
)
def test_a_schema_says_what_does_not_fit(schema: Json, value: object, wrong: list[str]) -> None:
    assert problems(schema, value) == wrong
