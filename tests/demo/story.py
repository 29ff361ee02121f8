"""Story: what happened to the ticket, told line by line as it is seen."""

from collections.abc import Callable

from jobs.ticket.phases import Phase
from jobs.ticket.words import short
from tests.demo.terminal import GREEN, RED, Terminal
from tests.demo.watch import Json, Look

WORDS: dict[Phase, tuple[str, str]] = {
    Phase.PREPARING: ("📥", "getting the code"),
    Phase.CODING: ("🧠", "the agent is at work"),
    Phase.ASKING: ("✋", "autocode asks a person, and waits"),
    Phase.FAILED: ("⛔", "autocode gave up"),
    Phase.CANCELLED: ("⛔", "cancelled"),
}
"""Phases that nothing else tells of."""


class Story:
    """Remembers what was told: each thing is told once."""

    def __init__(self, terminal: Terminal, failures: Callable[[Json], str]) -> None:
        """`failures`: the lines of a failed check's log that are worth showing."""
        self._terminal, self._failures = terminal, failures
        self._told: set[str] = set()
        self._column: str | None = None

    def tell(self, look: Look) -> None:
        """Say what is new, in the order in which it can have happened."""
        if look.has_eyes:
            self._once("eyes", "👀", "autocode has seen it")
        if look.status:
            self._once("status", "💬", "status comment on the issue")
        self._card(look)
        self._branch(look)
        self._completed(look)
        self._log_read(look)
        self._phase(look)
        self._turns(look)
        self._pull(look)
        self._running(look)
        self._ready(look)
        self._comments(look)

    def _once(self, key: str, icon: str, text: str, detail: str = "", style: str = "") -> None:
        if key not in self._told:
            self._told.add(key)
            self._terminal.line(icon, text, detail, style)

    def _card(self, look: Look) -> None:
        if look.column != self._column:
            self._terminal.line("📋", f"the card is in {look.column}")
            self._column = look.column

    def _branch(self, look: Look) -> None:
        if look.status and look.status.branch:
            self._once("branch", "🌿", f"branch {look.status.branch} from {look.status.base}")

    def _turns(self, look: Look) -> None:
        for index, turn in enumerate(look.turns):
            actions = "; ".join(turn.actions) or turn.words
            self._once(f"turn {index}", "🤖", f"agent, turn {turn.number}: {short(actions, 90)}")
        if look.status and not look.turns and look.status.activity:
            calls = look.status.spend.calls
            self._once(
                f"activity {calls}", "🤖", f"agent, model call {calls}: {short(look.status.activity, 90)}"
            )

    def _pull(self, look: Look) -> None:
        for item in look.commits:
            title = item["commit"]["message"].partition("\n")[0]
            self._once(f"commit {item['sha']}", "⬆️ ", f"commit {item['sha'][:7]} pushed: {short(title, 80)}")
        if look.pull:
            state = "draft pull request" if look.pull["draft"] else "pull request"
            self._once("pull", "🔀", f"{state} #{look.pull['number']}")

    def _completed(self, look: Look) -> None:
        for run in look.runs:
            text = f"check {run['name']} at {run['head_sha'][:7]}: {run['conclusion']}"
            if run["conclusion"] == "success":
                self._once(f"check {run['id']}", "✅", text, style=GREEN)
            elif run["status"] == "completed" and f"check {run['id']}" not in self._told:
                self._once(f"check {run['id']}", "❌", text, self._failures(run), style=RED)

    def _running(self, look: Look) -> None:
        for run in look.runs:
            if run["status"] != "completed":
                text = f"check {run['name']} at {run['head_sha'][:7]} is running"
                self._once(f"check {run['id']} runs", "⏳", text)

    def _log_read(self, look: Look) -> None:
        for number, call in enumerate(call for call in look.calls if call["path"].endswith("/logs")):
            if call["status"] < 400:
                self._once(f"log {number}", "📄", "autocode has read the log of the failing check")

    def _phase(self, look: Look) -> None:
        if look.status is None:
            return
        phase, iteration = look.status.phase, look.status.iteration
        if iteration > 1:
            self._once(f"iteration {iteration}", "🔁", f"iteration {iteration}")
        if phase in WORDS:
            self._once(f"{phase} {iteration}", *WORDS[phase])

    def _ready(self, look: Look) -> None:
        if look.status and look.status.phase is Phase.VALIDATING:
            is_draft = look.pull is None or look.pull["draft"]
            self._once("ready", "🎉", "still a draft" if is_draft else "ready for review", style=GREEN)

    def _comments(self, look: Look) -> None:
        for comment in look.comments:
            self._once(f"comment {comment['id']}", "💬", f"@{comment['user']['login']}: {visible(comment)}")


def visible(comment: Json) -> str:
    """What people read of a comment, in one line."""
    lines = [line for line in str(comment["body"]).splitlines() if line and not line.startswith("<!--")]
    return short(" ".join(lines), 160)
