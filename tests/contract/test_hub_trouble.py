"""The hub on a bad day: old answers, disturbed webhooks, tokens that end, a share of all writes that fail."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.app import REPO, SEED, bot
from tests.hub import Hub, serve

LABELS = "query labels($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) { issue(number: $number) { labels(first: 9) { nodes { name } } } } }"  # noqa: E501


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serve(seed=SEED, directory=tmp_path / "hub") as running:
        yield running


def labels(client: httpx.Client, number: int = 1) -> list[str]:
    owner, name = REPO.removeprefix("/repos/").split("/")
    variables = {"owner": owner, "name": name, "number": number}
    answer = client.post("/graphql", json={"query": LABELS, "variables": variables}).json()
    return [node["name"] for node in answer["data"]["repository"]["issue"]["labels"]["nodes"]]


def comments(client: httpx.Client) -> int:
    return len(client.get(f"{REPO}/issues/1/comments").json())


def test_an_old_answer_is_one_that_was_true_and_people_never_get_one(hub: Hub) -> None:
    alice, app = hub.as_user("alice"), bot(hub)
    hub.control("POST", "staleness", {"seconds": 5, "share": 1, "seed": 1})
    before = comments(app)
    alice.post(f"{REPO}/issues/1/comments", json={"body": "Hello"})
    assert comments(app) == before
    assert comments(alice) == before + 1
    assert hub.control("GET", "staleness")["served"] == 1


def test_an_answer_that_is_too_old_is_not_given(hub: Hub) -> None:
    alice, app = hub.as_user("alice"), bot(hub)
    hub.control("POST", "staleness", {"seconds": 0.2, "share": 1})
    before = comments(app)
    alice.post(f"{REPO}/issues/1/comments", json={"body": "Hello"})
    time.sleep(0.3)
    assert comments(app) == before + 1


def test_an_issue_that_nobody_has_asked_about_can_be_old_too(hub: Hub) -> None:
    alice, app = hub.as_user("alice"), bot(hub)
    number = alice.post(f"{REPO}/issues", json={"title": "Another"}).json()["number"]
    hub.control("POST", "staleness", {"seconds": 5, "share": 1})
    labels(app)
    alice.post(f"{REPO}/issues/{number}/labels", json={"labels": ["bug"]})
    assert labels(alice, number) == ["bug"]
    assert labels(app, number) == []


def test_a_share_of_the_writes_fails_and_the_same_ones_each_time(hub: Hub) -> None:
    alice = hub.as_user("alice")

    def statuses() -> list[int]:
        hub.control("DELETE", "faults")
        hub.fail(writes=True, share=0.3, seed=4, times=1000, answer=502, effect="after")
        alice.get(f"{REPO}/issues/1")
        body = {"content": "eyes"}
        return [alice.post(f"{REPO}/issues/1/reactions", json=body).status_code // 100 for _ in range(40)]

    first = statuses()
    assert statuses() == first
    assert 5 <= Counter(first)[5] <= 20


def test_a_token_can_be_revoked_and_can_be_made_to_expire_soon(hub: Hub) -> None:
    app = bot(hub)
    assert app.delete("/installation/token").status_code == 204
    assert app.get(REPO).status_code == 401
    hub.control("POST", "tokens", {"life": 0})
    assert bot(hub).get(REPO).status_code == 401
    hub.control("POST", "tokens", {"life": 3600})
    app = bot(hub)
    assert app.get(REPO).status_code == 200
    hub.control("DELETE", "tokens")
    assert app.get(REPO).status_code == 401


def test_a_permission_that_is_taken_away_is_gone_at_once(hub: Hub) -> None:
    app = bot(hub)
    hub.control("POST", "permissions", {"metadata": "read", "issues": "read"})
    assert app.post(f"{REPO}/issues/1/comments", json={"body": "Hello"}).status_code == 403


def test_webhooks_are_dropped_doubled_and_overtaken(hub: Hub) -> None:
    alice = hub.as_user("alice")
    hub.webhook_url = "http://127.0.0.1:1/"
    hub.control("POST", "webhooks", {"dropped": 1})
    alice.post(f"{REPO}/issues/1/labels", json={"labels": ["bug"]})
    [lost] = hub.until(lambda: [item for item in hub.deliveries if item.event == "issues"])
    hub.until(lambda: lost.status == "failed to connect to host")
    assert lost.status_code == 0
    hub.control("POST", "webhooks", {"doubled": 1, "late": [0.1, 0.2]})
    alice.delete(f"{REPO}/issues/1/labels/bug")
    twice = hub.until(lambda: found if len(found := hub.deliveries[1:]) == 2 else None)
    assert twice[0].guid == twice[1].guid
    assert twice[0].id != twice[1].id


def test_a_disturbance_that_does_not_exist_is_refused(hub: Hub) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        hub.control("POST", "webhooks", {"lost": 1})
