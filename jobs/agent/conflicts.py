"""Conflicts in the brief: the files in which the base and the ticket's branch have changed the same lines. Pure."""

from collections.abc import Mapping

from jobs.ticket.words import elided, fenced, short

SHOWN = 10
"""Files; the others are named."""
EACH_END = 3_000
AROUND = 3
"""Lines shown before and behind each conflict."""

HEAD = """\
## Conflicts with `{base}`

Other people's work has come into `{base}` since, and it is merged into your branch now. In these files both sides \
changed the same lines: between git's markers stand first the ticket's lines, then theirs. Settle each of them so that \
both intentions hold, take the markers out, and see that the rest still fits. A file without markers was deleted or \
moved on one side: decide whether it belongs there."""


def conflicts_section(base: str, files: Mapping[str, str]) -> str:
    """Path → content with git's markers; empty when there is none."""
    if not files:
        return ""
    shown = [_file(path, text) for path, text in list(files.items())[:SHOWN]]
    others = ", ".join(_path(path) for path in list(files)[SHOWN:])
    return "\n\n".join([HEAD.format(base=base), *shown, *([f"Also: {others}"] if others else [])])


def _file(path: str, text: str) -> str:
    places = _places(text)
    return f"{_path(path)}:\n{fenced(elided(places, EACH_END))}" if places else f"{_path(path)}: no markers."


def _path(path: str) -> str:
    return f"`{short(path, 200).replace('`', '?')}`"


def _places(text: str) -> str:
    """The conflicts with the lines around them."""
    lines = text.splitlines()
    kept: set[int] = set()
    is_inside = False
    for number, line in enumerate(lines):
        is_edge = line.startswith(("<<<<<<< ", ">>>>>>> "))
        if is_edge or is_inside:
            around = AROUND if is_edge else 0
            kept.update(range(max(0, number - around), min(len(lines), number + around + 1)))
        is_inside = line.startswith("<<<<<<< ") or (is_inside and not is_edge)
    return "\n".join(f"{number + 1:6}\t{lines[number]}" for number in sorted(kept))
