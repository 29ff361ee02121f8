"""Relations: a ticket's neighbours on GitHub: what shares its slots, what it waits for, and its sub-issues. Reads."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from jobs.github.api import Api
from jobs.github.errors import Gone
from jobs.github.people import Node, login_of
from jobs.github.places import Places
from jobs.ticket.dependencies import Found, Part, Reference, references
from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.order import Place
from jobs.ticket.request import Ticket

Issue = dict[str, Any]


class Relations:
    """Reads about one ticket's neighbours. Every method may raise what reads raise: Later, TellPeople, GitHubError."""

    def __init__(
        self, api: Api, ticket: Ticket, open_wide: Callable[[], Api], sees_cards: Callable[[], bool]
    ) -> None:
        """`open_wide` gives an Api that reads the issues of all the installation's repositories, and nothing else.

        `sees_cards` tells whether Projects may be asked for.
        """
        self._api = api
        self._ticket = ticket
        self._open_wide = open_wide
        self._sees_cards = sees_cards
        self._wide: Api | None = None

    def close(self) -> None:
        """Close what was opened."""
        if self._wide is not None:
            self._wide.close()

    def places(self, field: str) -> dict[int, Place]:
        """Which of the repository's tickets work and which wait, by a Project's field among others; see `Places`."""
        return Places(self._api, self._ticket.repository, field, sees_cards=self._sees_cards()).read()

    def found(self, named: Iterable[Reference], viewer: str, *, has_parts: bool = False) -> Found:
        """What the ticket waits for: GitHub's dependencies, the issues that its body names, and its sub-issues.

        One call where there are none. https://docs.github.com/en/rest/issues/issue-dependencies

        Args:
            viewer: our login: what we have written ourselves, about a failure, is no part of the ticket.
            has_parts: it is known to have had sub-issues: they are asked for even if GitHub counts none.
        """
        home = Reference(self._ticket.repository, self._ticket.number)
        issue = self._issue(home)
        found, hidden = self._dependencies(home, issue) if issue else ([], 0)
        unseen = [f"{hidden} in repositories that it does not name"] if hidden else []
        for reference in named:
            other = issue if reference == home else self._issue(reference)
            if other is None:
                unseen.append(reference.shown(home.repository))
            elif other["state"] == "open":
                found.append(_reference(other))
        parts = self._parts(home, issue, viewer, is_sure=has_parts) if issue else ()
        # Those are worked on for its sake: waiting for them, it would not begin them.
        own = {part.reference for part in parts}
        waits_for = tuple(item for item in dict.fromkeys(found) if item not in own)
        return Found(waits_for, tuple(unseen), parts)

    def blockers_of(self, reference: Reference, may_write: Callable[[str], bool]) -> list[Reference]:
        """What another issue waits for; its body counts if its author is one of those who `may_write` here.

        A ticket waits for its open sub-issues too.
        """
        issue = self._issue(reference)
        if issue is None or issue["state"] != "open":
            return []
        found, _ = self._dependencies(reference, issue)
        named = references(issue["body"] or "", reference.repository)
        is_ticket = any(label["name"] == TRIGGER_LABEL for label in issue["labels"])
        parts = self._parts(reference, issue, "") if is_ticket and "pull_request" not in issue else ()
        return [
            *found,
            *(part.reference for part in parts if part.is_open),
            *(named if named and may_write(issue["user"]["login"]) else ()),
        ]

    def has_comment(self, number: int, author: str, marker: str, since: datetime) -> bool:
        """Whether another issue of the repository has a comment with that marker, written since then by them."""
        path = f"/repos/{self._ticket.repository}/issues/{number}/comments"
        pages = self._api.pages(path, {"since": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"})
        return any(
            item["user"]["login"] == author and marker in item["body"] for page in pages for item in page
        )

    def _parts(
        self, reference: Reference, issue: Issue, viewer: str, *, is_sure: bool = False
    ) -> tuple[Part, ...]:
        # An Enterprise Server need not say how many there are.
        is_sure = is_sure or "sub_issues_summary" not in issue
        if not is_sure and not issue["sub_issues_summary"]["total"]:
            return ()
        owner, _, name = reference.repository.partition("/")
        variables = {"owner": owner, "name": name, "number": reference.number}
        # Null stands for those in repositories out of sight.
        found = self._api_of(reference).query("sub_issues", variables, optional={"subIssues"})
        parts = (_part(node) for node in found["repository"]["issue"]["subIssues"]["nodes"] if node)
        return tuple(part for part in parts if part.author != viewer)

    def _dependencies(self, reference: Reference, issue: Issue) -> tuple[list[Reference], int]:
        """The open ones that GitHub lists, and how many more it counts that we cannot see."""
        # An Enterprise Server knows them since 3.19.
        count = issue.get("issue_dependencies_summary", {}).get("blocked_by", 0)
        path = f"/repos/{reference.repository}/issues/{reference.number}/dependencies/blocked_by"
        found: list[Reference] = []
        if count:
            found = _open(self._api_of(reference).pages(path))
            if len(found) < count:
                found = _open(self._everywhere().pages(path))
        return found, max(count - len(found), 0)

    def _issue(self, reference: Reference) -> Issue | None:
        """None where there is none for us."""
        try:
            found = self._api_of(reference).get(f"/repos/{reference.repository}/issues/{reference.number}")
        except Gone:
            return None
        issue: Issue = found.json()
        return issue

    def _api_of(self, reference: Reference) -> Api:
        is_near = reference.repository.lower() == self._ticket.repository.lower()
        return self._api if is_near else self._everywhere()

    def _everywhere(self) -> Api:
        self._wide = self._wide or self._open_wide()
        return self._wide


def _open(pages: Iterable[list[Issue]]) -> list[Reference]:
    return [_reference(issue) for page in pages for issue in page if issue["state"] == "open"]


def _reference(issue: Issue) -> Reference:
    return Reference(issue["repository_url"].partition("/repos/")[2], issue["number"])


def _part(node: Node) -> Part:
    return Part(
        Reference(node["repository"]["nameWithOwner"], node["number"]),
        is_open=node["state"] == "OPEN",
        author=login_of(node["author"]),
        opened_at=datetime.fromisoformat(node["createdAt"]),
        labels=frozenset(label["name"] for label in node["labels"]["nodes"]),
    )
