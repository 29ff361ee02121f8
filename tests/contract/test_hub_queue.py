"""Merge queues and the rulesets that ask for them: joining, checks of the group, merging, being thrown out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.pulls import MERGE_QUEUE, Pulls, pulls

ENQUEUE = (
    "mutation($id: ID!) {enqueuePullRequest(input: {pullRequestId: $id}) {mergeQueueEntry {position state}}}"
)
QUEUED = "state isInMergeQueue isMergeQueueEnabled mergeQueueEntry {position state headCommit {oid}}"
CHECKS = {
    "type": "required_status_checks",
    "parameters": {
        "required_status_checks": [{"context": "ci"}],
        "strict_required_status_checks_policy": False,
    },
}
WORKFLOW = """
on: merge_group
jobs:
  ci:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: grep -q ten text.txt
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Pulls]:
    with pulls(tmp_path) as made:
        yield made


def begin(world: Pulls, *rules: dict[str, object]) -> int:
    """A pull request for a branch with a queue; gives the ruleset's id."""
    world.change("topic", _10="ten")
    world.open(body="Closes #1")
    names = {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}}
    body = {
        "name": "queue",
        "target": "branch",
        "enforcement": "active",
        "conditions": names,
        "rules": list(rules),
    }
    ruleset: int = world.rest("POST", "/rulesets", body)["id"]
    return ruleset


def enqueue(world: Pulls, number: int = 2) -> None:
    world.data(ENQUEUE, id=world.id_of(number))


def group(world: Pulls, number: int = 2) -> str:
    sha: str = world.pull(number, QUEUED)["mergeQueueEntry"]["headCommit"]["oid"]
    return sha


def test_direct_merging_is_refused_and_the_rules_can_be_read(world: Pulls):
    ruleset = begin(world, MERGE_QUEUE, CHECKS)
    answer = world.as_("bot", "PUT", "/pulls/2/merge")
    assert (answer.status_code, answer.json()["message"]) == (
        405, "Repository rule violations found\n\nChanges must be made through the merge queue\n\n",
    )  # fmt: skip
    listed = world.bot.get("/repos/acme/greet/rules/branches/main").json()
    assert [(row["type"], row["ruleset_id"]) for row in listed] == [
        ("merge_queue", ruleset), ("required_status_checks", ruleset),
    ]  # fmt: skip
    assert world.rest("GET", f"/rulesets/{ruleset}")["name"] == "queue"
    assert world.as_("bot", "DELETE", f"/rulesets/{ruleset}").status_code == 403
    assert world.as_("alice", "DELETE", f"/rulesets/{ruleset}").status_code == 204
    assert world.bot.get("/repos/acme/greet/rules/branches/main").json() == []
    assert world.as_("bot", "PUT", "/pulls/2/merge").status_code == 200


def test_what_is_not_ready_cannot_join_and_nothing_joins_twice(world: Pulls):
    begin(world, MERGE_QUEUE, CHECKS)
    early = world.error(ENQUEUE, id=world.id_of(2))["message"]
    world.report(2)
    weak = world.installation(pull_requests="write", contents="read")
    assert world.error(ENQUEUE, weak, id=world.id_of(2))["type"] == "FORBIDDEN"
    enqueue(world)
    assert 'Required status check "ci" is expected.' in early
    assert world.error(ENQUEUE, id=world.id_of(2))["message"] == "Pull request is already in the queue"


def test_a_group_is_checked_and_merged(world: Pulls):
    begin(world, MERGE_QUEUE, CHECKS)
    world.report(2)
    enqueue(world)
    waiting = world.pull(2, QUEUED)
    asked = world.heard("merge_group.checks_requested")[0]["merge_group"]
    main = world.rest("GET", "/git/ref/heads/main")["object"]["sha"]
    queue = world.in_repository(
        'mergeQueue(branch: "main") {entries(first: 5) {totalCount} configuration {mergeMethod}}'
    )
    world.rest("POST", f"/statuses/{group(world)}", {"state": "success", "context": "ci"})
    done = world.pull(2, QUEUED)
    assert (waiting["isInMergeQueue"], waiting["mergeQueueEntry"]["state"]) == (True, "AWAITING_CHECKS")
    assert asked["head_ref"] == f"refs/heads/gh-readonly-queue/main/pr-2-{main}"
    assert (asked["base_ref"], asked["base_sha"]) == ("refs/heads/main", main)
    assert queue["mergeQueue"] == {"entries": {"totalCount": 1}, "configuration": {"mergeMethod": "SQUASH"}}
    assert (done["state"], done["isInMergeQueue"], done["mergeQueueEntry"]) == ("MERGED", False, None)
    assert world.rest("GET", "/git/ref/heads/main")["object"]["sha"] == asked["head_sha"]
    assert world.rest("GET", "/issues/1")["state"] == "closed"
    assert world.heard("merge_group.destroyed")[0]["reason"] == "merged"
    assert world.heard("pull_request.dequeued")[0]["reason"] == "MERGE"
    assert world.rest("GET", "/git/matching-refs/heads/gh-readonly-queue") == []


def test_a_red_group_throws_its_pull_request_out_and_the_next_is_built(world: Pulls):
    begin(world, MERGE_QUEUE, CHECKS)
    world.change("second", _20="twenty")
    world.open("second")
    for number in (2, 3):
        world.report(number)
        enqueue(world, number)
    behind = world.pull(3, QUEUED)["mergeQueueEntry"]
    world.rest("POST", f"/statuses/{group(world)}", {"state": "failure", "context": "ci"})
    assert (behind["position"], behind["state"], behind["headCommit"]) == (2, "QUEUED", None)
    assert (world.pull(2, "state")["state"], world.pull(2, QUEUED)["isInMergeQueue"]) == ("OPEN", False)
    assert world.heard("pull_request.dequeued")[0]["reason"] == "CI_FAILURE"
    assert world.pull(3, QUEUED)["mergeQueueEntry"]["state"] == "AWAITING_CHECKS"


def test_the_queues_checks_are_run_by_actions_and_auto_merge_joins_the_queue(world: Pulls):
    world.write("main", ".github/workflows/queue.yml", WORKFLOW)
    world.rest("PATCH", "", {"allow_auto_merge": True})
    begin(world, MERGE_QUEUE, CHECKS)
    given = {"pullRequestId": world.id_of(2), "mergeMethod": "SQUASH"}
    world.mutate("enablePullRequestAutoMerge", "pullRequest {id}", **given)
    world.report(2)
    world.hub.until(lambda: world.pull(2, "state")["state"] == "MERGED", seconds=60, what="the merge")
    [run] = [
        row for row in world.rest("GET", "/actions/runs")["workflow_runs"] if row["event"] == "merge_group"
    ]
    assert run["conclusion"] == "success"


def test_a_pull_request_leaves_when_asked_and_when_it_is_pushed_to(world: Pulls):
    begin(world, MERGE_QUEUE, CHECKS)
    world.report(2)
    enqueue(world)
    world.mutate("dequeuePullRequest", "mergeQueueEntry {id}", id=world.id_of(2))
    first = world.pull(2, QUEUED)["isInMergeQueue"]
    query = "mutation($id: ID!) {dequeuePullRequest(input: {id: $id}) {clientMutationId}}"
    assert "Failed to remove PR" in world.error(query, id=world.id_of(2))["message"]
    enqueue(world)
    world.change("topic", _10="ten", _11="eleven")
    assert (first, world.pull(2, QUEUED)["isInMergeQueue"]) == (False, False)
    assert world.heard("merge_group.destroyed")[-1]["reason"] == "dequeued"


def test_a_branch_without_a_queue_has_none(world: Pulls):
    begin(world, CHECKS)
    assert world.in_repository("mergeQueue {id}")["mergeQueue"] is None
    assert world.pull(2, QUEUED)["isMergeQueueEnabled"] is False
    assert "does not have a merge queue" in world.error(ENQUEUE, id=world.id_of(2))["message"]
