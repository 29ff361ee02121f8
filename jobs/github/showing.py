"""Showing: how people see a step of their ticket, in one request: status comment, check run, labels, card, words."""

import logging
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from jobs.github.writes import Writes, short_enough
from jobs.ticket.check_run import NAME, Face
from jobs.ticket.observation import Comment, Observation, OwnRun

REACTIONS = {"+1": "THUMBS_UP", "-1": "THUMBS_DOWN", "confused": "CONFUSED", "eyes": "EYES"}
"""REST's names → GraphQL's: https://docs.github.com/en/graphql/reference/enums#reactioncontent"""
OPTIONAL = frozenset({"reaction", "add", "remove", "move", "remark", "newRun", "run"})
"""What is refused alone: the status comment is written all the same. Where the App may write nothing at all, that
comment is refused as well, and tells."""

Variables = dict[str, Any]
log = logging.getLogger("autocode")


@dataclass
class Showing:
    """What is to be shown besides the status comment, and was not sent yet; one of a kind."""

    add: set[str] = field(default_factory=set)
    """Labels, by name."""
    remove: set[str] = field(default_factory=set)
    reaction: tuple[str, str] | None = None
    """Node id of issue or comment, and content in REST's words; GitHub keeps one of a kind."""
    move: Variables | None = None
    """A card into a column: input of `updateProjectV2ItemFieldValue`."""
    remark: str | None = None
    """The body of a new comment on the issue."""

    def change_labels(self, adding: set[str], removing: set[str]) -> None:
        """Besides what waits: what was to be taken off is still on, and what was to be put on is not."""
        self.add, self.remove = (
            (self.add - removing) | (adding - self.remove),
            (self.remove - adding) | (removing - self.add),
        )

    def __bool__(self) -> bool:
        return bool(self.add or self.remove or self.reaction or self.move or self.remark)


class Shows(Writes):
    """The writes that people watch a ticket by. Raises what `Writes` does."""

    _reported: OwnRun | None = None
    """What we have written since the last observation, or before it."""
    _refused_remark: str | None = None

    def take_refused_remark(self) -> str | None:
        """The remark that GitHub refused while it took the rest, once."""
        refused, self._refused_remark = self._refused_remark, None
        return refused

    def show(self, rest: Showing) -> None:
        """Show what waits, without the status comment."""
        if rest:
            self._send_together(rest, {})

    def create_status(self, body: str, rest: Showing) -> Comment:
        """Write the first status comment, and show what waits before it."""
        if not rest:
            return self.create_comment(body)
        seen = self._observed()
        comment = {"subjectId": seen.issue.node_id, "body": short_enough(body)}
        answer = self._send_together(rest, {"isNew": True, "comment": comment})
        made = answer["addComment"]["commentEdge"]["node"]
        return Comment(
            id=int(made["fullDatabaseId"]),
            author=seen.viewer,
            by_us=True,
            by_person=False,
            body=made["body"],
            created_at=datetime.fromisoformat(made["createdAt"]),
            url=made["url"],
            node_id=made["id"],
        )

    def rewrite_status(self, comment: Comment, body: str, face: Face | None, rest: Showing) -> None:
        """Rewrite the status comment, the check run where it says something else, and show what waits before them.

        Gone when the comment was deleted; what waited is shown then. The check run is found before it is made, if it
        may be. Where GitHub refuses it, people have the comment.

        Args:
            face: what the check run says; None where there is to be none, or we may write none.
        """
        run = self._run(face, comment) if face else {}
        if not rest and not run:
            self.update_comment(comment.id, body)
            return
        rewritten = {"id": comment.node_id, "body": short_enough(body)}
        answer = self._send_together(rest, {"isRewritten": True, "rewritten": rewritten} | run)
        written = answer.get("newRun") or answer.get("run")
        if written is not None and face is not None:
            self._reported = OwnRun(written["checkRun"]["id"], face.head_sha, face.title)

    def _send_together(self, rest: Showing, more: Variables) -> Variables:
        """The answer to one request, by field; None where GitHub refused what can be done without."""
        if rest.add - self._label_ids.keys():
            # REST makes labels that the repository lacks, GraphQL puts on what there is.
            self._add_labels(sorted(rest.add))
            rest = replace(rest, add=set())
        variables = self._variables(rest) | more
        if not variables:
            return {}
        answer: Variables = self._api.mutate("show_status", variables, optional=OPTIONAL)
        refused = [name for name, said in answer.items() if said is None]
        if refused:
            log.warning("%s: left as it is: %s", self._ticket.key, ", ".join(refused))
        if "remark" in refused:
            self._refused_remark = rest.remark
        if "add" in refused:
            # A label was deleted meanwhile.
            self._add_labels(sorted(rest.add))
        return answer

    def _variables(self, rest: Showing) -> Variables:
        issue, found = self._observed().issue.node_id, Variables()
        if rest.reaction:
            subject, content = rest.reaction
            found |= {"isReaction": True, "reaction": {"subjectId": subject, "content": REACTIONS[content]}}
        known = self._label_ids
        if adding := [known[name] for name in sorted(rest.add)]:
            found |= {"isAdding": True, "add": {"labelableId": issue, "labelIds": adding}}
        if removing := [known[name] for name in sorted(rest.remove & known.keys())]:
            found |= {"isRemoving": True, "remove": {"labelableId": issue, "labelIds": removing}}
        if rest.move:
            found |= {"isMove": True, "move": rest.move}
        if rest.remark:
            found |= {"isRemark": True, "remark": {"subjectId": issue, "body": short_enough(rest.remark)}}
        return found

    def _run(self, face: Face, comment: Comment) -> Variables:
        """How our check run gets to show this; empty where it does, or where we may not."""
        seen = self._observed()
        if seen.denied:
            return {}
        run = self._own_run(face.head_sha, seen)
        if (run is None and not face.may_be_new) or (run is not None and run.title == face.title):
            return {}
        shown = {
            "repositoryId": seen.repository.node_id, "externalId": face.shown,
            "status": "COMPLETED", "conclusion": "NEUTRAL",
            "output": {"title": face.title, "summary": face.summary},
            "actions": [asdict(button) for button in face.buttons],
        }  # fmt: skip
        if run is not None:
            return {"isRun": True, "run": shown | {"checkRunId": run.node_id}}
        new = {"headSha": face.head_sha, "name": NAME, "detailsUrl": comment.url}
        return {"isNewRun": True, "newRun": shown | new}

    def _own_run(self, head_sha: str, seen: Observation) -> OwnRun | None:
        """Ours of that commit: as we have written it, else as it was observed."""
        runs = (self._reported, *(item.own_run for item in seen.pull_requests))
        return next((run for run in runs if run and run.head_sha == head_sha), None)
