"""Messages: every text that people are told in a comment of its own or in a pull request."""

from collections.abc import Iterable, Sequence

from jobs.ticket.commands import COMMANDS
from jobs.ticket.dependencies import Stacked
from jobs.ticket.names import ticket_marker
from jobs.ticket.observation import TRIGGER_LABEL, Card, Check, Issue, Observation
from jobs.ticket.phases import LEAVES_WHEN
from jobs.ticket.record import Answer, Merge, Record
from jobs.ticket.status import HEADLINES, checklist, cost, linked
from jobs.ticket.words import elided, fenced, quiet, short

# What the status comment notes.

REBUILT = (
    "The record in this comment was missing or had been changed by hand, "
    "so it was rebuilt from the branch and the pull request."
)
LOST = (
    "What autocode remembered of this ticket is gone: its status comment was deleted or changed by hand, and neither a "
    "branch nor a label says who asked for the work. `/autocode` starts it again; or take the label "
    f"`{TRIGGER_LABEL}` off."
)
UNLABELED = (
    f"The label `{TRIGGER_LABEL}` was taken off. Branch and draft stay; put the label back to start afresh."
)
ISSUE_CLOSED = (
    f"The issue was closed. Branch and draft stay; reopen it and put `{TRIGGER_LABEL}` back to start afresh."
)
PULL_REQUEST_CLOSED = "The pull request was closed without a merge."
STOPPED = "Stopped with `/autocode stop`. Branch and draft stay; `/autocode retry` starts afresh."
CARD_MOVED_OUT = (
    "The card was moved out of the columns that stand for this work. Branch and draft stay; move it back to the "
    "column that starts a ticket to start afresh."
)
MERGED = "The pull request was merged."
NOTHING_TO_FIX = (
    "The button *Fix* works in what people have said since the last commit, and that is nothing: say it in a comment "
    "or a review and press again, or comment `/autocode fix <what>`."
)
MERGE_CALLED_OFF = (
    "GitHub has taken the pull request out of its merge queue, or somebody has switched auto-merge off, so it was not "
    "merged. `/autocode merge` tries again."
)
CARDS_STAY = (
    "The card stays where it is: moving it needs the permission **organization_projects: write**, which an owner of "
    "the organization grants in its settings, under GitHub Apps → autocode."
)
COLLIDED = (
    "Somebody pushed to the branch meanwhile and the changes collided; the work goes on from their commit."
)
CODED_AGAIN = "A worker died before it could push, so this iteration is coded again."
NO_ROOM = (
    "**The disk of the machine that autocode runs on is full**, so the work pauses; nothing is lost. Whoever runs "
    "autocode: make room where `AUTOCODE_DATA` is, or set `AUTOCODE_MIRRORS_GB` lower. It goes on by itself within "
    "ten minutes after that."
)
NOTHING_VERIFIED = "**Nothing verified this change:** no check arrived for the commit in time."
UP_TO_DATE = "The branch has everything that its base has."
CHECKS_GREEN = "Every check of the head commit passed."
PUSHED = "A new commit was pushed to the branch; its checks decide."
THEIRS = "pushed by somebody else"
PUSHED_MEANWHILE = "Somebody pushed to the branch; the work goes on from their commit."


def rolled_back(fate: str = "") -> str:
    """The pull request was closed; how to start again, and before that what became of the branch."""
    again = f"To start afresh, put the label `{TRIGGER_LABEL}` back or comment `/autocode`."
    return " ".join(filter(None, [PULL_REQUEST_CLOSED, fate, again]))


def branch_deleted(branch: str) -> str:
    """Nobody loses anything."""
    return f"Nobody else had committed to `{branch}`, so it is deleted."


def branch_kept(branch: str) -> str:
    """Somebody might."""
    return f"`{branch}` holds commits of other people, so it stays."


def merge_awaits(wish: Merge) -> str:
    """The merge of a commit was asked for whose checks are still open."""
    return (
        f"@{wish.by} asked for the merge of `{wish.head_sha[:7]}`: it comes when its checks have passed. Should they "
        "fail, ask again for the commit that mends it."
    )


def merge_awaits_below(wish: Merge, stacked: Stacked) -> str:
    """The merge was asked for of what stands on something that is not merged yet."""
    return (
        f"@{wish.by} asked for the merge of `{wish.head_sha[:7]}`, which stands on {_below(stacked)}: it comes when "
        "that is merged and this has passed its checks on its new base, unless something had to be changed for it."
    )


def below_merged(stacked: Stacked, base: str) -> str:
    """What the ticket stood on was merged."""
    return f"{_below(stacked).capitalize()} was merged, so this goes on top of `{base}`, without its commits."


def below_closed(stacked: Stacked, base: str) -> str:
    """What the ticket stood on was closed."""
    return (
        f"{_below(stacked).capitalize()} was closed without a merge, so this ticket waits for #{stacked.issue} again. "
        f"When that is closed, it goes on top of `{base}`; when it has another pull request, on top of that."
    )


def below_rewritten(stacked: Stacked) -> str:
    """What the ticket stands on has another history."""
    return f"The branch of {_below(stacked)} was rewritten, so this is put on top of it anew."


def base_replaced(base: str) -> str:
    """Somebody gave the pull request another base."""
    return f"The pull request was given the base `{base}`, so this goes on top of that, without the commits below it."


def closed_with_base(number: int, note: str) -> str:
    """GitHub has closed the pull request, and cannot open it again."""
    return (
        f"GitHub closed #{number} when the branch below it was deleted; another one takes its place. {note}"
    )


def _below(stacked: Stacked) -> str:
    return f"pull request #{stacked.pull_request}" + (
        f" of #{stacked.issue}" if stacked.issue != stacked.pull_request else ""
    )


def merge_lapsed(wish: Merge) -> str:
    """The merge of a commit was asked for, and it is the newest one no more, or was reviewed since."""
    return (
        f"The merge that @{wish.by} asked for has lapsed: since then the pull request has changed or was reviewed. "
        "`/autocode merge` asks for it as it is now."
    )


def auto_merge(base: str) -> str:
    """GitHub was asked to merge by itself."""
    return f"Auto-merge is on: GitHub merges it as soon as the rules of `{base}` allow it."


def in_queue(base: str) -> str:
    """The pull request was put into the merge queue."""
    return f"It stands in the merge queue of `{base}`."


def not_merged(why: str) -> str:
    """GitHub, or the state of the pull request, refused a merge."""
    return f"**It was not merged:** {quiet(why)} When that is settled, `/autocode merge` tries again."


def refused(login: str, permission: str) -> str:
    """To somebody who may label but not write."""
    return (
        f"@{login}, autocode works for people who can write to this repository; GitHub says your permission is "
        f"`{permission}`. Ask somebody with write permission to take the label `{TRIGGER_LABEL}` off and put it back."
    )


def no_field(card: Card, name: str) -> str:
    """A board on which nothing shows where a card is."""
    return f"The board {_board(card)} has no single-select field `{name}`, so the card stays where it is."


def no_columns(card: Card, names: Sequence[str]) -> str:
    """A board that lacks columns."""
    missing = ", ".join(f"`{name}`" for name in names)
    return f"The board {_board(card)} has no column {missing}: the card stays where it is instead."


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


PARTS_DONE = "No sub-issue is left to be worked on."


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
        evidence(record),
    ]
    return "\n\n".join(part for part in parts if part)


def on_top_of(others: int) -> str:
    """How many commits of other people a push of ours was put on top of; empty for none."""
    return f"on top of {others} commit{'' if others == 1 else 's'} of other people" if others else ""


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
    proof = NOTHING_VERIFIED if _unverified(record) else CHECKS_GREEN
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


def pull_request_title(issue: Issue) -> str:
    """The issue's title, which a squash makes a commit's subject."""
    return quiet(short(issue.title, 200))


def pull_request_body(record: Record, observation: Observation) -> str:
    """What a reviewer reads: what it closes, the change in words, the plan, the evidence."""
    number = observation.ticket.number
    plan = checklist(record.plan)
    parts = [
        ticket_marker(number),
        f"Closes #{number}",
        f"Stacked on {_below(record.stacked)}: merge that first."
        if record.stacked and record.stacked.pull_request
        else "",
        quiet(record.summary) or "Work in progress.",
        f"### Checklist\n\n{plan}" if plan else "",
        evidence(record),
    ]
    return "\n\n".join(part for part in parts if part)


def evidence(record: Record) -> str:
    """The section that the app writes and the model has no hand in."""
    lines = ["### Evidence", "", "| iteration | commit | checks |", "|---|---|---|"]
    for item in record.rounds:
        checks = linked(item)
        words = {"pending": "running", "none": "none arrived"}.get(item.verdict, "")
        lines.append(f"| {item.iteration} | {item.head_sha} | {checks or words} |")
    if record.commands:
        lines += ["", "| iteration | command run in the sandbox | exit code |", "|---|---|---|"]
        for run in record.commands:
            command = short(run.command, 120).replace("|", "\\|").replace("`", "'")
            lines.append(f"| {run.iteration} | `{command}` | {run.exit_code} |")
    return "\n".join([*lines, "", f"{cost(record)} · run `{record.run}`"])


def bug_title(observation: Observation) -> str:
    """The title of the ticket about a ticket that failed."""
    return f"autocode gave up on #{observation.ticket.number}: {quiet(short(observation.issue.title, 80))}"


def bug_body(record: Record, observation: Observation, log: str) -> str:
    """What was tried, where it is, what it cost, and the last failing excerpt."""
    red = linked(record.rounds[-1]) if record.rounds else "none"
    rows = "\n".join(
        f"- iteration {item.iteration}: `{item.head_sha[:7]}`, {item.verdict}" for item in record.rounds
    )
    excerpt = f"### Last failing excerpt\n\n{fenced(elided(log))}" if log else ""
    parts = [
        f"autocode worked on #{observation.ticket.number}; its checks were still red in iteration {record.iteration}.",
        f"- branch: `{record.branch}`\n- pull request: #{record.pull_request}\n"
        f"- checks: {red}\n- cost: {cost(record)}",
        f"### What was tried\n\n{rows}\n\n{quiet(record.summary)}",
        excerpt,
    ]
    return "\n\n".join(part for part in parts if part)


def _board(card: Card) -> str:
    return f"“{short(card.project_title, 60)}”"


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
