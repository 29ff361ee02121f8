"""Errors: what GitHub's refusals mean for a ticket. Pure: an answer in, an exception out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from jobs.github.quota import SHORTEST_WAIT
from jobs.ticket.errors import Later, TellPeople


class GitHubError(Exception):
    """GitHub refused a request and did nothing; the text names the request and GitHub's reason."""

    def __init__(self, text: str, said: str = "") -> None:
        """`said`: the reason alone, in GitHub's words."""
        super().__init__(text)
        self.said = said or text


class Gone(GitHubError):
    """The issue, the repository or the installation is not there (any more) for us."""


class Archived(GitHubError):
    """The repository is archived and takes no writes."""


class Uncertain(Exception):
    """A write got no answer: it may have happened. Observe again before anything else."""


class Throttled(Later):
    """GitHub asked to wait and did not say how long; `until` is as if it was for the first time."""


class Unanswered(Later):
    """GitHub is away: reads failed in a row, or it takes no credentials. Nothing was written."""


class Silent(Unanswered):
    """GitHub let us wait until our own patience ended. So would it whoever asks next: nobody should at once."""


OUTAGE_WAIT = timedelta(minutes=1)
"""After reads have failed in a row."""

PERMISSION_OF_FIELD = {
    "addComment": "issues=write",
    "addSubIssue": "issues=write",
    "updateIssueComment": "issues=write",
    "updatePullRequest": "pull_requests=write",
    "markPullRequestReadyForReview": "pull_requests=write",
    "convertPullRequestToDraft": "pull_requests=write",
    "enablePullRequestAutoMerge": "contents=write,pull_requests=write",
    "disablePullRequestAutoMerge": "contents=write,pull_requests=write",
    "enqueuePullRequest": "contents=write,pull_requests=write",
    "dequeuePullRequest": "contents=write,pull_requests=write",
    "addPullRequestReviewThreadReply": "pull_requests=write",
    "resolveReviewThread": "contents=write,pull_requests=write",
    "reviewThreads": "pull_requests=read",
    "statusCheckRollup": "checks=read,statuses=read",
    "annotations": "checks=read",
    "checkSuite": "checks=read",
    "addProjectV2ItemById": "organization_projects=write",
    "associatedPullRequests": "pull_requests=read",
    "closedByPullRequestsReferences": "pull_requests=read",
    "refs": "contents=read",
    "defaultBranchRef": "contents=read",
    "issue": "issues=read",
}
"""GraphQL names the refused field and not the permission it needs, as REST does in a header."""


def call_of(request: httpx.Request) -> str:
    """`GET /repos/o/r`: a request in errors. Neither headers nor query, which may hold secrets."""
    return f"{request.method} {request.url.path}"


def refusal(response: httpx.Response, now: datetime) -> Exception:
    """What an answer of 300 to 499 means."""
    call, message = call_of(response.request), message_of(response)
    text = f"{call}: {response.status_code} {message}"
    if _is_limit(response, message):
        return _limited(response, message, now)
    if response.status_code == 403 and "not accessible by integration" in message:
        accepted = response.headers.get("x-accepted-github-permissions", "")
        return _missing_permission(accepted, call)
    if response.status_code == 403 and "archived" in message:
        return Archived(text)
    if response.status_code in (404, 410) or "suspended" in message:
        return Gone(text)
    if response.is_redirect:
        return Gone(f"{call}: moved to {response.headers.get('location', 'nowhere')}")
    return GitHubError(text, message)


def exhausted(response: httpx.Response, now: datetime) -> Later | None:
    """Later when this answer, a success, leaves less than a hundredth of the hour's points.

    A query may cost more than one, and others are on their way.
    """
    left, limit = (response.headers.get(f"x-ratelimit-{name}", "") for name in ("remaining", "limit"))
    if not left.isdecimal() or (int(left) > 0 and int(left) * 100 >= int(limit or 0)):
        return None
    until = _limited_until(response, "", now) or now + SHORTEST_WAIT
    return Later(until, "GitHub's hourly limit is used up")


def graphql_refusal(
    errors: list[Mapping[str, Any]], response: httpx.Response, now: datetime
) -> Exception | None:
    """What the `errors` of a GraphQL answer mean; None for trouble on GitHub's side, which may pass."""
    call = call_of(response.request)
    for error in errors:
        kind, message = error.get("type"), str(error.get("message", ""))
        path = [part for part in error.get("path") or [] if isinstance(part, str)]
        text = f"{call}: {'.'.join(path)}: {kind} {message}"
        if kind in ("RATE_LIMIT", "RATE_LIMITED") or "secondary rate" in message:
            return _limited(response, message, now)
        if "archived" in message:
            return Archived(text)
        if kind == "NOT_FOUND":
            return Gone(text)
        if kind == "FORBIDDEN":
            needed = [PERMISSION_OF_FIELD[part] for part in path if part in PERMISSION_OF_FIELD]
            return _missing_permission(needed[-1] if needed else "", f"{call} {'.'.join(path)}")
        if kind is not None or "extensions" in error:
            return GitHubError(text, message)
    return None


def message_of(response: httpx.Response) -> str:
    """GitHub's own words: the message and, of a 422, what is wrong with each field."""
    try:
        body = response.json()
    except ValueError:
        return response.reason_phrase
    if not isinstance(body, dict):
        return response.reason_phrase
    details = body.get("errors") or []
    if not isinstance(details, list):
        details = [details]
    words = [str(item.get("message") or item) if isinstance(item, dict) else str(item) for item in details]
    return ": ".join([str(body.get("message", "")), *filter(None, ["; ".join(words)])])


def _missing_permission(accepted: str, call: str) -> TellPeople:
    """`accepted` is a header such as `issues=write,contents=read; pull_requests=write`: `;` parts alternatives.

    https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
    """
    wanted = accepted.split(";")[0].replace("=", ": ").replace(",", " and ") or "one it has not been given"
    return TellPeople(
        f"GitHub refused `{call}`: autocode needs the permission **{wanted}** on this repository. "
        "An owner of the account grants it in the settings of the account, under GitHub Apps → autocode. "
        "Then take the label off and put it back."
    )


def _is_limit(response: httpx.Response, message: str) -> bool:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit"""
    if response.status_code != 403:
        return response.status_code == 429
    headers = response.headers
    return (
        "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0" or "secondary rate" in message
    )


def _limited(response: httpx.Response, message: str, now: datetime) -> Later:
    until = _limited_until(response, message, now)
    why = f"GitHub's rate limit was reached ({call_of(response.request)})"
    return Later(until, why) if until else Throttled(now + SHORTEST_WAIT, why)


def _limited_until(response: httpx.Response, message: str, now: datetime) -> datetime | None:
    """When to ask again, by our clock: GitHub's `Date` says how far the two are apart. None where it is not said."""
    headers = response.headers
    if headers.get("retry-after", "").isdecimal():
        return now + timedelta(seconds=int(headers["retry-after"]))
    reset = headers.get("x-ratelimit-reset", "")
    if "secondary rate" in message or not reset.isdecimal():
        return None
    theirs = parsedate_to_datetime(headers["date"]).astimezone(UTC) if "date" in headers else now
    wait = datetime.fromtimestamp(int(reset), UTC) - theirs
    return now + max(wait, timedelta(seconds=1))
