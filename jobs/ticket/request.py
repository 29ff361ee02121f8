"""Requests: what the web process, the clock and people ask the workers for."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, order=True)
class Ticket:
    """One issue that autocode works on, or may have to."""

    installation: int
    """Id of the App's installation that can see the repository."""
    repository: str
    """`owner/name`."""
    number: int
    """The issue's number."""

    @property
    def key(self) -> str:
        """`17/owner/name#12`: the ticket in Redis, in job arguments and in logs."""
        return f"{self.installation}/{self.repository}#{self.number}"

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read what `key` wrote; ValueError says what arrived."""
        match = re.fullmatch(r"(\d+)/([^/#\s]+/[^/#\s]+)#(\d+)", key)
        if match is None:
            raise ValueError(f"{key!r} is not a ticket; expected INSTALLATION/OWNER/NAME#NUMBER")
        return cls(int(match[1]), match[2], int(match[3]))

    @property
    def job_id_part(self) -> str:
        """The key in RQ's alphabet `[A-Za-z0-9_-]`, one to one."""
        return re.sub(r"[^A-Za-z0-9-]", lambda found: f"_{ord(found[0]):02x}", self.key)


@dataclass(frozen=True)
class Press:
    """Somebody pressed a button of our check run. Nothing on GitHub shows it afterwards, so it comes along."""

    login: str
    user_id: int
    action: str
    """The button's identifier."""
    shown: str
    """What the check run belonged to when it was pressed: run and iteration."""


@dataclass(frozen=True)
class Reconcile:
    """Look at this ticket again."""

    ticket: Ticket
    why: str
    """For the log only: the worker looks for itself."""
    is_news: bool = True
    """Something has just happened on GitHub, whose answers may not show it for some seconds."""
    press: Press | None = None


@dataclass(frozen=True)
class Changed:
    """An issue or a pull request was closed, reopened, pushed to or went away: look at the tickets that wait for it."""

    ticket: Ticket
    """What has changed, which need not be a ticket."""
    also: Ticket | None
    """A ticket to look at too: itself, or the one whose pull request it is."""
    why: str


@dataclass(frozen=True)
class Sweep:
    """Look at every open ticket of this installation again."""

    installation: int
    why: str


@dataclass(frozen=True)
class Inspect:
    """Look at the configuration file as it is in a commit that changed it."""

    installation: int
    repository: str
    """`owner/name`."""
    sha: str


@dataclass(frozen=True)
class CardMoved:
    """Look at the ticket of this card, which somebody has moved; which ticket that is only GitHub can say."""

    installation: int
    item: str
    """The card's node id."""
    sender: str
    """Login of who moved it."""
    sender_id: int
    at: str
    """When, by GitHub's clock, in ISO 8601."""
    field: str
    """The single-select field that was changed; empty when the card has just come onto its board."""
    left: str
    """The option that stood there before; empty for none."""
    entered: str
    """The option that stood there afterwards; empty for none."""
    is_asked_again: bool = False
    """GitHub did not know of it at first."""

    @property
    def key(self) -> str:
        """All of it as JSON: in job arguments and among what was put off."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def parse(cls, key: str) -> Self:
        """Read what `key` wrote."""
        return cls(**json.loads(key))


Request = Reconcile | Changed | Sweep | Inspect | CardMoved
