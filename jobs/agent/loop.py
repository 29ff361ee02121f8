"""Loop: asks the model, runs its tools, appends, repeats, until it submits, asks, gives up or runs out."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.agent.terms import Hooks, Interrupted, Limits, Outcome, Turn
from jobs.agent.tools import Ended, Misused, Workbench, offered
from jobs.agent.transcript import THINKING, WAITING, Checkpoint, Progress, Transcript, result
from jobs.models.reply import ModelBusy, Reply
from jobs.ticket.budget import Spend
from jobs.ticket.phases import Signal
from jobs.ticket.words import elided, fenced, short

if TYPE_CHECKING:
    from jobs.models.gateway import Model

__all__ = ["Agent", "Hooks", "Interrupted", "Limits", "Outcome", "Turn"]

Json = dict[str, Any]

SYSTEM = Path(__file__).with_name("prompts").joinpath("system.md").read_text()
MAX_TOKENS = 16_000
"""Of one answer."""
NUDGES = 2
"""So many answers in a row without a tool call are met with patience."""
CUTS = 3
"""So many answers in a row cut off at MAX_TOKENS end the run."""

NUDGE = "You called no tool, so nothing happened. If the work is done, call submit; otherwise go on with it."
CUT = (
    f"Your answer was cut off after {MAX_TOKENS:,} tokens, and the call it ended in was not run. Go on in smaller "
    "steps: write long files in several parts, make one call at a time."
)
STARTED_OVER = (
    "You have worked on this before, but the conversation grew too long and was dropped. All you did to the files is "
    "still there. The change so far:\n\n{diff}\n\nYour plan:\n{plan}\n\nGo on from here, and read less at a time."
)
NOT_RUN = "This was not run, because the call before it ended your work for now."

log = logging.getLogger("autocode.agent")


class Agent:
    """One iteration of coding."""

    def __init__(
        self,
        model: "Model",
        bench: Workbench,
        limits: Limits,
        hooks: Hooks,
        checkpoint: Checkpoint,
        clock: Callable[[], datetime],
    ) -> None:
        self._model, self._bench, self._limits = model, bench, limits
        self._hooks, self._checkpoint, self._clock = hooks, checkpoint, clock
        self._tools = offered(bench)
        self._definitions = [tool.definition for tool in self._tools.values()]
        self._brief, self._transcript = "", Transcript()
        self._spend = Spend()
        self._idle = self._cut = 0
        self._action = ""

    def run(self, brief: str, anew: Progress, answers: Sequence[str] = ()) -> Outcome:
        """Work until something ends it.

        Goes on where the checkpoint left off, if there is one, and if that was held people have allowed it; `answers`
        then go to the question that was asked. Else `brief` begins a conversation, and `anew` says what belongs to it.
        Raises what the hooks raise, and what the model's gateway raises (Later, TellPeople); in both cases the
        checkpoint is kept.
        """
        self._brief = brief
        self._transcript = self._checkpoint.load() or _begun(brief, anew)
        if self._progress.submitted is not None and not answers:
            # Only the record that says so was lost.
            progress = self._progress
            return self._outcome(
                Ended(Signal.SUBMITTED, summary=progress.submitted or "", answers=progress.answers)
            )
        self._progress.submitted = None
        if self._progress.held:
            self._progress.held, self._progress.turns, self._progress.seconds = "", 0, 0.0
        self._transcript.switch_to(self._model.name)
        self._transcript.take_up(answers)
        ended = None
        while ended is None:
            ended = self._turn()
        return self._outcome(ended)

    def _turn(self) -> Ended | None:
        begun = self._clock()
        try:
            self._transcript.hear(*self._hooks.before_turn())
            ended = self._limit_reached()
            if ended is None:
                ended = self._act(self._ask())
                self._progress.seconds += (self._clock() - begun).total_seconds()
                # Kept before it is told: what people were told was heard has to be in the conversation.
                self._keep()
                self._tell()
        finally:
            self._keep()
        return ended

    def _keep(self) -> None:
        self._hooks.still_ours()
        self._progress.heard = self._hooks.heard()
        self._checkpoint.save(self._transcript)

    def _ask(self) -> Reply:
        self._progress.turns += 1
        try:
            reply = self._model.reply(
                system=SYSTEM,
                tools=self._definitions,
                messages=self._transcript.messages,
                max_tokens=MAX_TOKENS,
            )
        except ModelBusy as busy:
            self._spend += busy.spent
            self._tell()
            raise
        self._spend += reply.usage
        return reply

    def _act(self, reply: Reply) -> Ended | None:
        """Do what the answer asks for.

        https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
        """
        self._cut = self._cut + 1 if reply.stop_reason == "max_tokens" else 0
        match reply.stop_reason:
            case "refusal":
                why = f": {reply.explanation}" if reply.explanation else ""
                return Ended(Signal.GAVE_UP, reason=f"the model refused to work on this ticket{why}")
            case "model_context_window_exceeded":
                return self._start_over()
            case "max_tokens":
                return self._shortened(reply.content)
            case "pause_turn" if not _calls(reply.content):
                # Sent back as it is, the model goes on with it.
                self._transcript.say(reply.content)
                return None
            case "tool_use" | "end_turn" | "stop_sequence" | "pause_turn":
                return self._use_tools(reply.content)
            case other:
                log.warning("stop reason %r is not known; taken for end_turn", other)
                return self._use_tools(reply.content)

    def _use_tools(self, content: list[Json]) -> Ended | None:
        if not _calls(content):
            return self._nudge(content)
        self._idle = 0
        return self._answer(content)

    def _answer(self, content: list[Json]) -> Ended | None:
        """Run the calls in their order and answer each; how one of them ended the run, if it did."""
        results, ended = [], None
        for call in self._transcript.say(content):
            answer, ended = (result(call, NOT_RUN, is_error=True), ended) if ended else self._use(call)
            results.append(answer)
        self._transcript.answer(results)
        return ended

    def _use(self, call: Json) -> tuple[Json, Ended | None]:
        """The result for the model, and how the call ended the run, if it did."""
        try:
            tool = self._tools.get(call["name"])
            if tool is None:
                raise Misused(f"There is no tool {call['name']!r}; there are {', '.join(self._tools)}.")
            self._hooks.still_ours()
            done = tool.call(self._bench, self._progress, call["input"])
        except Misused as misused:
            return result(call, str(misused), is_error=True), None
        self._action = tool.action(call["input"])
        if isinstance(done, str):
            return result(call, done), None
        if done.signal in (Signal.ASKED, Signal.PLANNED):
            self._progress.asked, self._progress.question = call["id"], done.question or ""
            return result(call, WAITING), done
        if done.signal is Signal.SUBMITTED:
            self._progress.submitted, self._progress.answers = done.summary, done.answers
        return result(call, "Done."), done

    def _nudge(self, content: list[Json]) -> Ended | None:
        self._transcript.say(content)
        self._action = short(" ".join(block["text"] for block in content if block["type"] == "text"), 200)
        self._idle += 1
        if self._idle > NUDGES:
            last = f"; its last words: {self._action}" if self._action else ""
            reason = f"the agent stopped without submitting, {self._idle} times in a row{last}"
            return Ended(Signal.GAVE_UP, reason=reason)
        self._transcript.hear(NUDGE)
        return None

    def _shortened(self, content: list[Json]) -> Ended | None:
        """Keep what is whole of an answer that was cut off."""
        if self._cut >= CUTS:
            reason = f"the model's answer was cut off after {MAX_TOKENS:,} tokens, {CUTS} times in a row"
            return Ended(Signal.GAVE_UP, reason=reason)
        ended = self._answer(_whole(content))
        self._transcript.hear(CUT)
        return ended

    def _start_over(self) -> Ended | None:
        """Begin the conversation anew; the second time people are to decide."""
        progress = self._progress
        plan = "\n".join(f"- [{'x' if step.done else ' '}] {step.text}" for step in progress.plan)
        diff = elided(self._bench.diff()).strip()
        self._transcript = Transcript(progress=progress)
        self._transcript.hear(
            self._brief,
            STARTED_OVER.format(diff=fenced(diff, "diff") if diff else "(none)", plan=plan or "(none)"),
        )
        progress.started_over = not progress.started_over
        if progress.started_over:
            return None
        reason = "the conversation outgrew the model's context window twice: the ticket may be too large for one go"
        return Ended(Signal.OUT_OF_BUDGET, reason=reason)

    def _limit_reached(self) -> Ended | None:
        """Looked at before each call, with the most the call could cost set aside."""
        limits, turns = self._limits, self._progress.turns
        prompt = json.dumps([SYSTEM, self._definitions, self._transcript.messages])
        worst = self._model.worst_case(prompt_chars=len(prompt), max_tokens=MAX_TOKENS)
        left = limits.usd_left - self._spend.usd
        if worst > left:
            reason = (
                f"the next model call may cost up to ${worst:.2f}, and ${max(left, Decimal(0)):.2f} of the "
                "ticket's budget is left"
            )
        elif turns >= limits.turns:
            reason = f"all {limits.turns} turns of this iteration are used"
        elif self._clock() >= limits.deadline:
            reason = (
                f"the time for this iteration was over at {limits.deadline:%H:%M} UTC, after {turns} turns"
            )
        else:
            return None
        return Ended(Signal.OUT_OF_BUDGET, reason=reason)

    def _tell(self) -> None:
        progress = self._progress
        self._hooks.after_turn(Turn(progress.turns, self._spend, progress.plan, self._action))

    def _outcome(self, ended: Ended) -> Outcome:
        progress = self._progress
        outcome = Outcome(
            signal=ended.signal,
            summary=ended.summary,
            answers=ended.answers,
            question=ended.question,
            reason=ended.reason,
            plan=progress.plan,
            commands=progress.commands,
            spend=self._spend,
            turns=progress.turns,
        )
        if ended.signal is Signal.OUT_OF_BUDGET:
            progress.held = ended.reason
            self._keep()
        return outcome

    @property
    def _progress(self) -> Progress:
        return self._transcript.progress


def _begun(brief: str, progress: Progress) -> Transcript:
    transcript = Transcript(progress=progress)
    transcript.hear(brief)
    return transcript


def _calls(content: list[Json]) -> list[Json]:
    return [block for block in content if block["type"] == "tool_use"]


def _whole(content: list[Json]) -> list[Json]:
    """The answer without the call it was cut off in, and without thinking at its end, which the API refuses."""
    kept = content[:-1] if content and content[-1]["type"] == "tool_use" else list(content)
    while kept and kept[-1]["type"] in THINKING:
        kept.pop()
    return kept
