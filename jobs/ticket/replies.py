"""Replies: what becomes of a command: a signal, changes of the record, and what its author gets to see. Pure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.ticket import messages, notes
from jobs.ticket.budget import Budget
from jobs.ticket.checks import Verdict, verdict
from jobs.ticket.commands import Command
from jobs.ticket.names import is_plan
from jobs.ticket.observation import Comment, Observation
from jobs.ticket.phases import KIND, Phase, Signal
from jobs.ticket.record import Merge, Record
from jobs.ticket.unread import own_pull_request

CLOSED = "The issue is closed: reopen it first."


@dataclass(frozen=True)
class Reply:
    """What is done about a command."""

    signal: Signal | None = None
    """For the table of phases."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the record."""
    reaction: str = "+1"
    """On the comment: `+1` obeyed, `confused` it does not fit or is not understood, `-1` not by this person."""
    comment: str = ""
    """A comment of its own, where text was asked for."""
    note: str = ""
    """For the status comment."""


@dataclass(frozen=True)
class Case:
    """A command and everything that decides what becomes of it."""

    said: Command
    comment: Comment
    record: Record | None
    observation: Observation
    budget: Budget
    models: Collection[str]
    """The models that can be chosen."""

    @property
    def phase(self) -> Phase | None:
        """None for an issue that we have not worked on."""
        return self.record.phase if self.record else None

    @property
    def is_at_work(self) -> bool:
        """The ticket has begun and not ended."""
        return self.phase is not None and KIND[self.phase] != "resting"


def reply(case: Case) -> Reply:
    """What becomes of a command."""
    author = case.comment.author
    if not case.observation.may_write(author):
        permission = case.observation.permissions.get(author, "none")
        return Reply(reaction="-1", comment=messages.not_yours(author, permission))
    if case.said.problem:
        return _misunderstood(case, case.said.problem)
    return REPLIES[case.said.name](case)


def _start(case: Case, **changes: str) -> Reply:
    if case.observation.issue.state != "OPEN":
        return _misunderstood(case, CLOSED)
    return Reply(Signal.TRIGGERED, changes)


def _status(case: Case) -> Reply:
    # At work, the status comment is rewritten after each command.
    return Reply() if case.is_at_work else _start(case)


def _plan(case: Case) -> Reply:
    if not case.is_at_work:
        return _start(case, approval="wanted")
    if case.phase in (Phase.QUEUED, Phase.PREPARING) and case.record and not case.record.rounds:
        return Reply(changes={"approval": "wanted"})
    return _unfit(
        case, "the work has begun already; `/autocode stop` and then `/autocode plan` start with a plan"
    )


def _approve(case: Case) -> Reply:
    if case.phase is Phase.APPROVING and _has_seen_plan(case):
        return Reply(Signal.APPROVED, {"approval": case.comment.author})
    if case.phase is Phase.APPROVING:
        return _unfit(case, "the plan has changed since; read it as it is now, then approve it")
    return _unfit(case, "there is no plan that waits for approval")


def _has_seen_plan(case: Case) -> bool:
    """The plan was there before the comment; ids grow, and GitHub's times are whole seconds."""
    record, comment = case.record, case.comment
    if record is None or record.since is None:
        return True
    shown = [item.id for item in case.observation.comments if item.by_us and is_plan(item.body, record.run)]
    if shown:
        return comment.id > max(shown)
    return comment.created_at >= record.since.replace(microsecond=0)


def _fix(case: Case) -> Reply:
    """The agent reads the comment itself; here is decided only whether it has to be woken."""
    match case.phase:
        case _ if not case.is_at_work:
            return _start(case)
        case Phase.ASKING if case.record and case.record.question and case.record.question.kind == "budget":
            return Reply(note="What was asked for is done once the work continues: `/autocode continue`.")
        case Phase.ASKING:
            return Reply(Signal.ANSWERED)
        case Phase.APPROVING:
            return Reply(Signal.PLAN_DISCUSSED)
        case Phase.CHECKING | Phase.VALIDATING | Phase.MERGING:
            return Reply(Signal.CHANGES_REQUESTED)
        case _:
            return Reply()


def _continue(case: Case) -> Reply:
    record, said = case.record, case.said
    if record is None or record.phase in (Phase.DONE, Phase.CANCELLED):
        return _unfit(case, "there is nothing to continue; `/autocode` starts it")
    is_held = record.phase is Phase.ASKING and record.question and record.question.kind == "budget"
    is_exhausted = record.phase is Phase.FAILED and record.pull_request is not None
    is_stuck = is_held or is_exhausted
    usd = said.usd or (case.budget.usd if is_held and not said.iterations else 0)
    rounds = said.iterations or (case.budget.max_iterations if is_exhausted else 0)
    changes = {"usd_limit": record.usd_limit + usd, "more_iterations": record.more_iterations + rounds}
    if is_exhausted and (gone := _ended(case, record)):
        return _unfit(case, gone)
    if is_stuck or (said.words and case.is_at_work):
        return Reply(Signal.CONTINUED if is_stuck else None, changes)
    return _unfit(case, "it goes on by itself; `/autocode continue +$2 +2 iterations` raises its limits")


def _ended(case: Case, record: Record) -> str:
    """Why a ticket that failed cannot be taken up where it was; empty if it can."""
    if case.observation.issue.state != "OPEN":
        return "the issue is closed; reopen it first"
    pull_request = own_pull_request(record, case.observation)
    if pull_request is None or pull_request.state != "OPEN":
        return "its pull request was closed; `/autocode retry` starts afresh"
    return ""


def _retry(case: Case) -> Reply:
    if case.is_at_work:
        return _unfit(case, "it is at work; `/autocode stop` ends that")
    return _start(case)


def _merge(case: Case) -> Reply:
    """The head as it is now, whatever comes later: where its checks are still open, once they have passed."""
    record, phase = case.record, case.phase
    if phase is Phase.MERGING:
        return Reply()
    if record is None or record.head_sha is None or phase not in (Phase.CHECKING, Phase.VALIDATING):
        return _unfit(case, "there is no pull request that is ready to be merged")
    wish = Merge(record.head_sha, by=case.comment.author)
    pull_request = own_pull_request(record, case.observation)
    is_open = phase is Phase.CHECKING or (
        pull_request is not None and verdict(pull_request.checks) is Verdict.PENDING
    )
    if record.stacked is not None:
        return Reply(changes={"merge": wish}, note=notes.merge_awaits_below(wish, record.stacked))
    return Reply(changes={"merge": wish}, note=notes.merge_awaits(wish) if is_open else "")


def _rebase(case: Case) -> Reply:
    """The agent's work is not interrupted for it."""
    match case.phase:
        case Phase.CHECKING | Phase.VALIDATING:
            return Reply(Signal.OUTDATED, {"updates": 0})
        case Phase.ASKING if case.record and case.record.question and case.record.question.kind == "conflict":
            return Reply(Signal.ANSWERED)
        case _:
            return _unfit(case, "there is no pull request that waits for its checks or its review")


def _base(case: Case) -> Reply:
    if not case.is_at_work:
        return _start(case, base=case.said.words)
    if case.record and case.record.branch is None:
        return Reply(changes={"base": case.said.words, "stacked": None})
    return _unfit(
        case, "a base is chosen before the work begins: `/autocode stop`, then start with another base"
    )


def _model(case: Case) -> Reply:
    name = case.said.words
    if name not in case.models:
        known = ", ".join(f"`{model}`" for model in case.models)
        return _misunderstood(case, f"`{name[:60]}` is not a model that autocode knows; it knows {known}.")
    return Reply(changes={"model": name}) if case.is_at_work else _start(case, model=name)


def _explain(case: Case) -> Reply:
    if case.record is None:
        return Reply(comment=messages.untouched(case.comment.author))
    return Reply(comment=messages.explanation(case.record, case.budget.max_iterations))


def _stop(case: Case) -> Reply:
    return Reply(Signal.STOPPED) if case.is_at_work else _unfit(case, "nothing is at work")


def _help(_case: Case) -> Reply:
    return Reply(comment=messages.HELP)


REPLIES: dict[str, Callable[[Case], Reply]] = {
    "": _status,
    "plan": _plan,
    "approve": _approve,
    "fix": _fix,
    "continue": _continue,
    "retry": _retry,
    "merge": _merge,
    "rebase": _rebase,
    "base": _base,
    "model": _model,
    "explain": _explain,
    "stop": _stop,
    "help": _help,
}
"""A row for each of `COMMANDS`, by people who may."""


def _unfit(case: Case, why: str) -> Reply:
    return _misunderstood(case, f"`/autocode {case.said.name}` does not fit now: {why}.")


def _misunderstood(case: Case, text: str) -> Reply:
    """In the status comment; where there is none, in a comment of its own."""
    if case.record is None:
        return Reply(reaction="confused", comment=f"@{case.comment.author}, {text}")
    return Reply(reaction="confused", note=f"To @{case.comment.author}: {text}")
