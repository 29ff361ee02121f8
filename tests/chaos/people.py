"""People: what they do on the issues of a run. They look before they repeat what GitHub did not answer."""

import http.client
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.checker import BOT, Expected
from tests.chaos.faults import PERMISSION_FAULT
from tests.chaos.schedule import Opening, Stroke
from tests.chaos.scripts import ANSWER, QUESTION, SCRIPTS, Act, Script
from tests.hub_client import Hub, Person, Refused

TROUBLE = (Refused, OSError, http.client.HTTPException)
TRIES = 30
AT_WORK = ("getting the code", "coding", "publishing", "waiting for the checks", "ready for review")
"""Headlines of a status comment from which on there is something to cancel."""


@dataclass
class Ticket:
    """One issue, and what people still have to do on it."""

    hub: Hub
    repository: str
    opening: Opening
    title: str
    number: int
    to_do: list[Act] = field(default_factory=list)
    is_labelled: bool = False

    def __post_init__(self) -> None:
        self.to_do = list(self.script.acts)

    @property
    def script(self) -> Script:
        return SCRIPTS[self.opening.script]

    @property
    def path(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}"

    def expected(self, strokes: Iterable[Stroke]) -> Expected:
        """How it may end after these faults. Who was labelled when a permission was back has no excuse."""
        script = self.script
        return Expected(
            repository=self.repository,
            number=self.number,
            phases=script.ends,
            iterations=script.iterations,
            has_branch=script.has_branch,
            has_bug=script.has_bug,
            may_be_refused=any(
                stroke.fault == PERMISSION_FAULT and self.opening.at < stroke.at + stroke.lasts
                for stroke in strokes
            ),
        )

    def label(self) -> None:
        """Ask for the work."""
        who = self._as(self.script.labelled_by)
        _insist(
            lambda: who.post(f"{self.path}/labels", {"labels": ["autocode"]}), lambda: self._is_on("autocode")
        )
        self.is_labelled = True

    def go_on(self) -> str:
        """Do the next thing that is to be done, if the issue shows what it waits for; what was done, in words."""
        if not self.is_labelled or not self.to_do or not self._shows(self.to_do[0].sees):
            return ""
        act = self.to_do.pop(0)
        getattr(self, f"_{act.does}")()
        return f"#{self.number}: {act.sees} seen: {act.does}"

    def _shows(self, what: str) -> bool:
        try:
            comments = self._as("alice").get(f"{self.path}/comments", per_page=100)
        except TROUBLE:
            return False
        ours = [item["body"] for item in comments if item["user"]["login"] == BOT]
        match what:
            case "coding":
                return any(f"### autocode: {words}" in body for body in ours for words in AT_WORK)
            case "question":
                return any(f"\n> {QUESTION}" in body for body in ours)
            case _:
                return any("- [x] pull request #" in body for body in ours)

    def _unlabel(self) -> None:
        alice = self._as("alice")
        _insist(lambda: alice.delete(f"{self.path}/labels/autocode"), lambda: not self._is_on("autocode"))

    def _answer(self) -> None:
        self._say(ANSWER)

    def _stop(self) -> None:
        self._say("/autocode stop")

    def _say(self, text: str) -> None:
        bob = self._as("bob")

        def is_said() -> bool:
            return any(item["body"] == text for item in bob.get(f"{self.path}/comments", per_page=100))

        _insist(lambda: bob.post(f"{self.path}/comments", {"body": text}), is_said)

    def _is_on(self, label: str) -> bool:
        return label in {item["name"] for item in self._as("alice").get(f"{self.path}/labels")}

    def _as(self, login: str) -> Person:
        return self.hub.person(login)


def _insist(act: Callable[[], Any], is_done: Callable[[], bool]) -> None:
    """Do it; where GitHub does not answer, look whether it happened and else do it again."""
    for _ in range(TRIES):
        try:
            act()
        except TROUBLE:
            time.sleep(0.2)
        else:
            return
        try:
            if is_done():
                return
        except TROUBLE:
            continue
    raise TimeoutError(f"GitHub did not let people do something in {TRIES} attempts")
