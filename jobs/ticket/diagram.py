"""Diagram: `TRANSITIONS` as a Mermaid state diagram and as Markdown tables, for the README (`make docs`)."""

from collections.abc import Iterable, Mapping, Sequence

from jobs.ticket.phases import KIND, LEAVES_WHEN, TRANSITIONS, Phase, Signal

Row = Mapping[Signal, Phase]


def mermaid() -> str:
    """The life of a ticket; what may happen in every unfinished phase is drawn once, from a box of its own.

    https://mermaid.js.org/syntax/stateDiagram.html
    """
    always = _always()
    lines = ["stateDiagram-v2", "    [*] --> queued: triggered"]
    lines += [edge for phase in Phase for edge in _edges(phase, _own(phase, always))]
    lines += ['    state "any unfinished phase" as unfinished', *_edges("unfinished", always)]
    return "\n".join(lines)


def phase_table() -> str:
    """Every phase: what it is, when it is left, and which signal leads where."""
    always = _always()
    rows: list[Sequence[str]] = [
        (f"`{phase}`", KIND[phase], LEAVES_WHEN[phase], _words(_own(phase, always))) for phase in Phase
    ]
    rows.append(("*any unfinished*", "", "", _words(always)))
    return table(("phase", "kind", "leaves it when", "signal → next phase"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; a pipe in a cell is escaped, a line break becomes a space."""
    lines = [_line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _unfinished() -> list[Phase]:
    return [phase for phase in Phase if KIND[phase] != "resting"]


def _always() -> dict[Signal, Phase]:
    """The rows that every unfinished phase has."""
    first, *others = (TRANSITIONS[phase].items() for phase in _unfinished())
    return {signal: phase for signal, phase in first if all((signal, phase) in other for other in others)}


def _own(phase: Phase, always: Row) -> Row:
    """The phase's rows without those that every unfinished phase has."""
    row = TRANSITIONS[phase]
    if KIND[phase] == "resting":
        return row
    return {signal: following for signal, following in row.items() if signal not in always}


def _edges(source: str, row: Row) -> list[str]:
    """One arrow for each phase that follows, with all signals that lead there."""
    return [
        f"    {source} --> {target}: {' / '.join(signals)}" for target, signals in _by_target(row).items()
    ]


def _words(row: Row) -> str:
    return "; ".join(f"{', '.join(signals)} → `{target}`" for target, signals in _by_target(row).items())


def _by_target(row: Row) -> dict[Phase, list[Signal]]:
    targets: dict[Phase, list[Signal]] = {}
    for signal, phase in row.items():
        targets.setdefault(phase, []).append(signal)
    return targets
