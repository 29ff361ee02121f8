"""Answers: what GitHub answered to `queries/observe.graphql` → Observation, text as of the trigger. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from jobs.github.cards import cards_of
from jobs.github.people import Node, comment_of, login_of, user_id_of
from jobs.github.pulls import branches_of, pull_requests_of
from jobs.ticket.history import History, Renaming, Revision
from jobs.ticket.names import STATUS_MARKER
from jobs.ticket.observation import TRIGGER_LABEL, Comment, Issue, Observation, Repository, Trigger
from jobs.ticket.request import Ticket
from jobs.ticket.text import cleaned

NOTHING: Node = {"nodes": [], "pageInfo": {"hasNextPage": False}}
"""Stands for what was not asked for."""


@dataclass
class Answers:
    """Answers to the same query with different cursors, put together; the first holds the newest of all."""

    ticket: Ticket
    app_id: int
    first: Node = field(default_factory=dict)
    events: dict[str, Node] = field(default_factory=dict)
    """By node id, so that a page read twice does no harm, oldest first."""
    comments: dict[str, Node] = field(default_factory=dict)
    refs: dict[str, Node] = field(default_factory=dict)

    def add(self, answer: Node) -> None:
        """Take in one more answer."""
        repository = answer["repository"]
        issue = repository["issue"]
        repository.setdefault("defaultBranchRef", None)
        repository.setdefault("refs", NOTHING)
        issue.setdefault("closedByPullRequestsReferences", NOTHING)
        issue.setdefault("projectItems", NOTHING)
        self.first = self.first or answer
        self.events = {node["id"]: node for node in issue["timelineItems"]["nodes"]} | self.events
        self.comments |= {node["fullDatabaseId"]: node for node in issue["comments"]["nodes"]}
        self.refs |= {node["name"]: node for node in repository["refs"]["nodes"]}

    def missing(self, answer: Node) -> dict[str, str]:
        """Cursors of what is still to be asked after this answer; empty when it is complete.

        Older events only while the trigger is not found, older comments only while our status comment is not.
        """
        repository = answer["repository"]
        events = repository["issue"]["timelineItems"]["pageInfo"]
        comments = repository["issue"]["comments"]["pageInfo"]
        refs = repository["refs"]["pageInfo"]
        cursors = {}
        if events["hasPreviousPage"] and self._is_labeled and self._trigger() is None:
            cursors["eventsBefore"] = events["startCursor"]
        if comments["hasPreviousPage"] and self._status_comment() is None:
            cursors["commentsBefore"] = comments["startCursor"]
        if refs["hasNextPage"]:
            cursors["branchesAfter"] = refs["endCursor"]
        return cursors

    def observation(self, now: datetime) -> Observation:
        """All of it as one observation, without permissions: those are asked by name."""
        repository, number = self.first["repository"], self.ticket.number
        status = self._status_comment()
        linked = repository["issue"]["closedByPullRequestsReferences"]["nodes"]
        refs = self.refs.values()
        of_branches = [node for ref in refs for node in ref["associatedPullRequests"]["nodes"]]
        return Observation(
            ticket=self.ticket,
            now=now,
            viewer=self._viewer,
            viewer_id=self.first["viewer"]["databaseId"],
            repository=_repository(repository),
            issue=self._issue(repository["issue"]),
            trigger=self._trigger(),
            own_label=self._own_label(),
            status_comment=status,
            comments=tuple(item for item in self._comments() if status is None or item.id != status.id),
            branches=branches_of(refs, number),
            cards=cards_of(repository["issue"]["projectItems"], self.ticket.repository),
            configuration_text=_configuration(self.first),
            pull_requests=pull_requests_of([*linked, *of_branches], number, self._viewer, self.app_id),
        )

    @property
    def _viewer(self) -> str:
        return str(self.first["viewer"]["login"])

    @property
    def _is_labeled(self) -> bool:
        labels = self.first["repository"]["issue"]["labels"]["nodes"]
        return any(label["name"] == TRIGGER_LABEL for label in labels)

    def _comments(self) -> list[Comment]:
        comments = (comment_of(node, self._viewer) for node in self.comments.values())
        return sorted(comments, key=lambda comment: (comment.created_at, comment.id))

    def _status_comment(self) -> Comment | None:
        """The newest of ours with the marker: should there ever be two, the same one is found each time."""
        ours = [item for item in self._comments() if item.by_us and item.body.startswith(STATUS_MARKER)]
        return ours[-1] if ours else None

    def _trigger(self) -> Trigger | None:
        """When somebody put the trigger label on, if it is on and they did."""
        newest = self._newest_label()
        return newest if newest and newest.actor != self._viewer else None

    def _own_label(self) -> Trigger | None:
        """When we put it on, after a command or for a card, if it is on and we did."""
        newest = self._newest_label()
        return newest if newest and newest.actor == self._viewer else None

    def _newest_label(self) -> Trigger | None:
        """When the trigger label was put on last, by whomever; None unless it is on."""
        given = [
            Trigger(
                login_of(node["actor"]),
                datetime.fromisoformat(node["createdAt"]),
                node["id"],
                user_id_of(node["actor"]),
            )
            for node in self.events.values()
            if node["__typename"] == "LabeledEvent" and node["label"]["name"] == TRIGGER_LABEL
        ]
        # Of several in one second the last one is the newest: GitHub's times are whole seconds.
        given.sort(key=lambda trigger: trigger.at)
        return given[-1] if given and self._is_labeled else None

    def _issue(self, node: Node) -> Issue:
        title, body, author = node["title"], node["body"], login_of(node["author"])
        # Newest first.
        revisions = node["userContentEdits"]["nodes"]
        issue = Issue(
            id=int(node["fullDatabaseId"]),
            node_id=node["id"],
            url=node["url"],
            title=cleaned(title),
            body=cleaned(body),
            author=author,
            latest_body=cleaned(body),
            latest_body_by=login_of(revisions[0]["editor"]) if revisions else author,
            created_at=datetime.fromisoformat(node["createdAt"]),
            state=node["state"],
            labels={label["name"]: label["id"] for label in node["labels"]["nodes"]},
            history=History(title, body, self._renamings(), tuple(map(_revision, revisions))),
        )
        # Our own label stands for the command or the card that made us put it on.
        trigger = self._newest_label()
        return issue.as_of(trigger.at, trigger.actor) if trigger else issue

    def _renamings(self) -> tuple[Renaming, ...]:
        return tuple(
            Renaming(datetime.fromisoformat(node["createdAt"]), node["previousTitle"])
            for node in self.events.values()
            if node["__typename"] == "RenamedTitleEvent"
        )


def _revision(node: Node) -> Revision:
    return Revision(datetime.fromisoformat(node["editedAt"]), login_of(node["editor"]), node["diff"])


def _configuration(answer: Node) -> str | None:
    """The repository's own file, else that of its owner's `.github` repository."""
    for repository in (answer["repository"], answer.get("fallback")):
        file = repository and repository.get("configuration", repository.get("object"))
        if file and file.get("text") is not None:
            return str(file["text"])
    return None


def _repository(node: Node) -> Repository:
    return Repository(
        id=node["databaseId"],
        node_id=node["id"],
        name_with_owner=node["nameWithOwner"],
        url=node["url"],
        default_branch=node["defaultBranchRef"]["name"] if node["defaultBranchRef"] else None,
        is_archived=node["isArchived"],
        is_empty=node["isEmpty"],
        label_ids={label["name"]: label["id"] for label in node["labels"]["nodes"]},
    )
