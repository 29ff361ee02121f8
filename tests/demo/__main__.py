"""`python -m tests.demo`: what `make demo` runs. Exit 0 only if the ticket becomes ready for review.

Reads REPO, TITLE, BODY, KEEP and ANTHROPIC_API_KEY; writes `.autocode/demo/result.json`.
"""

import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from jobs.ticket.phases import KIND, Phase
from tests.demo.board import only_card
from tests.demo.choice import Choice, Unusable, choice
from tests.demo.story import Story, visible
from tests.demo.terminal import BOLD, DIM, RED, Terminal
from tests.demo.watch import Look, Watch, settle
from tests.processes import Died
from tests.stack import ROOT, Stack

DIRECTORY = ROOT / ".autocode" / "demo"
PATIENCE = {"recorded": 180.0, "live": 3600.0}
"""Seconds until the demo gives the ticket up."""
PAUSE = 0.15
EXIT_UNUSABLE = 2
EXIT_INTERRUPTED = 130


def main() -> int:
    terminal = Terminal()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        chosen = choice(os.environ)
        with _alone():
            return _demonstrate(chosen, terminal)
    except Unusable as problem:
        terminal.say(str(problem), RED)
        return EXIT_UNUSABLE
    except (Died, TimeoutError) as problem:
        terminal.say(f"The demo broke off: {problem}", RED)
        terminal.say(f"Logs: {DIRECTORY / 'logs'}/*.log")
        return 1
    except KeyboardInterrupt:
        terminal.say("\nInterrupted; everything it started has been ended.")
        return EXIT_INTERRUPTED


def _demonstrate(chosen: Choice, terminal: Terminal) -> int:
    _introduce(chosen, terminal)
    environ = {"AUTOCODE_CHECKS_WAIT": str(chosen.checks_wait)}
    if chosen.is_live:
        names = ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "AUTOCODE_MODEL")
        environ |= {name: os.environ[name] for name in names if os.environ.get(name)}
    started = time.monotonic()
    with Stack(
        DIRECTORY, seed=chosen.seed, script=chosen.script, environ=environ, live_model=chosen.is_live
    ) as stack:
        stack.start()
        terminal.say(
            f"Redis, hub, web process and workers are up after {time.monotonic() - started:.1f} s.\n", DIM
        )
        look = _work(stack, chosen, terminal)
        result = _result(look, terminal.seconds)
        (DIRECTORY / "result.json").write_text(json.dumps(result, indent=2) + "\n")
        _conclude(look, result, chosen, terminal)
        if os.environ.get("KEEP", "") not in ("", "0"):
            terminal.say("\nEverything stays up until Ctrl-C.")
            with suppress(KeyboardInterrupt):
                signal.pause()
    return 0 if result["phase"] == Phase.VALIDATING else 1


def _introduce(chosen: Choice, terminal: Terminal) -> None:
    terminal.say(
        f"autocode works on an issue of {chosen.repository}, on a hub that stands in for GitHub.", BOLD
    )
    if chosen.is_live:
        terminal.say("The model is live: ANTHROPIC_API_KEY is set, and this costs money.")
    else:
        terminal.say(
            "The model's replies are recorded (set ANTHROPIC_API_KEY for a live one); all else is real:"
        )
        terminal.say(
            "signed webhooks, queue and workers, tokens, git over HTTP, the workflow's own steps.", DIM
        )
    for note in chosen.notes:
        terminal.say(note)


def _work(stack: Stack, chosen: Choice, terminal: Terminal) -> Look:
    """Move the card as a person would, and follow the ticket until it needs nothing more from autocode."""
    alice, number = stack.hub.person("alice"), 1
    issue = f"/repos/{chosen.repository}/issues/{number}"
    terminal.say(f"Issue #{number}: {alice.get(issue)['title']}")
    terminal.say(f"{stack.hub.url}/{chosen.repository}/issues/{number}", DIM)
    card = only_card(stack.hub.url)
    terminal.say(f"{stack.hub.url}/orgs/acme/projects/{card.board.number}\n", DIM)
    settle(stack)
    watch = Watch(stack, chosen.repository, number, is_live=chosen.is_live, card=card)
    story = Story(terminal, watch.failures)
    terminal.start_clock()
    card.move("Autocode")
    terminal.line(
        "👆", "@alice moves its card into the column Autocode, which does the same as the label autocode"
    )
    patience = PATIENCE["live" if chosen.is_live else "recorded"]
    while terminal.seconds < patience:
        look = watch.look()
        story.tell(look)
        if look.status and _is_over(look.status.phase):
            return look
        stack.check()
        time.sleep(PAUSE)
    raise TimeoutError(f"after {patience:g} s the ticket is not ready for review")


def _is_over(phase: Phase) -> bool:
    return KIND[phase] == "resting" or phase in (Phase.VALIDATING, Phase.ASKING)


def _result(look: Look, seconds: float) -> dict[str, Any]:
    """What scripts read; `checks` are the conclusions of all check runs, oldest first."""
    assert look.status is not None
    return {
        "phase": look.status.phase,
        "pull_request": look.status.pull_request,
        "iterations": look.status.iteration,
        "checks": [run["conclusion"] for run in look.runs],
        "seconds": round(seconds, 1),
        "github_calls": len(look.calls),
        "model_calls": look.status.spend.calls,
        "usd": float(look.status.spend.usd),
    }


def _conclude(look: Look, result: dict[str, Any], chosen: Choice, terminal: Terminal) -> None:
    terminal.say()
    if result["phase"] != Phase.VALIDATING:
        said = visible(look.comments[-1]) if look.comments else "nothing"
        terminal.say(f"The ticket is not ready for review but {result['phase']}. autocode said: {said}", RED)
        terminal.say(f"Logs: {DIRECTORY / 'logs'}/*.log")
    terminal.say(f"Issue         {look.issue['html_url']}")
    if look.pull:
        terminal.say(f"Pull request  {look.pull['html_url']}")
    price = "what a live model would have cost" if not chosen.is_live else "what it cost"
    spent = f"{result['model_calls']} model calls, ${result['usd']:.4f} ({price})"
    terminal.say(f"Needed        {result['seconds']} s, {result['github_calls']} GitHub API calls, {spent}")


@contextmanager
def _alone() -> Iterator[None]:
    """Empty the demo's directory and keep it to ourselves; Unusable if another demo has it."""
    DIRECTORY.parent.mkdir(exist_ok=True)
    with (DIRECTORY.parent / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unusable(f"another demo is running in {ROOT}; end it first") from None
        shutil.rmtree(DIRECTORY, ignore_errors=True)
        yield


if __name__ == "__main__":
    sys.exit(main())
