"""Threads: conversations about lines of the diff, and which of them the agent has to answer. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

ANSWERED_AT_ONCE = 25
"""Threads in one iteration, the oldest first; the others wait for the next one."""


VOUCHERS = 20
"""People with a 👍 whose permission is asked at most: each costs a call, and anybody may react."""


@dataclass(frozen=True)
class Remark:
    """One comment of a thread."""

    author: str
    by_us: bool
    by_person: bool
    body: str
    edited_at: datetime | None = None
    thumbs: tuple[tuple[str, datetime], ...] = ()
    """Who reacted with 👍, and when."""
    vouched_by: str = ""
    """Somebody with write permission whose 👍 is for this text; only asked where the author has none."""


@dataclass(frozen=True)
class Thread:
    """A conversation about lines of the diff."""

    id: str
    """Node id."""
    path: str
    line: int | None
    """The last line it is about, in the file as it is now or was then; None: the whole file."""
    start_line: int | None
    is_resolved: bool
    is_outdated: bool
    """The lines have been changed since."""
    diff_hunk: str
    asks_for_changes: bool
    """It was begun by a review that requests changes."""
    remarks: tuple[Remark, ...] = field(default=())
    """Oldest first."""


def authors_in(threads: Iterable[Thread]) -> frozenset[str]:
    """Whose permission `vouchers_in` and `waiting` need to know."""
    return frozenset(remark.author for remark in _open(threads) if remark.by_person and not remark.by_us)


def vouchers_in(threads: Iterable[Thread], may_write: Callable[[str], bool]) -> frozenset[str]:
    """Whose permission `waiting` needs to know as well: the newest 👍 on what nobody with it has said."""
    thumbs = [
        (at, login)
        for remark in _open(threads)
        if not remark.by_us and not (remark.by_person and may_write(remark.author))
        for login, at in remark.thumbs
    ]
    logins = dict.fromkeys(login for _, login in sorted(thumbs, reverse=True))
    return frozenset(list(logins)[:VOUCHERS])


def waiting(threads: Iterable[Thread], may_write: Callable[[str], bool]) -> tuple[Thread, ...]:
    """The threads that want an answer, with what of them is for the agent to read.

    They are not resolved, and the last word is not ours. What people without write permission say is left out unless
    somebody with it reacted with 👍, to the text as it stands now.
    """
    open_ones = (thread for thread in threads if not thread.is_resolved)
    read = (replace(thread, remarks=tuple(_readable(thread, may_write))) for thread in open_ones)
    return tuple(thread for thread in read if thread.remarks and not thread.remarks[-1].by_us)


def _open(threads: Iterable[Thread]) -> list[Remark]:
    return [remark for thread in threads if not thread.is_resolved for remark in thread.remarks]


def _readable(thread: Thread, may_write: Callable[[str], bool]) -> Iterable[Remark]:
    for remark in thread.remarks:
        if remark.by_us or (remark.by_person and may_write(remark.author)):
            yield remark
        elif by := _voucher(remark, may_write):
            yield replace(remark, vouched_by=by)


def _voucher(remark: Remark, may_write: Callable[[str], bool]) -> str:
    """Who vouches for the text as it is now; GitHub's times are whole seconds, so a tie counts as edited later."""
    for login, at in remark.thumbs:
        if (
            may_write(login)
            and login != remark.author
            and (remark.edited_at is None or at > remark.edited_at)
        ):
            return login
    return ""
