"""str_replace_based_edit_tool: views and edits text files of the worktree.

Commands and their fields: https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool
"""

from collections.abc import Iterator
from pathlib import Path

from jobs.agent.tools.places import advertised, place, read, write
from jobs.agent.tools.tool import Json, Misused, Tool, Workbench
from jobs.agent.transcript import Progress
from jobs.ticket.words import elided, short

DEPTH = 2
"""Levels of a directory that are listed."""
ENTRIES = 300
SKIPPED = frozenset({".git", "node_modules", "__pycache__"})
AROUND = 4
"""Lines shown before and after an edit."""


def run(bench: Workbench, progress: Progress, given: Json) -> str:
    """What the command shows, or what it did."""
    command = given["command"]
    if command != "view":
        bench.check_planned(progress)
    missing = [name for name in NEEDS[command] if name not in given]
    if missing:
        raise Misused(
            f"{command} was not done: {', '.join(missing)} missing. Expected: {', '.join(NEEDS[command])}."
        )
    real = place(bench.path, given["path"])
    if command == "create":
        return _create(real, given)
    if not real.exists():
        raise Misused(f"{given['path']!r} does not exist. Look at its directory with view, or use search.")
    if real.is_dir():
        if command == "view":
            return _listing(bench.path, real)
        raise Misused(f"{given['path']!r} is a directory; {command} needs a file.")
    text = read(real, given["path"])
    if command == "view":
        return _view(text, given)
    edited, line, lines = _inserted(text, given) if command == "insert" else _replaced(text, given)
    write(real, given["path"], edited)
    return f"Edited {given['path']}. It now reads:\n{_numbered(edited, line - AROUND, line + lines - 1 + AROUND)}"


NEEDS: dict[str, tuple[str, ...]] = {
    "view": ("path",),
    "create": ("path", "file_text"),
    "str_replace": ("path", "old_str"),
    "insert": ("path", "insert_line", "insert_text"),
}


def _create(real: Path, given: Json) -> str:
    verb = "Replaced" if real.exists() else "Created"
    write(real, given["path"], given["file_text"])
    return f"{verb} {given['path']} ({len(_lines(given['file_text']))} lines)."


def _listing(worktree: Path, directory: Path) -> str:
    names = sorted(_entries(directory, DEPTH), key=str)
    shown = [f"{name.relative_to(directory)}{'/' if name.is_dir() else ''}" for name in names[:ENTRIES]]
    more = f"\n[… {len(names) - ENTRIES:,} more entries left out …]" if len(names) > ENTRIES else ""
    return (
        f"{advertised(worktree, directory)}, {DEPTH} levels deep:\n" + ("\n".join(shown) or "(empty)") + more
    )


def _entries(directory: Path, depth: int) -> Iterator[Path]:
    for entry in directory.iterdir():
        if entry.name in SKIPPED:
            continue
        yield entry
        if depth > 1 and entry.is_dir() and not entry.is_symlink():
            yield from _entries(entry, depth - 1)


def _view(text: str, given: Json) -> str:
    if not text:
        return "(the file is empty)"
    first, last = 1, len(_lines(text))
    if "view_range" in given:
        start, end = given["view_range"]
        if not 1 <= start <= last or (end != -1 and end < start):
            raise Misused(f"view_range {given['view_range']} does not fit: the file has lines 1 to {last}.")
        first, last = start, last if end == -1 else end
    return elided(_numbered(text, first, last))


def _lines(text: str) -> list[str]:
    """The lines with their ends. `str.splitlines` also splits at form feeds and the like, which editors do not."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1].removesuffix("\n")
    return lines if lines[-1] else lines[:-1]


def _numbered(text: str, first: int, last: int) -> str:
    """These lines with their numbers."""
    start = max(first, 1)
    lines = (line.rstrip("\r\n") for line in _lines(text)[start - 1 : last])
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, start))


def _replaced(text: str, given: Json) -> tuple[str, int, int]:
    """The edited text, and the first line and the number of lines that are new."""
    old, new = _with_ends_of(text, given["old_str"]), _with_ends_of(text, given.get("new_str", ""))
    count = text.count(old) if old else 0
    if count != 1:
        raise Misused(_no_single_match(text, old, count, given["path"]))
    position = text.index(old)
    return text.replace(old, new), text.count("\n", 0, position) + 1, len(_lines(new))


def _no_single_match(text: str, old: str, count: int, path: str) -> str:
    if not old:
        return "Nothing was replaced: old_str is empty. Use insert to add text, create to write a whole file."
    if count == 0:
        return (
            f"Nothing was replaced: old_str does not occur in {path!r}. It has to match exactly, white space "
            "included. View the place and try again."
        )
    lines, position = [], -1
    while (position := text.find(old, position + 1)) >= 0:
        lines.append(str(text.count("\n", 0, position) + 1))
    return (
        f"Nothing was replaced: old_str occurs {count} times in {path!r} (lines {', '.join(lines[:20])}). "
        "Give more of the lines around the one you mean."
    )


def _inserted(text: str, given: Json) -> tuple[str, int, int]:
    lines = _lines(text)
    after = given["insert_line"]
    if not 0 <= after <= len(lines):
        raise Misused(f"insert_line {after} does not fit: it is between 0 and {len(lines)}.")
    ending = "\r\n" if "\r\n" in text else "\n"
    added = _with_ends_of(text, given["insert_text"])
    added += "" if added.endswith("\n") else ending
    before = "".join(lines[:after])
    before += "" if not before or before.endswith("\n") else ending
    return before + added + "".join(lines[after:]), after + 1, len(_lines(added))


def _with_ends_of(text: str, given: str) -> str:
    """Models write `\\n`; in a file whose lines end in `\\r\\n` that would never match."""
    return given.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in text else given


def _action(given: Json) -> str:
    verb = "reading" if given.get("command") == "view" else "editing"
    return f"{verb} {short(given.get('path') or 'a file', 80)}"


TOOL = Tool(
    name="str_replace_based_edit_tool",
    built_in="text_editor_20250728",
    schema={
        "type": "object",
        "properties": {
            "command": {"type": "string", "enum": list(NEEDS)},
            "path": {"type": "string", "minLength": 1},
            "view_range": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            "file_text": {"type": "string"},
            "old_str": {"type": "string"},
            "new_str": {"type": "string"},
            "insert_line": {"type": "integer"},
            "insert_text": {"type": "string"},
        },
        "required": ["command", "path"],
    },
    run=run,
    action=_action,
)
