"""Threads in the brief: what reviewers say about lines of the diff, bounded, with who may give instructions. Pure."""

from collections.abc import Mapping

from jobs.ticket.threads import Remark, Thread
from jobs.ticket.words import elided, fenced, short

REMARK_EACH_END = 1_500
ALL_EACH_END = 30_000
"""Of all remarks together: where there are many, each is cut shorter."""
HUNK_LINES = 20
"""Of the diff hunk, its last ones: those end at the line that is talked about."""

HEAD = """\
## Review threads

Answer each of these {count} in `submit`, by its name. First tell what it is. A change that is asked for: make it \
(`changed`), or say why not (`declined`). A suggestion: make it if it is better, else decline it. A question: answer \
it (`answered`) and change nothing because of it, unless the answer shows that something is wrong."""


def threads_section(threads: Mapping[str, Thread]) -> str:
    """Everything that waits for an answer, by name; empty when nothing does."""
    if not threads:
        return ""
    remarks = sum(len(thread.remarks) for thread in threads.values())
    each = min(REMARK_EACH_END, ALL_EACH_END // remarks)
    shown = [_thread(name, thread, each) for name, thread in threads.items()]
    return "\n\n".join([HEAD.format(count=len(threads)), *shown])


def _thread(name: str, thread: Thread, each: int) -> str:
    hunk = "\n".join(thread.diff_hunk.splitlines()[-HUNK_LINES:])
    parts = [
        f"### {name}: {_place(thread)}",
        "Part of a review that requests changes." if thread.asks_for_changes else "",
        "The lines have been changed since." if thread.is_outdated else "",
        fenced(elided(hunk, 1_000), "diff") if hunk else "",
        *(_remark(remark, each) for remark in thread.remarks),
    ]
    return "\n\n".join(part for part in parts if part)


def _place(thread: Thread) -> str:
    path = f"`{short(thread.path, 200).replace('`', '?')}`"
    if thread.line is None:
        return f"{path}, the whole file"
    begin = thread.start_line
    return f"{path} line {thread.line}" if begin is None else f"{path} lines {begin} to {thread.line}"


def _remark(remark: Remark, each: int) -> str:
    if remark.by_us:
        who = "You"
    elif remark.vouched_by:
        who = f"@{remark.author}, who has no write permission, and @{remark.vouched_by}, who has, agrees (👍)"
    else:
        who = f"@{remark.author}, who has write permission"
    what = " suggests other lines" if "```suggestion" in remark.body else ""
    return f"{who}{what}:\n{fenced(elided(remark.body, each))}"
