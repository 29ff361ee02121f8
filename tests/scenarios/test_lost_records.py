"""A record that tells of something was not written, or whoever goes on has other files: nothing is lost."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis

from jobs.agent.tools.submit import IN_VAIN
from jobs.queue import LATER
from jobs.ticket.threads import ANSWERED_AT_ONCE
from tests.model.replies import ask, create, edit, submit, view
from tests.scenarios.conftest import ENVIRON
from tests.scenarios.reviewing import Reviewers, answer
from tests.scenarios.test_conflicts import head_of, parents, waiting
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.test_recovery import mirror_of
from tests.scenarios.test_reviews import reviewed
from tests.scenarios.world import WRONG, Issue, World

TURNS = int(ENVIRON["AUTOCODE_MAX_TURNS"])


def losing(issue: Issue, **fault: Any) -> Callable[[], None]:
    """Let one of the next calls fail; what is given waits until the worker has put the ticket off for that."""
    stack = issue.repo.world.stack
    issue.repo.world.fault(answer=502, **fault)
    so_far = len(stack.logs("coding"))

    def until_lost() -> None:
        issue.wait(lambda: "observing again" in stack.logs("coding")[so_far:], "the call that fails")
        issue.wait(lambda: put_off(issue, time.time() + 3), "the ticket to be put off")

    return until_lost


def put_off(issue: Issue, until: float) -> list[bytes]:
    """The ticket, if it is put off until then at least."""
    with Redis.from_url(issue.repo.world.stack.redis_url) as redis:
        later: Any = redis.zrangebyscore(LATER, until, "+inf")
    return [key for key in later if key.decode().endswith(f"/{issue.repo.name}#{issue.number}")]


def hurry(issue: Issue) -> None:
    """What was written must show by now: this hub has no copies that lag behind."""
    with Redis.from_url(issue.repo.world.stack.redis_url) as redis:
        for key in put_off(issue, 0):
            redis.delete(f"unrecorded:{key.decode()}")
            redis.zadd(LATER, {key: time.time()})


def losing_record(issue: Issue, phase: str) -> Callable[[], None]:
    """The next writing of a record fails that says this phase."""
    operation = rf'\\"phase\\": ?\\"{phase}\\"'
    return losing(issue, path=r"(/graphql|/issues/comments/\d+)$", operation=operation)


def losing_push(issue: Issue) -> Callable[[], None]:
    """The next push fails."""
    return losing(issue, method="POST", path=f"/{issue.repo.name}.git/git-receive-pack$")


def files_of(issue: Issue) -> list[Path]:
    """Where this machine has the ticket's files, and what git knows about them."""
    mirror = mirror_of(issue.repo.world, issue.repo)
    return [base / str(issue.number) for base in (mirror.with_suffix(".worktrees"), mirror / "worktrees")]


class AnotherMachine:
    """Where the ticket's files are as they are now, whatever happens to them here."""

    def __init__(self, issue: Issue, directory: Path) -> None:
        self.places = files_of(issue)
        self.copies = [directory / str(number) for number, _ in enumerate(self.places)]
        for place, copy in zip(self.places, self.copies, strict=True):
            shutil.copytree(place, copy, symlinks=True)

    def goes_on(self) -> None:
        for place, copy in zip(self.places, self.copies, strict=True):
            shutil.rmtree(place)
            shutil.copytree(copy, place, symlinks=True)


def with_a_second_round(world: World, title: str, kind: str, text: str) -> tuple[Issue, Reviewers]:
    """A ticket in review whose next round changes the README, and does so again if it is begun anew."""
    told = ("Done.", ("T1", kind, text))
    second = [edit("README.md", "# greet", "# Greets"), answer(*told), answer(*told)]
    return reviewed(world, title, *second, *second)


def changed_in(issue: Issue) -> set[str]:
    files = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/files")
    return {item["filename"] for item in files}


def test_what_was_said_before_a_question_is_no_answer_to_it(world: World) -> None:
    title = "Greet people as somebody has said"
    issue = world.repository().issue(title)
    world.will(ask("Formal or casual?"), *BRISK, when=(title,))
    world.stack.pause("coding")
    issue.label()
    issue.say("Say it with a smile.", by="alice")
    until_lost = losing_record(issue, "asking")
    world.stack.resume("coding")
    until_lost()
    hurry(issue)
    issue.until("asking")
    world.settle()
    record = issue.record()
    assert record is not None
    assert (record.phase, calls_about(world, title)) == ("asking", 1)
    issue.say("Formal, please.", by="alice")
    issue.until("validating")


def test_a_review_that_was_worked_on_is_not_worked_on_again(world: World) -> None:
    title = "Greet people whose review is lost"
    told = ("Done.", ("T1", "changed", "Done so."))
    issue, people = reviewed(
        world, title, edit("README.md", "# greet", "# Greets"), answer(*told), answer(*told)
    )
    before = calls_about(world, title)
    until_lost = losing_record(issue, "publishing")
    people.review("REQUEST_CHANGES", "One thing.", "Say so.")
    until_lost()
    hurry(issue)
    issue.until("validating")
    world.settle()
    record = issue.record()
    assert record is not None
    assert (record.phase, record.iteration) == ("validating", 2)
    assert calls_about(world, title) == before + 3
    assert [len(item.said) for item in people.conversations()] == [2]


def test_the_threads_that_a_round_has_left_are_not_forgotten(world: World) -> None:
    title = "Greet people whom nothing pleases twice"
    first = [(f"T{number}", "answered", f"Answer {number}.") for number in range(1, ANSWERED_AT_ONCE + 1)]
    issue, people = reviewed(world, title, answer("-", *first), answer("-", *first))
    rest = ("-", ("T1", "answered", "The last answer."))
    world.will(answer(*rest), answer(*rest), when=(title, "Iteration 3 of"))
    until_lost = losing_record(issue, "publishing")
    people.review("COMMENT", "", *(f"Why {number}?" for number in range(ANSWERED_AT_ONCE + 1)))
    until_lost()
    hurry(issue)
    issue.until("validating", iteration=3)
    assert [len(item.said) for item in people.conversations()] == [2] * (ANSWERED_AT_ONCE + 1)


def test_nobody_gets_turns_that_people_have_not_granted(world: World) -> None:
    title = "Greet people within bounds"
    issue = world.repository().issue(title)
    world.will(*[view("greet.py")] * TURNS, *BRISK, when=(title,))
    until_lost = losing_record(issue, "publishing")
    issue.label()
    until_lost()
    hurry(issue)
    issue.until("asking")
    assert calls_about(world, title) == TURNS
    assert f"all {TURNS} turns" in issue.told()[0]
    issue.say("/autocode continue", by="alice")
    issue.until("validating")
    assert calls_about(world, title) == TURNS + len(BRISK)


def test_a_conversation_about_other_files_is_begun_anew(world: World, tmp_path: Path) -> None:
    title = "Greet people from one machine and another"
    issue, people = with_a_second_round(world, title, "changed", "Done so.")
    another = AnotherMachine(issue, tmp_path)
    until_lost = losing_record(issue, "publishing")
    people.review("REQUEST_CHANGES", "One thing.", "Say so.")
    until_lost()
    another.goes_on()
    hurry(issue)
    record = issue.until("validating")
    assert record.iteration == 2
    assert changed_in(issue) == {"greet.py", "README.md"}


def test_a_change_that_was_lost_is_not_taken_for_a_mere_answer(world: World, tmp_path: Path) -> None:
    title = "Greet people and answer from another machine"
    issue, people = with_a_second_round(world, title, "answered", "An f-string is quicker.")
    another = AnotherMachine(issue, tmp_path)
    until_lost = losing_push(issue)
    people.review("REQUEST_CHANGES", "Say so in the README.", "Why an f-string?")
    until_lost()
    another.goes_on()
    hurry(issue)
    record = issue.until("validating")
    assert record.iteration == 2
    assert changed_in(issue) == {"greet.py", "README.md"}
    assert [len(item.said) for item in people.conversations()] == [2]


def test_who_has_changed_nothing_is_not_asked_to_do_it_once_more(world: World) -> None:
    title = "Greet people as they are"
    issue = world.repository().issue(title)
    world.will(edit("greet.py", "return ''", WRONG), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(submit(), submit(), when=(title, "Iteration 2 of"))
    until_lost = losing_record(issue, "failed")
    issue.label()
    until_lost()
    hurry(issue)
    issue.until("failed")
    assert calls_about(world, title) == 5
    [told] = issue.told()
    assert "nothing more to change" in told


def test_what_people_wanted_besides_an_update_is_done_although_it_was_lost_once(
    world: World, tmp_path: Path
) -> None:
    title = "Greet people up to date"
    issue = waiting(world, title)
    another = AnotherMachine(issue, tmp_path)
    louder = [create("loud.md", "# Loud\n"), submit(), submit("Louder.")]
    world.will(*louder, *louder, when=(title, "Iteration 2 of", "louder"))
    issue.repo.put("notes.md", "# Theirs\n", is_new=True)
    until_lost = losing_push(issue)
    world.stack.pause("tickets")
    issue.say("/autocode rebase", by="bob")
    issue.say("/autocode fix say it louder", by="bob")
    world.stack.resume("tickets")
    until_lost()
    another.goes_on()
    hurry(issue)
    record = issue.until("validating", iteration=2)
    assert record.update is False
    assert changed_in(issue) == {"greet.py", "loud.md"}


def test_who_gives_up_has_to_do_so_once(world: World) -> None:
    title = "Greet people in vain"
    issue = world.repository().issue(title)
    world.will(*[submit()] * (IN_VAIN + 1), when=(title,))
    until_lost = losing_record(issue, "failed")
    issue.label()
    until_lost()
    hurry(issue)
    issue.until("failed")
    assert calls_about(world, title) == IN_VAIN + 1
    issue.wait(lambda: not any(place.exists() for place in files_of(issue)), "the end of its files")


def test_an_update_that_gave_way_to_somebodys_push_is_made_again(world: World) -> None:
    issue = waiting(world, "Greet people in between")
    issue.repo.put("notes.md", "# Theirs\n", is_new=True)
    until_lost = losing_push(issue)
    issue.say("/autocode rebase", by="bob")
    until_lost()
    issue.repo.put("more.md", "# Bob's\n", branch=issue.repo.branches()[0], by="bob", is_new=True)
    bobs = head_of(issue, issue.repo.branches()[0])
    hurry(issue)
    record = issue.until("validating", iteration=2)
    assert record.update is False
    assert parents(issue)[-1] == [bobs, head_of(issue, "main")]
