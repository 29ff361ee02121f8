"""Cards: an issue's cards on Projects, as GraphQL gives them → `Card` and priorities. Pure."""

from collections.abc import Iterable, Iterator, Mapping

from jobs.github.people import Node
from jobs.ticket.observation import Card, Select
from jobs.ticket.order import priority


def cards_of(items: Node, repository: str) -> tuple[Card, ...]:
    """The cards on Projects of the repository's owner, oldest first.

    Others may show as well: an issue can be on another organization's public Project, and of one that is hidden
    GitHub gives nothing but an error in its place.
    """
    owner = repository.partition("/")[0].lower()
    ours = (node for node in items["nodes"] if node and _owner(node) == owner)
    return tuple(_card(node) for node in ours)


def priorities_of(items: Node | None, repository: str, field: str) -> list[float]:
    """What an issue's cards say in that field, whose name is compared without regard to case."""
    found: list[float] = []
    for node in live(items, repository):
        found += _priorities(
            (value for value in node["fieldValues"]["nodes"] if value and value.get("field")), field
        )
    return found


def live(items: Node | None, repository: str) -> list[Node]:
    """The cards that people see on Projects of the repository's owner; `items` is None where they are out of sight."""
    owner = repository.partition("/")[0].lower()
    seen = (node for node in items["nodes"] if node) if items else ()
    return [
        node
        for node in seen
        if not node["isArchived"] and not node["project"]["closed"] and _owner(node) == owner
    ]


def _priorities(values: Iterable[Node], field: str) -> Iterator[float]:
    for value in values:
        if value["field"]["name"].casefold() == field.casefold():
            options = [option["name"] for option in value["field"].get("options", ())]
            said = priority(value.get("name", value.get("number")), options)
            if said is not None:
                yield said


def _owner(node: Node) -> str:
    """The organization's login; empty for a person's own Project."""
    return str(node["project"]["owner"].get("login", "")).lower()


def _card(node: Node) -> Card:
    project = node["project"]
    return Card(
        id=node["id"],
        project_id=project["id"],
        project_title=project["title"],
        is_archived=node["isArchived"] or project["closed"],
        selects=tuple(
            Select(field["id"], field["name"], {option["name"]: option["id"] for option in field["options"]})
            for field in project["fields"]["nodes"]
            if field
        ),
        values=_values(node["fieldValues"]["nodes"]),
    )


def _values(nodes: list[Node]) -> Mapping[str, str | float]:
    """Field name → option's name or number; the nodes of other fields are empty."""
    return {
        node["field"]["name"]: node["name"] if "name" in node else node["number"]
        for node in nodes
        if node and node.get("field")
    }
