"""Publishing: commit pushed, pull request open. The app does it, not the model."""

from jobs.git.errors import PushConflict
from jobs.git.push import Pushed
from jobs.git.worktree import Worktree
from jobs.steps.people import bot, co_author
from jobs.steps.preparing import checkpoint_of, open_worktree
from jobs.steps.stacking import brought_along, leave_below
from jobs.steps.threads import post_answers
from jobs.steps.work import Work
from jobs.ticket import bodies, commits, messages, notes
from jobs.ticket.observation import PullRequest
from jobs.ticket.phases import Signal
from jobs.ticket.record import Round
from jobs.ticket.unread import demands, own_pull_request
from jobs.ticket.words import fitted


def publish(work: Work) -> Signal:
    """Commit, push, and open the draft pull request unless it is there already."""
    may_be_lost = work.worktree is None and not work.record.no_change
    worktree = open_worktree(work, resume=True)
    if work.record.open_question and worktree.conflicts():
        # Git's markers are in the files. They and the conversation about them are kept for whoever continues.
        return Signal.HELD
    worktree.commit(_message(work, worktree), author=bot(work))
    if not _is_changed(work, worktree) and not _was_held(work):
        up_to_date = _brought_up_to_date(work, worktree)
        return up_to_date or _only_answered(work, may_be_lost) or _nothing_new(work, may_be_lost)
    try:
        pushed = work.with_token(lambda token: worktree.push(token, work.guard))
    except PushConflict as conflict:
        work.collided = conflict.patch
        return _set_back(work, notes.COLLIDED)
    _remember(work, pushed)
    brought_along(work, worktree)
    post_answers(work, _draft(work), is_changed=True)
    if work.record.open_question:
        return Signal.HELD
    checkpoint_of(work).delete()
    return Signal.PUBLISHED


def _message(work: Work, worktree: Worktree) -> str:
    record, number = work.record, work.ticket.number
    if worktree.conflicts():
        return commits.merge_message(record, number, co_author(work))
    return commits.commit_message(record, work.observation.issue, number, co_author(work))


def _is_changed(work: Work, worktree: Worktree) -> bool:
    """This iteration has led to a commit, pushed or not.

    With another head it need not have: on another machine, whose files know nothing of what was coded, it is whatever
    people have pushed, or the base's. An update is as good with git's own commits, which do not name it, unless those
    are on GitHub and lack the base: then somebody has pushed them.
    """
    record = work.record
    if worktree.head() == record.head_sha:
        return False
    is_updated = record.update and (not worktree.is_pushed() or worktree.contains_base(record.underneath))
    return is_updated or worktree.holds(*commits.iteration_trailers(record))


def _was_held(work: Work) -> bool:
    """This iteration's change was pushed when its budget ran out, and has not been checked yet."""
    record = work.record
    last = record.rounds[-1] if record.rounds else None
    return last is not None and (last.iteration, last.head_sha) == (record.iteration, record.head_sha)


def _brought_up_to_date(work: Work, worktree: Worktree) -> Signal | None:
    """The update was all there was to do, and is done; None where it was not."""
    record = work.record
    if not record.update or record.open_question or not worktree.contains_base(record.underneath):
        return None
    work.note(note=notes.UP_TO_DATE)
    brought_along(work, worktree)
    if work.record.pull_request is None:
        work.note(pull_request=_open_pull_request(work).number)
    return Signal.PUBLISHED


def _only_answered(work: Work, may_be_lost: bool) -> Signal | None:
    """Reviewers asked, and what they asked for is no change; None where it was, or is lost with a dead worker."""
    record, pull_request = work.record, own_pull_request(work.record, work.observation)
    wants_change = any(review.state == "CHANGES_REQUESTED" for review in demands(record, work.observation))
    is_answer = bool(record.answers) or not wants_change
    in_hand = record.review_in_hand > record.review_cursor or bool(record.answers)
    if pull_request is None or record.open_question or may_be_lost or not (in_hand and is_answer):
        return None
    post_answers(work, pull_request, is_changed=False)
    work.note(review_cursor=record.review_in_hand, activity="", note="")
    checkpoint_of(work).delete()
    return Signal.PUBLISHED


def _nothing_new(work: Work, may_be_lost: bool) -> Signal:
    if work.record.open_question:
        return Signal.HELD
    if may_be_lost:
        return _set_back(work, notes.CODED_AGAIN)
    work.ending = messages.nothing_new(work.record)
    return Signal.GAVE_UP


def _set_back(work: Work, note: str) -> Signal:
    checkpoint_of(work).delete()
    work.note(note=note)
    return Signal.SET_BACK


def _remember(work: Work, pushed: Pushed) -> None:
    head_sha = pushed.head_sha
    work.note(head_sha=head_sha, activity="", note="", review_cursor=work.record.review_in_hand)
    if not _was_held(work):
        now = work.clock()
        made = Round(work.record.iteration, head_sha, at=now, note=notes.on_top_of(pushed.others))
        rounds = (*work.record.rounds, made)
        work.note(rounds=rounds, published_at=now)


def _draft(work: Work) -> PullRequest:
    """The ticket's pull request, which is a draft while its checks have not passed."""
    pull_request = own_pull_request(work.record, work.observation) or _open_pull_request(work)
    if not pull_request.is_draft:
        work.github.make_draft(pull_request)
    work.note(pull_request=pull_request.number)
    return pull_request


def _open_pull_request(work: Work) -> PullRequest:
    # What it stands on may have been merged while it was worked on.
    work.look_below()
    leave_below(work)
    record = work.record
    return work.github.create_pull_request(
        title=bodies.pull_request_title(work.observation.issue),
        body=fitted(bodies.pull_request_body(record, work.observation)),
        head=str(record.branch),
        base=str(record.base),
        draft=True,
    )
