"""plan: keeps the checklist that people see on the issue and in the pull request."""

from jobs.agent.tools.tool import Ended, Json, Tool, Workbench
from jobs.agent.transcript import Progress
from jobs.ticket.phases import Signal
from jobs.ticket.record import PlanStep

STEPS = 20
CHARACTERS = 200


def run(bench: Workbench, progress: Progress, given: Json) -> str | Ended:
    """Take the steps in place of those before; where people have to approve them first, that ends the run."""
    progress.plan = tuple(_step(step) for step in given["steps"])
    if bench.plan == "first":
        return Ended(Signal.PLANNED)
    done = sum(step.done for step in progress.plan)
    return f"The plan has {len(progress.plan)} steps, {done} of them done."


def _step(given: Json | str) -> PlanStep:
    if isinstance(given, str):
        return PlanStep(given)
    return PlanStep(given["text"], given.get("done", False))


TOOL = Tool(
    name="plan",
    description=(
        "Set the checklist that people see while you work: all steps, each with whether it is done. Call it once "
        "you know what to do, and again whenever a step is done or the plan changes; each call replaces the list."
    ),
    schema={
        "type": "object",
        "properties": {
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": STEPS,
                "items": {
                    # A bare text is a step that is not done.
                    "type": ["object", "string"],
                    "properties": {
                        "text": {"type": "string", "minLength": 1, "maxLength": CHARACTERS},
                        "done": {"type": "boolean"},
                    },
                    "required": ["text"],
                    "maxLength": CHARACTERS,
                },
            }
        },
        "required": ["steps"],
    },
    run=run,
    action=lambda _given: "planning",
)
