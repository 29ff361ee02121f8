"""Dependencies and sub-issues over REST: both sides, in order, across repositories, and what GitHub refuses."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from githubkit import GitHub

from tests.contract.boards import heard
from tests.contract.world import World
from tests.hub import serve

SEED: dict[str, Any] = {
    "organizations": ["acme", "globex"],
    "events": ["issue_dependencies", "sub_issues"],
    "repositories": [
        {"name": "acme/greet", "issues": []},
        {"name": "acme/other", "issues": []},
        {"name": "globex/secret", "issues": [], "collaborators": {"alice": "admin"}},
    ],
}
GREET, OTHER, SECRET = "/repos/acme/greet", "/repos/acme/other", "/repos/globex/secret"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    seed = SEED | {"repositories": [row | {"issues": [{"title": "First"}]} for row in SEED["repositories"]]}
    with serve(seed=seed, directory=tmp_path_factory.mktemp("relations") / "hub") as hub:
        hub.webhook_url = "http://127.0.0.1:1/nobody"
        yield World(hub)


def issue(world: World, repository: str = GREET) -> dict[str, Any]:
    """A new one."""
    made: dict[str, Any] = world.alice.post(f"{repository}/issues", json={"title": "One more"}).json()
    return made


def path(one: dict[str, Any], rest: str = "") -> str:
    return httpx.URL(one["url"]).path + rest


def block(
    world: World, waiting: dict[str, Any], blocker: dict[str, Any], client: Any = None
) -> httpx.Response:
    answer: httpx.Response = (client or world.alice).post(
        path(waiting, "/dependencies/blocked_by"), json={"issue_id": blocker["id"]}
    )
    return answer


def adopt(world: World, parent: dict[str, Any], child: dict[str, Any], **more: Any) -> httpx.Response:
    return world.alice.post(path(parent, "/sub_issues"), json={"sub_issue_id": child["id"], **more})


def asked(world: World, query: str, **variables: Any) -> dict[str, Any]:
    """The answer to a query of Alice's."""
    answer: dict[str, Any] = world.alice.post(
        "/graphql", json={"query": query, "variables": variables}
    ).json()
    return answer


def numbers(answer: httpx.Response) -> list[int]:
    assert answer.status_code == 200
    return [row["number"] for row in answer.json()]


def refused(answer: httpx.Response, ending: str) -> bool:
    assert answer.status_code == 422, answer.text
    return bool(answer.json()["message"].endswith(ending))


# ── dependencies ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dependency_is_seen_from_both_sides_and_taken_back(world):
    waiting, blocker = issue(world), issue(world)
    since = len(world.hub.deliveries)
    made = block(world, waiting, blocker)
    assert (made.status_code, made.json()["number"]) == (201, waiting["number"])
    summary = {"blocked_by": 1, "total_blocked_by": 1, "blocking": 0, "total_blocking": 0}
    assert made.json()["issue_dependencies_summary"] == summary
    assert numbers(world.bot.get(path(waiting, "/dependencies/blocked_by"))) == [blocker["number"]]
    assert numbers(world.bot.get(path(blocker, "/dependencies/blocking"))) == [waiting["number"]]
    gone = path(waiting, f"/dependencies/blocked_by/{blocker['id']}")
    for _ in range(2):  # GitHub is content with what is gone already
        assert world.alice.delete(gone).status_code == 200
    assert numbers(world.bot.get(path(waiting, "/dependencies/blocked_by"))) == []
    actions = [row["action"] for row in heard(world, "issue_dependencies", since)]
    assert actions[:2] == ["blocked_by_added", "blocking_added"]
    assert actions[2:] == ["blocked_by_removed", "blocking_removed"]
    timeline = world.alice.get(path(waiting, "/timeline")).json()
    assert [(row["event"], row["blocked_by"]["number"]) for row in timeline] == [
        ("blocked_by_added", blocker["number"]),
        ("blocked_by_removed", blocker["number"]),
    ]


def test_a_closed_blocker_no_longer_counts_as_open(world):
    waiting, blocker = issue(world), issue(world)
    block(world, waiting, blocker)
    world.alice.patch(path(blocker), json={"state": "closed"})
    summary = world.bot.get(path(waiting)).json()["issue_dependencies_summary"]
    assert (summary["blocked_by"], summary["total_blocked_by"]) == (0, 1)


def test_each_repository_hears_its_own_side_of_a_dependency(world):
    waiting, blocker = issue(world), issue(world, OTHER)
    since = len(world.hub.deliveries)
    block(world, waiting, blocker)
    first, second = heard(world, "issue_dependencies", since)
    assert (first["action"], second["action"]) == ("blocked_by_added", "blocking_added")
    assert (first["repository"]["name"], first["blocking_issue_repo"]["name"]) == ("greet", "other")
    assert (second["repository"]["name"], second["blocked_issue_repo"]["name"]) == ("other", "greet")
    assert first["blocked_issue_id"] == second["blocked_issue"]["id"] == waiting["id"]


def test_a_blocker_out_of_sight_is_counted_and_not_listed(world):
    waiting, blocker = issue(world), issue(world, SECRET)
    assert block(world, waiting, blocker).status_code == 201
    assert numbers(world.alice.get(path(waiting, "/dependencies/blocked_by"))) == [blocker["number"]]
    assert numbers(world.bot.get(path(waiting, "/dependencies/blocked_by"))) == []
    assert world.bot.get(path(waiting)).json()["issue_dependencies_summary"]["total_blocked_by"] == 1
    assert block(world, issue(world), blocker, world.bot).status_code == 404


def test_dependencies_that_make_no_sense_are_refused_in_githubs_words(world):
    one, two = issue(world), issue(world)
    block(world, one, two)
    assert refused(block(world, one, one), "Target issue cannot be the same as the source issue")
    assert refused(block(world, one, two), "Target issue has already been taken")
    assert refused(
        block(world, two, one),
        "this dependency would create a cycle where the target is already blocked by the source",
    )


def test_a_cycle_of_three_gets_through(world):
    """As on GitHub, which looks no further than one step: whoever follows dependencies has to expect it."""
    one, two, three = issue(world), issue(world), issue(world)
    assert [block(world, a, b).status_code for a, b in ((one, two), (two, three), (three, one))] == [201] * 3


def test_fifty_dependencies_of_a_kind_are_enough(world):
    waiting = issue(world)
    for _ in range(50):
        assert block(world, waiting, issue(world)).status_code == 201
    assert block(world, waiting, issue(world)).status_code == 422
    first = world.bot.get(path(waiting, "/dependencies/blocked_by"), params={"per_page": 30})
    assert (len(first.json()), len(world.bot.get(first.links["next"]["url"]).json())) == (30, 20)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, 'Invalid request.\n\n"issue_id" wasn\'t supplied.'),
        ({"issue_id": "1"}, 422, "Validation Failed"),
        ({"issue_id": 1}, 404, "Not Found"),
    ],
)
def test_a_blocker_is_named_by_its_id(world, body, status, message):
    answer = world.alice.post(f"{GREET}/issues/1/dependencies/blocked_by", json=body)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_who_may_not_write_issues_sets_no_dependencies(world):
    waiting, blocker = issue(world), issue(world)
    reader = world.installation(issues="read")
    assert block(world, waiting, blocker, reader).status_code == 403
    assert block(world, waiting, blocker, world.hub.as_user("carol")).status_code == 403
    assert block(world, waiting, blocker, world.hub.as_user("mallory")).status_code == 404
    assert block(world, waiting, blocker, world.hub.as_user("dave")).status_code == 201
    assert reader.delete(path(waiting, f"/dependencies/blocked_by/{blocker['id']}")).status_code == 403


# ── sub-issues ──────────────────────────────────────────────────────────────────────────────────────────────


def test_sub_issues_have_an_order_and_a_parent(world):
    parent, *children = (issue(world) for _ in range(4))
    for child in children:
        assert adopt(world, parent, child).status_code == 201
    first, second, third = (child["number"] for child in children)
    assert numbers(world.bot.get(path(parent, "/sub_issues"))) == [first, second, third]
    priority = path(parent, "/sub_issues/priority")
    moved = {"sub_issue_id": children[2]["id"], "before_id": children[0]["id"]}
    assert world.alice.patch(priority, json=moved).json()["number"] == parent["number"]
    world.mutate(
        "reprioritizeSubIssue", "issue {number}", world.alice, issueId=parent["node_id"],
        subIssueId=children[0]["node_id"], afterId=children[1]["node_id"],
    )  # fmt: skip
    assert numbers(world.bot.get(path(parent, "/sub_issues"))) == [third, second, first]
    assert world.bot.get(path(children[0], "/parent")).json()["number"] == parent["number"]
    found = world.in_repository(
        f"issue(number: {parent['number']}) {{subIssues(first: 5) {{nodes {{number parent {{number}}}}}}}}"
    )
    shown = found["issue"]["subIssues"]["nodes"][0]
    assert shown == {"number": third, "parent": {"number": parent["number"]}}


def test_a_removed_sub_issue_has_no_parent(world):
    parent, child, other = issue(world), issue(world, OTHER), issue(world)
    since = len(world.hub.deliveries)
    adopt(world, parent, child)
    gone = world.alice.request("DELETE", path(parent, "/sub_issue"), json={"sub_issue_id": child["id"]})
    assert (gone.status_code, gone.json()["sub_issues_summary"]["total"]) == (200, 0)
    assert world.bot.get(path(child, "/parent")).status_code == 404
    again = world.alice.request("DELETE", path(parent, "/sub_issue"), json={"sub_issue_id": other["id"]})
    assert again.status_code == 404
    told = [(row["action"], row["repository"]["name"]) for row in heard(world, "sub_issues", since)]
    assert told == [
        ("sub_issue_added", "greet"),
        ("parent_issue_added", "other"),
        ("sub_issue_removed", "greet"),
        ("parent_issue_removed", "other"),
    ]
    events = world.in_repository(
        f"issue(number: {parent['number']}) {{timelineItems(first: 5) {{nodes {{__typename "
        "... on SubIssueAddedEvent {subIssue {title}}}}}"
    )
    assert events["issue"]["timelineItems"]["nodes"] == [
        {"__typename": "SubIssueAddedEvent", "subIssue": {"title": "One more"}},
        {"__typename": "SubIssueRemovedEvent"},
    ]


def test_a_sub_issue_has_one_parent_until_it_is_replaced(world):
    old, new, child = issue(world), issue(world), issue(world)
    adopt(world, old, child)
    words = "Issue may not contain duplicate sub-issues and Sub issue may only have one parent"
    assert refused(adopt(world, old, child), words)
    assert refused(adopt(world, new, child), "parent issue. Sub issue may only have one parent")
    assert adopt(world, new, child, replace_parent=True).status_code == 201
    assert numbers(world.bot.get(path(old, "/sub_issues"))) == []
    assert world.bot.get(path(child, "/parent")).json()["number"] == new["number"]


def test_families_have_no_circles_no_strangers_and_eight_generations(world):
    line = [issue(world) for _ in range(9)]
    for parent, child in itertools.pairwise(line[:8]):
        assert adopt(world, parent, child).status_code == 201
    assert refused(adopt(world, line[7], line[8]), "nested more than 8 layers deep")
    assert refused(adopt(world, line[3], line[0]), "may not be an ancestor of its parent")
    assert adopt(world, line[0], issue(world, SECRET)).status_code == 422


@pytest.mark.parametrize("places", [{}, {"after_id": "child"}, {"after_id": "stranger"}])
def test_an_order_needs_exactly_one_other_sub_issue(world, places):
    parent, child, stranger = issue(world), issue(world), issue(world)
    adopt(world, parent, child)
    ids = {"child": child["id"], "stranger": stranger["id"]}
    body = {"sub_issue_id": child["id"]} | {key: ids[who] for key, who in places.items()}
    answer = world.alice.patch(path(parent, "/sub_issues/priority"), json=body)
    assert (answer.status_code, answer.json()["message"]) == (422, "Validation Failed")


# ── both ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_pull_request_is_neither_blocker_nor_sub_issue(tmp_path):
    with serve(directory=tmp_path / "hub", seed=SEED | {"repositories": [
        {"name": "acme/greet", "files": {"greet.py": "x"}, "issues": [{"title": "First"}]},
    ]}) as hub:  # fmt: skip
        world = World(hub)
        world.open_pull_request()
        pull, first = (world.rest("GET", f"/issues/{number}") for number in (2, 1))
        assert refused(block(world, first, pull), "Target issue may only be an issue")
        assert refused(adopt(world, first, pull), "Sub issue may only be an issue")
        assert refused(adopt(world, pull, first), "Parent may only be an issue")
        assert refused(block(world, pull, first), "Source issue may only be an issue")


def test_enterprise_server_has_sub_issues_in_graphql_and_no_dependencies(world):
    parent, child, since = issue(world), issue(world), len(world.hub.deliveries)
    world.hub.control("POST", "enterprise", {"version": "3.16.0"})
    try:
        given = {"issueId": parent["node_id"], "subIssueId": child["node_id"]}
        made = asked(
            world,
            "mutation($input: AddSubIssueInput!) {addSubIssue(input: $input) {issue {timelineItems(first: 9) "
            "{totalCount} subIssues(first: 9) {nodes {number}}}}}",
            input=given,
        )
        assert made["data"]["addSubIssue"]["issue"] == {
            "timelineItems": {"totalCount": 0},
            "subIssues": {"nodes": [{"number": child["number"]}]},
        }
        events = "timelineItems(first: 9, itemTypes: TYPE) {totalCount}"
        narrowed = f"query($id: ID!) {{node(id: $id) {{... on Issue {{{events}}}}}}}"
        for kind, is_known in (("LABELED_EVENT", True), ("SUB_ISSUE_ADDED_EVENT", False)):
            assert ("data" in asked(world, narrowed.replace("TYPE", kind), id=parent["node_id"])) == is_known
        assert not heard(world, "sub_issues", since)
        for rest in ("/parent", "/sub_issues", "/dependencies/blocking"):
            assert world.bot.get(f"/api/v3{GREET}/issues/1{rest}").status_code == 404
        assert "sub_issues_summary" not in world.bot.get(f"/api/v3{GREET}/issues/1").json()
    finally:
        world.hub.control("POST", "enterprise", {"version": None})


def test_the_answers_pass_githubs_models(world):
    parent, child, blocker = issue(world), issue(world), issue(world)
    ours = {"owner": "acme", "repo": "greet", "issue_number": parent["number"]}
    token = world.bot.headers["Authorization"].removeprefix("Bearer ")
    with GitHub(token, base_url=world.hub.url) as github:
        rest = github.rest.issues
        assert rest.add_blocked_by_dependency(**ours, issue_id=blocker["id"]).parsed_data.id == parent["id"]
        assert [row.id for row in rest.list_dependencies_blocked_by(**ours).parsed_data] == [blocker["id"]]
        assert (
            rest.remove_dependency_blocked_by(**ours, issue_id=blocker["id"]).parsed_data.id == parent["id"]
        )
        assert rest.add_sub_issue(**ours, sub_issue_id=child["id"]).parsed_data.id == parent["id"]
        assert [row.id for row in rest.list_sub_issues(**ours).parsed_data] == [child["id"]]
        assert rest.remove_sub_issue(**ours, sub_issue_id=child["id"]).parsed_data.id == parent["id"]
        assert len(rest.list_events_for_timeline(**ours).parsed_data) == 4


def test_a_deleted_issue_is_gone_from_everywhere(world):
    doomed, parent, blocked = issue(world), issue(world), issue(world)
    adopt(world, parent, doomed)
    block(world, blocked, doomed)
    since = len(world.hub.deliveries)
    query = "mutation($id: ID!) {deleteIssue(input: {issueId: $id}) {repository {name}}}"
    assert (
        world.data(query, world.alice, id=doomed["node_id"])["deleteIssue"]["repository"]["name"] == "greet"
    )
    assert [row["action"] for row in heard(world, "issues", since)] == ["deleted"]
    gone = world.bot.get(path(doomed, ""))
    assert (gone.status_code, gone.json()["message"]) == (410, "This issue was deleted")
    assert numbers(world.bot.get(path(parent, "/sub_issues"))) == []
    assert world.bot.get(path(blocked, "/dependencies/blocked_by")).json() == []
    assert issue(world)["number"] > blocked["number"]
