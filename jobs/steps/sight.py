"""Sight: a ticket as it was last observed on GitHub, and what is remembered of it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from redis import Redis

from jobs.configuration import read_configuration
from jobs.freshness import Freshness
from jobs.github.client import Installation
from jobs.settings import Settings
from jobs.ticket import signing
from jobs.ticket.configuration import DEFAULTS, Configuration, Mistake
from jobs.ticket.errors import Renamed
from jobs.ticket.observation import Observation, PullRequest
from jobs.ticket.phases import KIND, Phase
from jobs.ticket.record import Record
from jobs.ticket.request import Ticket
from jobs.ticket.signals import logins_to_ask

VALID_FOR = timedelta(days=90)
"""How long the last valid configuration is remembered."""


@dataclass(kw_only=True)
class Sight:
    """One ticket: what GitHub says of it, and the record."""

    ticket: Ticket
    settings: Settings
    github: Installation
    redis: Redis
    clock: Callable[[], datetime]
    freshness: Freshness
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

    def note(self, **changes: Any) -> None:
        """Remember these fields of the record from now on."""
        self._record = replace(self.record, **changes)

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

    def ask_permissions(self, logins: Iterable[str]) -> None:
        """Learn what these people may do, and keep it with the observation."""
        known = dict(self.observation.permissions) | self.github.permissions(logins)
        self._observation = replace(self.observation, permissions=known)

    def show_pull_request(self, pull_request: PullRequest, **changes: Any) -> None:
        """The observation with what we have just made of the pull request."""
        seen = (
            replace(item, **changes) if item.number == pull_request.number else item
            for item in self.observation.pull_requests
        )  # fmt: skip
        self._observation = replace(self.observation, pull_requests=tuple(seen))

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
        addresses = (address_of(observation), f"{self.ticket.repository}#{self.ticket.number}")
        found = (
            signing.load(observation.status_comment.body, address, self.settings.webhook_secrets)
            for address in addresses
        )
        return next(filter(None, found), None)


def address_of(observation: Observation) -> str:
    """What a record is signed for: the repository's id stays whatever it is called, and whoever owns it."""
    return f"{observation.repository.id}#{observation.ticket.number}"
