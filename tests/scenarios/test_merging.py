"""Tickets are merged, because somebody says so or the repository does, as far as GitHub's rules let them."""

import time
from typing import Any

from tests.contract.pulls import MERGE_QUEUE, ONE_REVIEW, UNPROTECTED
from tests.model.replies import create, submit
from tests.scenarios.test_commands import reacted
from tests.scenarios.test_people import BRISK
from tests.scenarios.world import Issue, World


def ticket(world: World, title: str, configuration: str = "", **settings: Any) -> Issue:
    """An issue that is about to be worked on."""
    world.will(*BRISK, when=(title,))
    issue = world.repository(**settings).issue(title)
    if configuration:
        issue.repo.put(".github/autocode.yml", configuration)
    return issue


def reviewed(world: World, title: str, configuration: str = "", **settings: Any) -> Issue:
    """A ticket whose pull request is ready."""
    issue = ticket(world, title, configuration, **settings)
    issue.label().until("validating")
    return issue


def protect(issue: Issue, **rules: Any) -> None:
    path = f"/repos/{issue.repo.name}/branches/main/protection"
    issue.repo.world.person("alice").put(path, UNPROTECTED | rules)


def approve(issue: Issue, by: str = "bob", event: str = "APPROVE") -> None:
    number = issue.pull_request()["number"]
    body = {"event": event, "body": "Well."}
    issue.repo.world.person(by).post(f"/repos/{issue.repo.name}/pulls/{number}/reviews", body)


def note(issue: Issue, words: str) -> None:
    """Wait for these words in the status comment."""
    issue.wait(lambda: words in (issue.status_comment() or {"body": ""})["body"], repr(words))


def merges(issue: Issue) -> list[int]:
    """What GitHub has answered to our asking for a merge at once."""
    path = f"/repos/{issue.repo.name}/pulls/{issue.pull_request()['number']}/merge"
    return [call["status"] for call in issue.repo.world.calls_of_the_app() if call["path"].endswith(path)]


def is_merged(issue: Issue) -> bool:
    return issue.pull_request()["merged_at"] is not None


def test_somebody_says_merge_and_everything_is_cleared_away(world: World) -> None:
    issue = reviewed(world, "Greet people for good")
    issue.say("/autocode merge", by="carol")
    reacted(issue, "/autocode merge", "-1")
    assert not is_merged(issue)
    issue.say("/autocode merge please", by="bob")
    record = issue.until("done")
    world.settle()
    assert merges(issue) == [200]
    assert issue.repo.branches() == []
    assert issue.repo.get(f"/issues/{issue.number}")["state"] == "closed"
    assert issue.state_labels() == set()
    status = issue.status_comment()
    assert status is not None
    assert f"${record.spend.usd:.4f}" in status["body"]
    assert not list(world.stack.directory.glob(f"**/{issue.repo.name}.worktrees/{issue.number}"))
    issue.say("/autocode merge", by="bob")
    note(issue, "`/autocode merge` does not fit now")


def test_on_green_nobody_has_to_say_anything(world: World) -> None:
    issue = ticket(world, "Greet people at once", "merge: on-green\nmethod: rebase\n")
    moved = {"message": "Base branch was modified. Review and try the merge again."}
    world.fault(path=f"/repos/{issue.repo.name}/pulls/.*/merge", method="PUT", answer=405, body=moved)
    issue.label().until("done")
    assert merges(issue) == [405, 200]
    assert issue.repo.get("/commits")[0]["commit"]["message"].startswith(f"feat(#{issue.number})")


def test_who_says_merge_sees_that_it_was_heard_while_github_is_still_finding_out(world: World) -> None:
    issue = reviewed(world, "Greet people in a moment")
    moved = {"message": "Base branch was modified. Review and try the merge again."}
    world.fault(path=f"/repos/{issue.repo.name}/pulls/.*/merge", method="PUT", answer=405, body=moved)
    before = len(world.calls_of_the_app())
    issue.say("/autocode merge")
    issue.until("done")
    calls = world.calls_of_the_app()[before:]
    asked = [place for place, call in enumerate(calls) if call["path"].endswith("/merge")]
    assert [calls[place]["status"] for place in asked] == [405, 200]
    meanwhile = [str(call["body"]) for call in calls[asked[0] : asked[1]] if call["path"] == "/graphql"]
    assert any("THUMBS_UP" in body for body in meanwhile)


def test_on_approval_the_word_of_who_may_write_counts(world: World) -> None:
    issue = reviewed(world, "Greet people once approved", "merge: on-approval\nmethod: merge\n")
    approve(issue, by="carol")
    world.settle()
    assert not is_merged(issue)
    approve(issue, by="bob")
    issue.until("done")
    assert len(issue.repo.get("/commits")[0]["parents"]) == 2


def test_a_merge_is_asked_for_while_the_checks_run(world: World) -> None:
    issue = ticket(world, "Greet people soon")
    issue.label().until("checking")
    issue.say("/autocode merge")
    issue.until("done")
    assert merges(issue) == [200]


def test_a_missing_review_is_said_once_and_asked_for_again(world: World) -> None:
    issue = ticket(world, "Greet people as reviewed", "merge: on-green\n")
    protect(issue, required_pull_request_reviews=ONE_REVIEW)
    issue.label().until("validating")
    note(issue, "an approving review is required by the rules of the base branch, and missing")
    world.settle()
    assert merges(issue) == []
    approve(issue)
    issue.until("done")
    assert merges(issue) == [200]


def test_what_github_refuses_is_said_in_its_own_words(world: World) -> None:
    issue = reviewed(world, "Greet people by the rules")
    protect(issue, required_status_checks={"strict": False, "contexts": [], "checks": [{"context": "slow"}]})
    issue.say("/autocode merge")
    note(issue, 'GitHub says: Required status check "slow" is expected.')
    world.settle()
    assert merges(issue) == [405]
    world.person("alice").delete(f"/repos/{issue.repo.name}/branches/main/protection")
    world.person("alice").patch(f"/repos/{issue.repo.name}", {"allow_squash_merge": False})
    issue.say("/autocode merge now")
    note(issue, "GitHub says: Squash merges are not allowed on this repository.")
    record = issue.record()
    assert record is not None
    assert record.phase == "validating"


def test_a_conflict_is_settled_before_anything_is_merged(world: World) -> None:
    title = "Greet people twice over"
    issue = reviewed(world, title)
    settled = create("greet.py", "def greet(name):\n    return f'Hello, {name}!'\n# Ahoy\n")
    world.will(settled, submit(), submit(), when=(title, "Conflicts with"))
    issue.repo.put("greet.py", "def greet(name):\n    return 'Ahoy'\n")
    issue.say("/autocode merge")
    issue.until("validating", iteration=2)
    world.settle()
    assert not is_merged(issue)
    # The head is another one now, so it is asked for anew.
    issue.say("/autocode merge it now")
    issue.until("done")


def test_a_branch_that_has_to_be_up_to_date_is_brought_there(world: World) -> None:
    issue = reviewed(world, "Greet people as of today")
    issue.repo.put("NEWS.md", "Today.\n")
    protect(issue, required_status_checks={"strict": True, "contexts": [], "checks": [{"context": "test"}]})
    issue.say("/autocode merge")
    issue.until("validating", iteration=2)
    note(issue, "The merge that @bob asked for has lapsed")
    issue.say("/autocode merge it now")
    issue.until("done")


def test_github_merges_by_itself_where_the_repository_lets_it(world: World) -> None:
    issue = ticket(world, "Greet people in time")
    world.person("alice").patch(f"/repos/{issue.repo.name}", {"allow_auto_merge": True})
    protect(issue, required_pull_request_reviews=ONE_REVIEW)
    issue.label().until("validating")
    issue.say("/autocode merge")
    issue.until("merging")
    note(issue, "Auto-merge is on")
    assert merges(issue) == []
    approve(issue)
    issue.until("done")
    assert merges(issue) == []
    assert issue.repo.branches() == []


def test_a_ticket_that_is_cancelled_is_not_merged_by_github_later(world: World) -> None:
    issue = ticket(world, "Greet people, or rather not")
    world.person("alice").patch(f"/repos/{issue.repo.name}", {"allow_auto_merge": True})
    protect(issue, required_pull_request_reviews=ONE_REVIEW)
    issue.label().until("validating")
    # No record tells that GitHub was asked, as if a worker had died then.
    world.fault(operation="enablePullRequestAutoMerge", answer=502, effect="after")
    issue.say("/autocode merge")
    issue.wait(lambda: issue.pull_request()["auto_merge"], "auto-merge")
    issue.unlabel()
    issue.until("cancelled")
    approve(issue)
    world.settle()
    assert not is_merged(issue)


def with_queue(issue: Issue) -> None:
    """Main gets a merge queue whose groups the check `gate` has to pass, as the pull request has."""
    names = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    ci = {"required_status_checks": [{"context": "gate"}], "strict_required_status_checks_policy": False}
    rules = [MERGE_QUEUE, {"type": "required_status_checks", "parameters": ci}]
    queue = {
        "name": "queue",
        "target": "branch",
        "enforcement": "active",
        "conditions": names,
        "rules": rules,
    }
    judge(issue, issue.pull_request()["head"]["sha"], "success")
    issue.repo.world.person("alice").post(f"/repos/{issue.repo.name}/rulesets", queue)


def judge(issue: Issue, sha: str, state: str) -> None:
    path = f"/repos/{issue.repo.name}/statuses/{sha}"
    issue.repo.world.person("alice").post(path, {"state": state, "context": "gate"})


def test_the_merge_queue_is_used_where_the_branch_has_one(world: World) -> None:
    issue = reviewed(world, "Greet people in line")
    with_queue(issue)
    issue.say("/autocode merge")
    issue.until("merging")
    judge(issue, gate(issue), "failure")
    if world.is_enterprise:
        # Its webhooks do not tell of it.
        issue.say("Is it in?")
    issue.until("validating")
    note(issue, "GitHub has taken the pull request out of its merge queue")
    # Merged within the same second, the queue's commit would be the very one that failed.
    time.sleep(1)
    issue.say("/autocode merge again")
    issue.until("merging")
    judge(issue, gate(issue), "success")
    issue.until("done")


def test_a_ticket_that_is_stopped_leaves_the_queue(world: World) -> None:
    issue = reviewed(world, "Greet people out of line")
    with_queue(issue)
    issue.say("/autocode merge")
    issue.until("merging")
    gate(issue)
    issue.say("/autocode stop")
    issue.until("cancelled")
    assert issue.repo.get("/git/matching-refs/heads/gh-readonly-queue") == []


def gate(issue: Issue) -> str:
    """The commit that the queue wants checked."""

    def group() -> str | None:
        found = issue.repo.get("/git/matching-refs/heads/gh-readonly-queue")
        return found[0]["object"]["sha"] if found else None

    return issue.wait(group, "the queue's branch")


def test_a_lost_answer_is_not_asked_for_twice(world: World) -> None:
    issue = reviewed(world, "Greet people before us")
    number = issue.pull_request()["number"]
    path = f"/repos/{issue.repo.name}/pulls/{number}/merge"
    world.fault(path=path, method="PUT", answer=502, effect="after")
    issue.say("/autocode merge")
    issue.until("done")
    world.settle()
    assert is_merged(issue)
    assert merges(issue) == [502]


def test_a_person_merges_and_the_same_is_cleared_away(world: World) -> None:
    issue = reviewed(world, "Greet people, says Alice")
    number = issue.pull_request()["number"]
    world.person("alice").put(f"/repos/{issue.repo.name}/pulls/{number}/merge")
    issue.until("done")
    issue.wait(lambda: not issue.repo.branches(), "the end of the branch")
    assert merges(issue) == []


GRANTED = {
    "actions": "read", "checks": "write", "contents": "read", "issues": "write", "metadata": "read",
    "pull_requests": "write", "statuses": "read",
}  # fmt: skip
"""Enough for everything but pushes and merges."""


def test_a_missing_permission_is_said_and_the_ticket_goes_on(world: World) -> None:
    issue = reviewed(world, "Greet people unmerged")
    world.control("POST", "permissions", GRANTED)
    try:
        issue.say("/autocode merge")
        note(issue, "autocode needs the permission **contents: write**")
    finally:
        world.control("POST", "permissions", GRANTED | {"contents": "write"})
    issue.until("validating")
    issue.say("/autocode merge again")
    issue.until("done")


def test_a_missing_permission_keeps_no_ticket_from_its_end(world: World) -> None:
    issue = ticket(world, "Greet people without leave")
    world.person("alice").patch(f"/repos/{issue.repo.name}", {"allow_auto_merge": True})
    protect(issue, required_pull_request_reviews=ONE_REVIEW)
    issue.label().until("validating")
    issue.say("/autocode merge")
    issue.until("merging")
    world.control("POST", "permissions", GRANTED)
    try:
        issue.say("/autocode stop")
        issue.until("cancelled")
        approve(issue)
        # Auto-merge could not be taken back, nor can the branch be deleted.
        issue.until("done")
        assert len(issue.repo.branches()) == 1
    finally:
        world.control("POST", "permissions", GRANTED | {"contents": "write"})
