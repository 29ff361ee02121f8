"""Receiver: every example webhook of GitHub's, signed by GitHub's own JavaScript, sent to the real web process."""

import http.client
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobs.ticket.rules import RULES
from tests.contract.deliveries import event_name
from tests.contract.outcomes import EXPECTED, NO_EXAMPLE, Outcome, as_ours
from tests.contract.packages import Unavailable
from tests.stack import Stack

SCRIPT = Path(__file__).parent / "sign.mjs"
WEIGHT = 90
"""Megabytes that none of the web's processes may weigh at its heaviest."""


@dataclass(frozen=True)
class Example:
    """One webhook to send."""

    event: str
    payload: dict[str, Any]
    is_ours: bool

    @property
    def name(self) -> str:
        return event_name(self.event, self.payload)

    @property
    def body(self) -> str:
        return json.dumps(self.payload, ensure_ascii=False)


@dataclass
class Heard:
    """What the web process made of the examples."""

    examples: list[Example]
    outcomes: list[str]
    """`queued`, `ignored` or a status, one for each example."""
    unsigned: str
    """The same of one that carries another's signature."""
    megabytes: float
    """Of the heaviest process, at its heaviest."""


def examples(path: Path) -> list[Example]:
    """Every published payload, as it stands and as if it were about a ticket of ours."""
    published = [
        (row["name"], payload) for row in json.loads(path.read_text()) for payload in row["examples"]
    ]
    return [Example(event, payload, False) for event, payload in published] + [
        Example(event, as_ours(payload), True) for event, payload in published
    ]


def heard(sent: list[Example], signer: Path, directory: Path) -> Heard:
    """Send them all to a web process of its own."""
    with Stack(directory) as stack:
        stack.start("web")
        signatures = signed([example.body for example in sent], signer, stack.hub.webhook_secret)
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
        outcomes = [
            outcome(connection, example, signature)
            for example, signature in zip(sent, signatures, strict=True)
        ]
        unsigned = outcome(connection, sent[0], signatures[-1])
        connection.close()
        web = stack.child("web")
        heaviest = max(high_water_mark(pid) for pid in (web.pid, *(item.pid for item in web.descendants())))
        return Heard(sent, outcomes, unsigned, heaviest)


def high_water_mark(pid: int) -> float:
    """The most megabytes that a process has had in memory at once, what it shares with others included.

    https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def signed(bodies: Sequence[str], signer: Path, secret: str) -> list[str]:
    """The signatures that @octokit/webhooks makes of the bodies."""
    node = shutil.which("node")
    if node is None:
        raise Unavailable("node is not installed: install Node.js 18 or newer.")
    lines = "".join(json.dumps({"payload": body}) + "\n" for body in bodies)
    done = subprocess.run([node, SCRIPT, signer, secret], input=lines, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(f"@octokit/webhooks does not run: {done.stderr.strip()[-500:]}")
    return done.stdout.split()


def outcome(connection: http.client.HTTPConnection, example: Example, signature: str) -> str:
    """Send one and say in a word what came of it."""
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": example.event,
        "X-Hub-Signature-256": signature,
    }
    connection.request("POST", "/webhook", example.body.encode(), headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    return {200: "ignored", 202: "queued"}.get(answer.status, str(answer.status)) if said else "nothing said"


def wrong(found: Heard) -> Iterator[str]:
    """Where the outcomes are not those of the table."""
    seen = {example.name for example in found.examples}
    for name in RULES.keys() - seen - NO_EXAMPLE:
        yield f"{name} has a rule, but no example"
    for name in (EXPECTED.keys() ^ RULES.keys()) - NO_EXAMPLE:
        yield f"{name}: the table of outcomes does not fit the rules"
    counted: dict[tuple[str, bool], Counter[str]] = {}
    for example, said in zip(found.examples, found.outcomes, strict=True):
        counted.setdefault((example.name, example.is_ours), Counter())[said] += 1
    for (name, is_ours), given in counted.items():
        expected = _expected(EXPECTED.get(name), is_ours, given.total())
        if +given != +expected:
            kind = "as ours" if is_ours else "as published"
            yield f"{name}, {kind}: {dict(given)} where {dict(+expected)} was expected"
    if found.unsigned != "401":
        yield f"a delivery with a wrong signature: {found.unsigned}"
    if found.megabytes > WEIGHT:
        yield f"a web process weighed {found.megabytes:.0f} MB, {WEIGHT} MB are allowed"


def _expected(row: Outcome | None, is_ours: bool, number: int) -> Counter[str]:
    if row is None:
        return Counter(ignored=number)
    if is_ours:
        return Counter({row.ours: number})
    return Counter({row.published: number})
