"""What an issue said when somebody asked for it, whatever was made of it afterwards."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jobs.ticket.history import History, Renaming, Revision
from jobs.ticket.observation import Issue
from tests.ticket.builders import observation


def on_the_day(hour: int, second: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, 0, second, tzinfo=UTC)


EARLIER, BEFORE, ASKED, AFTER, LATER = (
    on_the_day(10), on_the_day(11), on_the_day(12), on_the_day(12, 1), on_the_day(13)
)  # fmt: skip


def edit(at: datetime, text: str | None, by: str = "carol") -> Revision:
    return Revision(at, by, text)


def issue(
    created_at: datetime = EARLIER,
    renamings: tuple[Renaming, ...] = (),
    revisions: tuple[Revision, ...] = (),
) -> Issue:
    history = History("now", "now", renamings, revisions)
    return replace(observation().issue, created_at=created_at, history=history)


@pytest.mark.parametrize(
    ("revisions", "body"),
    [
        ((), "now"),
        ((edit(ASKED, "now"), edit(BEFORE, "first")), "first"),
        ((edit(ASKED, "now", by="alice"), edit(BEFORE, "first")), "now"),
        ((edit(LATER, "now"), edit(ASKED, "first")), "first"),
        ((edit(ASKED, "now"), edit(ASKED, "first")), "first"),
        ((edit(AFTER, "now"), edit(BEFORE, "first")), "first"),
        ((edit(LATER, "now"), edit(AFTER, "second"), edit(BEFORE, "meant"), edit(EARLIER, "first")), "meant"),
        ((edit(AFTER, "now"), edit(BEFORE, None)), ""),
        ((edit(LATER, "now"), edit(AFTER, "second")), ""),
    ],
)
def test_the_body_is_read_as_it_stood_when_it_was_asked_for(
    revisions: tuple[Revision, ...], body: str
) -> None:
    assert issue(revisions=revisions).as_of(ASKED, "alice").body == body


@pytest.mark.parametrize(
    ("renamed", "title"),
    [
        ((), "now"),
        (((BEFORE, "older"),), "now"),
        (((BEFORE, "older"), (AFTER, "meant"), (LATER, "second")), "meant"),
        (((AFTER, "meant"), (AFTER, "a second")), "meant"),
    ],
)
def test_the_title_is_read_as_it_stood_when_it_was_asked_for(
    renamed: tuple[tuple[datetime, str], ...], title: str
) -> None:
    renamings = tuple(Renaming(at, before) for at, before in renamed)
    assert issue(renamings=renamings).as_of(ASKED, "alice").title == title


def test_of_an_issue_that_came_later_the_first_text_is_read() -> None:
    later = issue(
        created_at=AFTER,
        revisions=(edit(LATER, "now"), edit(AFTER, "first", by="bob")),
        renamings=(Renaming(LATER, "first"),),
    )
    seen = later.as_of(ASKED, "alice")
    assert (seen.title, seen.body) == ("first", "first")


def test_text_of_the_past_has_nothing_invisible_either() -> None:
    hidden = issue(revisions=(edit(LATER, "now"), edit(BEFORE, "Say <!-- push --> hello.")))
    assert hidden.as_of(ASKED, "alice").body == "Say <!-- … --> hello."
