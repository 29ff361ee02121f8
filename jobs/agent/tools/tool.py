"""Tool: what every tool of the agent is made of, and how one call of the model is checked, run and answered."""

import logging
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jobs.agent.tools.schema import problems
from jobs.agent.transcript import Progress
from jobs.git.errors import is_full
from jobs.models.stream import INVALID_JSON
from jobs.sandbox import Sandbox
from jobs.ticket.phases import Signal
from jobs.ticket.record import Answer
from jobs.ticket.words import elided

Json = dict[str, Any]

log = logging.getLogger("autocode.agent")


@dataclass(frozen=True)
class Workbench:
    """What the tools work on, given by the step that starts the agent."""

    path: Path
    """The worktree; the model sees it as /workspace."""
    diff: Callable[[], str]
    """Everything the branch would change, the uncommitted included."""
    sandbox: Sandbox | None
    """None where there is none: then there is no `bash`."""
    violations: Callable[[], list[str]] = list
    """What of it may not be committed, a sentence each (`jobs.ticket.policy`)."""
    plan: Literal["offered", "wanted", "first", "none"] = "offered"
    """`wanted`: there has to be one before anything is changed · `first`: people have to approve it as well · `none`:
    there is no `plan`."""

    def check_planned(self, progress: Progress) -> None:
        """Misused while the plan is missing, or people have not approved it."""
        if self.plan == "wanted" and not progress.plan:
            raise Misused("People want to see a plan before anything is changed. Call `plan` first.")
        if self.plan == "first":
            raise Misused(
                "People have to approve your plan before anything is changed. Call `plan` with what you are going "
                "to do; the work goes on once they have approved it."
            )


@dataclass(frozen=True)
class Ended:
    """A run is over: SUBMITTED, ASKED, PLANNED, OUT_OF_BUDGET or GAVE_UP."""

    signal: Signal
    summary: str = ""
    """Of the change, with SUBMITTED."""
    answers: tuple[Answer, ...] = ()
    """To the review threads, with SUBMITTED."""
    question: str | None = None
    """For people, with ASKED."""
    reason: str = ""
    """In words for people, with the other two."""


class Misused(Exception):
    """A tool could not do what the model asked for; the text tells the model why and what to do instead."""


@dataclass(frozen=True)
class Tool:
    """One tool of the agent."""

    name: str
    schema: Json
    """JSON Schema of the input, as far as `tools.schema` understands it."""
    run: Callable[[Workbench, Progress, Json], str | Ended]
    """Gets checked input. What it returns is for the model, Ended ends the run; raises Misused."""
    action: Callable[[Json], str]
    """The call in a few words, for people."""
    description: str = ""
    built_in: str | None = None
    """The type of a tool that the API describes to the model itself; such a one has no description here.

    https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
    """

    @property
    def definition(self) -> Json:
        """The tool as the Messages API wants to be told of it."""
        if self.built_in:
            return {"type": self.built_in, "name": self.name}
        return {"name": self.name, "description": self.description, "input_schema": self.schema}

    def call(self, bench: Workbench, progress: Progress, given: Json) -> str | Ended:
        """Run the tool; raises Misused for input that does not fit, and for everything that went wrong but a full
        disk, whose OSError or DiskFull it lets through."""
        arrived = {name: value for name, value in given.items() if value is not None}
        wrong = problems(self.schema, arrived)
        if INVALID_JSON in arrived:
            wrong = ["the input was no JSON object"]
        if wrong:
            raise Misused(
                f"{self.name} was not run: {'; '.join(wrong)}.\nThis arrived: {elided(repr(given), 500)}\n"
                f"Expected: {self.schema}\nCall it again with input that fits."
            )
        try:
            return self.run(bench, progress, arrived)
        except (OSError, UnicodeError, subprocess.SubprocessError) as error:
            if is_full(error):
                # The model can do nothing about that.
                raise
            log.warning("%s failed: %r", self.name, error)
            # The whole text would name paths of this machine.
            why = error.strerror if isinstance(error, OSError) else error
            raise Misused(f"{self.name} failed: {why}") from error
