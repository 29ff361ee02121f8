"""Record: what the app remembers of a ticket. `jobs.ticket.signing` puts it into the status comment."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from jobs.ticket import names
from jobs.ticket.budget import Spend
from jobs.ticket.dependencies import Stacked
from jobs.ticket.phases import LABEL, Phase

KEPT = 30
"""How many of the newest rounds and commands a record keeps."""


@dataclass(frozen=True)
class PlanStep:
    """One line of the agent's plan."""

    text: str
    done: bool = False


@dataclass(frozen=True)
class CommandRun:
    """A command that the agent ran in the sandbox."""

    command: str
    exit_code: int
    seconds: float
    iteration: int = 0


@dataclass(frozen=True)
class Round:
    """What the checks said of one pushed commit."""

    iteration: int
    head_sha: str
    verdict: str = "pending"
    checks: tuple[tuple[str, str, str], ...] = ()
    """Name, conclusion, address."""
    at: datetime | None = None
    """When its commit was pushed, or the checks' word was heard."""
    note: str = ""
    """What other people had to do with it."""


@dataclass(frozen=True)
class Answer:
    """What the agent has to say to a conversation about lines of the diff."""

    thread: str
    """Node id."""
    kind: str
    """`changed`: a change was asked for and made · `answered`: it was a question · `declined`: it is not done."""
    words: str


@dataclass(frozen=True)
class Question:
    """What we wait for a person to say."""

    text: str
    kind: str = "question"
    """`question`: any answer will do · `budget`: only `/autocode continue` · `plan`: the plan waits for approval ·
    `conflict`: any answer lets us try again to bring the base in."""
    is_answered: bool = False
    """Somebody has said what we waited for."""


@dataclass(frozen=True)
class Merge:
    """The merge of one commit, wanted or tried."""

    head_sha: str
    """The pull request's head as seen by whoever wanted it: no other one is merged. Empty: overtaken by a review."""
    by: str = ""
    """Login of who asked for it; empty: the configuration does."""
    refusal: str = ""
    """Why it was refused; empty while it was not."""
    tried: str = ""
    """What GitHub showed then: the configuration alone tries again only once it shows something else."""
    at: datetime | None = None
    """When GitHub was asked."""
    is_behind: bool = False
    """It has to be brought up to date before."""


@dataclass(frozen=True)
class Record:
    """The memory of one run of one ticket. Times are timezone-aware UTC."""

    run: str
    """Id of this run, for logs, trailers and comments. A fresh start is a new run."""
    phase: Phase
    trigger_at: datetime
    """When the label that started this run was put on."""
    trigger_id: str
    """Node id of that event."""
    requested_by: str
    """Login of the person who put it on."""
    requested_by_id: int | None
    """Their user id; None when the account is gone."""
    started_at: datetime
    asked_at: datetime | None = None
    """When they asked: title and body are read as they stood then. None, of older builds: when the label was put on."""
    sequence: int = 0
    """Grows with every write, so that a read of an older state is noticed."""
    iteration: int = 1
    first_iteration: int = 1
    """Where the present series of rounds began: a person who requests changes allows as many again."""
    branch: str | None = None
    base: str | None = None
    pull_request: int | None = None
    head_sha: str | None = None
    """The branch's head as we last pushed or took note of it."""
    published_at: datetime | None = None
    """When `head_sha` was pushed: missing checks are counted from here."""
    comment_cursor: int = 0
    """Id of the newest comment that has been acted upon."""
    command_cursor: int = 0
    """Id of the newest comment whose command has been replied to."""
    review_cursor: int = 0
    """Id of the newest review that has been acted upon."""
    review_in_hand: int = 0
    """Id of the newest review in the present iteration's brief."""
    answers: tuple[Answer, ...] = ()
    """To review threads, until they are posted."""
    threads_left: int = 0
    """Review threads that were too many for the present iteration and wait for the next one."""
    told: int = 0
    """The newest iteration in which people have told the agent something: git alone does not end it any more."""
    no_change: bool = False
    """What the agent has submitted last is no change of the files: none that is missing was lost."""
    update: bool = False
    """The base's commits are to be brought into the branch."""
    updates: int = 0
    """How often that was done of our own accord since people last asked for something."""
    spend: Spend = field(default_factory=Spend)
    usd_limit: Decimal = Decimal(5)
    more_iterations: int = 0
    """Rounds that people have added to those allowed."""
    approval: str = ""
    """Of the plan: empty, nobody has to · `wanted` · the login of who approved it."""
    model: str = ""
    """What people chose for this run; empty: what the repository or the operator has set."""
    merge: Merge | None = None
    plan: tuple[PlanStep, ...] = ()
    question: Question | None = None
    since: datetime | None = None
    """When the present phase was entered."""
    rounds: tuple[Round, ...] = ()
    commands: tuple[CommandRun, ...] = ()
    summary: str = ""
    """The agent's own words about its change."""
    note: str = ""
    """What people should know now: why it stopped, what it waits for."""
    activity: str = ""
    """What the agent is doing, while it is."""
    held_by: tuple[str, ...] = ()
    """While checking: the checks that wait for a person, when only those are open."""
    waits_for: tuple[str, ...] = ()
    """While queued: the open issues that block it, as people write them."""
    unseen: tuple[str, ...] = ()
    """What may block it and cannot be seen."""
    parts: tuple[tuple[str, str], ...] = ()
    """Of a ticket with open sub-issues: each of them, as people write it, and its state in a word."""
    begun_parts: tuple[int, ...] = ()
    """Numbers of the sub-issues that were begun on its behalf."""
    stacked: Stacked | None = None
    """While it stands on its blocker's pull request, whose branch is its `base`, or waits to do so again."""
    underneath: str = ""
    """The last commit of its branch that came from the branch below; it is left behind when the base is another one."""
    in_front: int = 0
    """While queued: how many waiting tickets come before it, as far as was seen when it was looked at last."""

    def entering(self, phase: Phase, at: datetime) -> "Record":
        """The record in another phase."""
        return replace(self, phase=phase, since=at)

    @property
    def text_at(self) -> datetime:
        """Of what time the issue's text is meant."""
        return self.asked_at or self.trigger_at

    @property
    def label(self) -> str | None:
        """The label that shows how it stands."""
        if self.phase is Phase.CHECKING and self.held_by:
            return names.NEEDS_INPUT
        is_blocked = self.phase is Phase.QUEUED and (self.waits_for or self.parts)
        return names.BLOCKED if is_blocked else LABEL[self.phase]

    @property
    def open_question(self) -> Question | None:
        """What people have not answered yet."""
        return None if self.question is None or self.question.is_answered else self.question

    def last_iteration(self, max_iterations: int) -> int:
        """After which iteration the ticket is given up if the checks are still red."""
        return self.first_iteration + max_iterations + self.more_iterations - 1
