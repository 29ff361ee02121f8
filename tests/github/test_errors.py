"""Each of GitHub's refusals means one thing for a ticket."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from jobs.github.errors import Archived, GitHubError, Gone, exhausted, graphql_refusal, refusal
from jobs.ticket.errors import Later, TellPeople

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
THEIRS = "Fri, 20 Nov 2026 13:00:00 GMT"
"""GitHub's clock is an hour ahead of ours."""
IN_TEN_MINUTES = str(int(datetime(2026, 11, 20, 13, 10, tzinfo=UTC).timestamp()))


def answer(status, message="", headers=None, errors=None):
    body = {"message": message} | ({"errors": errors} if errors else {})
    request = httpx.Request("POST", "https://api.github.com/repos/o/r/issues/7/comments?secret=1")
    return httpx.Response(status, json=body, headers=headers or {}, request=request)


@pytest.mark.parametrize(
    ("response", "kind", "says"),
    [
        (answer(404, "Not Found"), Gone, "POST /repos/o/r/issues/7/comments: 404 Not Found"),
        (answer(410, "This issue was deleted"), Gone, "410"),
        (answer(403, "This installation has been suspended"), Gone, "suspended"),
        (answer(307, headers={"location": "https://api.github.com/repositories/1"}), Gone, "moved"),
        (answer(403, "Repository was archived so is read-only."), Archived, "read-only"),
        (answer(403, "Unable to create comment because issue is locked."), GitHubError, "locked"),
        (
            answer(422, "Validation Failed", errors=[{"message": "body is too long"}, "and so on"]),
            GitHubError,
            "422 Validation Failed: body is too long; and so on",
        ),
        (
            answer(
                403,
                "Resource not accessible by integration",
                {"x-accepted-github-permissions": "issues=write,pull_requests=write; contents=write"},
            ),
            TellPeople,
            r"\*\*issues: write and pull_requests: write\*\*",
        ),
        (answer(403, "Resource not accessible by integration"), TellPeople, "a permission|one it has not"),
    ],
)
def test_a_refusal_is_named_for_what_it_means(response, kind, says):
    error = refusal(response, NOW)
    assert type(error) is kind
    with pytest.raises(kind, match=says):
        raise error


@pytest.mark.parametrize(
    ("response", "wait"),
    [
        (answer(429, "Too many", {"retry-after": "30"}), timedelta(seconds=30)),
        (
            answer(403, "You have exceeded a secondary rate limit", {"retry-after": "90"}),
            timedelta(seconds=90),
        ),
        (answer(403, "You have exceeded a secondary rate limit."), timedelta(minutes=1)),
        (answer(429, "Too many"), timedelta(minutes=1)),
        (
            answer(
                403,
                "API rate limit exceeded",
                {"x-ratelimit-remaining": "0", "x-ratelimit-reset": IN_TEN_MINUTES, "date": THEIRS},
            ),
            timedelta(minutes=10),
        ),
    ],
)
def test_a_rate_limit_says_when_to_ask_again_by_our_clock(response, wait):
    error = refusal(response, NOW)
    assert isinstance(error, Later)
    assert error.until == NOW + wait


@pytest.mark.parametrize(
    ("left", "limit", "waits"),
    [(50, 5000, False), (49, 5000, True), (0, 5000, True), (1, 60, False), (0, 60, True), (0, 0, True)],
)
def test_the_last_hundredth_of_the_hours_points_is_left_alone(left, limit, waits):
    headers = {"x-ratelimit-remaining": str(left), "x-ratelimit-limit": str(limit), "date": THEIRS}
    later = exhausted(answer(200, "", headers | {"x-ratelimit-reset": IN_TEN_MINUTES}), NOW)
    assert (later is not None) is waits
    assert later is None or later.until == NOW + timedelta(minutes=10)


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        ({"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve"}, Gone, "repository"),
        (
            {
                "type": "FORBIDDEN",
                "path": ["repository", "refs", "nodes", 0, "statusCheckRollup"],
                "message": "Resource not accessible by integration",
            },
            TellPeople,
            r"\*\*checks: read and statuses: read\*\*",
        ),
        ({"type": "RATE_LIMITED", "message": "API rate limit exceeded"}, Later, "rate limit"),
        ({"message": "You have exceeded a secondary rate limit"}, Later, "rate limit"),
        (
            {"type": "UNPROCESSABLE", "message": "Repository was archived so is read-only."},
            Archived,
            "archived",
        ),
        ({"type": "UNPROCESSABLE", "path": ["x"], "message": "No"}, GitHubError, "x: UNPROCESSABLE No"),
        (
            {"extensions": {"code": "undefinedField"}, "message": "Field 'x' doesn't exist"},
            GitHubError,
            "exist",
        ),
    ],
)
def test_graphql_errors_mean_the_same(error, kind, says):
    with pytest.raises(kind, match=says):
        raise graphql_refusal([error], answer(200), NOW)


def test_trouble_on_githubs_side_may_pass():
    something = {"message": "Something went wrong while executing your query."}
    assert graphql_refusal([something], answer(200), NOW) is None
