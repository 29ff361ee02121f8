"""ask_human: puts a question to the people on the issue and ends the run until one of them answers."""

from jobs.agent.tools.tool import Ended, Json, Tool, Workbench
from jobs.agent.transcript import Progress
from jobs.ticket.phases import Signal


def run(_bench: Workbench, _progress: Progress, given: Json) -> Ended:
    """End the run with the question."""
    return Ended(Signal.ASKED, question=given["question"].strip())


TOOL = Tool(
    name="ask_human",
    description=(
        "Ask the people on the issue and wait, perhaps for days, for an answer. Only when you truly cannot go on: "
        "the ticket contradicts itself, or a decision is needed that is costly to get wrong and that nothing in "
        "the repository answers. Otherwise choose sensibly and say so in the summary. Ask everything at once; "
        "each question must be understood without seeing your work."
    ),
    schema={
        "type": "object",
        "properties": {"question": {"type": "string", "minLength": 1, "maxLength": 5000}},
        "required": ["question"],
    },
    run=run,
    action=lambda _given: "asking",
)
