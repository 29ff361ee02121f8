"""Processes are killed, Redis is emptied, disks fill up, mirrors rot: the ticket goes on from the record, done once.

What has to wait for leases and reports to run out is in test_takeover.py.
"""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs.worker import GIVEN_UP_AFTER
from tests.model.replies import ask, edit, say, submit
from tests.processes import until
from tests.scenarios.test_people import BRISK, calls_about
from tests.scenarios.test_workers import assert_done_once, in_the_middle_of_coding
from tests.scenarios.world import PROCESSES, RIGHT, Issue, Repo, World, playing

TURNS = 6
"""Model calls that a ticket of `in_the_middle_of_coding` takes when nothing happens to it."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack of its own, in which everything is killed."""
    with playing(tmp_path_factory.mktemp("stack"), {"AUTOCODE_CHECKS_WAIT": "3"}) as world:
        yield world


def kill_horse(world: World, lane: str = "coding") -> None:
    """Kill what does the worker's job just now, and see that it is gone."""
    horse = until("a horse", lambda: world.stack.horse(lane), seconds=10)
    horse.kill()
    until("its end", lambda: world.stack.horse(lane) != horse or None, seconds=10)


def while_the_machine_is_down(world: World) -> None:
    """Longer than reports and leases last: in what Redis has kept they have become old."""
    with Redis.from_url(world.stack.redis_url) as redis:
        for lane in ("tickets", "coding"):
            for execution, due in redis.zrange(f"rq:wip:{lane}", 0, -1, withscores=True):
                assert due <= time.time() + GIVEN_UP_AFTER
                redis.delete(f"rq:execution:{execution.decode()}")
                redis.zadd(f"rq:wip:{lane}", {execution: 1})
        for key in redis.scan_iter("autocode:lease:*"):
            assert redis.pttl(key) > 0
            redis.delete(key)


# What dies.


def test_a_killed_horse_costs_at_most_the_turn_in_hand(world: World) -> None:
    title = "Greet people without a horse"
    issue = in_the_middle_of_coding(world, title)
    kill_horse(world)
    assert_done_once(issue)
    assert calls_about(world, title) <= TURNS + 1


def test_a_killed_redis_costs_at_most_the_turn_in_hand(world: World) -> None:
    title = "Greet people through a restart of Redis"
    issue = in_the_middle_of_coding(world, title)
    world.stack.kill("redis")
    world.stack.start_redis()
    assert_done_once(issue)
    assert calls_about(world, title) <= TURNS + 1


def test_an_emptied_redis_costs_at_most_the_iteration(world: World) -> None:
    title = "Greet people and forget everything"
    issue = in_the_middle_of_coding(world, title)
    with Redis.from_url(world.stack.redis_url) as redis:
        redis.flushall()
    so_far = calls_about(world, title)
    assert_done_once(issue)
    # The turn in hand is one more.
    assert calls_about(world, title) <= so_far + 1 + TURNS


def test_what_was_spent_counts_when_the_repository_is_renamed_meanwhile(world: World) -> None:
    title = "Greet people in a house with another name"
    issue = in_the_middle_of_coding(world, title)
    name = f"{issue.repo.name}-again"
    world.person("alice").patch(f"/repos/{issue.repo.name}", {"name": name.partition("/")[2]})
    issue.repo.name = name
    kill_horse(world)
    record = issue.until("validating")
    # The turn in hand is lost, and the files under the old name with all the others.
    assert record.spend.calls == calls_about(world, title) - 1 > TURNS


def test_with_web_and_clock_dead_the_worker_goes_on_and_what_was_missed_is_found(world: World) -> None:
    title = "Greet people with nobody listening"
    issue = in_the_middle_of_coding(world, title)
    for name in ("web", "clock"):
        world.stack.kill(name)
    title_missed = "Greet people whom nobody heard"
    world.will(*BRISK, when=(title_missed,))
    missed = world.repository().issue(title_missed).label()
    issue.until("checking")
    world.stack.start("web", "clock")
    missed.until("validating")
    assert_done_once(issue)
    assert calls_about(world, title) == TURNS


@pytest.mark.parametrize(
    ("redis_file", "data", "most"),
    # What becomes of files without what Redis knew of them is shown above.
    [("kept", "kept", TURNS + 1), ("lost", "lost", 2 * TURNS)],
)
def test_after_a_reboot_the_ticket_goes_on(world: World, redis_file: str, data: str, most: int) -> None:
    title = f"Greet people after a reboot, file {redis_file}, data {data}"
    issue = in_the_middle_of_coding(world, title)
    if redis_file == "kept":
        issue.wait(lambda: calls_about(world, title) >= 3, "the third model call")
    for name in PROCESSES:
        world.stack.kill(name)
    if redis_file == "kept":
        # On a busy disk it writes two seconds late, and the turns of this test are quicker.
        with Redis.from_url(world.stack.redis_url) as redis:
            issue.wait(lambda: not redis.info("persistence")["aof_buffer_length"], "the file to be written")
    world.stack.kill("redis")
    if data == "lost":
        shutil.rmtree(world.stack.directory / "data")
    world.stack.start_redis(keep=redis_file == "kept")
    while_the_machine_is_down(world)
    world.stack.start(*PROCESSES)
    assert_done_once(issue)
    assert calls_about(world, title) <= most


@pytest.mark.parametrize(
    ("lane", "path"),
    [
        ("tickets", "/graphql$"),
        ("coding", "/{repo}.git/git-receive-pack$"),
        ("coding", "/repos/{repo}/pulls$"),
    ],
)
def test_who_is_killed_after_an_effect_and_before_its_answer_does_not_make_it_twice(
    world: World, lane: str, path: str
) -> None:
    title = f"Greet people and lose the answer of {path.rpartition('/')[2]}"
    issue = world.repository().issue(title)
    world.will(*BRISK, when=(title,))
    where = path.format(issue=issue.path, repo=issue.repo.name)
    # Of GraphQL's requests that with which the status comment is written.
    about = rf'"comment": ?{{"subjectId": ?"{issue.node_id}"' if where == "/graphql$" else ""
    world.fault(method="POST", path=where, operation=about, answer="timeout", delay=4, effect="after")
    issue.label()
    issue.wait(lambda: not world.control("GET", "faults"), f"the call of {where}")
    kill_horse(world, lane)
    issue.until("validating")
    # There is one status comment, or this would have failed before, and one pull request.
    assert len(issue.repo.get(f"/pulls/{issue.pull_request()['number']}/commits")) == 1
    assert len(issue.repo.branches()) == 1
    assert len(issue.told()) == 1


def test_what_was_coded_and_is_lost_before_it_was_pushed_is_coded_again(world: World) -> None:
    title = "Greet people and lose everything before the push"
    issue = world.repository().issue(title)
    world.will(*BRISK, *BRISK, when=(title,))
    path = r"/issues/comments/\d+$"
    # That it was submitted is recorded by the second attempt, which goes on with what the first one has left.
    world.fault(method="PATCH", path=path, answer=502)
    world.fault(method="PATCH", path=path, answer="timeout", delay=4, effect="after")
    issue.label()
    issue.wait(lambda: not world.control("GET", "faults"), "the second attempt")
    kill_horse(world)
    record = issue.record()
    assert record is not None
    assert record.phase == "publishing"
    shutil.rmtree(mirror_of(world, issue.repo).with_suffix(".worktrees"))
    issue.until("validating")
    assert len(issue.repo.get(f"/pulls/{issue.pull_request()['number']}/commits")) == 1
    assert calls_about(world, title) == 2 * len(BRISK)


def test_an_answer_whose_reading_could_not_be_recorded_is_not_told_to_the_agent_again(world: World) -> None:
    title = "Greet people as they were told once"
    issue = world.repository().issue(title)
    world.will(ask("Formal or casual?"), *BRISK, when=(title,))
    issue.label().until("asking")
    world.fault(method="PATCH", path=r"/issues/comments/\d+$", answer=502)
    issue.say("Formal, please.", by="alice")
    issue.until("validating")
    assert not world.control("GET", "faults")
    assert calls_about(world, title) == 1 + len(BRISK)


# Poison.


def poisoned(world: World, title: str) -> Issue:
    """A ticket whose horse has died in its first turn three times."""
    issue = world.repository().issue(title)
    deadly = say("Bang.", faults=[{"delay": 8}] * 3)
    world.will(deadly, when=(title,))
    issue.label()
    for times in (1, 2, 3):
        issue.wait(lambda times=times: calls_about(world, title) >= times, f"model call {times}")  # type: ignore[misc]
        kill_horse(world)
    record = issue.until("failed")
    [apology] = issue.told()
    assert "Something went wrong inside autocode" in apology
    assert record.run in apology
    world.settle()
    assert calls_about(world, title) == 3
    # Nobody needs its files any more.
    data = world.stack.directory / "data"
    assert not list(data.glob(f"*/{issue.repo.name}.worktrees/{issue.number}"))
    world.will(*BRISK, when=(title,))
    return issue


def test_a_ticket_whose_worker_dies_three_times_is_set_aside_until_somebody_retries(world: World) -> None:
    issue = poisoned(world, "Greet people and crash")
    issue.say("/autocode retry", by="alice")
    issue.until("validating")


def test_a_ticket_whose_worker_dies_three_times_is_set_aside_until_the_label_is_put_back(
    world: World,
) -> None:
    issue = poisoned(world, "Greet people and crash again")
    issue.unlabel()
    issue.label()
    issue.until("validating")


def test_deaths_between_which_something_was_achieved_do_not_add_up(world: World) -> None:
    title = "Greet people in a rough neighbourhood"
    issue = world.repository().issue(title)
    thoughts = [say(f"Thinking {n}", faults=[{"delay": 1}]) for n in range(4)]
    world.will(edit("greet.py", "return ''", RIGHT), *thoughts, submit(), submit(), when=(title,))
    issue.label()
    for turn in range(4):
        # Each death repeats the turn in hand.
        issue.wait(lambda turn=turn: calls_about(world, title) >= 2 + 2 * turn, f"thought {turn}")  # type: ignore[misc]
        kill_horse(world)
    issue.until("validating")


# What breaks on the machine.


def test_a_mirror_that_rots_while_the_agent_works_is_thrown_away_and_fetched_again(world: World) -> None:
    title = "Greet people from a rotten mirror"
    issue = in_the_middle_of_coding(world, title)
    objects = mirror_of(world, issue.repo) / "objects"
    for file in objects.rglob("*"):
        if file.is_file():
            file.chmod(0o600)
            os.truncate(file, file.stat().st_size // 2)
    assert_done_once(issue)
    assert calls_about(world, title) <= 2 * TURNS


def mirror_of(world: World, repo: Repo) -> Path:
    [found] = (world.stack.directory / "data").glob(f"*/{repo.name}.git")
    return found


def test_a_full_disk_pauses_the_ticket_says_so_and_loses_nothing(world: World) -> None:
    title = "Greet people on a full disk"
    world.stack.kill("coding", signal.SIGTERM)
    data = world.stack.directory / "data"
    # A file system of 48 MB that only this worker sees.
    small = (
        "bwrap",
        "--dev-bind",
        "/",
        "/",
        "--size",
        str(48 << 20),
        "--tmpfs",
        str(data),
        "--die-with-parent",
    )
    world.stack.start_another("coding", "cramped", small)
    try:
        issue = in_the_middle_of_coding(world, title)
        # The call that meets the full disk counts as interrupted, and is made again.
        thinking = [say(f"Thinking {n}", faults=[{"delay": 0.4}]) for n in range(2)]
        readme = edit("README.md", "# greet", "# greet!")
        world.will(BRISK[0], *thinking, readme, *[submit()] * 4, when=(title,))
        ballast = room_of(world, data) / "ballast"
        fill(ballast)
        record = issue.wait(
            lambda: (it := issue.record()) and "disk" in it.note and it, "the word about the disk"
        )
        assert record.phase == "coding"
        assert "AUTOCODE_MIRRORS_GB" in record.note
        ballast.unlink()
        assert_done_once(issue)
        assert calls_about(world, title) <= TURNS + 2
    finally:
        world.stack.kill("cramped")
        world.stack.start("coding")


def room_of(world: World, data: Path) -> Path:
    """The cramped worker's data directory, from outside."""
    [worker, *_] = [
        process
        for process in world.stack.child("cramped").descendants()
        if "jobs.worker" in " ".join(process.cmdline())
    ]
    return Path(f"/proc/{worker.pid}/root{data}")


def fill(ballast: Path) -> None:
    """Write until there is no room for another byte."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return
