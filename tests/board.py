"""Board: a Project of the organization on the hub, as people use it: cards are added, moved, archived, looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.hub_client import Person

COLUMNS = ("Todo", "Autocode", "In progress", "In review", "Done")
STATUS = "... on ProjectV2SingleSelectField {id options {id name}}"


def graphql(person: Person, query: str, **variables: Any) -> Any:
    """The data of an answer without errors."""
    answer = person.post("/graphql", {"query": query, "variables": variables})
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@dataclass(frozen=True)
class Board:
    """One Project; who acts is named, or is Alice."""

    url: str
    """The hub's."""
    id: str
    number: int
    title: str
    field: str = "Status"

    def person(self, login: str) -> Person:
        return Person(self.url, f"user:{login}")

    def change(self, mutation: str, result: str, by: str = "alice", **given: Any) -> Any:
        """Carry out one mutation of this Project; gives the object called `result`, or what it selects of it."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation($input: {kind}!) {{{mutation}(input: $input) {{{result}}}}}"
        return graphql(self.person(by), query, input={"projectId": self.id} | given)[mutation]

    def add(self, content: str, column: str | None = None, by: str = "alice") -> str:
        """A card for the issue with that node id; gives the card's."""
        card: str = self.change("addProjectV2ItemById", "item {id}", by, contentId=content)["item"]["id"]
        if column:
            self.move(card, column, by)
        return card

    def draft(self, title: str, column: str) -> str:
        """A card that is no issue; gives its node id."""
        card: str = self.change("addProjectV2DraftIssue", "projectItem {id}", title=title)["projectItem"][
            "id"
        ]
        self.move(card, column)
        return card

    def move(self, card: str, column: str, by: str = "alice") -> None:
        """Put a card into a column."""
        query = (
            "query($id: ID!, $name: String!) {node(id: $id) {... on ProjectV2 "
            f"{{field(name: $name) {{{STATUS}}}}}}}}}"
        )
        found = graphql(self.person("alice"), query, id=self.id, name=self.field)["node"]["field"]
        option = next(item["id"] for item in found["options"] if item["name"] == column)
        value = {"singleSelectOptionId": option}
        self.change(
            "updateProjectV2ItemFieldValue",
            "clientMutationId",
            by,
            itemId=card,
            fieldId=found["id"],
            value=value,
        )

    def put_below(self, card: str, other: str | None = None) -> None:
        """Drag a card to right below another one, or to the top."""
        self.change("updateProjectV2ItemPosition", "clientMutationId", itemId=card, afterId=other)

    def write_number(self, card: str, name: str, value: float) -> None:
        """Write a number into a field of that name, which is made for the first card."""
        query = (
            "query($id: ID!, $name: String!) {node(id: $id) {... on ProjectV2 {field(name: $name) "
            "{... on ProjectV2Field {id}}}}}"
        )
        field = graphql(self.person("alice"), query, id=self.id, name=name)["node"]["field"]
        if field is None:
            made = "projectV2Field {... on ProjectV2Field {id}}"
            field = self.change("createProjectV2Field", made, name=name, dataType="NUMBER")["projectV2Field"]
        self.change(
            "updateProjectV2ItemFieldValue",
            "clientMutationId",
            itemId=card,
            fieldId=field["id"],
            value={"number": value},
        )

    def column(self, card: str) -> str | None:
        """Where a card is now."""
        query = (
            "query($id: ID!, $name: String!) {node(id: $id) {... on ProjectV2Item {fieldValueByName(name: $name) "
            "{... on ProjectV2ItemFieldSingleSelectValue {name}}}}}"
        )
        value = graphql(self.person("alice"), query, id=card, name=self.field)["node"]["fieldValueByName"]
        return value["name"] if value else None

    def titles(self) -> list[str]:
        """Of the issues and drafts whose cards are on it."""
        query = (
            "query($id: ID!) {node(id: $id) {... on ProjectV2 {items(first: 50) {nodes {content "
            "{... on Issue {title} ... on DraftIssue {title}}}}}}}"
        )
        nodes = graphql(self.person("alice"), query, id=self.id)["node"]["items"]["nodes"]
        return [node["content"]["title"] for node in nodes]

    def archive(self, card: str) -> None:
        self.change("archiveProjectV2Item", "clientMutationId", itemId=card)

    def convert(self, card: str, repository: str) -> int:
        """Make an issue of a draft; gives its number."""
        made = graphql(
            self.person("alice"),
            "mutation($input: ConvertProjectV2DraftIssueItemToIssueInput!) {convertProjectV2DraftIssueItemToIssue("
            "input: $input) {item {content {... on Issue {number}}}}}",
            input={"itemId": card, "repositoryId": repository},
        )
        number: int = made["convertProjectV2DraftIssueItemToIssue"]["item"]["content"]["number"]
        return number

    def invite(self, login: str) -> None:
        """Let somebody who is no member of the organization move its cards."""
        user = graphql(self.person("alice"), "query($login: String!) {user(login: $login) {id}}", login=login)
        collaborators = [{"userId": user["user"]["id"], "role": "WRITER"}]
        self.change("updateProjectV2Collaborators", "clientMutationId", collaborators=collaborators)


def new_board(
    url: str, title: str, columns: Sequence[str] = COLUMNS, organization: str = "acme", field: str = "Status"
) -> Board:
    """A Project of Alice's with these columns; `field` other than Status is one more beside it."""
    alice = Person(url, "user:alice")
    owner = graphql(alice, "query($login: String!) {organization(login: $login) {id}}", login=organization)
    made = graphql(
        alice,
        "mutation($input: CreateProjectV2Input!) {createProjectV2(input: $input) {projectV2 "
        f'{{id number field(name: "Status") {{{STATUS}}}}}}}}}',
        input={"ownerId": owner["organization"]["id"], "title": title},
    )["createProjectV2"]["projectV2"]
    board = Board(url, made["id"], made["number"], title, field)
    options = [{"name": name, "color": "GRAY", "description": ""} for name in columns]
    if field == "Status":
        graphql(
            alice,
            "mutation($input: UpdateProjectV2FieldInput!) {updateProjectV2Field(input: $input) {clientMutationId}}",
            input={"fieldId": made["field"]["id"], "singleSelectOptions": options},
        )
    else:
        board.change(
            "createProjectV2Field",
            "clientMutationId",
            name=field,
            dataType="SINGLE_SELECT",
            singleSelectOptions=options,
        )
    return board
