"""Scripts: the kinds of tickets: what the model says, what people do on the issue, and how it has to end."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.model.replies import ask, edit, submit, view

Json = dict[str, Any]
Rules = list[Json]

MAX_ITERATIONS = 2
"""What the app has to be told for these scripts."""
FILES = {
    "greet.py": "def greet(name):\n    return ''\n",
    "check.py": "import greet\nassert greet.greet('Ada') == 'Hello, Ada!', greet.greet('Ada')\nprint('fine')\n",
    "README.md": "# greet\n",
    # Enough tickets at work for the faults to meet, and some that wait for a slot.
    ".github/autocode.yml": "concurrency: 5\n",
    ".github/workflows/ci.yml": (
        "name: ci\non: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - uses: actions/checkout@v4\n      - run: python check.py\n"
    ),
}
"""The repository that all tickets are about."""
EMPTY, WRONG, WORSE, RIGHT = (
    "return ''", "return 'Hi ' + name", "return 'Ho ' + name", "return f'Hello, {name}!'"
)  # fmt: skip
QUESTION, ANSWER = "Formal or casual?", "Formal, please."


@dataclass(frozen=True)
class Act:
    """Something a person does once the issue shows a thing."""

    sees: Literal["coding", "question", "pull request"]
    does: Literal["unlabel", "answer", "stop"]


@dataclass(frozen=True)
class Script:
    """One kind of ticket."""

    name: str
    rules: Callable[[str, float], Rules]
    """(title, seconds that each reply takes) → the model's script."""
    ends: frozenset[str]
    """The phases in which it may end."""
    iterations: tuple[int, int]
    """Fewest and most that may be committed."""
    acts: tuple[Act, ...] = ()
    labelled_by: str = "alice"
    has_branch: bool = True
    has_bug: bool = False


def _rule(replies: list[Json], pace: float, *when: str) -> Json:
    return {"when": list(when), "replies": [reply | {"faults": [{"delay": pace}]} for reply in replies]}


def green(title: str, pace: float) -> Rules:
    """Right at once."""
    return [_rule([edit("greet.py", EMPTY, RIGHT), submit(), submit()], pace, title)]


def mended(title: str, pace: float) -> Rules:
    """Wrong first, right in the second iteration."""
    return [
        _rule([edit("greet.py", WRONG, RIGHT), submit(), submit()], pace, title, "Iteration 2 of"),
        _rule([edit("greet.py", EMPTY, WRONG), submit(), submit()], pace, title),
    ]


def hopeless(title: str, pace: float) -> Rules:
    """Wrong, and wrong again."""
    return [
        _rule([edit("greet.py", WRONG, WORSE), submit(), submit()], pace, title, "Iteration 2 of"),
        _rule([edit("greet.py", EMPTY, WRONG), submit(), submit()], pace, title),
    ]


def curious(title: str, pace: float) -> Rules:
    """Asks first. Twice the same edit: whoever begins again with the answer in the brief does not ask again."""
    change = edit("greet.py", EMPTY, RIGHT)
    return [
        _rule([change, change, submit(), submit()], pace, title, ANSWER),
        _rule([ask(QUESTION)], pace, title),
    ]


def slow(title: str, pace: float) -> Rules:
    """Reads for long; whoever is to stop it has the time."""
    thinking = [view("greet.py", f"Thinking {n}") for n in range(40)]
    return [_rule([edit("greet.py", EMPTY, RIGHT), *thinking, submit(), submit()], pace, title)]


DONE, CANCELLED, FAILED = frozenset({"validating"}), frozenset({"cancelled"}), frozenset({"failed"})

SCRIPTS: dict[str, Script] = {
    script.name: script
    for script in (
        Script("green at once", green, DONE, (1, 1)),
        Script("red, then green", mended, DONE, (2, 2)),
        Script("asks and is answered", curious, DONE, (1, 1), (Act("question", "answer"),)),
        Script("given up", hopeless, FAILED, (2, 2), has_bug=True),
        Script("label off while coding", slow, CANCELLED, (0, 1), (Act("coding", "unlabel"),)),
        Script("label off while asking", curious, CANCELLED, (0, 0), (Act("question", "unlabel"),)),
        Script("label off while checking", green, CANCELLED, (1, 1), (Act("pull request", "unlabel"),)),
        Script("stopped by command", curious, CANCELLED, (0, 0), (Act("question", "stop"),)),
        Script("asked by one who may not", green, CANCELLED, (0, 0), labelled_by="dave", has_branch=False),
    )
}
"""By name, in the order in which tickets take them."""
