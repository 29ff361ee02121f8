"""Board: the demo's one card on its one Project."""

from dataclasses import dataclass

from tests.board import Board, graphql
from tests.hub_client import Person


@dataclass(frozen=True)
class Card:
    """A card on a board."""

    board: Board
    id: str

    def move(self, column: str) -> None:
        """Alice puts it into a column."""
        self.board.move(self.id, column)

    def column(self) -> str | None:
        """Where it is."""
        return self.board.column(self.id)


def only_card(url: str) -> Card:
    """The first card of the organization's first Project."""
    query = '{organization(login: "acme") {projectV2(number: 1) {id title items(first: 1) {nodes {id}}}}}'
    found = graphql(Person(url, "user:alice"), query)["organization"]["projectV2"]
    return Card(Board(url, found["id"], 1, found["title"]), found["items"]["nodes"][0]["id"])
