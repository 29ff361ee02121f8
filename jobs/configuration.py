"""Configuration files: the text of `.github/autocode.yml` → Configuration, with the line of every mistake."""

from dataclasses import replace
from typing import Any

import yaml

from jobs.models.prices import PRICES
from jobs.ticket.configuration import DEFAULTS, Configuration, Located, Mistake, configured

LARGEST = 65_536
"""Characters; a file that says more is a mistake."""


def read_configuration(
    text: str, fallback: Configuration | None = None
) -> tuple[Configuration, tuple[Mistake, ...]]:
    """What the file says and its mistakes, by line; where it cannot be used, `fallback` holds, or the defaults."""
    spare = fallback or DEFAULTS
    if len(text) > LARGEST:
        return spare, (
            Mistake(1, f"the file has {len(text):,} characters, at most {LARGEST:,} were expected"),
        )
    mistakes: list[Mistake] = []
    try:
        root = _located(text, mistakes)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return spare, (Mistake(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem}"),)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return spare, (Mistake(1, f"this is not YAML: {type(error).__name__}"),)
    if root is None or root.value is None:
        return DEFAULTS, ()
    result, found = configured(root, spare)
    if result.model and result.model not in PRICES:
        known = ", ".join(f"`{name}`" for name in PRICES)
        mistakes.append(
            Mistake(root.value["model"].line, f"`model` is `{result.model}`, one of {known} was expected")
        )
        result = replace(result, model=spare.model)
    return result, tuple(sorted([*mistakes, *found], key=lambda mistake: mistake.line))


class _Plain(yaml.SafeLoader):
    """Without aliases: a few lines of them can stand for more values than anybody lives to read."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="an alias (`*…`) stands where a value is expected", problem_mark=mark
            )
        return super().compose_node(parent, index)


def _located(text: str, mistakes: list[Mistake]) -> Located | None:
    """The document with the line of each value; None for an empty one."""
    loader = _Plain(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _value(loader, node, mistakes)
    finally:
        loader.dispose()


def _value(loader: yaml.SafeLoader, node: yaml.Node, mistakes: list[Mistake]) -> Located:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return Located(_mapping(loader, node, mistakes), line)
    if isinstance(node, yaml.SequenceNode):
        # No key takes a list, so nobody looks into it.
        return Located([], line)
    return Located(loader.construct_object(node), line)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, mistakes: list[Mistake]) -> dict[str, Located]:
    found: dict[str, Any] = {}
    for name, value in node.value:
        written = str(name.value) if isinstance(name, yaml.ScalarNode) else "?"
        located = _value(loader, value, mistakes)
        line = name.start_mark.line + 1
        if written in found:
            mistakes.append(Mistake(line, f"`{written}` stands there twice; the last one counts"))
        found[written] = Located(located.value, line)
    return found
