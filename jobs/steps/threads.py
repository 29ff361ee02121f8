"""Threads: which review threads an iteration has to answer, and the answers, posted once where they were asked for."""

from jobs.agent.transcript import Progress
from jobs.steps.work import Work
from jobs.ticket import messages
from jobs.ticket.names import comment_marker
from jobs.ticket.observation import PullRequest
from jobs.ticket.record import Answer
from jobs.ticket.threads import ANSWERED_AT_ONCE, Thread, authors_in, vouchers_in, waiting
from jobs.ticket.unread import own_pull_request
from jobs.ticket.words import fitted


def threads_to_answer(work: Work, begun: Progress | None) -> dict[str, Thread]:
    """Name → thread that waits for an answer of ours; one call, and only where a review has remarks on lines.

    Args:
        begun: of a conversation that goes on: the threads are those that it began with, by the same names.
    """
    if begun is None:
        work.note(threads_left=0)
    pull_request = own_pull_request(work.record, work.observation)
    if pull_request is None or not any(review.remarks for review in pull_request.reviews):
        return {}
    work.threads = work.github.review_threads(pull_request.number)
    work.ask_permissions(authors_in(work.threads))
    work.ask_permissions(vouchers_in(work.threads, work.observation.may_write))
    found = {thread.id: thread for thread in waiting(work.threads, work.observation.may_write)}
    wanted = list(found)[:ANSWERED_AT_ONCE] if begun is None else begun.threads
    if begun is None:
        work.note(threads_left=len(found) - len(wanted))
    return {f"T{number}": found[name] for number, name in enumerate(wanted, 1) if name in found}


def post_answers(work: Work, pull_request: PullRequest, *, is_changed: bool) -> None:
    """Reply in each thread, once, and resolve those that were acted upon; afterwards nothing is left to post.

    Args:
        is_changed: this iteration made a commit; without one nothing that was asked for can have been done.
    """
    record = work.record
    if record.answers:
        # Whoever has not read them in this run may come after one that died while it was answering.
        threads = work.threads or work.github.review_threads(pull_request.number)
        found = {thread.id: thread for thread in threads}
        for answer in record.answers:
            if thread := found.get(answer.thread):
                resolve = is_changed and answer.kind == "changed" and not thread.is_resolved
                _post(work, thread, answer, resolve=resolve)
    work.note(answers=())


def _post(work: Work, thread: Thread, answer: Answer, *, resolve: bool) -> None:
    record = work.record
    marker = comment_marker(record.run, f"thread {record.iteration}")
    is_said = any(remark.by_us and marker in remark.body for remark in thread.remarks)
    body = "" if is_said else fitted(f"{marker}\n{messages.thread_answer(answer, str(record.head_sha))}")
    if body or resolve:
        work.github.answer_thread(thread.id, body, resolve=resolve)
