"""Bad input ends in a clear word to the person concerned, with no traceback on the issue and nothing stuck."""

import pytest

from tests.model.replies import call, create, edit, say, submit
from tests.scenarios.world import FILES, RIGHT, WITH_CHECKS, Issue, World

BRISK = (edit("greet.py", "return ''", RIGHT), submit(), submit())


def told_without_a_traceback(issue: Issue) -> str:
    words = "\n".join(issue.told())
    assert "Traceback" not in words
    assert 'File "' not in words
    return words


def test_an_empty_issue_is_worked_by_its_title(world: World) -> None:
    title = "Greet people without a word"
    issue = world.repository().issue(title, body="")
    world.will(*BRISK, when=(title, "The issue has no text"))
    issue.label().until("validating")


def test_an_issue_of_60_kilobytes_is_cut_in_the_middle(world: World) -> None:
    title = "Greet people at length"
    issue = world.repository().issue(title, body="start " + "x" * 60_000 + " end")
    world.will(*BRISK, when=(title, "characters left out"))
    issue.label().until("validating")


def test_a_default_branch_of_another_name_is_used(world: World) -> None:
    title = "Greet people on trunk"
    repo = world.repository()
    head = repo.get("/git/ref/heads/main")["object"]["sha"]
    world.person("alice").post(f"/repos/{repo.name}/git/refs", {"ref": "refs/heads/trunk", "sha": head})
    world.person("alice").patch(f"/repos/{repo.name}", {"default_branch": "trunk"})
    issue = repo.issue(title)
    world.will(*BRISK, when=(title,))
    issue.label().until("validating")
    assert issue.pull_request()["base"]["ref"] == "trunk"


def test_an_empty_repository_is_told_what_it_lacks(world: World) -> None:
    issue = world.repository(files={}).issue("Greet people from nothing")
    issue.label().until("failed")
    assert "Push a first commit" in told_without_a_traceback(issue)


def test_without_a_workflow_people_are_told_that_nothing_verified_it(world: World) -> None:
    title = "Greet people unchecked"
    issue = world.repository(files=FILES).issue(title)
    world.will(*BRISK, when=(title,))
    issue.label().until("validating")
    assert "Nothing verified this change" in told_without_a_traceback(issue)


def test_an_archived_repository_is_left_alone(world: World) -> None:
    title = "Greet people in the archive"
    issue = world.repository().issue(title).label()
    world.will(*(say("…", faults=[{"delay": 1}]) for _ in range(5)), when=(title,))
    issue.wait(lambda: world.stack.model_requests(title), "the first model call")
    world.person("alice").patch(f"/repos/{issue.repo.name}", {"archived": True})
    world.settle()
    assert issue.told() == []
    ours = [line for line in world.stack.logs("coding").splitlines() if issue.repo.name in line]
    assert "dropped" in ours[-1]
    assert "archived" in ours[-1]


@pytest.mark.parametrize(
    ("title", "replies", "word"),
    [
        (
            "The model refuses",
            [say("I would rather not.", stop_reason="refusal", explanation="It is unkind.")],
            "refused",
        ),
        ("The model only talks", [say("Hm."), say("Hm."), say("Hm."), say("Hm.")], "without"),
        ("The model submits nothing", [submit(), submit(), submit(), submit()], "nothing"),
        (
            "The model runs out of tokens",
            [say("word " * 50, stop_reason="max_tokens") for _ in range(6)],
            "tokens",
        ),
    ],
)
def test_a_model_that_does_not_work_out(world: World, title: str, replies: list[object], word: str) -> None:
    issue = world.repository().issue(title)
    world.will(*replies, when=(title,))  # type: ignore[arg-type]
    issue.label().until("failed")
    assert word in told_without_a_traceback(issue)
    assert issue.state_labels() == {"autocode: failed"}


def test_a_stream_that_breaks_off_is_asked_for_again(world: World) -> None:
    title = "The model stops in mid-sentence"
    issue = world.repository().issue(title)
    cut = {**BRISK[0], "faults": [{"cut": True}]}
    world.will(cut, *BRISK[1:], when=(title,))
    issue.label().until("validating")


def test_an_edit_outside_the_worktree_is_refused_and_the_work_goes_on(world: World) -> None:
    title = "The model reaches out"
    issue = world.repository().issue(title)
    world.will(create("/etc/cron.d/x", "boom"), create("../../x", "boom"), *BRISK, when=(title,))
    issue.label().until("validating")
    files = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/files")
    assert [item["filename"] for item in files] == ["greet.py"]


def test_malformed_tool_input_is_answered_and_the_work_goes_on(world: World) -> None:
    title = "The model stutters"
    issue = world.repository().issue(title)
    world.will(call("dance", {}), call("submit", {"summary": 3}), *BRISK, when=(title,))
    issue.label().until("validating")


def test_a_change_of_the_workflows_is_never_committed(world: World) -> None:
    title = "The model disarms the checks"
    issue = world.repository(files=WITH_CHECKS).issue(title)
    world.will(
        create(".github/workflows/more.yml", "on: push"),
        submit(),
        submit(),
        submit(),
        submit(),
        when=(title,),
    )
    issue.label().until("failed")
    assert ".github/workflows" in told_without_a_traceback(issue)
    assert issue.repo.branches() == []


def test_a_ticket_that_runs_out_of_turns_is_held_as_a_draft_until_somebody_says_continue(
    world: World,
) -> None:
    title = "The model takes its time"
    issue = world.repository().issue(title)
    world.will(
        BRISK[0],
        *(say(f"Hm {n}") if n % 2 else edit("README.md", "# greet", "# greet") for n in range(12)),
        when=(title,),
    )
    issue.label().until("asking")
    words = told_without_a_traceback(issue)
    assert "turns" in words
    assert "/autocode continue" in words
    assert issue.pull_request()["draft"]
    issue.say("Looks good so far", by="bob")
    # The conversation goes on where it was, twelve replies in.
    world.will(*[say("…")] * 12, submit(), submit(), when=(title,))
    issue.say("/autocode continue", by="bob")
    issue.until("validating")
