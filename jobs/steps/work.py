"""Work: one ticket in one worker's hands, with everything the steps reach the outside world by."""

import logging
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from redis import Redis

from jobs.cards import Moves
from jobs.configuration import read_configuration
from jobs.freshness import Freshness
from jobs.git.errors import GitUnauthorized
from jobs.git.mirror import Mirror
from jobs.git.worktree import Worktree
from jobs.github.client import Installation
from jobs.github.errors import Gone
from jobs.github.showing import Showing
from jobs.poison import BadRuns
from jobs.presses import Presses
from jobs.sandbox import Sandbox
from jobs.settings import Settings
from jobs.slots import Slots
from jobs.ticket import record as records
from jobs.ticket.boards import complaints
from jobs.ticket.budget import Budget
from jobs.ticket.check_run import face
from jobs.ticket.configuration import DEFAULTS, Configuration, Mistake
from jobs.ticket.errors import Later, Renamed
from jobs.ticket.names import STATE_LABELS, comment_marker
from jobs.ticket.observation import TRIGGER_LABEL, Card, Observation, PullRequest, Select
from jobs.ticket.phases import KIND, Phase
from jobs.ticket.record import Record
from jobs.ticket.request import Ticket
from jobs.ticket.signals import logins_to_ask
from jobs.ticket.status import status_body
from jobs.ticket.threads import Thread
from jobs.ticket.words import fitted

if TYPE_CHECKING:
    from jobs.models.gateway import Model

THROTTLE = timedelta(seconds=15)
"""Between two edits of the status comment that only show progress."""
VALID_FOR = timedelta(days=90)
"""How long the last valid configuration is remembered."""

Result = TypeVar("Result")
log = logging.getLogger("autocode")


@dataclass
class Work:
    """One ticket in one worker's hands."""

    ticket: Ticket
    settings: Settings
    github: Installation
    call: Callable[[Iterable[int]], None]
    """Ask for other tickets of the repository, by number; what has just been written to them is news."""
    redis: Redis
    clock: Callable[[], datetime]
    freshness: Freshness
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
    saved_at: datetime | None = None
    told: set[str] = field(default_factory=set)
    showing: Showing = field(default_factory=Showing)
    """What people are to see with the next status comment."""
    _observation: Observation | None = None
    _record: Record | None = None

    @property
    def observation(self) -> Observation:
        """The ticket as last observed."""
        if self._observation is None:
            raise RuntimeError("the ticket has not been observed yet")
        return self._observation

    @property
    def record(self) -> Record:
        """What is remembered of the ticket."""
        if self._record is None:
            raise RuntimeError("the ticket has no record yet")
        return self._record

    @record.setter
    def record(self, record: Record) -> None:
        self._record = record

    @property
    def recorded(self) -> Record | None:
        """The record, if there is one."""
        return self._record

    def observe(self, *, everything: bool = True) -> None:
        """Ask GitHub how the ticket is now, who may do what included; or for no more than the issue.

        Raises Later when GitHub's answer may be older than our own last write, Renamed when the repository was.
        """
        observation = self.github.observe(now=self.clock(), everything=everything)
        if observation.repository.name_with_owner != self.ticket.repository:
            # Under two names a ticket would have two leases.
            raise Renamed(observation.repository.name_with_owner)
        remembered = self._load(observation)
        self.freshness.check(observation, remembered)
        if self._record is None:
            self._record = remembered
        observation = self._with_ended_pull_request(observation)
        logins = logins_to_ask(self._record, observation)
        configuration, mistakes = self._configured(observation.configuration_text)
        self._observation = replace(
            observation,
            permissions=self.github.permissions(logins),
            configuration=configuration,
            mistakes=mistakes,
        )
        self.show_text()
        self.look_below()

    def look_below(self) -> None:
        """See the pull request that the ticket stands on as it is now: one call, if it stands on one."""
        record = self._record
        stacked = record.stacked if record and KIND[record.phase] != "resting" else None
        if stacked and stacked.pull_request and not self.observation.denied:
            self.show_below(self.github.pull_request(stacked.pull_request))

    def show_below(self, below: PullRequest | None) -> None:
        """The observation with this as what the ticket stands on."""
        self._observation = replace(self.observation, below=below)

    def show_text(self) -> None:
        """The observation with the issue's text as it stood when the present run was asked for."""
        if self._record is not None:
            issue = self.observation.issue.as_of(self._record.text_at, self._record.requested_by)
            self._observation = replace(self.observation, issue=issue)

    def _with_ended_pull_request(self, observation: Observation) -> Observation:
        """The observation with this run's pull request, which may be over and hard to see: one call, if that is so."""
        record = self._record
        if record is None or record.pull_request is None or record.phase is Phase.DONE or observation.denied:
            return observation
        if any(item.number == record.pull_request for item in observation.pull_requests):
            return observation
        ended = self.github.ended_pull_request(record.pull_request)
        if ended is None:
            return observation
        return replace(observation, pull_requests=(*observation.pull_requests, ended))

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

    def ask_permissions(self, logins: Iterable[str]) -> None:
        """Learn what these people may do, and keep it with the observation."""
        known = dict(self.observation.permissions) | self.github.permissions(logins)
        self._observation = replace(self.observation, permissions=known)

    def note(self, **changes: Any) -> None:
        """Remember these fields of the record from now on."""
        self._record = replace(self.record, **changes)

    def save(self) -> None:
        """Rewrite the status comment, or write it if there is none yet, and show what waits for it."""
        self.note(sequence=self.record.sequence + 1)
        secret_block = records.dump(self.record, _address(self.observation), self.settings.webhook_secrets)
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

    def show_pull_request(self, pull_request: PullRequest, **changes: Any) -> None:
        """The observation with what we have just made of the pull request."""
        seen = (
            replace(item, **changes) if item.number == pull_request.number else item
            for item in self.observation.pull_requests
        )  # fmt: skip
        self._observation = replace(self.observation, pull_requests=tuple(seen))

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

    def _configured(self, text: str | None) -> tuple[Configuration, tuple[Mistake, ...]]:
        """The repository's configuration; where it is wrong, what was valid before counts."""
        if text is None:
            return DEFAULTS, ()
        key = f"configuration:{self.ticket.repository}"
        found, mistakes = read_configuration(text)
        if not mistakes:
            self.redis.set(key, text, ex=VALID_FOR)
            return found, ()
        before = self.redis.get(key)
        fallback = read_configuration(before.decode())[0] if isinstance(before, bytes) else None
        return read_configuration(text, fallback)

    def _load(self, observation: Observation) -> Record | None:
        if observation.status_comment is None:
            return None
        # Older builds signed for the repository's name.
        addresses = (_address(observation), f"{self.ticket.repository}#{self.ticket.number}")
        found = (
            records.load(observation.status_comment.body, address, self.settings.webhook_secrets)
            for address in addresses
        )
        return next(filter(None, found), None)


def _address(observation: Observation) -> str:
    """What a record is signed for: the repository's id stays whatever it is called, and whoever owns it."""
    return f"{observation.repository.id}#{observation.ticket.number}"
