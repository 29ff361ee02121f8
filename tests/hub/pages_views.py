"""What the pages show of the hub's state: conversations in order, diffs line by line, checks with their colour."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.hub import git_facts
from tests.hub.checks import CheckRun, Status
from tests.hub.entities import Issue, Label, PullRequest, Reaction, Review, TimelineEvent, User
from tests.hub.state import State

RELATIONS = {
    f"{relation}_{change}": f"{change} the {words}"
    for relation, words in (
        ("sub_issue", "sub-issue"),
        ("parent_issue", "parent issue"),
        ("blocked_by", "blocking issue"),
        ("blocking", "issue that waits for this"),
    )
    for change in ("added", "removed")
}
"""An event between two issues → what somebody did."""
SHOWN = RELATIONS.keys() | {
    "labeled", "unlabeled", "renamed", "closed", "reopened", "merged", "cross-referenced", "ready_for_review",
    "convert_to_draft", "head_ref_deleted", "head_ref_force_pushed", "base_ref_changed",
}  # fmt: skip
"""The events the template has words for."""
LOG_LINE = re.compile(r"(?:\d{4}-\d\d-\d\dT[\d:.]+Z )?(?:##\[(?P<kind>\w+)\])?(?P<text>.*)", re.DOTALL)
CYAN = "\x1b[36;1m"
"""Actions prints the commands of a step in it."""
COLOURED = re.compile(r"\x1b\[[\d;]*[A-Za-z]")
MARKS = {"group": "▾ ", "error": "Error: ", "warning": "Warning: "}
GLYPHS = {
    "+1": "👍", "-1": "👎", "laugh": "😄", "hooray": "🎉", "confused": "😕", "heart": "❤️", "rocket": "🚀", "eyes": "👀",
}  # fmt: skip


@dataclass
class Entry:
    """One thing in a conversation."""

    kind: str
    """`comment`, `review`, `commit`, `labels` or an event's name."""
    at: datetime
    actor: User | None
    it: Any
    """The comment, review, commit or event."""
    added: list[Label] = field(default_factory=list)
    removed: list[Label] = field(default_factory=list)


def conversation(issue: Issue) -> list[Entry]:
    """Everything that happened, oldest first, with runs of label changes by one person in one entry."""
    found = [Entry("comment", comment.created_at, comment.user, comment) for comment in issue.comments]
    found += [Entry(event.event, event.created_at, event.actor, event) for event in _shown(issue.timeline)]
    if isinstance(issue, PullRequest):
        found += [Entry("review", review.submitted_at, review.user, review) for review in _told(issue)]
        found += [
            Entry(
                "commit", max(datetime.fromisoformat(commit.committer.date), issue.created_at), None, commit
            )
            for commit in git_facts.pull_commits(issue)
        ]
    return list(_with_labels_together(sorted(found, key=lambda entry: entry.at)))


def _told(pull: PullRequest) -> list[Review]:
    """Reviews that say something of their own: not what is pending, nor the cover of a reply."""
    return [
        review
        for review in pull.reviews
        if review.state != "PENDING"
        and (review.body or review.state != "COMMENTED" or any(not c.reply_to for c in review.comments))
    ]


def _shown(events: Iterable[TimelineEvent]) -> Iterator[TimelineEvent]:
    return (event for event in events if event.event in SHOWN)


def _with_labels_together(entries: Iterable[Entry]) -> Iterator[Entry]:
    group: Entry | None = None
    for entry in entries:
        if entry.kind not in ("labeled", "unlabeled"):
            if group:
                yield group
            group = None
            yield entry
            continue
        if group is None or group.actor is not entry.actor or (entry.at - group.at).total_seconds() > 60:
            if group:
                yield group
            group = Entry("labels", entry.at, entry.actor, entry.it)
        (group.added if entry.kind == "labeled" else group.removed).append(entry.it.label)
    if group:
        yield group


@dataclass(frozen=True)
class Line:
    """One line of a diff."""

    kind: str
    """`hunk`, `added`, `removed` or `same`."""
    old: int | None
    new: int | None
    text: str


def lines(patch: str) -> Iterator[Line]:
    """The lines of one file's patch with their numbers on either side."""
    old = new = 0
    for text in patch.splitlines():
        if found := re.match(r"@@ -(\d+)\S* \+(\d+)", text):
            old, new = int(found[1]), int(found[2])
            yield Line("hunk", None, None, text)
        elif text.startswith("+"):
            yield Line("added", None, new, text[1:])
            new += 1
        elif text.startswith("-"):
            yield Line("removed", old, None, text[1:])
            old += 1
        elif not text.startswith("\\"):
            yield Line("same", old, new, text[1:])
            old, new = old + 1, new + 1


def log_lines(log: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each line of a job's log, without the time that stands before it.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    for line in log.splitlines():
        found = LOG_LINE.fullmatch(line)
        assert found is not None, line
        kind = found["kind"] or ("command" if found["text"].startswith(CYAN) else "")
        if kind != "endgroup":
            yield kind, MARKS.get(kind, "") + COLOURED.sub("", found["text"])


def colour(check: CheckRun | Status) -> str:
    """`good`, `bad`, `running` or `grey`."""
    if isinstance(check, Status):
        return {"success": "good", "pending": "running"}.get(check.state, "bad")
    if check.status != "completed":
        return "running"
    return {"success": "good", "neutral": "grey", "skipped": "grey", "cancelled": "grey"}.get(
        check.conclusion or "", "bad"
    )


def checks(state: State, pull: PullRequest, sha: str) -> list[CheckRun | Status]:
    """Of one commit, check runs first."""
    return [*state.check_runs(pull.repository, sha), *state.statuses(pull.repository, sha)]


def sum_up(found: list[CheckRun | Status]) -> str | None:
    """One colour for all of them; None for none."""
    colours = {colour(check) for check in found}
    return next((worst for worst in ("bad", "running", "good", "grey") if worst in colours), None)


def counted(reactions: Iterable[Reaction]) -> list[tuple[str, str, list[str]]]:
    """(name, glyph, who gave it) for each kind of reaction that was given."""
    given: dict[str, list[str]] = {}
    for reaction in reactions:
        given.setdefault(reaction.content, []).append(reaction.user.login)
    return [(name, GLYPHS[name], people) for name, people in given.items()]


def ink(color: str) -> str:
    """Black or white, whichever reads better on a label's colour (ITU-R BT.601 luma)."""
    red, green, blue = (int(color[at : at + 2], 16) for at in (0, 2, 4))
    return "#000" if 299 * red + 587 * green + 114 * blue > 140_000 else "#fff"


def hue(login: str) -> int:
    """A person's own colour, in degrees."""
    return sum(ord(letter) * 37 for letter in login) % 360
