"""A hub with projects: two organizations, an App that may change projects, and a short way to act on a board."""

import json
from typing import Any

import httpx

from tests.contract.world import SEED as PLAIN
from tests.contract.world import World

COLUMNS = ["Todo", "Autocode", "In Progress", "In Review", "Done"]
SEED: dict[str, Any] = {
    "organizations": ["acme", "globex"],
    "permissions": {"organization_projects": "write"},
    "events": ["projects_v2", "projects_v2_item", "issue_dependencies"],
    "repositories": [
        PLAIN["repositories"][0] | {"issues": [{"title": f"Ticket {n}", "body": "please"} for n in range(1, 7)]},
        {"name": "acme/other", "issues": [{"title": "Elsewhere"}], "collaborators": {"bob": "write"}},
        {"name": "globex/secret", "issues": [{"title": "Theirs"}], "collaborators": {"alice": "write"}},
    ],
    "projects": [
        {
            "title": "Roadmap",
            "columns": COLUMNS,
            "fields": [
                {"name": "Priority", "type": "NUMBER"},
                {"name": "Size", "type": "SINGLE_SELECT", "options": ["S", "M"]},
            ],
            "items": [
                {"issue": "acme/greet#1", "Status": "Todo", "Priority": 2},
                {"issue": "acme/greet#2", "Status": "Todo", "Size": "M"},
                {"draft": "An idea"},
            ],
        },
        {"title": "Theirs", "organization": "globex", "items": [{"issue": "acme/greet#1", "Status": "Todo"}]},
    ],
}  # fmt: skip
STATUS = 'fieldValueByName(name: "Status") {... on ProjectV2ItemFieldSingleSelectValue {name}}'
FIELDS = (
    "fields(first: 20) {nodes {... on ProjectV2FieldCommon {id name dataType} "
    "... on ProjectV2SingleSelectField {options {id name}}}}"
)


class Board:
    """One project, acted upon by Alice or whoever is named."""

    def __init__(self, world: World, project_id: str) -> None:
        self.world = world
        self.id = project_id
        found = self.look(FIELDS)["fields"]["nodes"]
        self.fields: dict[str, str] = {field["name"]: field["id"] for field in found}
        status = next(field for field in found if field["name"] == "Status")
        self.options: dict[str, str] = {option["name"]: option["id"] for option in status["options"]}

    def look(self, selection: str, client: httpx.Client | None = None) -> Any:
        query = f"query($id: ID!) {{node(id: $id) {{... on ProjectV2 {{{selection}}}}}}}"
        return self.world.data(query, client or self.world.alice, id=self.id)["node"]

    def change(
        self, mutation: str, selection: str = "", client: httpx.Client | None = None, **given: Any
    ) -> Any:
        return self.world.mutate(mutation, selection, client or self.world.alice, projectId=self.id, **given)

    def refusal(self, mutation: str, client: httpx.Client | None = None, **given: Any) -> tuple[str, str]:
        """(type, message) of the only error; `projectId` is this board's unless it is given."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation($input: {kind}!) {{{mutation}(input: $input) {{clientMutationId}}}}"
        error = self.world.error(query, client or self.world.alice, input={"projectId": self.id} | given)
        assert error["path"] == [mutation]
        return error["type"], error["message"]

    def add(self, number: int, client: httpx.Client | None = None) -> str:
        """A card for an issue of acme/greet; gives its id."""
        content = self.world.rest("GET", f"/issues/{number}")["node_id"]
        item: str = self.change("addProjectV2ItemById", "item {id}", client, contentId=content)["item"]["id"]
        return item

    def move(self, item: str, column: str, client: httpx.Client | None = None) -> Any:
        made = self.change(
            "updateProjectV2ItemFieldValue", f"projectV2Item {{{STATUS}}}", client, itemId=item,
            fieldId=self.fields["Status"], value={"singleSelectOptionId": self.options[column]},
        )  # fmt: skip
        return made["projectV2Item"]["fieldValueByName"]

    def cards(self) -> list[tuple[str, str | None]]:
        """(title, column) in the order of the board."""
        content = "... on Issue {title} ... on DraftIssue {title}"
        found = self.look(f"items(first: 20) {{nodes {{content {{{content}}} {STATUS}}}}}")["items"]["nodes"]
        return [(card["content"]["title"], (card["fieldValueByName"] or {}).get("name")) for card in found]


def board(world: World, organization: str = "acme", number: int = 1) -> Board:
    """A project that is there already."""
    query = f'{{organization(login: "{organization}") {{projectV2(number: {number}) {{id}}}}}}'
    return Board(world, world.data(query, world.alice)["organization"]["projectV2"]["id"])


def new_board(world: World, title: str = "Fresh") -> Board:
    """One of the test's own, with COLUMNS."""
    owner = world.data('{organization(login: "acme") {id}}')["organization"]["id"]
    made = world.mutate(
        "createProjectV2", f"projectV2 {{id {FIELDS}}}", world.alice, ownerId=owner, title=title
    )
    [status] = [row for row in made["projectV2"]["fields"]["nodes"] if row["name"] == "Status"]
    options = [{"name": name, "color": "GRAY", "description": ""} for name in COLUMNS]
    world.mutate(
        "updateProjectV2Field",
        "projectV2Field {... on ProjectV2FieldCommon {id}}",
        world.alice,
        fieldId=status["id"],
        singleSelectOptions=options,
    )
    return Board(world, made["projectV2"]["id"])


def heard(world: World, event: str, since: int = 0) -> list[dict[str, Any]]:
    """The payloads of that event that left the hub after the first `since` deliveries."""
    return [json.loads(row.payload) for row in world.hub.deliveries[since:] if row.event == event]
