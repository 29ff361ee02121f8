"""Pressing: a button of our check run does what the command of its name does, for people who may."""

import logging
from dataclasses import replace

from jobs.models.prices import PRICES
from jobs.steps.work import Work
from jobs.ticket import notes
from jobs.ticket.commands import Command
from jobs.ticket.observation import Comment, Review
from jobs.ticket.phases import KIND
from jobs.ticket.record import Record
from jobs.ticket.replies import Case, Reply, reply
from jobs.ticket.request import Press
from jobs.ticket.unread import own_pull_request, told_to_agent, unread_comments

log = logging.getLogger("autocode")


def reply_to_press(work: Work) -> tuple[Reply, Comment] | None:
    """Answer the oldest press that something follows from; None when there is none.

    A press means the run (of `fix` also the iteration) whose button it was. Whoever dies before the record tells of it
    answers again; once it does, the same press, delivered again, belongs to what is over.
    """
    for press in work.presses.waiting():
        work.presses.take(press)
        if work.recorded is None or not _fits(press, work.record):
            log.info("%s: @%s pressed %r, which is over", work.ticket.key, press.login, press.action)
            continue
        comment = _as_comment(press, work)
        answer = _answer(press, comment, work)
        log.info("%s: @%s pressed %r: %s", work.ticket.key, press.login, press.action, answer.reaction)
        if answer.comment:
            work.tell(f"reply {press.login}", answer.comment)
        work.note(note=answer.note or work.record.note, **answer.changes)
        return answer, comment
    return None


def _fits(press: Press, record: Record) -> bool:
    run, _, iteration = press.shown.partition(" ")
    if run != record.run:
        return False
    is_at_work = KIND[record.phase] != "resting"
    match press.action:
        case "retry":
            return not is_at_work
        case "stop":
            return is_at_work
        case "fix":
            return is_at_work and iteration == str(record.iteration)
    return False


def _answer(press: Press, comment: Comment, work: Work) -> Reply:
    unread = unread_comments(work.record, work.observation)
    reviews = _unread_reviews(work)
    work.ask_permissions({press.login, *(item.author for item in unread), *(item.author for item in reviews)})
    seen, record = work.observation, work.record
    answer = reply(Case(Command(press.action), comment, record, seen, work.budget, tuple(PRICES)))
    if press.action != "fix" or answer.signal is None:
        return answer
    said = any(told_to_agent(item, seen) and seen.may_write(item.author) for item in unread)
    is_something_said = said or any(seen.may_write(review.author) for review in reviews)
    return answer if is_something_said else replace(answer, signal=None, note=notes.NOTHING_TO_FIX)


def _unread_reviews(work: Work) -> list[Review]:
    """Reviews in which people have said something; our own replies in threads are reviews too."""
    pull_request = own_pull_request(work.record, work.observation)
    return [
        review
        for review in (pull_request.reviews if pull_request else ())
        if review.id > work.record.review_cursor and review.by_person and (review.body or review.remarks)
    ]


def _as_comment(press: Press, work: Work) -> Comment:
    """The press as if its command had been written. Its id is no comment's, and another one for each run."""
    return Comment(
        id=-int(work.record.run, 16),
        author=press.login,
        by_us=False,
        by_person=True,
        body=f"/autocode {press.action}",
        created_at=work.observation.now,
        author_id=press.user_id,
    )
