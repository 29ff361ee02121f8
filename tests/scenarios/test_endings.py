"""A pull request is merged or closed: what the ticket leaves behind, and how it starts again."""

from tests.scenarios.test_merging import note, reviewed, ticket
from tests.scenarios.world import World


def test_into_another_branch_the_issue_is_closed_by_us(world: World) -> None:
    issue = ticket(world, "Greet people on develop", "base: develop\nmerge: on-green\n")
    main = issue.repo.get("/git/ref/heads/main")["object"]["sha"]
    path = f"/repos/{issue.repo.name}/git/refs"
    world.person("alice").post(path, {"ref": "refs/heads/develop", "sha": main})
    issue.label().until("done")
    assert issue.repo.get(f"/issues/{issue.number}")["state_reason"] == "completed"
    assert issue.repo.branches() == []


def test_a_pull_request_that_is_closed_leaves_nothing_behind_and_can_be_started_again(world: World) -> None:
    issue = reviewed(world, "Greet people, never mind")
    number = issue.pull_request()["number"]
    world.person("bob").patch(f"/repos/{issue.repo.name}/pulls/{number}", {"state": "closed"})
    issue.until("cancelled")
    note(issue, "To start afresh, put the label `autocode` back")
    world.settle()
    assert issue.repo.branches() == []
    assert issue.repo.get(f"/issues/{issue.number}/labels") == []
    issue.label().until("validating")
    assert len(issue.repo.pull_requests()) == 2


def test_a_branch_with_somebody_elses_commit_stays(world: World) -> None:
    issue = reviewed(world, "Greet people, Bob's way")
    pull = issue.pull_request()
    issue.repo.put("NOTES.md", "Mine.\n", branch=pull["head"]["ref"], by="bob")
    issue.wait(lambda: (issue.record() or pull).head_sha != pull["head"]["sha"], "the push")
    issue.until("validating")
    world.person("bob").patch(f"/repos/{issue.repo.name}/pulls/{pull['number']}", {"state": "closed"})
    issue.until("cancelled")
    note(issue, "holds commits of other people, so it stays")
    assert issue.repo.branches() == [pull["head"]["ref"]]
