"""Bodies: title and text of what autocode opens: a pull request, and the ticket about one that failed. Pure."""

from jobs.ticket.names import ticket_marker
from jobs.ticket.notes import below
from jobs.ticket.observation import Issue, Observation
from jobs.ticket.record import Record
from jobs.ticket.status import checklist, cost, linked
from jobs.ticket.words import elided, fenced, quiet, short


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
        f"Stacked on {below(record.stacked)}: merge that first."
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
