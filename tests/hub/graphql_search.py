"""Which issues and pull requests a list or a search means, and in which order."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from tests.hub.entities import Issue, PullRequest, Repository
from tests.hub.errors import ApiError
from tests.hub.graphql_errors import Refused
from tests.hub.graphql_fields import Context
from tests.hub.graphql_kinds import needs_of

Args = Mapping[str, Any]
COMPARISON = re.compile(r"(?P<sign>>=|>|<=|<)(?P<when>.+)")
WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
"""A word of a search; quotes keep spaces inside it."""


def issues(repository: Repository, args: Args) -> list[Issue]:
    found = [issue for issue in repository.issues.values() if not isinstance(issue, PullRequest)]
    return ordered(filtered(found, {**args, **(args.get("filterBy") or {})}), args)


def pull_requests(repository: Repository, args: Args) -> list[Issue]:
    found: list[Issue] = [
        pull
        for pull in repository.pull_requests
        if args.get("headRefName") in (None, pull.head_ref)
        and args.get("baseRefName") in (None, pull.base_ref)
    ]
    return ordered(filtered(found, args), args)


def filtered(found: list[Issue], args: Args) -> list[Issue]:
    """Those with any of `labels` and in any of `states`, where these are given."""
    labels = {name.lower() for name in args.get("labels") or ()}
    states = args.get("states") or ()
    return [
        issue
        for issue in found
        if (not labels or labels & {label.name.lower() for label in issue.labels})
        and (not states or state_of(issue) in states)
    ]


def state_of(issue: Issue) -> str:
    return "MERGED" if isinstance(issue, PullRequest) and issue.merged else issue.state.upper()


def ordered(found: list[Issue], args: Args) -> list[Issue]:
    """As `orderBy` says; without it oldest first."""
    order = args.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    keys: dict[str, Any] = {
        "CREATED_AT": lambda issue: (issue.created_at, issue.id),
        "UPDATED_AT": lambda issue: (issue.updated_at, issue.id),
        "COMMENTS": lambda issue: (len(issue.comments), issue.id),
    }
    return sorted(found, key=keys[order["field"]], reverse=order["direction"] == "DESC")


class Results(list[Issue]):
    """What a search shows of what it found."""

    def __init__(self, found: list[Issue], most: int) -> None:
        super().__init__(found[:most])
        self.total = len(found)
        """That matched."""


def search(context: Context, query: str, kind: str) -> Results:
    """What the caller may see of the issues and pull requests that match, newest first; 1,000 at most.

    https://docs.github.com/en/search-github/searching-on-github/searching-issues-and-pull-requests
    https://docs.github.com/en/graphql/reference/objects#searchresultitemconnection
    """
    if kind != "ISSUE":
        raise Refused("UNPROCESSABLE", f"The hub does not search for {kind}.")
    terms = list(_terms(query))

    @cache
    def may_read(repository: Repository, needs: str) -> bool:
        return _may_read(context, repository, needs)

    found = [
        issue
        for repository in context.state.repositories.values()
        for issue in repository.issues.values()
        if all(_matches(issue, *term) for term in terms) and may_read(issue.repository, needs_of(issue) or "")
    ]
    is_ascending = ("sort", "created-asc") in terms
    found.sort(key=lambda issue: (issue.created_at, issue.id), reverse=not is_ascending)
    return Results(found, context.state.limits.rates.search_results)


def _terms(query: str) -> Iterator[tuple[str, str]]:
    """`label:"a b","c"` → ("label", 'a b,c'); a bare word has no qualifier."""
    for word in WORD.findall(query):
        qualifier, colon, value = word.replace('"', "").partition(":")
        yield (qualifier.lower(), value) if colon else ("", qualifier)


def _may_read(context: Context, repository: Repository, needs: str) -> bool:
    try:
        context.require(repository, needs)
    except ApiError:
        return False
    return True


def _matches(issue: Issue, qualifier: str, value: str) -> bool:
    if qualifier.startswith("-"):
        return not _matches(issue, qualifier[1:], value)
    repository, wanted = issue.repository, value.lower()
    match qualifier:
        case "is" | "state" | "type":
            return _is(issue, wanted)
        case "label":
            return any(label.name.lower() in wanted.split(",") for label in issue.labels)
        case "repo":
            return repository.full_name.lower() == wanted
        case "user" | "org":
            return repository.owner.login.lower() == wanted
        case "archived":
            return repository.archived == (wanted == "true")
        case "author":
            return issue.user.login.lower() in (wanted, f"{wanted.removeprefix('app/')}[bot]")
        case "head":
            return isinstance(issue, PullRequest) and issue.head_ref.lower().startswith(wanted)
        case "created":
            return _is_created(issue, value)
        case "sort":
            return True
        case "":
            return wanted in f"{issue.title} {issue.body or ''}".lower()
    raise Refused("UNPROCESSABLE", f"The hub does not know the search qualifier `{qualifier}:`.")


def _is(issue: Issue, wanted: str) -> bool:
    is_pull = isinstance(issue, PullRequest)
    return {
        "issue": not is_pull,
        "pr": is_pull,
        "pull-request": is_pull,
        "open": issue.state == "open",
        "closed": issue.state == "closed",
        "merged": isinstance(issue, PullRequest) and issue.merged,
        "draft": isinstance(issue, PullRequest) and issue.draft,
        "private": issue.repository.private,
        "public": not issue.repository.private,
    }.get(wanted, False)


def _is_created(issue: Issue, value: str) -> bool:
    """`>=2026-11-20T12:00:00Z`, to the second."""
    asked = COMPARISON.fullmatch(value)
    if asked is None:
        raise Refused("UNPROCESSABLE", f"The hub does not know the date `{value}`.")
    created, when = issue.created_at.replace(microsecond=0), datetime.fromisoformat(asked["when"])
    return {">": created > when, ">=": created >= when, "<": created < when, "<=": created <= when}[
        asked["sign"]
    ]
