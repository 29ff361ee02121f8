"""Workers die, stop and come back; the ticket goes on, and nothing is done twice."""

import signal

from tests.model.replies import edit, say, submit
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.world import RIGHT, Issue, World

SLOW = {"faults": [{"delay": 0.4}]}


def in_the_middle_of_coding(world: World, title: str) -> Issue:
    """A ticket whose agent has changed a file and is thinking."""
    issue = world.repository().issue(title)
    thinking = [say(f"Thinking {n}", **SLOW) for n in range(2)]
    world.will(
        edit("greet.py", "return ''", RIGHT),
        *thinking,
        edit("README.md", "# greet", "# greet!"),
        submit(),
        submit(),
        when=(title,),
    )
    issue.label()
    issue.wait(lambda: calls_about(world, title) >= 2, "the second model call")
    return issue


def assert_done_once(issue: Issue) -> None:
    issue.until("validating")
    assert len(issue.repo.branches()) == 1
    files = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/files")
    assert {item["filename"] for item in files} == {"greet.py", "README.md"}
    assert issue.conclusions() == ["success"]
    assert len(issue.told()) == 1


def test_a_stopped_worker_finishes_its_turn_and_another_one_goes_on_from_there(world: World) -> None:
    title = "Greet people across a deployment"
    issue = in_the_middle_of_coding(world, title)
    world.stack.kill("coding", signal.SIGTERM)
    turns = calls_about(world, title)
    record = issue.record()
    assert record is not None
    assert record.phase == "coding"
    assert record.spend.calls == turns
    world.stack.start("coding")
    assert_done_once(issue)
    # Two edits, two thoughts and two submits: nothing was asked of the model twice.
    assert calls_about(world, title) == 6


def test_a_killed_worker_costs_at_most_the_turn_in_hand(world: World) -> None:
    title = "Greet people through an outage"
    issue = in_the_middle_of_coding(world, title)
    issue.repo.put(".github/autocode.yml", "concurrency: 1\n")
    world.will(*BRISK, when=("Greet people later",))
    another = issue.repo.issue("Greet people later").label()
    another.until("queued")
    world.stack.kill("coding", signal.SIGKILL)
    world.stack.start("coding")
    assert_done_once(issue)
    assert calls_about(world, title) <= 7
    # Its slot was its own all the time.
    begun, ended = another.until("validating").rounds[0].at, issue.record().rounds[0].at
    assert begun > ended


def test_two_tickets_of_one_repository_are_worked_at_once(world: World) -> None:
    repo = world.repository()
    issues = [repo.issue(f"Greet people {word} people") for word in ("before", "behind")]
    for issue, word in zip(issues, ("before", "behind"), strict=True):
        world.will(
            edit("greet.py", "return ''", RIGHT),
            edit("README.md", "# greet", f"# greet {word}"),
            submit(),
            submit(),
            when=(f"Greet people {word} people",),
        )
        issue.label()
    for issue in issues:
        issue.until("validating")
    assert len(repo.branches()) == 2
