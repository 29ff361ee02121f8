"""Checker: what is lost, done twice or stuck, judged only by what a person sees on GitHub when all is over.

It knows nothing of the app's code: labels, markers and the record in the status comment are read here anew, so that
a mistake there is not repeated here. `TAXONOMY` is all that it can find.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.hub_client import Person

Json = dict[str, Any]
Kind = Literal["lost", "duplicated", "stuck"]

BOT = "autocode[bot]"
LABEL_OF = {
    "queued": "autocode: queued",
    **dict.fromkeys(("preparing", "coding", "publishing", "checking"), "autocode: working"),
    "asking": "autocode: needs input",
    "validating": "autocode: review",
    "failed": "autocode: failed",
}
"""The label that goes with a phase; the others have none."""
STATE_LABELS = frozenset(LABEL_OF.values())

TAXONOMY: dict[str, Kind] = {
    "no status comment": "lost",
    "no pull request": "lost",
    "no bug ticket": "lost",
    "iteration without a commit": "lost",
    "two status comments": "duplicated",
    "two branches": "duplicated",
    "two pull requests": "duplicated",
    "two bug tickets": "duplicated",
    "comment twice": "duplicated",
    "iteration committed twice": "duplicated",
    "commit nobody can explain": "duplicated",
    "bug ticket nobody can explain": "duplicated",
    "branch nobody can explain": "duplicated",
    "record cannot be read": "stuck",
    "wrong phase": "stuck",
    "wrong iteration": "stuck",
    "wrong label": "stuck",
    "wrong head": "stuck",
    "wrong state of the pull request": "stuck",
    "checks and phase disagree": "stuck",
}
"""Violation → what it counts as."""


@dataclass(frozen=True)
class Expected:
    """How a ticket may end."""

    repository: str
    number: int
    phases: frozenset[str]
    iterations: tuple[int, int]
    """Fewest and most iterations that may have been committed."""
    has_branch: bool = True
    """False: there must be none. Whether there must be one follows from `iterations`."""
    has_bug: bool = False
    """A ticket about the failure."""
    may_be_refused: bool = False
    """A permission was taken away for a while: it may also have failed with a word about that."""


@dataclass(frozen=True)
class Violation:
    """One thing that is not as it has to be."""

    number: int
    what: str
    """A key of TAXONOMY."""
    details: str

    @property
    def kind(self) -> Kind:
        return TAXONOMY[self.what]

    def __str__(self) -> str:
        return f"{self.kind}: #{self.number}: {self.what}: {self.details}"


@dataclass(frozen=True)
class Seen:
    """What GitHub shows of one ticket."""

    comments: Sequence[Json]
    """The bot's, on the issue and on the pull request."""
    labels: frozenset[str]
    branches: Sequence[Json]
    commits: Sequence[Json]
    """Of the first branch, oldest first, without those of the default branch."""
    pulls: Sequence[Json]
    bugs: Sequence[Json]
    conclusions: Sequence[str | None]
    """Of the check runs of the pull request's head, the bot's own left out."""

    @property
    def status_comments(self) -> list[Json]:
        return [item for item in self.comments if "<!-- autocode:status" in item["body"]]

    @property
    def record(self) -> Json | None:
        """The machine's memory in the status comment; unsigned as far as we can tell."""
        for comment in self.status_comments:
            found = re.search(r"<!-- autocode:status \S+\s*\n(.+)\r?\n-->", comment["body"])
            if found:
                try:
                    record: Json = json.loads(found[1])
                except ValueError:
                    return None
                return record
        return None

    @property
    def phase(self) -> str:
        """Where the status comment says that it stands; empty without one."""
        return str((self.record or {}).get("phase", ""))

    @property
    def was_refused(self) -> bool:
        """People were told that a permission is missing, and it went no further."""
        return self.phase == "failed" and any(
            "needs the permission" in item["body"] for item in self.comments
        )

    @property
    def iterations(self) -> list[str]:
        """The iteration that each commit says it is of; empty where it says none."""
        return [_trailer(item, "Autocode-Iteration") for item in self.commits]


def violations(person: Person, expected: Iterable[Expected]) -> list[Violation]:
    """Everything that is wrong with these tickets, as this person sees them."""
    return [problem for ticket in expected for problem in judged(ticket, look(person, ticket))]


def look(person: Person, ticket: Expected) -> Seen:
    """Everything that GitHub shows of a ticket."""
    repo, number = f"/repos/{ticket.repository}", ticket.number
    prefix = f"autocode/{number}-"
    pulls = [
        pull
        for pull in _all(person, f"{repo}/pulls", state="all")
        if pull["head"]["ref"].startswith(prefix)
        or f"<!-- autocode:ticket {number} -->" in (pull["body"] or "")
    ]
    threads = [number, *(pull["number"] for pull in pulls)]
    comments = [item for thread in threads for item in _all(person, f"{repo}/issues/{thread}/comments")]
    branches = [item for item in _all(person, f"{repo}/branches") if item["name"].startswith(prefix)]
    heads = [pull["head"]["sha"] for pull in pulls[:1]]
    runs = [run for sha in heads for run in person.get(f"{repo}/commits/{sha}/check-runs")["check_runs"]]
    theirs = [run for run in runs if f"{run['app']['slug']}[bot]" != BOT]
    return Seen(
        comments=[item for item in comments if item["user"]["login"] == BOT],
        labels=frozenset(item["name"] for item in person.get(f"{repo}/issues/{number}")["labels"]),
        branches=branches,
        commits=_commits(person, repo, branches[0]["name"]) if branches else [],
        pulls=pulls,
        bugs=[item for item in _all(person, f"{repo}/issues", state="all") if _is_bug(item, number)],
        conclusions=[run["conclusion"] for run in theirs],
    )


def judged(ticket: Expected, seen: Seen) -> Iterator[Violation]:
    """What is wrong with one ticket."""
    if ticket.may_be_refused and seen.was_refused:
        most = ticket.iterations[1]
        ticket = replace(ticket, phases=frozenset({"failed"}), iterations=(0, most), has_bug=False)
    problems = (_counted(ticket, seen), _iterated(ticket, seen), _ended(ticket, seen))
    for found in problems:
        for what, details in found:
            yield Violation(ticket.number, what, details)


def _counted(ticket: Expected, seen: Seen) -> Iterator[tuple[str, str]]:
    """How many there are of everything."""
    for what, items in {
        "two status comments": seen.status_comments,
        "two branches": seen.branches,
        "two pull requests": seen.pulls,
        "two bug tickets": seen.bugs,
    }.items():
        if len(items) > 1:
            yield what, f"{len(items)} of them"
    for text, times in Counter(_read(item["body"]) for item in seen.comments).items():
        if times > 1:
            yield "comment twice", f"{times} times: {text[:100]!r}"
    if not seen.status_comments:
        yield "no status comment", "the label was never noticed, or what became of it was never said"
    if seen.branches and not ticket.has_branch:
        yield "branch nobody can explain", str(seen.branches[0]["name"])
    if ticket.iterations[0] and not seen.pulls:
        yield "no pull request", f"phase {seen.phase or 'unknown'}"
    if ticket.has_bug and not seen.bugs:
        yield "no bug ticket", "the checks stayed red"
    if seen.bugs and not ticket.has_bug:
        yield "bug ticket nobody can explain", f"#{seen.bugs[0]['number']}"


def _iterated(ticket: Expected, seen: Seen) -> Iterator[tuple[str, str]]:
    """Whether commits, iterations and the script fit together."""
    said, (fewest, most) = seen.iterations, ticket.iterations
    for iteration, times in Counter(said).items():
        if not iteration or f"#{ticket.number}" not in {_trailer(c, "Autocode-Issue") for c in seen.commits}:
            yield "commit nobody can explain", f"iteration {iteration or 'none'}"
        elif times > 1:
            yield "iteration committed twice", f"iteration {iteration}: {times} commits"
    numbers = sorted({int(iteration) for iteration in said if iteration})
    if len(numbers) < fewest or numbers != list(range(1, len(numbers) + 1)):
        yield "iteration without a commit", f"{fewest} expected, committed: {numbers}"
    if len(numbers) > most:
        yield "commit nobody can explain", f"{most} iterations expected at most, committed: {numbers}"
    record = seen.record
    is_pushed = seen.phase in ("checking", "validating") or (seen.phase == "failed" and ticket.has_bug)
    if record and numbers and is_pushed and record["iteration"] != numbers[-1]:
        yield "wrong iteration", f"the record says {record['iteration']}, the commits {numbers}"


def _ended(ticket: Expected, seen: Seen) -> Iterator[tuple[str, str]]:
    """Whether it came to its end, and everything says the same of it."""
    record = seen.record
    if record is None:
        if seen.status_comments:
            yield "record cannot be read", seen.status_comments[0]["body"][:200]
        return
    phase = record["phase"]
    if phase not in ticket.phases:
        yield "wrong phase", f"{phase}, expected {' or '.join(sorted(ticket.phases))}"
    shown, wanted = seen.labels & STATE_LABELS, {LABEL_OF[phase]} if phase in LABEL_OF else set()
    if shown != wanted:
        yield "wrong label", f"phase {phase}, labels {sorted(shown) or 'none'}"
    if phase != "validating" or not seen.pulls or not seen.branches:
        return
    pull = seen.pulls[0]
    heads = {record["head_sha"], pull["head"]["sha"], seen.branches[0]["commit"]["sha"]}
    if len(heads) > 1:
        yield "wrong head", ", ".join(sorted(sha[:7] for sha in heads))
    if pull["state"] != "open" or pull["draft"]:
        yield "wrong state of the pull request", f"{pull['state']}, draft: {pull['draft']}"
    if set(seen.conclusions) != {"success"}:
        yield "checks and phase disagree", f"validating, and the checks say {list(seen.conclusions)}"


def _commits(person: Person, repo: str, branch: str) -> list[Json]:
    base = person.get(repo)["default_branch"]
    known = {item["sha"] for item in _all(person, f"{repo}/commits", sha=base)}
    found = [item for item in _all(person, f"{repo}/commits", sha=branch) if item["sha"] not in known]
    return found[::-1]


def _all(person: Person, path: str, **query: str) -> list[Json]:
    """Every page of a list."""
    found: list[Json] = []
    for page in range(1, 100):
        items = person.get(path, **query, per_page=100, page=page)
        found += items
        if len(items) < 100:
            break
    return found


def _is_bug(issue: Json, number: int) -> bool:
    if "pull_request" in issue or issue["user"]["login"] != BOT:
        return False
    return re.match(rf"autocode gave up on \W?#\W?{number}:", issue["title"]) is not None


def _read(body: str) -> str:
    """What a person reads of a comment, without what is hidden in it."""
    return re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL).strip()


def _trailer(commit: Json, name: str) -> str:
    found = re.search(rf"^{name}: (.+)$", commit["commit"]["message"], re.MULTILINE)
    return found[1].strip() if found else ""
