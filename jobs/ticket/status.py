"""Status: the one comment on the issue in which people follow their ticket. Pure: record in, Markdown out."""

import re
from collections.abc import Iterable, Sequence

from jobs.ticket.checks import PASSING
from jobs.ticket.dependencies import Stacked
from jobs.ticket.names import APPROVE
from jobs.ticket.phases import Phase
from jobs.ticket.record import PlanStep, Record, Round
from jobs.ticket.words import quiet, short

HEADLINES: dict[Phase, str] = {
    Phase.QUEUED: "waiting for its turn",
    Phase.PREPARING: "getting the code",
    Phase.CODING: "coding",
    Phase.ASKING: "needs your answer",
    Phase.APPROVING: "the plan needs your approval",
    Phase.PUBLISHING: "publishing",
    Phase.CHECKING: "waiting for the checks",
    Phase.VALIDATING: "ready for review",
    Phase.MERGING: "merging",
    Phase.DONE: "done",
    Phase.FAILED: "failed",
    Phase.CANCELLED: "cancelled",
}

PROBLEMS_SHOWN = 5
NO_CHECK_RUN = (
    "- ⚠ autocode needs the permission **checks: write** to show its own check, with its buttons, on the pull request; "
    "an owner of the account grants it in the settings of the account, under GitHub Apps → autocode."
)

ICONS = {"pending": "…", "neutral": "–", "skipped": "–"}


def status_body(
    record: Record, max_iterations: int, problems: Sequence[str] = (), *, may_report: bool = True
) -> str:
    """What people read in the status comment, without the hidden block.

    Args:
        problems: what in the repository's configuration and on its boards could not be used.
        may_report: we may show a check run on the pull request.
    """
    parts = [
        f"### autocode: {headline(record, max_iterations)}",
        quiet(record.note),
        "" if may_report else NO_CHECK_RUN,
        _problems(problems),
        _unseen(record),
        _steps(record),
        _parts(record),
        _plan(record),
        _foot(record),
    ]
    return "\n\n".join(part for part in parts if part)


def icon(conclusion: str) -> str:
    """One sign for how a check ended."""
    return ICONS.get(conclusion, "✓" if conclusion in PASSING else "✗")


def linked(item: Round) -> str:
    """The round's checks in one line, each with a link to what it said."""
    return " ".join(f"[{icon(said)} {_label(name)}](<{url}>)" for name, said, url in item.checks)


def checklist(plan: Iterable[PlanStep]) -> str:
    """The agent's plan as people see it."""
    return "\n".join(f"- [{'x' if step.done else ' '}] {quiet(short(step.text, 200))}" for step in plan)


def _label(name: str) -> str:
    """A check's name, which any App may choose, as the text of a link in a table."""
    return re.sub(r"[\[\]|\\`]", " ", quiet(short(name, 60)))


def cost(record: Record) -> str:
    """Tokens and dollars in one line."""
    spend = record.spend
    cached = f", {spend.cache_read_tokens:,} of them from the cache" if spend.cache_read_tokens else ""
    return f"{spend.calls} model calls · {spend.tokens:,} tokens{cached} · ${spend.usd:.4f} of ${record.usd_limit}"


def headline(record: Record, max_iterations: int) -> str:
    """What the app is doing, in a line."""
    if record.phase is Phase.QUEUED and record.parts and not record.waits_for:
        return "its sub-issues are worked on"
    last = record.last_iteration(max_iterations)
    iteration = f" · iteration {record.iteration} of {last}" if record.branch else ""
    return f"{HEADLINES[record.phase]}{iteration}"


def _steps(record: Record) -> str:
    """The checklist: what is behind us is ticked, what is being done is not."""
    lines = [f"- [x] asked for by @{record.requested_by} · {record.started_at:%Y-%m-%d %H:%M:%S} UTC"]
    if record.branch:
        lines.append(f"- [x] branch `{record.branch}` from `{record.base}`")
    if record.pull_request:
        lines.append(f"- [x] pull request #{record.pull_request}")
    if record.stacked and record.stacked.pull_request:
        lines.append(_stacked(record.stacked))
    lines += [_round(item) for item in record.rounds]
    if record.phase in (Phase.CODING, Phase.PREPARING, Phase.PUBLISHING, Phase.QUEUED):
        activity = f": {quiet(short(record.activity))}" if record.activity else ""
        if record.phase is Phase.QUEUED:
            activity = f": {_waits_for(record)}"
        since = f" · since {record.since:%H:%M:%S}" if record.since else ""
        lines.append(f"- [ ] {HEADLINES[record.phase]}{activity}{since}")
    elif record.phase is Phase.VALIDATING:
        lines.append("- [ ] review and merge: that is yours")
    elif record.phase is Phase.MERGING and record.merge:
        lines.append(f"- [ ] merge of `{record.merge.head_sha[:7]}`")
    elif record.phase is Phase.DONE:
        lines.append("- [x] merged")
    return "\n".join(lines)


def _stacked(stacked: Stacked) -> str:
    """What has to be merged before the ticket."""
    return (
        f"- [ ] stacked on #{stacked.issue}: its pull request #{stacked.pull_request} has to be merged first; then "
        f"this is rebased and goes into `{stacked.trunk}`"
    )


def _waits_for(record: Record) -> str:
    """What a queued ticket waits for."""
    if record.waits_for:
        return f"{', '.join(record.waits_for)} must be closed first"
    if record.parts:
        return "its sub-issues must be closed first"
    return f"{record.in_front} in front of it"


def _parts(record: Record) -> str:
    lines = (f"- [{'x' if state == 'closed' else ' '}] {name} · {state}" for name, state in record.parts)
    return "\n".join(["**Sub-issues**\n", *lines]) if record.parts else ""


def _unseen(record: Record) -> str:
    if record.phase is not Phase.QUEUED or not record.unseen:
        return ""
    return (
        f"It may depend on issues that autocode cannot see, so it does not wait for them: {', '.join(record.unseen)}. "
        "Close this issue, or take the label off, if it has to wait."
    )


def _round(item: Round) -> str:
    done = " " if item.verdict == "pending" else "x"
    checks = linked(item)
    words = {"pending": "checks running", "none": "no checks came"}.get(
        item.verdict, f"checks {item.verdict}"
    )
    note = f" · {item.note}" if item.note else ""
    line = f"- [{done}] iteration {item.iteration}: `{item.head_sha[:7]}`{note} · {words} {checks}".rstrip()
    return f"{line} · {item.at:%H:%M:%S}" if item.at else line


def _plan(record: Record) -> str:
    if not record.plan:
        return ""
    parts = [f"**Plan**\n\n{checklist(record.plan)}"]
    if record.phase is Phase.APPROVING:
        parts.append(f"- [ ] **Approve this plan** {APPROVE}")
    elif record.approval not in ("", "wanted"):
        parts.append(f"Approved by @{record.approval}.")
    return "\n\n".join(parts)


def _problems(problems: Sequence[str]) -> str:
    return "\n".join(f"- ⚠ {quiet(problem)}" for problem in problems[:PROBLEMS_SHOWN])


def _foot(record: Record) -> str:
    spent = cost(record) if record.spend.calls else ""
    return f"<sub>{' · '.join(part for part in (spent, f'run `{record.run}`') if part)}</sub>"
