"""bash: runs a command in the sandbox, each call in a fresh process."""

from jobs.agent.tools.tool import Json, Misused, Tool, Workbench
from jobs.agent.transcript import Progress
from jobs.ticket.record import CommandRun
from jobs.ticket.words import elided, short

RESTARTED = "There is nothing to restart: every call of bash is a fresh shell in /workspace. Just go on."


def run(bench: Workbench, progress: Progress, given: Json) -> str:
    """What the command printed, and its exit code."""
    if given.get("restart"):
        return RESTARTED
    if bench.sandbox is None or not given.get("command", "").strip():
        raise Misused('bash was not run: command is missing. Call it with {"command": "…"}.')
    if "\0" in given["command"]:
        raise Misused("bash was not run: command holds a NUL character. Call it again without.")
    finished = bench.sandbox.run(given["command"], bench.path)
    progress.note(CommandRun(short(given["command"], 200), finished.exit_code, round(finished.seconds, 1)))
    output = elided(finished.output.rstrip()) or "(no output)"
    stopped = f", stopped because {finished.stopped}" if finished.stopped else ""
    return f"{output}\n\n[exit code {finished.exit_code}{stopped}]"


TOOL = Tool(
    name="bash",
    built_in="bash_20250124",
    schema={
        "type": "object",
        "properties": {"command": {"type": "string"}, "restart": {"type": "boolean"}},
    },
    run=run,
    action=lambda given: f"running {short(given.get('command') or 'bash', 80)}",
)
