"""Messages: what people are told in a comment of its own, which notifies them. Pure.

What the status comment says is in `status` and `notes`, a pull request in `bodies`, our check run in `check_run`.
"""

from collections.abc import Iterable

from jobs.ticket import bodies, notes
from jobs.ticket.commands import COMMANDS
from jobs.ticket.observation import TRIGGER_LABEL, Check
from jobs.ticket.phases import LEAVES_WHEN
from jobs.ticket.record import Answer, Record
from jobs.ticket.status import HEADLINES, checklist, cost
from jobs.ticket.words import quiet, short

LOST = (
    "What autocode remembered of this ticket is gone: its status comment was deleted or changed by hand, and neither a "
    "branch nor a label says who asked for the work. `/autocode` starts it again; or take the label "
    f"`{TRIGGER_LABEL}` off."
)
CHECKS_GREEN = "Every check of the head commit passed."


def refused(login: str, permission: str) -> str:
    """To somebody who may label but not write."""
    return (
        f"@{login}, autocode works for people who can write to this repository; GitHub says your permission is "
        f"`{permission}`. Ask somebody with write permission to take the label `{TRIGGER_LABEL}` off and put it back."
    )


def started_with_parent(record: Record, number: int) -> str:
    """On a sub-issue, whose turn has come."""
    return (
        f"@{record.requested_by} asked for #{number}, and this is a part of it, so autocode begins with it."
    )


def parts_done(record: Record) -> str:
    """All sub-issues are closed, or were taken away from it."""
    if not record.parts:
        return (
            f"@{record.requested_by}, this ticket has no sub-issues any more, so there is nothing left to do here. "
            "What was begun for it goes on; `/autocode` has this ticket itself worked on."
        )
    return (
        f"@{record.requested_by}, all sub-issues of this ticket are closed, so there is nothing left to do here:\n\n"
        + "\n".join(f"- {name}: {state}" for name, state in record.parts)
    )


def goes_in_circles(record: Record, way: list[str]) -> str:
    """The ticket is among its own blockers."""
    circle = " waits for ".join([*way, way[0]])
    return (
        f"@{record.requested_by}, this ticket waits for itself: {circle}. None of them can begin. "
        "Take one of these dependencies back, or close one of the issues."
    )


def not_yours(login: str, permission: str) -> str:
    """To somebody who wrote a command, or moved a card, and may not."""
    return f"@{login}, thank you; I only act for people who can write here, and GitHub says you have `{permission}`."


def held_up(record: Record, checks: Iterable[Check]) -> str:
    """Checks wait for somebody to approve them."""
    names = "\n".join(f"- [{quiet(short(check.name, 60))}](<{check.url}>)" for check in checks)
    return (
        f"@{record.requested_by}, these checks wait until somebody on GitHub approves them; then it goes on by "
        f"itself:\n\n{names}"
    )


def closed(login: str) -> str:
    """To somebody who moved a closed issue's card."""
    return f"@{login}, the issue is closed: reopen it first, then move its card once more."


def untouched(login: str) -> str:
    """Somebody wants to know about an issue that we have never worked on."""
    return (
        f"@{login}, autocode has not worked on this issue. "
        f"Put the label `{TRIGGER_LABEL}` on, or comment `/autocode`, and it begins."
    )


def explanation(record: Record, max_iterations: int) -> str:
    """What was done so far, what the ticket waits for, and what it cost."""
    last = record.last_iteration(max_iterations)
    parts = [
        f"**{HEADLINES[record.phase].capitalize()}**, iteration {record.iteration} of {last}. "
        f"It goes on when {LEAVES_WHEN[record.phase]}.",
        quiet(record.note),
        quiet(record.summary),
        checklist(record.plan),
        bodies.evidence(record),
    ]
    return "\n\n".join(part for part in parts if part)


def proposal(record: Record) -> str:
    """The plan waits for approval."""
    return (
        f"@{record.requested_by}, this is what I am going to do:\n\n{checklist(record.plan)}\n\n"
        "Approve it with `/autocode approve` or the box in the comment above, or say what to change."
    )


HELP = "On an issue or its pull request, in the first line of a comment:\n\n" + "\n".join(
    f"- `{f'/autocode {name}'.strip()}`: {meaning}" for name, meaning in COMMANDS.items()
)


def question(record: Record) -> str:
    """The agent's question, or that the budget is used up."""
    if record.question is None:
        raise ValueError("no question is recorded")
    if record.question.kind == "budget":
        return (
            f"@{record.requested_by}, this ticket ran out of its budget: {quiet(record.question.text)}\n\n"
            f"{cost(record)}. {_whereabouts(record)}"
            "Comment `/autocode continue` to allow as much again, or take the label off to leave it."
        )
    if record.question.kind == "conflict":
        return f"@{record.requested_by}, {record.question.text}"
    return (
        f"@{record.requested_by}, a question before I go on:\n\n{_quoted(quiet(record.question.text))}\n\n"
        "Answer in a comment (anybody with write permission may), and the work continues."
    )


def conflicts_again(record: Record) -> str:
    """The base is moving faster than we follow; people decide whether we go on."""
    return (
        f"pull request #{record.pull_request} conflicts with `{record.base}` again, after I brought it up to date "
        f"{record.updates} times. Comment `/autocode rebase` and I do it once more; or settle the conflict on the "
        "branch yourselves, then say so here."
    )


def ready(record: Record) -> str:
    """The pull request waits for a review."""
    proof = notes.NOTHING_VERIFIED if _unverified(record) else CHECKS_GREEN
    return f"@{record.requested_by}, pull request #{record.pull_request} is ready for review. {proof}\n\n{cost(record)}"


def nothing_new(record: Record) -> str:
    """The agent ended an iteration without a change."""
    words = f" Its own words: {quiet(short(record.summary, 500))}" if record.summary else ""
    return f"the agent found nothing more to change in iteration {record.iteration}.{words}"


def thread_answer(answer: Answer, sha: str) -> str:
    """To reviewers, in their thread: what became of it, and in which commit to look."""
    words = quiet(answer.words)
    return {
        "changed": f"{words}\n\nSee {sha}.",
        "answered": f"{words}\n\n<sub>As of {sha}.</sub>",
        "declined": f"Not changed: {words}\n\n<sub>As of {sha}. Say so here if you want it all the same.</sub>",
    }[answer.kind]


def failed(record: Record, why: str, bug: int | None) -> str:
    """The ticket ended without a result."""
    follow_up = f" What was tried is in #{bug}." if bug else ""
    return f"@{record.requested_by}, autocode gave this ticket up: {quiet(why)}{follow_up}\n\n{RETRY}"


RETRY = f"To try again: comment `/autocode retry`, or take the label `{TRIGGER_LABEL}` off and put it back."


def stopped_by_problem(record: Record, problem: str) -> str:
    """Something that somebody can fix stands in the way."""
    return f"@{record.requested_by}, autocode cannot go on:\n\n{quiet(problem)}\n\n{RETRY}"


def apology(run: str) -> str:
    """Something of ours broke: no traceback, only what an operator needs to find it."""
    return (
        "Something went wrong inside autocode, so this ticket was set aside. The operator finds the reason in the "
        f"log under run `{run}`.\n\n{RETRY}"
    )


def _whereabouts(record: Record) -> str:
    if record.pull_request is None:
        return "Nothing has been changed so far. "
    if record.update:
        return f"#{record.pull_request} is as it was: bringing it up to date with `{record.base}` is not finished. "
    return f"What there is so far is in the draft #{record.pull_request}. "


def _unverified(record: Record) -> bool:
    return not record.rounds or record.rounds[-1].verdict == "none"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
