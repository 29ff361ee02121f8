"""The agent's tools. A new one is a file in here and a name in `TOOLS`."""

from jobs.agent.tools import ask_human, bash, edit, plan, search, submit
from jobs.agent.tools.tool import Ended, Misused, Tool, Workbench

TOOLS: dict[str, Tool] = {
    tool.name: tool for tool in (bash.TOOL, edit.TOOL, search.TOOL, plan.TOOL, ask_human.TOOL, submit.TOOL)
}


def offered(bench: Workbench) -> dict[str, Tool]:
    """The tools for this workbench: without a sandbox there is no `bash`, and no `plan` where nobody wants one."""
    left_out = {
        name for name, is_there in (("bash", bench.sandbox), ("plan", bench.plan != "none")) if not is_there
    }
    return {name: tool for name, tool in TOOLS.items() if name not in left_out}


__all__ = ["TOOLS", "Ended", "Misused", "Tool", "Workbench", "offered"]
