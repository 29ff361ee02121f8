"""Who may not see or change a project, and what GitHub says of a card that cannot be changed so."""

from collections.abc import Iterator

import pytest

from tests.contract.boards import SEED, Board, board, heard
from tests.contract.world import World
from tests.hub import serve

FORBIDDEN = ("FORBIDDEN", "Resource not accessible by integration")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with serve(seed=SEED, directory=tmp_path_factory.mktemp("refusals") / "hub") as hub:
        hub.webhook_url = "http://127.0.0.1:1/nobody"
        yield World(hub)


@pytest.fixture(scope="module")
def roadmap(world: World) -> Board:
    return board(world)


@pytest.fixture(scope="module")
def cards(roadmap: Board) -> list[str]:
    """Ticket 1, ticket 2, a draft."""
    return [row["id"] for row in roadmap.look("items(first: 5) {nodes {id}}")["items"]["nodes"]]


# ── an App without the permission ───────────────────────────────────────────────────────────────────────────


def test_without_the_permission_there_are_no_projects(world, roadmap):
    client = world.installation(issues="read")
    query = '{organization(login: "acme") {projectV2(number: 1) {id} projectsV2(first: 5) {nodes {id}}}}'
    answer = world.answer(query, client)
    assert answer["data"]["organization"] == {"projectV2": None, "projectsV2": {"nodes": []}}
    assert [(row["type"], row["path"], row["message"]) for row in answer["errors"]] == [
        ("NOT_FOUND", ["organization", "projectV2"], "Could not resolve to a ProjectV2 with the number 1.")
    ]
    error = world.error("query($id: ID!) {node(id: $id) {id}}", client, id=roadmap.id)
    assert (error["type"], error["message"]) == (
        "NOT_FOUND",
        f"Could not resolve to a node with the global id of '{roadmap.id}'.",
    )


def test_without_the_permission_an_issue_has_no_cards(world):
    query = (
        '{repository(owner: "acme", name: "greet") {issue(number: 1) {projectItems(first: 5) {totalCount}}}}'
    )
    found = world.data(query, world.installation(issues="read"))
    assert found["repository"]["issue"]["projectItems"]["totalCount"] == 0


def test_who_may_only_read_changes_nothing(world, roadmap, cards):
    client = world.installation(issues="read", organization_projects="read")
    assert roadmap.look("title", client) == {"title": "Roadmap"}
    assert roadmap.refusal("archiveProjectV2Item", client, itemId=cards[0]) == FORBIDDEN
    assert roadmap.refusal("addProjectV2ItemById", client, contentId=world.issue) == FORBIDDEN
    assert roadmap.look("items(first: 5) {totalCount}")["items"]["totalCount"] == 3


def test_settings_need_more_than_writing(world, roadmap):
    assert roadmap.refusal("updateProjectV2", world.bot, title="Mine") == FORBIDDEN


def test_a_card_without_the_right_to_its_issue_is_named_but_not_shown(world, roadmap):
    client = world.installation(organization_projects="read")
    query = "query($id: ID!) {node(id: $id) {... on ProjectV2 {items(first: 1) {nodes {type content {__typename}}}}}}"
    answer = world.answer(query, client, id=roadmap.id)
    assert answer["data"]["node"]["items"]["nodes"] == [{"type": "ISSUE", "content": None}]
    assert [(row["type"], row["message"]) for row in answer["errors"]] == [FORBIDDEN]


def test_the_permission_is_noted_as_used(world, roadmap, cards):
    roadmap.change("archiveProjectV2Item", client=world.bot, itemId=cards[2])
    roadmap.change("unarchiveProjectV2Item", client=world.bot, itemId=cards[2])
    used = world.hub.control("GET", "uses")["autocode[bot]"]
    assert {"organization_projects:read", "organization_projects:write"} <= used.keys()


def test_a_permission_taken_away_ends_the_webhooks(world, roadmap):
    granted = world.hub.state.installations[world.hub.installation_id].permissions
    world.hub.control(
        "POST", "permissions", {k: v for k, v in granted.items() if k != "organization_projects"}
    )
    since = len(world.hub.deliveries)
    roadmap.move(roadmap.add(5), "Todo")
    world.hub.control("POST", "permissions", granted)
    assert heard(world, "projects_v2_item", since) == []


# ── projects and issues of others ───────────────────────────────────────────────────────────────────────────


def test_another_organizations_project_is_out_of_an_installations_sight(world):
    theirs = board(world, "globex", 1)
    assert theirs.cards() == [("Ticket 1", "Todo")]
    query = "issue(number: 1) {projectItems(first: 5) {nodes {project {title}}} projectsV2(first: 5) {nodes {title}}}"
    issue = world.in_repository(query)["issue"]
    assert issue["projectItems"]["nodes"] == [{"project": {"title": "Roadmap"}}]
    assert issue["projectsV2"]["nodes"] == [{"title": "Roadmap"}]
    assert theirs.refusal("addProjectV2ItemById", world.bot, contentId=world.issue)[0] == "NOT_FOUND"


def test_another_organizations_project_causes_no_webhook(world):
    since, theirs = len(world.hub.deliveries), board(world, "globex", 1)
    theirs.add(4)
    assert heard(world, "projects_v2_item", since) == []


def test_an_issue_out_of_sight_is_redacted(world, roadmap):
    secret = world.alice.get("/repos/globex/secret/issues/1").json()["node_id"]
    item = roadmap.change("addProjectV2ItemById", "item {id}", contentId=secret)["item"]["id"]
    query = "query($id: ID!) {node(id: $id) {... on ProjectV2Item {type content {__typename} fieldValues(first: 5) {nodes {__typename}}}}}"  # noqa: E501 # fmt: skip
    assert world.data(query, world.bot, id=item)["node"] == {
        "type": "REDACTED",
        "content": None,
        "fieldValues": {"nodes": []},
    }
    assert roadmap.refusal("addProjectV2ItemById", world.bot, contentId=secret)[0] == "NOT_FOUND"
    roadmap.change("deleteProjectV2Item", itemId=item)


@pytest.mark.parametrize("login", ["carol", "mallory"])
def test_people_who_are_no_members_see_no_project_until_they_are_invited(world, roadmap, cards, login):
    client = world.hub.as_user(login)
    kind, message = roadmap.refusal("archiveProjectV2Item", client, itemId=cards[0])
    assert (kind, message) == (
        "NOT_FOUND",
        f"Could not resolve to a node with the global id of '{roadmap.id}'.",
    )
    user = world.data(f'{{user(login: "{login}") {{id}}}}')["user"]["id"]
    for role, refused in (("READER", True), ("WRITER", False)):
        roadmap.change("updateProjectV2Collaborators", collaborators=[{"userId": user, "role": role}])
        if refused:
            kind, message = roadmap.refusal("archiveProjectV2Item", client, itemId=cards[0])
            words = f"{login} does not have the correct permissions to execute `ArchiveProjectV2Item`"
            assert (kind, message) == ("FORBIDDEN", words)
        else:
            assert roadmap.move(cards[0], "Autocode", client) == {"name": "Autocode"}
    roadmap.change("updateProjectV2Collaborators", collaborators=[{"userId": user, "role": "NONE"}])


def test_projects_are_made_by_members_and_not_by_the_app(world):
    owner = world.data('{organization(login: "acme") {id}}')["organization"]["id"]
    query = "mutation($input: CreateProjectV2Input!) {createProjectV2(input: $input) {clientMutationId}}"
    for client, message in (
        (world.hub.as_user("mallory"), "mallory does not have the correct permissions to execute `CreateProjectV2`"),
        (world.bot, "Resource not accessible by integration"),
    ):  # fmt: skip
        error = world.error(query, client, input={"ownerId": owner, "title": "Mine"})
        assert (error["type"], error["message"]) == ("FORBIDDEN", message)


# ── what a field does not take ──────────────────────────────────────────────────────────────────────────────

UNFIT = {
    "a column's name": ("Status", {"text": "Autocode"}, "VALIDATION",
                        "Did not receive a single select option Id to update a field of type single_select"),
    "an unknown column": ("Status", {"singleSelectOptionId": "00000000"}, "VALIDATION",
                          "The single select option Id does not belong to the field"),
    "a text for a number": ("Priority", {"text": "1"}, "VALIDATION",
                            "Did not receive a number to update a field of type number"),
    "a title": ("Title", {"text": "x"}, "UNPROCESSABLE",
                "The field of type title is currently not supported."),
}  # fmt: skip


@pytest.mark.parametrize("name", UNFIT)
def test_a_value_that_does_not_fit_is_refused(roadmap, cards, name):
    field, value, kind, message = UNFIT[name]
    given = {"itemId": cards[1], "fieldId": roadmap.fields[field], "value": value}
    assert roadmap.refusal("updateProjectV2ItemFieldValue", **given) == (kind, message)


def test_an_archived_card_cannot_be_changed(roadmap, cards):
    roadmap.change("archiveProjectV2Item", itemId=cards[1])
    value = {"singleSelectOptionId": roadmap.options["Done"]}
    field = roadmap.fields["Status"]
    words = ("VALIDATION", "The item is archived and cannot be updated")
    assert (
        roadmap.refusal("updateProjectV2ItemFieldValue", itemId=cards[1], fieldId=field, value=value) == words
    )
    assert roadmap.refusal("updateProjectV2ItemPosition", itemId=cards[1]) == words
    roadmap.change("unarchiveProjectV2Item", itemId=cards[1])


def test_a_card_of_another_project_is_not_in_this_one(world, roadmap):
    theirs = board(world, "globex", 1).look("items(first: 1) {nodes {id}}")["items"]["nodes"][0]["id"]
    words = ("VALIDATION", "The item does not exist in the project")
    assert roadmap.refusal("deleteProjectV2Item", itemId=theirs) == words


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "status", "dataType": "TEXT"}, "Name has already been taken"),
        ({"name": " ", "dataType": "TEXT"}, "Name can't be blank"),
        ({"name": "Team", "dataType": "SINGLE_SELECT"}, "Single select options can't be blank"),
    ],
)
def test_a_field_needs_a_name_of_its_own_and_options(roadmap, given, message):
    assert roadmap.refusal("createProjectV2Field", **given) == ("VALIDATION", message)
