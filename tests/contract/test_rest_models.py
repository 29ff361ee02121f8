"""What the hub's REST answers for the endpoints the app calls passes GitHub's own models, strictly."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from githubkit import AppAuthStrategy, GitHub

from tests.contract.world import BRANCH, World

OURS: dict[str, Any] = {"owner": "acme", "repo": "greet"}
Call = Callable[[GitHub[Any]], Any]


@pytest.fixture
def github(world: World) -> Iterator[GitHub[Any]]:
    """An installation's client; each call below reads `parsed_data`, which validates.

    The token is minted here: githubkit keeps its own for the whole process, and every test has another hub.
    """
    token = world.bot.headers["Authorization"].removeprefix("Bearer ")
    with GitHub(token, base_url=world.hub.url) as client:
        yield client


CALLS: dict[str, Call] = {
    "create a comment": lambda g: g.rest.issues.create_comment(**OURS, issue_number=1, body="x"),
    "list comments": lambda g: g.rest.issues.list_comments(**OURS, issue_number=1),
    "react": lambda g: g.rest.reactions.create_for_issue(**OURS, issue_number=1, content="eyes"),
    "add labels": lambda g: g.rest.issues.add_labels(**OURS, issue_number=1, labels=["new"]),
    "remove a label": lambda g: g.rest.issues.remove_label(**OURS, issue_number=1, name="bug"),
    "get an issue": lambda g: g.rest.issues.get(**OURS, issue_number=1),
    "create an issue": lambda g: g.rest.issues.create(**OURS, title="x", labels=["bug"]),
    "list the repository's labels": lambda g: g.rest.issues.list_labels_for_repo(**OURS),
    "timeline": lambda g: g.rest.issues.list_events_for_timeline(**OURS, issue_number=1),
    "create a pull request": lambda g: g.rest.pulls.create(
        **OURS, title="x", head="other", base="main", draft=True
    ),
    "get a pull request": lambda g: g.rest.pulls.get(**OURS, pull_number=2),
    "update a pull request": lambda g: g.rest.pulls.update(**OURS, pull_number=2, body="y"),
    "list reviews": lambda g: g.rest.pulls.list_reviews(**OURS, pull_number=2),
    "permission": lambda g: g.rest.repos.get_collaborator_permission_level(**OURS, username="bob"),
    "get a repository": lambda g: g.rest.repos.get(**OURS),
    "check runs": lambda g: g.rest.checks.list_for_ref(**OURS, ref=BRANCH),
    "combined status": lambda g: g.rest.repos.get_combined_status_for_ref(**OURS, ref=BRANCH),
    "installation repositories": lambda g: g.rest.apps.list_repos_accessible_to_installation(),
}


@pytest.fixture
def busy(world: World) -> World:
    """Something of everything."""
    world.open_pull_request()
    sha = world.rest("GET", f"/git/ref/heads/{BRANCH}")["object"]["sha"]
    world.rest("POST", "/git/refs", {"ref": "refs/heads/other", "sha": sha})
    world.rest("POST", "/issues/1/labels", {"labels": ["bug"]})
    world.rest("POST", "/issues/1/comments", {"body": "hello"})
    world.rest("PATCH", "/issues/1", {"title": "Greet politely"})
    world.rest("POST", f"/statuses/{sha}", {"state": "success", "context": "ci"})
    world.rest("POST", "/pulls/2/reviews", {"event": "APPROVE", "body": "good"})
    return world


@pytest.mark.parametrize("name", CALLS)
def test_an_answer_passes_githubs_model(busy: World, github: GitHub[Any], name: str):
    assert CALLS[name](github).parsed_data is not None


def test_a_sub_issue_passes_githubs_model(busy: World, github: GitHub[Any]):
    made = github.rest.issues.create(**OURS, title="Gave up").parsed_data
    added = github.rest.issues.add_sub_issue(**OURS, issue_number=1, sub_issue_id=made.id)
    assert added.parsed_data.number == 1


def test_what_the_app_asks_as_itself_passes_githubs_models(busy: World):
    app = GitHub(AppAuthStrategy(busy.hub.app_id, busy.hub.private_key), base_url=busy.hub.url)
    assert app.rest.apps.get_authenticated().parsed_data is not None
    [installation] = app.rest.apps.list_installations().parsed_data
    token = app.rest.apps.create_installation_access_token(
        installation.id, repositories=["greet"]
    ).parsed_data
    assert token.repositories is not None
    assert token.token.startswith("ghs_")
    assert app.rest.apps.get_installation(installation.id).parsed_data.app_slug == "autocode"
    assert app.rest.apps.list_webhook_deliveries().parsed_data == []
