"""Run: one schedule played on a stack of real processes, then everything mended, then the checker's look."""

import base64
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jobs.queue import SWEPT
from tests.chaos.checker import Seen, Violation, judged, look
from tests.chaos.faults import FAULTS, heal
from tests.chaos.people import Ticket
from tests.chaos.schedule import Schedule
from tests.chaos.scripts import FILES, MAX_ITERATIONS
from tests.chaos.target import PROCESSES, Target
from tests.stack import Stack

STILL = 90.0
"""Seconds without a change on GitHub, after everything is mended, until what is not over counts as stuck: after reads
that failed in a row the app asks again a minute later, a lease and a dead worker's job take 30 seconds."""
MOST = 300.0
"""Seconds after which nobody waits any longer, however much changes."""
LOOKS_EVERY = 0.4
"""Seconds between two looks of people who wait for something."""
JUDGED_EVERY = 1.5
"""Seconds between two looks at everything."""
QUIET_FOR = 1.5
"""Seconds of good behaviour before the last look."""
ENVIRON = {"AUTOCODE_MAX_ITERATIONS": str(MAX_ITERATIONS), "AUTOCODE_CHECKS_WAIT": "120"}


@dataclass(frozen=True)
class Verdict:
    """What became of one ticket."""

    ticket: Ticket
    seen: Seen
    violations: tuple[Violation, ...]

    @property
    def is_open(self) -> bool:
        """Something is wrong yet, or people still wait for what they want to act upon; it may not come any more."""
        return bool(self.violations or (self.ticket.to_do and not self.seen.was_refused))


@dataclass(frozen=True)
class Outcome:
    """What became of a run."""

    schedule: Schedule
    verdicts: tuple[Verdict, ...]
    seconds: float
    settled_after: float
    """Seconds from the last mending until nothing was wrong any more."""
    unmet: int
    """Wrong answers that GitHub had in store and nobody asked for."""
    missed: tuple[str, ...]
    """Faults that found nobody to strike."""

    def count(self, kind: str) -> int:
        """How many things were lost, duplicated or stuck."""
        return sum(item.kind == kind for verdict in self.verdicts for item in verdict.violations)

    @property
    def struck(self) -> int:
        """How many faults there were."""
        return len(self.schedule.strokes) - len(self.missed)

    @property
    def is_clean(self) -> bool:
        return not any(verdict.violations for verdict in self.verdicts)


Tell = Callable[[float, str], None]
"""Called with the seconds since the beginning and what happened."""


def play(
    schedule: Schedule,
    directory: Path,
    tell: Tell = lambda _at, _what: None,
    processes: tuple[str, ...] = PROCESSES,
) -> Outcome:
    """Play it; everything that the processes wrote stays in `directory`."""
    with Stack(directory, environ=ENVIRON, is_preloaded=True) as stack:
        target = Target(stack, random.Random(schedule.seed), processes)
        target.up()
        stack.wait_for(*processes)
        tickets = _tickets(stack, schedule)
        # The first sweep is not to be what notices the tickets.
        time.sleep(2.0)
        return _Run(target, schedule, tickets, tell).play()


class _Run:
    """The clock of one run and what happens by it."""

    def __init__(self, target: Target, schedule: Schedule, tickets: list[Ticket], tell: Tell) -> None:
        self._target, self._schedule, self._tickets, self._tell = target, schedule, tickets, tell
        self._stack = target.stack
        self._started = time.monotonic()
        self._is_over = threading.Event()
        self._missed: list[str] = []

    def play(self) -> Outcome:
        people = threading.Thread(target=self._be_people, name="people", daemon=True)
        people.start()
        try:
            self._break_things()
            mended = self._now()
            self._settle()
            settled = self._now()
            unmet = sum(fault["times"] for fault in self._target.hub("GET", "faults"))
            self._target.hub("DELETE", "faults")
            time.sleep(QUIET_FOR)
        finally:
            self._is_over.set()
            people.join()
        verdicts = tuple(self._verdict(ticket) for ticket in self._tickets)
        return Outcome(
            self._schedule, verdicts, self._now(), settled - mended, unmet, missed=tuple(self._missed)
        )

    def _break_things(self) -> None:
        for at, what, do in sorted(self._events(), key=lambda event: event[0]):
            time.sleep(max(0.0, at - self._now()))
            if what:
                self._tell(self._now(), what)
            do()
        heal(self._target)
        # The ten minutes until the next sweep are over.
        self._stack.redis().delete(SWEPT)
        self._tell(self._now(), "everything is mended")

    def _events(self) -> Iterator[tuple[float, str, Callable[[], object]]]:
        for stroke in self._schedule.strokes:
            fault = FAULTS[stroke.fault]
            lasts = f" for {stroke.lasts:.1f} s" if stroke.lasts else ""
            yield stroke.at, f"{stroke.fault}{lasts}", partial(self._strike, stroke.fault)
            yield stroke.at + stroke.lasts, "", partial(fault.mend, self._target)

    def _strike(self, fault: str) -> None:
        if FAULTS[fault].strike(self._target) is False:
            self._missed.append(fault)
            self._tell(self._now(), f"{fault}: nobody was there to be struck")

    def _be_people(self) -> None:
        """Label the issues when their time has come, and act upon what they show."""
        while not self._is_over.wait(LOOKS_EVERY):
            for ticket in self._tickets:
                if not ticket.is_labelled and self._now() >= ticket.opening.at:
                    self._tell(self._now(), f"#{ticket.number} is labelled: {ticket.opening.script}")
                    ticket.label()
                elif done := ticket.go_on():
                    self._tell(self._now(), done)

    def _settle(self) -> None:
        """Wait until nothing is wrong any more, or nothing changes any more."""
        open_ones, seen = list(self._tickets), list[Seen]()
        changed = mended = self._now()
        while open_ones and self._now() < min(changed + STILL, mended + MOST):
            time.sleep(JUDGED_EVERY)
            verdicts = [self._verdict(ticket) for ticket in open_ones]
            open_ones = [item.ticket for item in verdicts if item.is_open]
            before, seen = seen, [item.seen for item in verdicts]
            if seen != before:
                changed = self._now()

    def _verdict(self, ticket: Ticket) -> Verdict:
        expected = ticket.expected(self._schedule.strokes)
        seen = look(self._stack.hub.person("alice"), expected)
        return Verdict(ticket, seen, tuple(judged(expected, seen)))

    def _now(self) -> float:
        return time.monotonic() - self._started


def _tickets(stack: Stack, schedule: Schedule) -> list[Ticket]:
    """The repository with its issues, and a model that knows what to say about each."""
    alice, repository = stack.hub.person("alice"), "acme/greet"
    alice.post("/orgs/acme/repos", {"name": "greet"})
    for login, permission in (("bob", "push"), ("carol", "pull"), ("dave", "triage")):
        alice.put(f"/repos/{repository}/collaborators/{login}", {"permission": permission})
    for path, text in FILES.items():
        body = {"message": f"Add {path}", "content": base64.b64encode(text.encode()).decode()}
        alice.put(f"/repos/{repository}/contents/{path}", body)
    tickets, rules = [], []
    for number, opening in enumerate(schedule.openings, start=1):
        # Its number twice: no title is the beginning of another one.
        title = f"Greet people, case {number} of seed {schedule.seed}."
        made = stack.hub.person("carol").post(
            f"/repos/{repository}/issues", {"title": title, "body": "Hello."}
        )
        tickets.append(Ticket(stack.hub, repository, opening, title, made["number"]))
        rules += tickets[-1].script.rules(title, opening.pace)
    stack.play({"rules": rules})
    return tickets
