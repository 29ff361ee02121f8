"""Coding: the agent works in the worktree, and between two of its turns hears what people and GitHub say."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from decimal import Decimal
from typing import Literal

from jobs.agent.brief import COMMENT_EACH_END, Material, brief
from jobs.agent.loop import Agent, Hooks, Interrupted, Limits, Outcome, Turn
from jobs.agent.tools import Workbench
from jobs.agent.transcript import Progress
from jobs.git.worktree import Worktree
from jobs.steps.holding import holds, question_of
from jobs.steps.preparing import checkpoint_of, open_worktree
from jobs.steps.sight import address_of
from jobs.steps.threads import threads_to_answer
from jobs.steps.updating import is_wanted, update
from jobs.steps.work import Work
from jobs.ticket import notes
from jobs.ticket.budget import Spend
from jobs.ticket.checks import failing
from jobs.ticket.observation import Check
from jobs.ticket.phases import Signal
from jobs.ticket.record import CommandRun, Question, Record
from jobs.ticket.signals import signal
from jobs.ticket.threads import Thread
from jobs.ticket.unread import (
    comments_on_ticket,
    demands,
    is_told,
    newest_comment,
    newest_review,
    next_command,
    own_pull_request,
    told_to_agent,
    unread_comments,
)
from jobs.ticket.words import elided, fenced

LOGS_READ = 3
"""Of so many failing checks the log is fetched; the others are named."""
SPEND_KEPT = timedelta(days=7)


def code(work: Work) -> Signal | None:
    """Run the agent until it submits, asks or runs out; None when something else has to be looked at first."""
    worktree = _files(work)
    already = _spent(work)
    work.note(spend=already, note="" if work.record.note == notes.NO_ROOM else work.record.note)
    begun = checkpoint_of(work).load()
    progress = begun.progress if begun else None
    if progress:
        _recall(work, progress)
        if held := holds(work, progress):
            return held
    answers = _answers(work, progress) if progress else []
    had_left = work.record.threads_left > 0
    threads = threads_to_answer(work, progress)
    if progress is None and had_left and not threads and not _is_wanted_still(work, worktree):
        return Signal.PUBLISHED
    text = _brief(work, worktree, threads)
    work.note(comment_cursor=newest_comment(work.record, work.observation))
    outcome = _talk(work, worktree, text, progress or _anew(work, threads, worktree), answers, already)
    if outcome is None:
        return None
    is_changed = bool(worktree.changed_paths()) or worktree.head() != work.record.head_sha
    return _concluded(work, outcome, already, no_change=not is_changed)


def _files(work: Work) -> Worktree:
    """The worktree, brought up to date if it is to be; a conversation about other files is dropped."""
    worktree = open_worktree(work, resume=True)
    if is_wanted(work, worktree):
        # On another machine, whose files know nothing of it.
        update(work, worktree)
    if not worktree.resumed:
        checkpoint_of(work).delete()
        worktree.resumed = True
    return worktree


def _talk(
    work: Work, worktree: Worktree, text: str, progress: Progress, answers: Sequence[str], already: Spend
) -> Outcome | None:
    """Let the agent work; None if something has interrupted it."""
    with work.open_model(work.model) as model:
        agent = Agent(
            model,
            _bench(work, worktree),
            _limits(work, progress),
            _hooks(work, already),
            checkpoint_of(work),
            work.clock,
        )
        try:
            return agent.run(text, progress, answers)
        except Interrupted:
            return None


def _is_wanted_still(work: Work, worktree: Worktree) -> bool:
    """Besides review threads something is left to be done: words, a red check, a conflict, or a change to make anew."""
    record, pull_request = work.record, own_pull_request(work.record, work.observation)
    work.ask_permissions({item.author for item in unread_comments(record, work.observation)})
    is_asked = demands(record, work.observation) or is_told(record, work.observation, in_any_words=True)
    is_red = pull_request is None or failing(pull_request.checks)
    return bool(is_asked or is_red or record.update or work.collided or worktree.conflicts())


def _concluded(work: Work, outcome: Outcome, already: Spend, *, no_change: bool) -> Signal:
    record = work.record
    work.note(
        spend=already + outcome.spend,
        plan=outcome.plan or record.plan,
        commands=_commands(record, outcome),
        summary=outcome.summary or record.summary,
        answers=outcome.answers,
        no_change=no_change,
        activity="",
        note="",
        question=None,
    )
    match outcome.signal:
        case Signal.ASKED:
            work.note(question=Question(outcome.question or ""))
        case Signal.PLANNED:
            work.note(question=question_of(outcome.plan))
        case Signal.OUT_OF_BUDGET:
            work.note(question=Question(outcome.reason, kind="budget"))
        case Signal.GAVE_UP:
            work.ending = f"{outcome.reason}."
    return outcome.signal


def _recall(work: Work, progress: Progress) -> None:
    """What the record said when the conversation was kept: it may have been lost before it was written."""
    work.note(
        comment_cursor=max(work.record.comment_cursor, progress.heard),
        review_in_hand=max(work.record.review_in_hand, progress.review),
        threads_left=progress.threads_left,
    )


def _answers(work: Work, progress: Progress) -> list[str]:
    """What the agent has not heard yet."""
    asked, by = work.record.question, work.record.approval
    is_approved = progress.asked and asked is not None and asked.kind == "plan" and by not in ("", "wanted")
    approval = [f"@{by} approved your plan. Carry it out, and keep it current."] if is_approved else []
    return [*approval, *_heard(work)]


def _commands(record: Record, outcome: Outcome) -> tuple[CommandRun, ...]:
    """Those of earlier iterations, and the agent's list of this one's."""
    earlier = tuple(run for run in record.commands if run.iteration != record.iteration)
    return (*earlier, *(replace(run, iteration=record.iteration) for run in outcome.commands))


def _anew(work: Work, threads: dict[str, Thread], worktree: Worktree) -> Progress:
    """What a conversation that begins now is about besides its brief."""
    # A review that came later is for the next iteration: this conversation does not know it.
    work.note(review_in_hand=newest_review(work.record, work.observation))
    # No other lease has this number.
    worktree.mark = str(work.bad_runs.fence)
    return Progress(
        threads=tuple(thread.id for thread in threads.values()),
        threads_left=work.record.threads_left,
        review=work.record.review_in_hand,
        files=worktree.mark,
    )


def _bench(work: Work, worktree: Worktree) -> Workbench:
    sandbox = work.open_sandbox()
    return Workbench(worktree.path, worktree.diff, sandbox, worktree.violations, _planning(work))


def _planning(work: Work) -> Literal["offered", "wanted", "first", "none"]:
    if work.record.approval == "wanted":
        return "first"
    wish = work.observation.configuration.plan
    if wish == "always" and not work.record.plan:
        return "wanted"
    return "none" if wish == "never" else "offered"


def _limits(work: Work, progress: Progress) -> Limits:
    budget, record = work.budget, work.record
    # Whoever lets it go on after a limit grants all the time again.
    seconds_used = 0.0 if progress.held else progress.seconds
    return Limits(
        usd_left=max(record.usd_limit - record.spend.usd, Decimal(0)),
        turns=budget.turns,
        deadline=work.clock() + timedelta(minutes=budget.minutes, seconds=-seconds_used),
    )


def _hooks(work: Work, already: Spend) -> Hooks:
    def before_turn() -> list[str]:
        if work.stopping():
            raise Interrupted
        due = work.moves.due()
        if not work.news() and (due is None or work.clock() < due):
            return []
        work.observe()
        is_asked = signal(work.record, work.observation, work.budget) or _is_handled(work)
        if is_asked or next_command(work.record, work.observation):
            raise Interrupted
        return _heard(work)

    def after_turn(turn: Turn) -> None:
        spend = already + turn.spend
        work.bad_runs.progress()
        work.redis.set(_spend_key(work), json.dumps(asdict(spend), default=str), ex=SPEND_KEPT)
        work.note(
            spend=spend, plan=turn.plan or work.record.plan, activity=f"turn {turn.number}, {turn.action}"
        )
        work.progress()

    return Hooks(before_turn, after_turn, lambda: work.record.comment_cursor, work.still_ours)


def _is_handled(work: Work) -> bool:
    """Somebody has moved the ticket's card or pressed a button, which an observation does not show."""
    return bool(work.moves.waiting() or work.presses.waiting())


def _heard(work: Work) -> list[str]:
    """What people with write permission have said since the agent last heard of them; read from now on."""
    comments = unread_comments(work.record, work.observation)
    work.ask_permissions({item.author for item in comments})
    work.note(comment_cursor=newest_comment(work.record, work.observation))
    heard = [
        f"@{item.author}, who has write permission, commented:\n{fenced(elided(item.body, COMMENT_EACH_END))}"
        for item in comments
        if work.observation.may_write(item.author) and told_to_agent(item, work.observation)
    ]
    if heard:
        work.note(told=work.record.iteration)
    return heard


def _brief(work: Work, worktree: Worktree, threads: dict[str, Thread]) -> str:
    record, pull_request = work.record, own_pull_request(work.record, work.observation)
    comments = comments_on_ticket(work.observation)
    reviews = pull_request.reviews if pull_request else ()
    commenters = {item.author for item in comments if item.by_person}
    work.ask_permissions(commenters | {review.author for review in reviews if review.by_person})
    material = Material(
        instructions=worktree.show("AGENTS.md", record.stacked.trunk if record.stacked else ""),
        diff=worktree.diff(),
        red=_red(work),
        reviews=demands(record, work.observation),
        threads=threads,
        comments=comments,
        collided=work.collided,
        conflicts={path: worktree.conflicted(path) for path in worktree.conflicts()},
        has_shell=work.open_sandbox() is not None,
        planning=work.record.approval == "wanted" or work.observation.configuration.plan == "always",
    )
    return brief(record, work.observation, material, work.budget)


def _red(work: Work) -> dict[Check, str]:
    """The failing checks of the last round, with the logs of the first few."""
    pull_request = own_pull_request(work.record, work.observation)
    red = failing(pull_request.checks) if pull_request else ()
    return {
        check: work.github.failing_log(check) if place < LOGS_READ else "" for place, check in enumerate(red)
    }


def _spent(work: Work) -> Spend:
    """What the run has cost: as recorded, or as the last turn of a dead worker left it, whichever is more."""
    kept = work.redis.get(_spend_key(work))
    recorded = work.record.spend
    if kept is None:
        return recorded
    left = json.loads(kept)
    found = Spend(**left | {"usd": Decimal(left["usd"])})
    return found if found.usd > recorded.usd else recorded


def _spend_key(work: Work) -> str:
    # A repository that is renamed meanwhile has spent it all the same.
    return f"spend:{address_of(work.observation)}:{work.record.run}"
