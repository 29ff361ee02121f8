"""Things that happen at odd moments: between two effects, in the last turn, twice, or from an unexpected side."""

from tests.model.replies import ask, create, edit, say, submit
from tests.scenarios.test_people import BRISK, SLOW, calls_about
from tests.scenarios.world import RIGHT, WRONG, Issue, World

SLOW_SUBMIT = {**submit(), **SLOW}


def thinking(world: World, title: str, *, turns: int = 1) -> Issue:
    """A ticket whose agent has been asked for its `turns`th turn and takes its time over it."""
    issue = world.repository().issue(title).label()
    issue.wait(lambda: calls_about(world, title) >= turns, f"model call {turns}")
    return issue


def test_green_checks_of_somebody_elses_commit_say_nothing_about_ours(world: World) -> None:
    title = "Greet people while Bob pushes"
    world.will(edit("greet.py", "return ''", RIGHT), submit(), submit(), when=(title, "Iteration 1 of"))
    world.will(
        edit("greet.py", "Hello", "Hey"),
        SLOW_SUBMIT,
        SLOW_SUBMIT,
        when=(title, "Iteration 2 of", "Be casual"),
    )
    world.will(edit("greet.py", "Hey", "Hello"), submit(), submit(), when=(title, "Iteration 3 of"))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    number = issue.pull_request()["number"]
    review = {"event": "REQUEST_CHANGES", "body": "Be casual."}
    world.person("bob").post(f"/repos/{issue.repo.name}/pulls/{number}/reviews", review)
    issue.wait(lambda: calls_about(world, "Be casual") >= 2, "the second turn")
    issue.repo.put("notes.md", "# Bob's\n", branch=issue.repo.branches()[0], by="bob")
    record = issue.until("validating", iteration=3)
    assert record.head_sha == issue.pull_request()["head"]["sha"]
    assert "· on top of 1 commit of other people" in (issue.status_comment() or {})["body"]
    assert issue.conclusions()[-1] == "success"
    assert "failure" in issue.conclusions()


def test_whoever_cancels_in_the_last_turn_gets_no_pull_request(world: World) -> None:
    title = "Greet people too late"
    world.will(edit("greet.py", "return ''", RIGHT), submit(), SLOW_SUBMIT, when=(title,))
    issue = thinking(world, title, turns=3)
    issue.unlabel()
    issue.until("cancelled")
    world.settle()
    assert issue.repo.branches() == []
    assert issue.repo.pull_requests() == []


def test_a_new_run_has_nothing_of_the_one_before(world: World) -> None:
    title = "Greet people from scratch"
    world.will(create("leftover.txt", "mine"), say("Hm.", **SLOW), submit(), submit(), when=(title,))
    issue = thinking(world, title, turns=2)
    world.will(*BRISK, when=(title,))
    issue.unlabel()
    issue.label(by="bob")
    record = issue.until("validating")
    assert record.requested_by == "bob"
    files = issue.repo.get(f"/pulls/{issue.pull_request()['number']}/files")
    assert [item["filename"] for item in files] == ["greet.py"]


def test_the_same_question_can_be_asked_twice(world: World) -> None:
    title = "Greet people, but how"
    world.will(ask("How?"), ask("How?"), *BRISK, when=(title,))
    issue = world.repository().issue(title).label()
    issue.until("asking")
    issue.say("Guess.", by="bob")
    issue.wait(lambda: len(issue.told()) == 2, "the second question")
    issue.until("asking")
    issue.say("Politely.", by="bob")
    issue.until("validating")


def test_a_question_that_could_not_be_posted_is_posted_later_and_not_passed_over(world: World) -> None:
    title = "Greet people or delete them"
    world.will(ask("Delete all data?", **SLOW), *BRISK, when=(title,))
    issue = thinking(world, title)
    world.fault(operation=rf'"remark": ?{{"subjectId": ?"{issue.node_id}"', answer=502)
    issue.until("asking")
    assert [text for text in issue.told() if "Delete all data?" in text]
    assert calls_about(world, title) == 1


def test_a_pull_request_that_somebody_opened_for_our_branch_is_used(world: World) -> None:
    title = "Greet people in Bob's name"
    issue = world.repository().issue(title)
    branch = f"autocode/{issue.number}-greet-people-in-bob-s-name"
    head = issue.repo.get("/git/ref/heads/main")["object"]["sha"]
    world.person("bob").post(
        f"/repos/{issue.repo.name}/git/refs", {"ref": f"refs/heads/{branch}", "sha": head}
    )
    issue.repo.put("notes.md", "# Bob's\n", branch=branch, by="bob")
    made = {"title": "Bob's", "body": "", "head": branch, "base": "main", "draft": True}
    world.person("bob").post(f"/repos/{issue.repo.name}/pulls", made)
    world.will(*BRISK, when=(title,))
    issue.label().until("validating")
    assert issue.pull_request()["user"]["login"] == "bob"


def test_a_ready_pull_request_is_a_draft_again_while_it_is_mended(world: World) -> None:
    title = "Greet people once more"
    world.will(*BRISK, when=(title, "Iteration 1 of"))
    world.will(edit("greet.py", RIGHT, WRONG), submit(), submit(), when=(title, "Iteration 2 of"))
    world.will(say("…", faults=[{"delay": 3}]), when=(title, "Iteration 3 of"))
    issue = world.repository().issue(title).label()
    issue.until("validating")
    number = issue.pull_request()["number"]
    review = {"event": "REQUEST_CHANGES", "body": "Break it, please."}
    world.person("bob").post(f"/repos/{issue.repo.name}/pulls/{number}/reviews", review)
    issue.until("preparing", iteration=3)
    issue.wait(lambda: calls_about(world, title) >= 7, "the first model call of the third iteration")
    assert issue.pull_request()["draft"]


def test_something_of_ours_that_breaks_three_times_ends_in_an_apology(world: World) -> None:
    title = "Greet people and stumble"
    issue = world.repository().issue(title)
    # The model's API says that our request was malformed, which is nobody's fault but ours.
    world.will(say("x", faults=[{"status": 400, "message": "We sent nonsense."}] * 3), when=(title,))
    record = issue.label().until("failed")
    [apology] = issue.told()
    assert "Something went wrong inside autocode" in apology
    assert record.run in apology


def test_an_answer_that_comes_before_the_question_is_known_to_be_recorded_counts(world: World) -> None:
    title = "Greet people or wait"
    world.will(ask("Shall I?", **SLOW), *BRISK, when=(title,))
    issue = thinking(world, title)
    # The question is posted, and nobody hears that it was recorded.
    world.fault(operation=rf'"remark": ?{{"subjectId": ?"{issue.node_id}"', answer=502, effect="after")
    issue.wait(lambda: [text for text in issue.told() if "Shall I?" in text], "the question")
    issue.say("You shall.", by="bob")
    issue.until("validating")
    assert len([text for text in issue.told() if "Shall I?" in text]) == 1
