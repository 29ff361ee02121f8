"""What `.github/autocode.yml` may say, and what is answered to what it may not."""

from decimal import Decimal

import pytest

from jobs.configuration import LARGEST, read_configuration
from jobs.ticket.configuration import Board, Configuration, key_names


def test_an_empty_file_says_nothing() -> None:
    for text in ("", "# nothing yet\n", "---\n"):
        assert read_configuration(text) == (Configuration(), ())


def test_every_key_can_be_said() -> None:
    text = """
base: develop
board:
  field: State
  trigger: Robot
  working: Doing
  review: Checking
  done: Shipped
  todo: Backlog
concurrency: 4
iterations: 3
merge: on-green
method: rebase
model: claude-sonnet-5-5
plan: approve
priority: Urgency
stack: true
update: rebase
usd: 2.5
"""
    board = Board("State", "Robot", "Doing", "Checking", "Shipped", "Backlog")
    expected = Configuration(
        base="develop",
        board=board,
        concurrency=4,
        iterations=3,
        merge="on-green",
        method="rebase",
        model="claude-sonnet-5-5",
        plan="approve",
        priority="Urgency",
        stack=True,
        update="rebase",
        usd=Decimal("2.5"),
    )
    assert read_configuration(text) == (expected, ())
    for name, default, kind in key_names():
        if kind and "." not in name:
            assert getattr(expected, name) != default, name


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("usd: 2\nmodle: x\n", 2, "`modle` is not a key; did you mean `model`?"),
        ("qqq: 1\n", 1, "`qqq` is not a key; the keys are `base`, `board`"),
        ("board:\n  tigger: X\n", 2, "`board.tigger` is not a key; did you mean `trigger`?"),
        ("plan: alway\n", 1, "`plan` is `alway`, one of auto, always, approve, never was expected; did you mean"),
        ("concurrency: many\n", 1, "`concurrency` is `many`, a whole number from 1 to 50 was expected"),
        ("iterations: 0\n", 1, "`iterations` is `0`"),
        ("iterations: true\n", 1, "`iterations` is `True`, a whole number"),
        ("usd: -1\n", 1, "an amount in US dollars above 0 was expected"),
        ("base:\n", 1, "`base` is empty, a name in one line"),
        ("board: Status\n", 1, "`board` holds `Status`, keys were expected"),
        ("model: gpt\n", 1, "`model` is `gpt`, one of `claude-opus-5-5`,"),
        ("model: [a, b]\n", 1, "`model` is a list"),
        ("- plan\n", 1, "the file holds a list, keys were expected"),
        ("plan: never\nplan: always\n", 2, "`plan` stands there twice"),
        ("plan: [never\nbase: main\n", 2, "this is not YAML"),
        ("a: !!python/object:os.system x\n", 1, "this is not YAML"),
        ("x: &a [*a]\n", 1, "an alias (`*…`) stands where a value is expected"),
        ("a: &a {x: 1}\nb: {x: *a, y: *a}\n", 2, "an alias (`*…`) stands where a value is expected"),
        ("[" * 3000, 1, "this is not YAML"),
        ("#" * (LARGEST + 1), 1, "the file has 65,537 characters"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(text: str, line: int, said: str) -> None:
    _, mistakes = read_configuration(text)
    assert mistakes
    assert said in mistakes[0].text
    assert mistakes[0].line == line


def test_a_wrong_value_leaves_the_last_valid_one_and_the_others_count() -> None:
    before = Configuration(plan="approve", iterations=7)
    found, mistakes = read_configuration("plan: sometimes\nbase: main\n", before)
    assert len(mistakes) == 1
    assert (found.plan, found.base, found.iterations) == ("approve", "main", None)


def test_a_file_that_is_no_yaml_leaves_all_of_the_last_valid_one() -> None:
    before = Configuration(plan="approve", iterations=7)
    found, _ = read_configuration("plan: [", before)
    assert found == before
