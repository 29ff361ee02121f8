"""submit: hands the work in. The first call shows the diff, the next one counts.

The call counts if the diff is still the one that was shown last. After another change it is shown again, so that
nothing is handed in unread.
"""

import hashlib

from jobs.agent.tools.tool import Ended, Json, Misused, Tool, Workbench
from jobs.agent.transcript import Progress
from jobs.ticket.phases import Signal
from jobs.ticket.record import Answer
from jobs.ticket.words import elided, fenced

IN_VAIN = 3
"""After so many calls without any change the agent is given up."""

CHECKLIST = """\
Before this counts, read the change as a reviewer would:
- Does it do what the ticket asks, all of it, and nothing else?
- Is there a test that fails without it?
- Have you run the tests, if you have bash?
- Is anything left over: debug output, scratch files, dead code, a comment that is no longer true?

If something is wrong, mend it. Then call submit again."""

NOTHING = (
    "There is nothing to submit: the branch has no change. Make the change the ticket asks for, or, if none is "
    "needed or you cannot go on, say so with ask_human."
)

UNANSWERED = "Reviewers wait for an answer in each of their threads. Call submit with `answers`; these are missing: {}."


def run(bench: Workbench, progress: Progress, given: Json) -> str | Ended:
    """Show the diff, or end the run with the summary."""
    bench.check_planned(progress)
    if violations := bench.violations():
        sentences = "\n".join(f"- {sentence}" for sentence in violations)
        return _in_vain(progress, f"This cannot be submitted:\n{sentences}")
    diff = bench.diff()
    if not diff.strip():
        return _in_vain(progress, NOTHING)
    digest = hashlib.sha256(diff.encode("utf-8", "surrogateescape")).hexdigest()
    given_answers = {item["thread"]: item for item in given.get("answers", [])}
    threads = {f"T{number}": thread for number, thread in enumerate(progress.threads, 1)}
    missing = [name for name in threads if name not in given_answers]
    unanswered = UNANSWERED.format(", ".join(missing)) if missing else ""
    if digest != progress.shown_diff:
        progress.shown_diff = digest
        parts = ("This is the change:", fenced(elided(diff), "diff"), unanswered, CHECKLIST)
        return "\n\n".join(part for part in parts if part)
    if unanswered:
        return _in_vain(progress, unanswered)
    answers = tuple(_answer(thread, given_answers[name]) for name, thread in threads.items())
    return Ended(Signal.SUBMITTED, summary=given["summary"].strip(), answers=answers)


def _answer(thread: str, given: Json) -> Answer:
    return Answer(thread, given["kind"], given["words"].strip())


def _in_vain(progress: Progress, why: str) -> Ended:
    """Tell the model why this does not count; after `IN_VAIN` times tell people."""
    progress.empty_submits += 1
    if progress.empty_submits < IN_VAIN:
        raise Misused(why)
    reason = (
        f"the agent submitted nothing that can be used, {IN_VAIN} times; the last time it was told: {why}"
    )
    return Ended(Signal.GAVE_UP, reason=reason)


TOOL = Tool(
    name="submit",
    description=(
        "Hand in your work. The first call shows you the whole change and a checklist; call it again, with "
        "nothing changed in between, to confirm. The app then commits, pushes and opens the pull request."
    ),
    schema={
        "type": "object",
        "properties": {
            "summary": {
                "type": "string",
                "minLength": 1,
                "maxLength": 5000,
                "description": (
                    "What the whole change of the branch does and why, earlier rounds included, for the "
                    "reviewer, in Markdown: a few sentences or a short list; choices you made, what is left open."
                ),
            },
            "answers": {
                "type": "array",
                "maxItems": 100,
                "description": "One for each review thread of your brief, if there are any; each is posted there.",
                "items": {
                    "type": "object",
                    "properties": {
                        "thread": {"type": "string", "description": "T1, T2, … as in the brief."},
                        "kind": {
                            "type": "string",
                            "enum": ["changed", "answered", "declined"],
                            "description": (
                                "changed: a change was asked for or suggested, and you made it (resolves the "
                                "thread); answered: it was a question (the thread stays open); declined: you did "
                                "not do it."
                            ),
                        },
                        "words": {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 1000,
                            "description": "What you did, the answer, or why not: a sentence or two, in Markdown.",
                        },
                    },
                    "required": ["thread", "kind", "words"],
                },
            },
        },
        "required": ["summary"],
    },
    run=run,
    action=lambda _given: "submitting",
)
