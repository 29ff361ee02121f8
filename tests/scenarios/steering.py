"""Steering: one ticket that people steer in every usual way, from the move of its card to the end of a review."""

import re
from typing import Any

from tests.board import Board, new_board
from tests.model.replies import edit, plan, submit
from tests.scenarios.reviewing import Reviewers, answer
from tests.scenarios.world import RIGHT, WRONG, Issue, World

TITLE = "Greet people as they like"
SETTLED = "Documented.", ("T1", "changed", "Said in the README.")


def steered(world: World) -> tuple[Issue, Board, str]:
    """A ticket on a board whose plan was approved, whose first checks were red, and that was reviewed once.

    It waits for the next review; given with its board and card. No token is shared with what went before, and all calls
    that the hub has counted are this ticket's.
    """
    world.will(
        plan(["mend greet.py"]),
        edit("greet.py", "return ''", WRONG),
        submit(),
        submit(),
        when=(TITLE, "Iteration 1 of"),
    )
    world.will(edit("greet.py", WRONG, RIGHT), submit(), submit(), when=(TITLE, "Iteration 2 of"))
    world.will(
        edit("README.md", "# greet", "# Greets people"),
        answer(*SETTLED),
        answer(*SETTLED),
        when=(TITLE, "Iteration 3 of"),
    )
    repository = world.repository()
    repository.put(".github/autocode.yml", "plan: approve\n", is_new=True)
    issue, board = repository.issue(TITLE), new_board(world.stack.hub.url, TITLE)
    card = board.add(issue.node_id)
    world.settle()
    with world.stack.redis() as redis:
        for key in redis.keys("token:*"):
            redis.delete(key)
    world.control("DELETE", "calls")
    board.move(card, "Autocode", by="bob")
    issue.until("approving")
    issue.say("/autocode approve")
    issue.until("validating", iteration=2)
    Reviewers(issue).review("COMMENT", "", "Say so in the README.")
    issue.until("validating", iteration=3)
    return issue, board, card


def calls_of_the_ticket(world: World) -> list[str]:
    """Each in a line. Readings of the delivery log, one a minute, belong to no ticket."""
    calls = (call for call in world.calls_of_the_app() if call["path"] != "/app/hook/deliveries")
    return [f"{call['method']} {call['path']} {_operation(call['body'])}" for call in calls]


def _operation(body: Any) -> str:
    """The name of a GraphQL request."""
    query = body.get("query", "") if isinstance(body, dict) else ""
    found = re.search(r"^(?:query|mutation) (\w+)", query, re.MULTILINE)
    return found[1] if found else ""
