"""The agent's tools. A new one is a file in here and a name in `TOOLS`."""

from jobs.agent.tools import ask_human, bash, edit, plan, search, submit
from jobs.agent.tools.tool import Ended, Misused, Tool, Workbench

TOOLS: dict[str, Tool] = {
    tool.name: tool for tool in (bash.TOOL, edit.TOOL, search.TOOL, plan.TOOL, ask_human.TOOL, submit.TOOL)
}


def offered(bench: Workbench) -> dict[str, Tool]:
    """The tools for this workbench: without a sandbox there is no `bash`."""
    return {name: tool for name, tool in TOOLS.items() if bench.sandbox or tool is not bash.TOOL}


__all__ = ["TOOLS", "Ended", "Misused", "Tool", "Workbench", "offered"]
