"""Projects over GraphQL: what a board shows, what moving a card does, and which webhooks tell of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.boards import COLUMNS, SEED, STATUS, Board, board, heard, new_board
from tests.contract.world import World
from tests.hub import serve


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serve(seed=SEED, directory=tmp_path_factory.mktemp("projects") / "hub") as hub:
        hub.webhook_url = "http://127.0.0.1:1/nobody"
        yield World(hub)


@pytest.fixture
def fresh(world: World) -> Board:
    return new_board(world)


def changes(world: World, since: int) -> list[tuple[str, Any]]:
    """(action, changes) of every event about cards."""
    return [(row["action"], row.get("changes")) for row in heard(world, "projects_v2_item", since)]


# ── what a board shows ──────────────────────────────────────────────────────────────────────────────────────


def test_a_project_has_githubs_fields_and_its_own(world):
    found = board(world).look("title number url owner {... on Organization {login}} fields(first: 20) {nodes "
                              "{__typename ... on ProjectV2FieldCommon {name dataType}}}")  # fmt: skip
    assert (found["title"], found["number"], found["owner"]) == ("Roadmap", 1, {"login": "acme"})
    assert found["url"] == f"{world.hub.url}/orgs/acme/projects/1"
    kinds = {row["name"]: (row["dataType"], row["__typename"]) for row in found["fields"]["nodes"]}
    assert list(kinds)[:4] == ["Title", "Assignees", "Status", "Labels"]
    assert kinds["Status"] == ("SINGLE_SELECT", "ProjectV2SingleSelectField")
    assert kinds["Priority"] == ("NUMBER", "ProjectV2Field")


def test_a_new_project_has_githubs_columns(world):
    owner = world.data('{organization(login: "acme") {id}}')["organization"]["id"]
    status = "field(name: \"Status\") {... on ProjectV2SingleSelectField {options {name color}}}"  # fmt: skip
    made = world.mutate("createProjectV2", f"projectV2 {{{status}}}", world.alice, ownerId=owner, title="New")
    options = made["projectV2"]["field"]["options"]
    assert [(option["name"], option["color"]) for option in options] == [
        ("Todo", "GREEN"),
        ("In Progress", "YELLOW"),
        ("Done", "PURPLE"),
    ]


def test_a_card_shows_what_is_filled_in_and_what_its_issue_says(world):
    world.rest("POST", "/issues/2/labels", {"labels": ["bug"]})
    values = (
        "fieldValues(first: 10) {nodes {__typename ... on ProjectV2ItemFieldValueCommon {field "
        "{... on ProjectV2FieldCommon {name}}} ... on ProjectV2ItemFieldTextValue {text} "
        "... on ProjectV2ItemFieldSingleSelectValue {name} ... on ProjectV2ItemFieldLabelValue {labels(first: 3) "
        "{nodes {name}}} ... on ProjectV2ItemFieldRepositoryValue {repository {name}}}}"
    )
    item = board(world).look(f"items(first: 1, after: \"Y3Vyc29yOnYyOjA=\") {{nodes {{type {values}}}}}")  # fmt: skip
    [card] = item["items"]["nodes"]
    assert card["type"] == "ISSUE"
    assert card["fieldValues"]["nodes"] == [
        {"__typename": "ProjectV2ItemFieldTextValue", "field": {"name": "Title"}, "text": "Ticket 2"},
        {"__typename": "ProjectV2ItemFieldSingleSelectValue", "field": {"name": "Status"}, "name": "Todo"},
        {"__typename": "ProjectV2ItemFieldLabelValue", "labels": {"nodes": [{"name": "bug"}]}},
        {"__typename": "ProjectV2ItemFieldRepositoryValue", "repository": {"name": "greet"}},
        {"__typename": "ProjectV2ItemFieldSingleSelectValue", "field": {"name": "Size"}, "name": "M"},
    ]


def test_an_issue_knows_its_cards_and_their_columns(world):
    query = (
        f"issue(number: 1) {{projectItems(first: 5) {{nodes {{project {{title}} {STATUS} priority: "
        'fieldValueByName(name: "Priority") {... on ProjectV2ItemFieldNumberValue {number}}}}}'
    )
    [card] = world.in_repository(query)["issue"]["projectItems"]["nodes"]
    assert card == {
        "project": {"title": "Roadmap"},
        "fieldValueByName": {"name": "Todo"},
        "priority": {"number": 2.0},
    }


def test_cards_come_in_pages_and_in_either_order(world, fresh):
    for number in (1, 2, 3):
        fresh.add(number)
    title = "{nodes {content {... on Issue {title}}} pageInfo {hasNextPage endCursor}}"
    first = fresh.look(f"items(first: 2) {title}")["items"]
    rest = fresh.look(f'items(first: 2, after: "{first["pageInfo"]["endCursor"]}") {title}')["items"]
    last = fresh.look(f"items(first: 1, orderBy: {{field: POSITION, direction: DESC}}) {title}")["items"]
    assert [card["content"]["title"] for card in first["nodes"] + rest["nodes"]] == [
        "Ticket 1",
        "Ticket 2",
        "Ticket 3",
    ]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert last["nodes"] == [{"content": {"title": "Ticket 3"}}]


def test_an_organizations_projects_are_listed_newest_first_and_found_by_title(world, fresh):
    query = '{{organization(login: "acme") {{projectsV2(first: 5{}) {{nodes {{id title}}}}}}}}'
    listed = world.data(query.format(""), world.bot)["organization"]["projectsV2"]["nodes"]
    named = world.data(query.format(', query: "road"'), world.bot)["organization"]["projectsV2"]["nodes"]
    assert listed[0]["id"] == fresh.id
    assert [row["title"] for row in named] == ["Roadmap"]


# ── what moving a card does ─────────────────────────────────────────────────────────────────────────────────


def test_a_moved_card_is_told_with_both_columns_and_no_repository(world, fresh):
    card, since = fresh.add(3), len(world.hub.deliveries)
    assert fresh.move(card, "Todo") == {"name": "Todo"}
    fresh.move(card, "Autocode", world.hub.as_user("bob"))
    fresh.move(card, "Autocode")  # where it is already
    first, second = heard(world, "projects_v2_item", since)
    issue = world.rest("GET", "/issues/3")["node_id"]
    assert (
        second["projects_v2_item"] | {"project_node_id": fresh.id, "content_node_id": issue}
        == second["projects_v2_item"]
    )
    assert second["projects_v2_item"]["content_type"] == "Issue"
    change = second["changes"]["field_value"]
    assert (change["field_node_id"], change["field_type"]) == (fresh.fields["Status"], "single_select")
    assert (change["field_name"], change["project_number"]) == ("Status", fresh.look("number")["number"])
    assert first["changes"]["field_value"]["from"] is None
    assert (change["from"]["name"], change["to"]["name"]) == ("Todo", "Autocode")
    assert "repository" not in second
    assert (second["sender"]["login"], second["organization"]["login"]) == ("bob", "acme")
    assert second["installation"]["id"] == world.hub.installation_id


def test_the_app_moves_cards_as_its_bot(world, fresh):
    card, since = fresh.add(3, world.bot), len(world.hub.deliveries)
    fresh.move(card, "In Review", world.bot)
    [event] = heard(world, "projects_v2_item", since)
    assert (event["sender"]["login"], event["sender"]["type"]) == ("autocode[bot]", "Bot")


def test_who_filled_a_field_in_first_stays_its_creator(world, fresh):
    card = fresh.add(3)
    fresh.move(card, "Todo")
    fresh.move(card, "Done", world.bot)
    value = "fieldValueByName(name: \"Status\") {... on ProjectV2ItemFieldValueCommon {creator {login}}}"  # fmt: skip
    found = fresh.look(f"items(first: 1) {{nodes {{{value}}}}}")["items"]["nodes"]
    assert found == [{"fieldValueByName": {"creator": {"login": "alice"}}}]


def test_a_number_a_text_and_a_date_are_filled_in_and_cleared(world, fresh):
    card = fresh.add(4)
    since = len(world.hub.deliveries)
    for name, kind, value in (
        ("Priority", "NUMBER", {"number": 3}),
        ("Note", "TEXT", {"text": "soon"}),
        ("Due", "DATE", {"date": "2026-12-24"}),
    ):
        made = fresh.change(
            "createProjectV2Field", "projectV2Field {... on ProjectV2Field {id}}", name=name, dataType=kind
        )
        field = made["projectV2Field"]["id"]
        fresh.change("updateProjectV2ItemFieldValue", itemId=card, fieldId=field, value=value)
        fresh.change("clearProjectV2ItemFieldValue", itemId=card, fieldId=field)
        fresh.change("clearProjectV2ItemFieldValue", itemId=card, fieldId=field)  # empty already
    told = [change["field_value"] for _, change in changes(world, since)]
    assert [(row["field_type"], row["from"], row["to"]) for row in told] == [
        ("number", None, 3),
        ("number", 3, None),
        ("text", None, "soon"),
        ("text", "soon", None),
        ("date", None, "2026-12-24"),
        ("date", "2026-12-24", None),
    ]


def test_an_issue_has_one_card_in_a_project(world, fresh):
    since = len(world.hub.deliveries)
    assert fresh.add(5) == fresh.add(5, world.bot)
    assert changes(world, since) == [("created", None)]


def test_cards_are_put_in_order(world, fresh):
    one, two, three = (fresh.add(number) for number in (1, 2, 3))
    since = len(world.hub.deliveries)
    moved = fresh.change("updateProjectV2ItemPosition", "items(first: 5) {nodes {id}}", itemId=three)
    fresh.change("updateProjectV2ItemPosition", itemId=one, afterId=two)
    fresh.change("updateProjectV2ItemPosition", itemId=one, afterId=two)  # where it is already
    assert [card["id"] for card in moved["items"]["nodes"]] == [three, one, two]
    assert [title for title, _ in fresh.cards()] == ["Ticket 3", "Ticket 2", "Ticket 1"]
    previous = "previous_projects_v2_item_node_id"
    assert changes(world, since) == [
        ("reordered", {previous: {"from": two, "to": None}}),
        ("reordered", {previous: {"from": three, "to": two}}),
    ]


def test_an_archived_card_leaves_the_board_and_not_its_issue(world, fresh):
    card, since = fresh.add(6), len(world.hub.deliveries)
    archived = fresh.change("archiveProjectV2Item", "item {isArchived}", itemId=card)
    query = "issue(number: 6) {{projectItems(first: 9, includeArchived: {}) {{nodes {{id isArchived}}}}}}"
    everything, rest = (
        world.in_repository(query.format(word))["issue"]["projectItems"]["nodes"]
        for word in ("true", "false")
    )
    assert archived["item"]["isArchived"] is True
    assert fresh.cards() == []
    assert {"id": card, "isArchived": True} in everything
    assert card not in {row["id"] for row in rest}
    fresh.change("unarchiveProjectV2Item", itemId=card)
    assert [title for title, _ in fresh.cards()] == ["Ticket 6"]
    (first, there), (second, back) = changes(world, since)
    assert (first, there["archived_at"]["from"], second, back["archived_at"]["to"]) == (
        "archived",
        None,
        "restored",
        None,
    )


def test_a_deleted_card_is_gone(world, fresh):
    card, since = fresh.add(6), len(world.hub.deliveries)
    gone = fresh.change("deleteProjectV2Item", "deletedItemId", itemId=card)
    assert (gone["deletedItemId"], fresh.cards()) == (card, [])
    assert changes(world, since) == [("deleted", None)]
    error = world.error("query($id: ID!) {node(id: $id) {id}}", id=card)
    assert error["message"] == f"Could not resolve to a node with the global id of '{card}'."


def test_a_draft_becomes_an_issue(world, fresh):
    since = len(world.hub.deliveries)
    draft = fresh.change(
        "addProjectV2DraftIssue", "projectItem {id type content {... on DraftIssue {title body}}}",
        title="An idea", body="of mine",
    )["projectItem"]  # fmt: skip
    assert (draft["type"], draft["content"]) == ("DRAFT_ISSUE", {"title": "An idea", "body": "of mine"})
    made = world.mutate(
        "convertProjectV2DraftIssueItemToIssue",
        "item {id type content {... on Issue {title body}}}",
        world.alice,
        itemId=draft["id"],
        repositoryId=world.repository,
    )["item"]
    assert made == {"id": draft["id"], "type": "ISSUE", "content": {"title": "An idea", "body": "of mine"}}
    assert changes(world, since) == [
        ("created", None),
        ("converted", {"content_type": {"from": "DraftIssue", "to": "Issue"}}),
    ]


def test_what_is_closed_goes_to_done_by_itself(world):
    """The built-in workflow of a new project, whose columns nobody has replaced."""
    card = board(world).look("items(first: 1) {nodes {id}}")["items"]["nodes"][0]["id"]
    since = len(world.hub.deliveries)
    world.rest("PATCH", "/issues/1", {"state": "closed"})
    [event] = heard(world, "projects_v2_item", since)
    assert event["projects_v2_item"]["node_id"] == card
    assert event["sender"]["login"] == "github-project-automation[bot]"
    assert board(world).cards()[0] == ("Ticket 1", "Done")
    world.rest("PATCH", "/issues/1", {"state": "open"})


def test_replaced_options_are_new_ones_and_cards_lose_theirs(world, fresh):
    """As on GitHub: https://docs.github.com/en/graphql/reference/input-objects#updateprojectv2fieldinput"""
    card = fresh.add(2)
    fresh.move(card, "Todo")
    options = [{"name": name, "color": "BLUE", "description": ""} for name in [*COLUMNS, "Parked"]]
    world.mutate(
        "updateProjectV2Field", "projectV2Field {... on ProjectV2FieldCommon {id}}", world.alice,
        fieldId=fresh.fields["Status"], singleSelectOptions=options,
    )  # fmt: skip
    after = Board(world, fresh.id)
    assert list(after.options) == [*COLUMNS, "Parked"]
    assert after.options["Todo"] != fresh.options["Todo"]
    assert after.cards() == [("Ticket 2", None)]


def test_projects_themselves_are_told_of(world):
    since = len(world.hub.deliveries)
    made = new_board(world, "Short-lived")
    made.change("updateProjectV2", title="Shorter", closed=True)
    made.change("deleteProjectV2")
    events = heard(world, "projects_v2", since)
    assert [row["action"] for row in events] == ["created", "edited", "closed", "deleted"]
    assert events[1]["changes"] == {"title": {"from": "Short-lived", "to": "Shorter"}}
    assert events[3]["projects_v2"]["deleted_by"]["login"] == "alice"


def test_a_hub_without_a_subscription_tells_nobody(tmp_path: Path):
    with serve(seed=SEED | {"events": []}, directory=tmp_path / "hub") as hub:
        hub.webhook_url = "http://127.0.0.1:1/nobody"
        world = World(hub)
        made = board(world)
        made.change("updateProjectV2", closed=True)
        assert heard(world, "projects_v2") == []
