"""Configuration: every key of `.github/autocode.yml` with its default and meaning, and what a wrong one is told. Pure.

The README's table and the JSON schema for editors are made from the two classes below (`make docs`).
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, get_args

PATH = ".github/autocode.yml"
"""Where the file lies, in the repository or in its owner's repository called `.github`."""


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    def read(self, value: object) -> str:
        """The word; ValueError says what was expected."""
        if value not in self.options:
            raise ValueError(f"one of {', '.join(self.options)} was expected{_nearest(value, self.options)}")
        return str(value)

    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        return {"enum": list(self.options)}


@dataclass(frozen=True)
class Switch:
    """Yes or no."""

    def read(self, value: object) -> bool:
        """The answer; ValueError says what was expected."""
        if value is not True and value is not False:
            raise ValueError("true or false was expected")
        return value

    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole:
    """A whole number from 1 to `most`."""

    most: int

    def read(self, value: object) -> int:
        """The number; ValueError says what was expected."""
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= self.most:
            raise ValueError(f"a whole number from 1 to {self.most} was expected")
        return value

    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        return {"type": "integer", "minimum": 1, "maximum": self.most}


@dataclass(frozen=True)
class Dollars:
    """An amount above nothing, in US dollars."""

    def read(self, value: object) -> Decimal:
        """The amount; ValueError says what was expected."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 10_000:
            raise ValueError("an amount in US dollars above 0 was expected")
        return Decimal(str(value))

    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        return {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10_000}


@dataclass(frozen=True)
class Text:
    """A name of at most 100 characters."""

    def read(self, value: object) -> str:
        """The name; ValueError says what was expected."""
        if not isinstance(value, str) or not value.strip() or len(value) > 100 or "\n" in value:
            raise ValueError("a name in one line of at most 100 characters was expected")
        return value.strip()

    def schema(self) -> dict[str, Any]:
        """As JSON schema."""
        return {"type": "string", "minLength": 1, "maxLength": 100}


Kind = Choice | Switch | Whole | Dollars | Text


@dataclass(frozen=True)
class Board:
    """How tickets and the cards of a Project go together. Names are compared without regard to case."""

    field: Annotated[str, Text()] = "Status"
    """The Project's single-select field whose options are the columns."""
    trigger: Annotated[str, Text()] = "Autocode"
    """The column into which a card is moved to start its ticket; moving it out of all columns named here cancels."""
    working: Annotated[str, Text()] = "In progress"
    """The column of a ticket that is worked on."""
    review: Annotated[str, Text()] = "In review"
    """The column of a ticket whose pull request waits for people."""
    done: Annotated[str, Text()] = "Done"
    """The column of a merged ticket."""
    todo: Annotated[str, Text()] = "Todo"
    """The column to which a cancelled ticket goes back."""


@dataclass(frozen=True)
class Configuration:
    """What a repository decides about its tickets."""

    base: Annotated[str | None, Text()] = None
    """The branch that tickets start from and merge into; unset: the default branch."""
    board: Board = field(default_factory=Board)
    """The Project's field and columns; see the rows below."""
    concurrency: Annotated[int, Whole(50)] = 2
    """How many tickets are worked at a time; the others wait."""
    iterations: Annotated[int | None, Whole(20)] = None
    """Rounds of coding and checking before a ticket is given up; unset: as many as the operator allows."""
    merge: Annotated[str, Choice(("never", "on-approval", "on-green"))] = "never"
    """Merge by itself: never, once somebody with write permission approves the head commit, or once its checks pass."""
    method: Annotated[str, Choice(("squash", "merge", "rebase"))] = "squash"
    """How it is merged, where the branch has no merge queue, which has a method of its own."""
    model: Annotated[str | None, Text()] = None
    """The model that codes; unset: what the operator set."""
    plan: Annotated[str, Choice(("auto", "always", "approve", "never"))] = "auto"
    """The agent makes a plan when it sees fit, always, always and waits until somebody approves it, or never."""
    priority: Annotated[str, Text()] = "Priority"
    """The Project's number or single-select field that decides which ticket is next: the smallest number, or the option
    that stands first in the field's list. A label `priority: high`, `priority: medium` or `priority: low` comes before
    it."""
    stack: Annotated[bool, Switch()] = False
    """A ticket that waits for one last issue of its repository begins on top of that one's pull request, once it is
    ready for review."""
    update: Annotated[str, Choice(("merge", "rebase"))] = "merge"
    """How the base's commits come into a branch that conflicts with them; `rebase` only over autocode's own commits."""
    usd: Annotated[Decimal | None, Dollars()] = None
    """Model cost of one ticket in US dollars; unset, and at most: what the operator allows."""


DEFAULTS = Configuration()


@dataclass(frozen=True)
class Located:
    """A value of the file and where it stands."""

    value: Any
    """A scalar, a list, or a dict of names to `Located`."""
    line: int
    """From 1."""


@dataclass(frozen=True)
class Mistake:
    """Something in the file that cannot be used."""

    line: int
    """From 1."""
    text: str
    """What stands there, what was expected, and the nearest right word if there is one."""

    def __str__(self) -> str:
        return f"`{PATH}` line {self.line}: {self.text}"


def configured(
    root: Located, fallback: Configuration | None = None
) -> tuple[Configuration, tuple[Mistake, ...]]:
    """What the file says, and its mistakes; where it is wrong, `fallback` holds (the defaults unless given)."""
    mistakes: list[Mistake] = []
    result: Configuration = _filled(DEFAULTS, fallback or DEFAULTS, root, "", mistakes)
    return result, tuple(sorted(mistakes, key=lambda mistake: mistake.line))


def key_names(cls: Any = Configuration, prefix: str = "") -> Iterator[tuple[str, Any, Kind | None]]:
    """(name with dots, default, kind) of every key; the kind of a group of keys is None."""
    for item in fields(cls):
        group = _group(item)
        if group is None:
            yield f"{prefix}{item.name}", item.default, _kind(item)
        else:
            yield f"{prefix}{item.name}", None, None
            yield from key_names(group, f"{prefix}{item.name}.")


def _group(item: Any) -> Any:
    return item.type if is_dataclass(item.type) else None


def _kind(item: Any) -> Kind:
    kind: Kind = get_args(item.type)[1]
    return kind


def _filled(default: Any, fallback: Any, node: Located, prefix: str, mistakes: list[Mistake]) -> Any:
    """`default` with what `node` says; a value that is wrong is taken from `fallback`."""
    known = {item.name: item for item in fields(default)}
    if not isinstance(node.value, Mapping):
        where = f"`{prefix.rstrip('.')}`" if prefix else "the file"
        mistakes.append(Mistake(node.line, f"{where} holds {_shown(node.value)}, keys were expected"))
        return fallback
    changes = {}
    for name, found in node.value.items():
        item = known.get(name)
        if item is None:
            text = f"`{prefix}{name}` is not a key{_nearest(name, known) or _all_of(known)}"
            mistakes.append(Mistake(found.line, text))
        elif _group(item) is not None:
            group, spare = getattr(default, name), getattr(fallback, name)
            changes[name] = _filled(group, spare, found, f"{prefix}{name}.", mistakes)
        else:
            changes[name] = _read(item, found, prefix, getattr(fallback, name), mistakes)
    return replace(default, **changes)


def _read(item: Any, found: Located, prefix: str, fallback: Any, mistakes: list[Mistake]) -> Any:
    try:
        return _kind(item).read(found.value)
    except ValueError as error:
        text = f"`{prefix}{item.name}` is {_shown(found.value)}, {error}"
        mistakes.append(Mistake(found.line, text))
        return fallback


def _shown(value: object) -> str:
    if isinstance(value, Mapping | list):
        return "a list" if isinstance(value, list) else "a group of keys"
    return "empty" if value is None else f"`{str(value)[:60]}`"


def _nearest(word: object, words: Any) -> str:
    found = difflib.get_close_matches(str(word).lower(), list(words), n=1)
    return f"; did you mean `{found[0]}`?" if found else ""


def _all_of(words: Any) -> str:
    return f"; the keys are {', '.join(f'`{word}`' for word in words)}"
