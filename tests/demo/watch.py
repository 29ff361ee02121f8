"""Watch: what a person sees of one ticket on the hub, asked over REST, and the recorded model's own log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.agent.tools import TOOLS
from jobs.ticket import signing
from jobs.ticket.names import STATUS_MARKER
from jobs.ticket.record import Record
from jobs.ticket.words import short
from tests.demo.board import Card
from tests.hub_client import Hub
from tests.processes import until
from tests.stack import Stack

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Turn:
    """One reply of the model: what it did, and what came of it."""

    number: int
    """Within its conversation, from 1."""
    words: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Look:
    """The ticket as it is now."""

    issue: Json
    comments: Sequence[Json]
    """Without the status comment."""
    status: Record | None
    pull: Json | None
    commits: Sequence[Json]
    """Of the pull request, oldest first."""
    runs: Sequence[Json]
    """Check runs of every commit of the pull request, oldest first."""
    calls: Sequence[Json]
    """What the app has asked of the API since the ticket was asked for."""
    turns: Sequence[Turn]
    """Empty with a live model: nobody logs for it."""

    column: str | None
    """Of the board, where the card is; None without one."""

    @property
    def has_eyes(self) -> bool:
        return bool(self.issue["reactions"]["eyes"])


class Watch:
    """Looks at one issue as a person of the repository."""

    def __init__(
        self, stack: Stack, repository: str, number: int, *, is_live: bool, card: Card | None = None
    ) -> None:
        self._stack, self._is_live, self._card = stack, is_live, card
        self._repository, self._issue = f"/repos/{repository}", f"/repos/{repository}/issues/{number}"
        self._alice = stack.hub.person("alice")
        self._ticket = f"{self._alice.get(self._repository)['id']}#{number}"
        self._calls_before = len(app_calls(stack.hub))

    def look(self) -> Look:
        """Everything at once; a handful of requests."""
        comments = self._alice.get(f"{self._issue}/comments", per_page=100)
        status = [item for item in comments if STATUS_MARKER in item["body"]]
        pull = self._pull()
        commits = self._alice.get(f"{self._repository}/pulls/{pull['number']}/commits") if pull else []
        return Look(
            issue=self._alice.get(self._issue),
            comments=[item for item in comments if item not in status],
            status=self._record(status[0]["body"]) if status else None,
            pull=pull,
            commits=commits,
            runs=[run for commit in commits for run in self._runs(commit["sha"])],
            calls=app_calls(self._stack.hub)[self._calls_before :],
            column=self._card.column() if self._card else None,
            turns=[] if self._is_live else turns(self._stack.model_requests()),
        )

    def _record(self, body: str) -> Record | None:
        return signing.load(body, self._ticket, [self._stack.hub.webhook_secret])

    def _pull(self) -> Json | None:
        pulls: list[Json] = self._alice.get(f"{self._repository}/pulls", state="all")
        return pulls[-1] if pulls else None

    def _runs(self, sha: str) -> list[Json]:
        """Our own, which says what we are doing, left out."""
        runs: list[Json] = self._alice.get(f"{self._repository}/commits/{sha}/check-runs")["check_runs"]
        return [run for run in runs if run["app"]["slug"] != "autocode"]

    def failures(self, run: Json) -> str:
        """The lines of a failed job's log that name a failed test, at most three."""
        # The id of a GitHub Actions check run is its job's.
        log = self._alice.get(f"{self._repository}/actions/jobs/{run['id']}/logs")
        return "\n".join([line[line.index("FAILED") :] for line in log.splitlines() if "FAILED" in line][:3])


def app_calls(hub: Hub) -> list[Json]:
    """The calls that the app made, with its JWT or an installation's token, for its tickets.

    Readings of the delivery log, one a minute, belong to none.
    """
    ours = ("app:autocode", "autocode[bot]")
    return [call for call in hub.calls() if call["actor"] in ours and call["path"] != "/app/hook/deliveries"]


def settle(stack: Stack) -> None:
    """Wait for the clock's first sweep to be over: it belongs to no ticket, and its calls are not counted."""

    def has_swept() -> bool | None:
        return any(call["path"] == "/graphql" for call in app_calls(stack.hub)) or None

    until("the first sweep", has_swept, seconds=30)


def turns(requests: Sequence[Json]) -> list[Turn]:
    """Each request tells of the reply before it; what came of the last reply of a conversation nobody hears."""
    found = []
    for request in requests:
        replies = [message for message in request["messages"] if message["role"] == "assistant"]
        if replies:
            found.append(_turn(len(replies), replies[-1]["content"], request["messages"][-1]["content"]))
    return found


def _turn(number: int, reply: Sequence[Json], results: Sequence[Json]) -> Turn:
    outputs = {
        item.get("tool_use_id"): str(item.get("content")) for item in results if isinstance(item, dict)
    }
    words = " ".join(block["text"] for block in reply if block["type"] == "text")
    calls = [block for block in reply if block["type"] == "tool_use"]
    return Turn(number, short(words), tuple(_action(block, outputs.get(block["id"], "")) for block in calls))


def _action(block: Json, output: str) -> str:
    """The call in the words that the status comment uses, with a command's exit code."""
    tool = TOOLS.get(block["name"])
    words = tool.action(dict(block["input"])) if tool else block["name"]
    _, _, code = output.rpartition("[exit code ")
    words = words.replace("/workspace/", "")
    return f"{words} → exit code {code.partition(']')[0]}" if block["name"] == "bash" and code else words
