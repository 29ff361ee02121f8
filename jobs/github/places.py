"""Places: which of a repository's tickets hold its slots, and which wait for one in what order. Reads only."""

from datetime import datetime

from jobs.github.api import Api
from jobs.github.cards import live, priorities_of
from jobs.github.people import Node
from jobs.ticket.names import QUEUED, WORKING
from jobs.ticket.observation import TRIGGER_LABEL
from jobs.ticket.order import UNPLACED, Place, rank

MOST_CALLS = 6
"""With so many no more cards are read, and what is below counts as on no board. Tickets are read to the last."""


class Places:
    """One reading of GitHub's list; each page is one GraphQL query."""

    def __init__(self, api: Api, repository: str, field: str, *, sees_cards: bool) -> None:
        """`field` is the Project's by which those that wait have their turns."""
        self._api, self._repository, self._field = api, repository, field
        owner, _, name = repository.partition("/")
        self._fixed = {
            "owner": owner, "name": name, "working": [WORKING], "waiting": [QUEUED], "cards": sees_cards,
        }  # fmt: skip
        self._tickets: dict[str, str] | None = {}
        """Where the next page of tickets begins; None after the last."""
        self._board = ""
        """The Project that decides; empty while none is known."""
        self._cards: dict[str, str] | None = {}
        """Where the next page of its cards begins; None after the last."""
        self._working = set[int]()
        self._waiting = dict[int, Node]()
        self._order = dict[int, int]()

    def read(self) -> dict[int, Place]:
        """By their labels, all open tickets that work or wait: one call for each 100.

        The label that says a ticket waits counts only beside the one that makes it a ticket.
        """
        calls = 0
        while self._tickets is not None or (calls < MOST_CALLS and self._wants_cards()):
            self._read_page()
            calls += 1
        places = {number: self._place(number, node) for number, node in self._waiting.items()}
        return places | {number: Place("working") for number in self._working}

    def _wants_cards(self) -> bool:
        """There are some below, and not every ticket of the board has been met."""
        if not self._board or self._cards is None:
            return False
        on_it = {
            number for number, node in self._waiting.items() if self._board in self._boards(node).values()
        }
        return self._tickets is not None or not on_it <= self._order.keys()

    def _read_page(self) -> None:
        wanted = {
            "tickets": self._tickets is not None, "ordered": self._wants_cards(), "board": self._board
        }  # fmt: skip
        variables = self._fixed | wanted | (self._tickets or {}) | (self._cards or {})
        answer = self._api.query("slots", variables, optional={"projectItems", "board"})
        if wanted["ordered"]:
            self._take_cards(answer["board"])
        if wanted["tickets"]:
            self._take_tickets(answer["repository"])

    def _take_tickets(self, repository: Node) -> None:
        waiting = repository["waiting"]["nodes"]
        self._waiting |= {node["number"]: node for node in waiting if TRIGGER_LABEL in _labels(node)}
        self._working |= {node["number"] for node in repository["working"]["nodes"]}
        pages = {f"{part}After": repository[part]["pageInfo"] for part in ("working", "waiting")}
        following = {name: page["endCursor"] for name, page in pages.items() if page["hasNextPage"]}
        self._tickets = following or None
        if not self._board and len(self._waiting) > 1:
            self._board = self._deciding_board()

    def _take_cards(self, board: Node | None) -> None:
        """A board that is out of sight by now is at its end."""
        items = (board or {}).get("items") or {"nodes": (), "pageInfo": {"hasNextPage": False}}
        for node in items["nodes"]:
            issue = (node or {}).get("content") or {}
            if issue.get("repository", {}).get("nameWithOwner", "").lower() == self._repository.lower():
                self._order[issue["number"]] = len(self._order)
        page = items["pageInfo"]
        self._cards = {"boardAfter": page["endCursor"]} if page["hasNextPage"] else None

    def _deciding_board(self) -> str:
        """Of the Projects that those are on who wait the longest, the oldest; empty where they are on none."""
        boards = {
            number: id_ for node in self._waiting.values() for number, id_ in self._boards(node).items()
        }
        return boards[min(boards)] if boards else ""

    def _boards(self, node: Node) -> dict[int, str]:
        """Number → node id of the Projects on which people see its card."""
        cards = live(node.get("projectItems"), self._repository)
        return {card["project"]["number"]: card["project"]["id"] for card in cards}

    def _place(self, number: int, node: Node) -> Place:
        at, position = datetime.fromisoformat(node["createdAt"]), self._order.get(number, UNPLACED)
        said = priorities_of(node.get("projectItems"), self._repository, self._field)
        return Place("waiting", rank(number, _labels(node), at, said, position))


def _labels(node: Node) -> set[str]:
    return {label["name"] for label in node["labels"]["nodes"]}
