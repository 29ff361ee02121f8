"""A record that tells of something was not written: whoever goes on from the older one does nothing twice."""

from tests.model.replies import ask
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.world import Issue, World


def lose_record(world: World, phase: str) -> None:
    """Let the next writing of a record fail that says this phase."""
    operation = rf'\\"phase\\": ?\\"{phase}\\"'
    world.fault(path=r"(/graphql|/issues/comments/\d+)$", operation=operation, answer=502)


def until_lost(issue: Issue) -> None:
    """Wait until the record could not be written."""
    issue.wait(lambda: not issue.repo.world.control("GET", "faults"), "the record that is lost")


def test_what_was_said_before_a_question_is_no_answer_to_it(world: World) -> None:
    title = "Greet people as somebody has said"
    issue = world.repository().issue(title)
    world.will(ask("Formal or casual?"), *BRISK, when=(title,))
    world.stack.pause("coding")
    issue.label()
    issue.say("Say it with a smile.", by="alice")
    lose_record(world, "asking")
    world.stack.resume("coding")
    until_lost(issue)
    issue.until("asking")
    world.settle()
    record = issue.record()
    assert record is not None
    assert (record.phase, calls_about(world, title)) == ("asking", 1)
    issue.say("Formal, please.", by="alice")
    issue.until("validating")
