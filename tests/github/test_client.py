"""The client: tokens, permissions, logs, and what happens when GitHub does not answer as it should."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jobs.github.client import Installation
from jobs.github.errors import Gone, Uncertain
from jobs.github.showing import Showing
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.observation import Check
from tests.github.conftest import BRANCH

NOW = datetime.now(UTC)
RED = "on: pull_request\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo it hurts; exit 3\n"


def mints(world):
    return sum(call.endswith("/access_tokens") for call in world.calls())


# ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_token_serves_everything(world):
    with world.open() as client:
        client.observe(now=NOW)
        client.close_issue()
        token = client.token()
        client.permissions(["alice"])
    assert mints(world) == 1
    [minted] = [
        call["body"] for call in world.control("GET", "calls") if call["path"].endswith("/access_tokens")
    ]
    assert minted["repositories"] == [world.repository.partition("/")[2]]
    assert minted["permissions"] == {
        "actions": "read", "checks": "write", "contents": "write", "issues": "write",
        "organization_projects": "write", "pull_requests": "write", "statuses": "read",
    }  # fmt: skip
    assert world.hub.state.tokens[token].repository_ids == {
        world.hub.state.repository(*world.repository.split("/")).id
    }


def test_the_token_is_told_nobody(world):
    client = world.open()
    token = client.token()
    world.fail(path="/issues/1/comments$", answer=502, method="POST")
    with pytest.raises(Uncertain) as caught:
        client.create_comment("x")
    held = client._credentials
    told = f"{client!r} {held!r} {held.token!r} {caught.value!r} {caught.value.__context__!r}"
    assert token not in told


def test_a_token_that_is_refused_is_minted_anew_once(world):
    client = world.open()
    first = client.token()
    del world.hub.state.tokens[first]
    client.close_issue()
    assert client.token() != first
    assert mints(world) == 2


def test_git_gets_no_token_about_to_expire(world):
    now = [datetime.now(UTC)]
    client = Installation(world.settings, world.ticket, lambda: None, clock=lambda: now[0])
    world.opened.append(client)
    first = client.token()
    now[0] += timedelta(minutes=50)
    assert client.token() == first
    now[0] += timedelta(minutes=6)
    assert client.token() != first


@pytest.fixture
def granted(world):
    """The permissions the account has granted, to be changed; GitHub has no API for an App to do that."""
    permissions = world.hub.state.installations[world.hub.installation_id].permissions
    before = dict(permissions)
    yield permissions
    permissions.update(before)


def test_a_permission_that_was_not_granted_is_named_to_people(world, granted):
    granted["issues"] = "read"
    client = world.open()
    client.observe(now=NOW)
    with pytest.raises(TellPeople, match=r"\*\*issues: write"):
        client.create_issue(title="Gave up", body="x")


def test_where_a_permission_is_missing_the_issue_is_seen_and_what_to_grant(world, granted):
    sha = world.push()
    world.open().create_pull_request(title="Greet", body="", head=BRANCH, base="main")
    world.act("bob", "POST", f"/statuses/{sha}", {"state": "success", "context": "ci"})
    assert (world.observe().denied, len(world.observe().pull_requests)) == ("", 1)
    del granted["checks"]
    seen = world.observe()
    assert "**checks: read" in seen.denied
    assert (seen.issue.title, seen.pull_requests) == ("Greet politely", ())


def test_without_a_look_at_the_issue_nothing_is_seen(world, granted):
    del granted["issues"]
    with pytest.raises(TellPeople, match=r"\*\*issues: read"):
        world.observe()


def test_a_suspended_installation_is_gone(world):
    installation = world.hub.state.installations[world.hub.installation_id]
    installation.suspended_at = NOW
    try:
        with pytest.raises(Gone, match="suspended"):
            world.observe()
    finally:
        installation.suspended_at = None


# ── permissions and logs ────────────────────────────────────────────────────────────────────────────────────


def test_each_persons_permission_is_asked_once(world):
    world.act("alice", "PUT", "/collaborators/mallory", {"permission": "maintain"})
    client = world.open()
    asked = ["alice", "bob", "carol", "dave", "mallory", "nobody", "ghost", "alice"]
    assert client.permissions(asked) == {
        "alice": "admin", "bob": "write", "carol": "read", "dave": "read", "mallory": "maintain", "nobody": "none",
        "ghost": "none",
    }  # fmt: skip
    client.permissions(asked)
    assert sum(call.endswith("/permission") for call in world.calls()) == 6


def test_a_red_job_comes_with_its_annotations_and_its_log(world):
    content = base64.b64encode(RED.encode()).decode()
    change = {"message": "ci", "content": content, "branch": "main"}
    world.act("alice", "PUT", "/contents/.github/workflows/ci.yml", change)
    world.push()
    client = world.open()
    client.create_pull_request(title="Greet", body="Closes #1", head=BRANCH, base="main")

    def completed():
        checks = client.observe(now=NOW).pull_requests[0].checks
        return checks if checks and all(check.status == "completed" for check in checks) else None

    [check] = world.hub.until(completed)
    assert (check.name, check.app, check.conclusion) == ("test", "github-actions", "failure")
    assert check.url.startswith(world.hub.url)
    assert any("exit code 3" in note.message for note in check.annotations)
    assert "it hurts" in client.failing_log(check)


def test_a_check_without_a_job_has_no_log(world):
    client = world.open()
    gone = Check("test", "completed", "failure", "", job_id=424242)
    assert client.failing_log(Check("ci/old", "completed", "failure", "")) == ""
    assert client.failing_log(gone) == ""


# ── trouble ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("answer", [502, 503, "reset"])
def test_a_read_is_repeated(world, answer):
    client = world.open()
    client.token()
    world.fail(path="^/graphql$", answer=answer)
    assert client.observe(now=NOW).is_labeled
    assert world.calls().count("POST /graphql") == 2


def test_a_read_that_keeps_failing_is_for_later(world):
    client = world.open()
    client.token()
    world.fail(path="^/graphql$", answer=504, times=9)
    with pytest.raises(Later, match="504"):
        client.observe(now=NOW)
    assert world.calls().count("POST /graphql") == 3


@pytest.mark.parametrize("answer", [502, "reset"])
@pytest.mark.parametrize("effect", ["before", "after"])
def test_a_write_without_an_answer_is_uncertain_and_not_repeated(world, answer, effect):
    client = world.open()
    client.token()
    world.fail(method="POST", path="/issues/1/comments$", answer=answer, effect=effect)
    with pytest.raises(Uncertain, match="POST /repos/"):
        client.create_comment("once")
    found = [comment.body for comment in client.observe(now=NOW).comments]
    assert found == (["once"] if effect == "after" else [])


def test_a_mutation_without_an_answer_is_uncertain(world):
    client = world.open()
    client.observe(now=NOW)
    world.fail(operation="showStatus", answer=502, effect="after")
    with pytest.raises(Uncertain):
        client.show(Showing(remove={"autocode"}))
    assert not client.observe(now=NOW).is_labeled


def test_minting_is_repeated_since_a_token_too_many_does_no_harm(world):
    world.fail(path="/access_tokens$", answer="reset", effect="after")
    assert world.observe().is_labeled


@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (
            {
                "answer": 429,
                "body": {"message": "You have exceeded a secondary rate limit."},
                "headers": {"Retry-After": "30"},
            },
            timedelta(seconds=30),
        ),
        (
            {"answer": 403, "body": {"message": "You have exceeded a secondary rate limit."}},
            timedelta(minutes=1),
        ),
        (
            {
                "answer": 403,
                "body": {"message": "API rate limit exceeded"},
                "headers": {"X-RateLimit-Remaining": "0"},
            },
            timedelta(hours=1),
        ),
    ],
)
def test_rate_limits_are_never_slept_out(world, fault, wait):
    client = world.open()
    client.token()
    started = datetime.now(UTC)
    reset = {"X-RateLimit-Reset": f"{(started + timedelta(hours=1)).timestamp():.0f}"}
    world.fail(path="/issues/1$", method="PATCH", **fault | {"headers": reset | fault.get("headers", {})})
    with pytest.raises(Later) as caught:
        client.close_issue()
    # However long the answer took; GitHub counts whole seconds.
    earliest, latest = started + wait - timedelta(seconds=1), datetime.now(UTC) + wait + timedelta(seconds=1)
    assert earliest <= caught.value.until <= latest


def test_a_graphql_rate_limit_is_for_later(world):
    client = world.open()
    client.token()
    world.fail(path="^/graphql$", answer=200, body={"errors": [{"type": "RATE_LIMITED", "message": "x"}]})
    with pytest.raises(Later):
        client.observe(now=NOW)


def test_graphql_that_went_wrong_inside_is_for_later(world):
    client = world.open()
    client.token()
    body = {"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}
    world.fail(path="^/graphql$", answer=200, body=body)
    with pytest.raises(Later, match="Something went wrong"):
        client.observe(now=NOW)


def test_a_moved_repository_is_followed_when_reading_and_only_on_github(world):
    client = world.open()
    client.token()
    path = f"/repos/{world.repository}/collaborators/alice/permission"
    world.fail(path="/alice/permission$", answer=301, headers={"Location": f"{world.hub.url}{path}"})
    assert client.permissions(["alice"]) == {"alice": "admin"}
    world.fail(path="/comments$", answer=307, headers={"Location": "https://elsewhere.example/"})
    with pytest.raises(Gone, match="moved"):
        client.create_comment("x")


def test_enterprise_server_is_reached_below_its_own_paths(world):
    world.settings = replace(world.settings, api_url=f"{world.hub.url}/api/v3")
    client = world.open()
    assert client.observe(now=NOW).is_labeled
    client.close_issue()


def test_what_has_just_been_asked_is_known_for_one_observation(world):
    client = world.open()
    client.need_not_ask({"bob": "write"})
    for asked in (0, 1):
        client.observe(now=NOW)
        assert client.permissions(["bob"]) == client.answered == {"bob": "write"}
        assert sum(call.endswith("/permission") for call in world.calls()) == asked
