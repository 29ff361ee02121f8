"""What people have said that nobody has acted upon yet, in the order in which it counts."""

import pytest

from jobs.ticket.unread import is_told, next_command
from tests.ticket.builders import NOW, comment, observation, pull_request, record


def test_commands_are_answered_once_and_in_their_order() -> None:
    first, second = comment(50, "bob", "/autocode stop"), comment(51, "bob", "/autocode help")
    seen = observation(comments=(comment(49, "bob", "Hi."), first, second))
    found = next_command(record(command_cursor=49), seen)
    assert found is not None and found[0] is first
    found = next_command(record(command_cursor=50), seen)
    assert found is not None and found[0] is second
    assert next_command(record(command_cursor=51), seen) is None


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ((("bob", "/autocode"), ("carol", "/autocode")), 50),
        ((("bob", "/autocode base main"), ("bob", "/autocode help")), 50),
        ((("bob", "/autocode"), ("bob", "/autocode plan")), 51),
        ((("carol", "/autocode"), ("mallory", "/autocode")), 51),
        ((("bob", "/autocode fix"), ("bob", "/autocode stpo")), 51),
    ],
)
def test_nobody_who_may_not_hides_who_starts_an_issue(said: tuple[tuple[str, str], ...], heard: int) -> None:
    comments = tuple(comment(id, *words) for id, words in enumerate(said, 50))
    found = next_command(None, observation(comments=comments))
    assert found is not None and found[0].id == heard


def test_an_issue_that_was_never_worked_on_is_not_started_by_an_old_command() -> None:
    old = comment(50, "bob", "/autocode", created_at=NOW.replace(year=NOW.year - 1))
    assert next_command(None, observation(comments=(old,))) is None
    assert next_command(None, observation(comments=(comment(50, "bob", "/autocode"),))) is not None


@pytest.mark.parametrize(
    ("author", "body", "commanded", "in_any_words"),
    [
        ("bob", "/autocode fix say it louder", True, True),
        ("bob", "@autocode say it louder", True, True),
        ("bob", "Say it louder.", False, True),
        ("bob", "/autocode rebase", False, False),
        ("bob", "/autocode fix", False, False),
        ("carol", "/autocode fix say it louder", False, False),
    ],
)
def test_what_is_for_the_agent_counts_until_it_has_read_it(
    author: str, body: str, commanded: bool, in_any_words: bool
) -> None:
    seen = observation(comments=(comment(50, author, body),), pull_requests=(pull_request(),))
    assert is_told(record(), seen, in_any_words=False) is commanded
    assert is_told(record(), seen, in_any_words=True) is in_any_words
    assert not is_told(record(comment_cursor=50), seen, in_any_words=True)
