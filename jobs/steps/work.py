"""Work: one ticket in one worker's hands, with everything the steps reach the outside world by."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from jobs.cards import Moves
from jobs.git.errors import GitUnauthorized
from jobs.git.mirror import Mirror
from jobs.git.worktree import Worktree
from jobs.github.errors import GitHubError, Gone
from jobs.github.showing import Showing
from jobs.poison import BadRuns
from jobs.presses import Presses
from jobs.sandbox import Sandbox
from jobs.slots import Slots
from jobs.steps.sight import Sight, address_of
from jobs.ticket import signing
from jobs.ticket.boards import complaints
from jobs.ticket.budget import Budget
from jobs.ticket.check_run import face
from jobs.ticket.errors import Later
from jobs.ticket.names import STATE_LABELS, comment_marker
from jobs.ticket.observation import TRIGGER_LABEL, Card, Select
from jobs.ticket.status import status_body
from jobs.ticket.threads import Thread
from jobs.ticket.words import fitted
from jobs.unsaid import Unsaid

if TYPE_CHECKING:
    from jobs.models.gateway import Model

THROTTLE = timedelta(seconds=15)
"""Between two edits of the status comment that only show progress."""

Result = TypeVar("Result")
log = logging.getLogger("autocode")


@dataclass(kw_only=True)
class Work(Sight):
    """One ticket in one worker's hands."""

    call: Callable[[Iterable[int]], None]
    """Ask for other tickets of the repository, by number; what has just been written to them is news."""
    guard: Callable[[], None]
    """Called directly before each write; raises LeaseLost when the ticket is no longer ours."""
    news: Callable[[], bool]
    """Whether something was heard of the ticket since the last call."""
    still_ours: Callable[[], None]
    """LeaseLost unless we may still work on it."""
    bad_runs: BadRuns
    moves: Moves
    presses: Presses
    stopping: Callable[[], bool]
    """Whether this process has been asked to stop."""
    open_model: "Callable[[str], Model]"
    """By name."""
    open_sandbox: Callable[[], Sandbox | None]
    """None where there is none on this machine."""
    mirror: Mirror | None = None
    worktree: Worktree | None = None
    """Once a step has needed it."""
    collided: str = ""
    """Our own change as a patch, when somebody else's push collided with it."""
    threads: tuple[Thread, ...] = ()
    """The review threads, once they were asked for."""
    ending: str = ""
    """Why the ticket ends, for the comment that says so."""
    has_begun: bool = False
    """It has taken a slot, and its parent has not been told yet."""
    has_left: bool = False
    """It has let go of its slot, and nobody has been told yet."""
    has_unsaid: bool = False
    """GitHub did not take a comment on it, and is asked again with the next look."""
    saved_at: datetime | None = None
    told: set[str] = field(default_factory=set)
    showing: Showing = field(default_factory=Showing)
    """What people are to see with the next status comment."""

    @property
    def budget(self) -> Budget:
        """What the operator allows, or less where the repository says so."""
        wanted, allowed = self.observation.configuration, self.settings.budget
        return replace(
            allowed,
            usd=min(wanted.usd or allowed.usd, allowed.usd),
            max_iterations=min(wanted.iterations or allowed.max_iterations, allowed.max_iterations),
        )

    @property
    def model(self) -> str:
        """The name of the model that codes: what people chose for this run, the repository, or the operator."""
        return self.record.model or self.observation.configuration.model or self.settings.model

    def with_token(self, command: Callable[[str], Result]) -> Result:
        """What a git command gives that needs the token; tried with another one if GitHub does not take it any more."""
        try:
            return command(self.github.token())
        except GitUnauthorized:
            return command(self.github.token(anew=True))

    def save(self) -> None:
        """Rewrite the status comment, or write it if there is none yet, and show what waits for it."""
        self.note(sequence=self.record.sequence + 1)
        secret_block = signing.dump(self.record, address_of(self.observation), self.settings.webhook_secrets)
        most, may_report = self.budget.max_iterations, self.github.may_report
        problems = [*map(str, self.observation.mistakes), *complaints(self.observation)]
        text = status_body(self.record, most, problems, may_report=may_report)
        body = fitted(f"{secret_block}\n{text}")
        if not self._rewritten(body):
            comment = self.github.create_status(body, self.showing)
            self._observation = replace(self.observation, status_comment=comment)
        self.showing = Showing()
        self.freshness.recorded(self.record.sequence)
        self.moves.settle()
        self.bad_runs.progress()
        self.saved_at = self.clock()
        self._keep_refused()

    def progress(self) -> None:
        """Save, unless the last time is less than `THROTTLE` ago, or GitHub has no time for it: work goes on."""
        shown_at = self.saved_at or self.record.since
        if shown_at and self.clock() - shown_at < THROTTLE:
            return
        try:
            self.save()
        except Later as later:
            log.info("%s: progress is not shown: %s", self.ticket.key, later)
            self.saved_at = self.clock()

    def show(self) -> None:
        """Show what waits although no status comment follows."""
        self.github.show(self.showing)
        self.showing = Showing()
        self._keep_refused()

    def show_reaction(self) -> None:
        """Show the reaction that waits, and nothing else: GitHub keeps one of a kind."""
        self.github.show(Showing(reaction=self.showing.reaction))

    def say_unsaid(self) -> None:
        """Say alone what GitHub refused before, unless it is there; if it is refused once more, the next look does."""
        self.has_unsaid, unsaid = False, Unsaid(self.redis, self.ticket)
        for body in unsaid.waiting():
            marker = body.partition("\n")[0]
            if not any(item.by_us and marker in item.body for item in self.observation.comments):
                try:
                    self.github.create_comment(body)
                except Gone:
                    raise
                except GitHubError as refused:
                    log.warning("%s: people are not told yet: %s", self.ticket.key, refused)
                    self.has_unsaid = True
                    continue
            unsaid.drop(body)

    def _keep_refused(self) -> None:
        """A remark that GitHub refused is said alone: the record tells of it now, so no step would say it again."""
        if refused := self.github.take_refused_remark():
            Unsaid(self.redis, self.ticket).keep(refused)
            self.say_unsaid()

    def tell(self, key: str, text: str) -> None:
        """A new comment on the issue, with the next status comment, once per run and key: edits notify nobody."""
        marker = comment_marker(self._record.run if self._record else "none", key)
        if key in self.told or any(item.by_us and marker in item.body for item in self.observation.comments):
            return
        if self.showing.remark:
            self.show()
        self.showing.remark = fitted(f"{marker}\n{text}")
        self.told.add(key)

    def react(self, node_id: str, content: str) -> None:
        """React to the issue or a comment, with the next status comment."""
        if self.showing.reaction:
            self.show()
        self.showing.reaction = (node_id, content)

    def move_card(self, card: Card, select: Select, column: str) -> None:
        """Put a card into a column, with the next status comment; where GitHub refuses it stays where it is."""
        waiting, value = self.showing.move, {"singleSelectOptionId": select.options[column]}
        if waiting and waiting["itemId"] != card.id:
            self.show()
        ids = {"projectId": card.project_id, "itemId": card.id, "fieldId": select.id}
        self.showing.move = {**ids, "value": value}
        shown = replace(card, values=dict(card.values) | {select.name: column})
        cards = tuple(shown if item.id == card.id else item for item in self.observation.cards)
        self._observation = replace(self.observation, cards=cards)

    def add_trigger_label(self) -> None:
        """Somebody started the ticket in another way: from now on taking the label off cancels it all the same."""
        self._change_labels(add={TRIGGER_LABEL})

    def take_trigger_label(self) -> None:
        """The ticket is back where it began, so that putting the label on starts it again."""
        self._change_labels(remove={TRIGGER_LABEL})

    def show_phase(self) -> bool:
        """Make the labels say the phase, with the next status comment; False if they did."""
        wanted = {self.record.label} - {None}
        return self._change_labels(add={name for name in wanted if name}, remove=set(STATE_LABELS) - wanted)

    def _change_labels(self, add: Collection[str] = (), remove: Collection[str] = ()) -> bool:
        """Have labels put on the issue and taken off; False if that changes nothing."""
        known = self.observation.issue.labels
        adding, removing = set(add) - known.keys(), set(remove) & known.keys()
        self.showing.change_labels(adding, removing)
        names = (known.keys() | adding) - removing
        issue = replace(self.observation.issue, labels={name: known.get(name, "") for name in names})
        self._observation = replace(self.observation, issue=issue)
        return bool(adding or removing)

    @cached_property
    def slots(self) -> Slots:
        """The book of the repository's slots."""
        ask = self.github.relations.places
        return Slots(
            self.redis, self.ticket, self.clock, lambda: ask(self.observation.configuration.priority)
        )

    def _rewritten(self, body: str) -> bool:
        """Edit the status comment; False when there is none, or somebody deleted it meanwhile."""
        comment = self.observation.status_comment
        if comment is None:
            return False
        shown = None
        if self.github.may_report:
            shown = face(self.record, self.budget.max_iterations, comment.url, self.observation)
        try:
            self.github.rewrite_status(comment, body, shown, self.showing)
        except Gone:
            self.showing = Showing()
            return False
        return True

    def forget(self) -> None:
        """Another run begins: nothing of the last one's is of use."""
        self.worktree, self.collided, self.ending, self.told = None, "", "", set()

    def close(self) -> None:
        """Let go of what the steps have opened."""
        if self.mirror is not None:
            self.mirror.close()
