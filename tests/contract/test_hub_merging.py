"""Mergeability, merging, rules of branches and auto-merge: as GitHub has them, refusals included."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.pulls import ONE_REVIEW, Pulls, pulls

MERGEABLE = "mergeable mergeStateStatus"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Pulls]:
    with pulls(tmp_path) as made:
        made.change("topic", _10="ten")
        made.open(body="Closes #1")
        yield made


def merge(world: Pulls, who: str = "bot", **how: Any) -> tuple[int, str]:
    """(status, message)."""
    answer = world.as_(who, "PUT", "/pulls/2/merge", how)
    return answer.status_code, answer.json()["message"].strip()


def parents(world: Pulls) -> list[str]:
    return [row["sha"] for row in world.rest("GET", "/commits/main")["parents"]]


# ── mergeability ────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_knows_whether_it_can_be_merged_before_somebody_asked(world: Pulls):
    first = world.rest("GET", "/pulls/2")
    second = world.rest("GET", "/pulls/2")
    world.change("main", _1="one")
    third = world.pull(2, MERGEABLE)
    assert (first["mergeable"], first["mergeable_state"]) == (None, "unknown")
    assert (second["mergeable"], second["mergeable_state"]) == (True, "clean")
    assert third == {"mergeable": "UNKNOWN", "mergeStateStatus": "UNKNOWN"}
    assert world.pull(2, MERGEABLE) == {"mergeable": "MERGEABLE", "mergeStateStatus": "CLEAN"}
    assert world.heard("pull_request.opened")[0]["pull_request"]["mergeable"] is None


def test_a_conflict_is_dirty_and_is_not_merged(world: Pulls):
    world.change("main", _10="10")
    assert world.merge_state(2) == "DIRTY"
    assert world.pull(2, "mergeable") == {"mergeable": "CONFLICTING"}
    assert merge(world) == (405, "Pull Request is not mergeable")
    answer = world.as_("bot", "PUT", "/pulls/2/update-branch")
    assert (answer.status_code, answer.json()["message"]) == (422, "merge conflict between base and head")


def test_a_red_check_that_nobody_requires_makes_it_unstable(world: Pulls):
    world.report(2, state="failure")
    assert world.merge_state(2) == "UNSTABLE"
    world.mutate("convertPullRequestToDraft", "pullRequest {id}", pullRequestId=world.id_of(2))
    assert world.merge_state(2) == "DRAFT"
    assert merge(world) == (405, "Pull Request is still a draft")


# ── merging ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_each_method_does_what_it_says_and_the_issue_is_closed(world: Pulls, method: str):
    head = world.change("topic", _10="ten", _20="twenty")
    main = world.change("main", _1="one")
    world.rest("PATCH", "", {"delete_branch_on_merge": True})
    assert merge(world, merge_method=method, sha=head) == (200, "Pull Request successfully merged")
    commits = world.rest("GET", "/commits?sha=main")
    if method == "merge":
        assert parents(world) == [main, head]
    else:
        made = commits[: 2 if method == "rebase" else 1]
        assert [commit["parents"][0]["sha"] for commit in made] == [commit["sha"] for commit in commits[1 : len(made) + 1]]  # noqa: E501 # fmt: skip
        assert commits[len(made)]["sha"] == main
        assert head not in [commit["sha"] for commit in commits]
    text = world.text()
    assert [line for line in text.splitlines() if not line.startswith("line")] == ["one", "ten", "twenty"]
    assert world.rest("GET", "/issues/1")["state"] == "closed"
    assert world.as_("alice", "GET", "/git/ref/heads/topic").status_code == 404
    assert world.heard("pull_request.closed")[0]["pull_request"]["merged"] is True


def test_a_merge_into_another_branch_closes_no_issue_and_a_branch_is_deleted_by_who_asks(world: Pulls):
    world.change("release", _3="three")
    world.rest("PATCH", "/pulls/2", {"base": "release"})
    assert merge(world)[0] == 200
    ref = world.in_repository('ref(qualifiedName: "topic") {id}')["ref"]["id"]
    query = "mutation($id: ID!) {deleteRef(input: {refId: $id}) {clientMutationId}}"
    assert world.error(query, world.installation(contents="read"), id=ref)["type"] == "FORBIDDEN"
    world.data(query, id=ref)
    assert world.rest("GET", "/issues/1")["state"] == "open"
    assert world.as_("alice", "GET", "/git/ref/heads/topic").status_code == 404
    assert world.as_("bot", "DELETE", "/git/refs/heads/topic").status_code == 422


def test_a_moved_head_a_forbidden_method_and_a_reader_are_refused(world: Pulls):
    world.rest("PATCH", "", {"allow_squash_merge": False, "allow_rebase_merge": False})
    refused = world.as_("alice", "PATCH", "", {"allow_merge_commit": False})
    assert refused.json()["errors"][0]["message"] == "Sorry, you need to allow at least one merge strategy."
    assert merge(world, sha="0" * 40) == (409, "Head branch was modified. Review and try the merge again.")
    assert merge(world, merge_method="squash") == (405, "Squash merges are not allowed on this repository.")
    assert merge(world, merge_method="rebase") == (405, "Rebase merges are not allowed on this repository.")
    assert merge(world, "carol")[0] == 403
    assert world.installation(contents="read").put("/repos/acme/greet/pulls/2/merge").status_code == 403
    assert merge(world)[0] == 200
    assert merge(world) == (405, "Pull Request is not mergeable")


@pytest.mark.parametrize("method", ["MERGE", "REBASE"])
def test_a_branch_is_brought_up_to_date(world: Pulls, method: str):
    assert world.as_("bot", "PUT", "/pulls/2/update-branch").json()["message"] == "There are no new commits on the base branch."  # noqa: E501 # fmt: skip
    main, head = world.change("main", _1="one"), world.rest("GET", "/pulls/2")["head"]["sha"]
    wrong = world.as_("bot", "PUT", "/pulls/2/update-branch", {"expected_head_sha": main})
    weak = world.installation(pull_requests="write", contents="read")
    given = {"pullRequestId": world.id_of(2), "updateMethod": method}
    assert (wrong.status_code, wrong.json()["message"][:18]) == (422, "expected head sha ")
    assert weak.put("/repos/acme/greet/pulls/2/update-branch").status_code == 403
    world.mutate("updatePullRequestBranch", "pullRequest {id}", **given)
    commits = world.rest("GET", "/pulls/2/commits")
    tip = [row["sha"] for row in commits[-1]["parents"]]
    assert tip == ([head, main] if method == "MERGE" else [main])
    assert world.heard("pull_request.synchronize")[-1]["before"] == head


# ── rules of branches ───────────────────────────────────────────────────────────────────────────────────────


def test_required_checks_block_until_they_pass(world: Pulls):
    world.require_checks("ci")
    row = "... on StatusContext {context isRequired(pullRequestNumber: 2)}"
    shown = f"statusCheckRollup {{contexts(first: 5) {{nodes {{{row}}}}}}}"
    assert world.merge_state(2) == "BLOCKED"
    assert merge(world) == (405, 'Required status check "ci" is expected.')
    world.report(2, state="pending")
    assert merge(world) == (405, 'Required status check "ci" is pending.')
    world.report(2, state="failure")
    assert merge(world) == (405, 'Required status check "ci" is failing.')
    world.report(2)
    world.report(2, "lint")
    found = world.pull(2, shown)["statusCheckRollup"]["contexts"]["nodes"]
    assert {row["context"]: row["isRequired"] for row in found} == {"ci": True, "lint": False}
    assert world.merge_state(2) == "CLEAN"
    assert merge(world)[0] == 200


def test_a_branch_that_has_to_be_up_to_date_is_behind(world: Pulls):
    world.require_checks("ci", strict=True)
    world.report(2)
    world.rest("DELETE", "/branches/main/protection")
    world.change("main", _1="one")
    world.require_checks("ci", strict=True)
    assert world.merge_state(2) == "BEHIND"
    assert merge(world) == (409, "Head branch is out of date. Review and try the merge again.")
    assert world.as_("bot", "PUT", "/pulls/2/update-branch").status_code == 202
    world.report(2)
    assert merge(world)[0] == 200


def test_reviews_are_counted_and_go_stale_and_conversations_are_resolved(world: Pulls):
    reviews = ONE_REVIEW | {"dismiss_stale_reviews": True}
    world.protect(required_pull_request_reviews=reviews, required_conversation_resolution=True)
    wanted = (405, "At least 1 approving review is required by reviewers with write access.")
    world.as_("carol", "POST", "/pulls/2/reviews", {"event": "APPROVE"})
    assert (merge(world), world.pull(2, "reviewDecision")["reviewDecision"]) == (wanted, "REVIEW_REQUIRED")
    world.approve(2)
    world.change("topic", _10="ten", _11="eleven")
    assert merge(world) == wanted
    remark = {"path": "text.txt", "line": 10, "body": "Hm"}
    world.rest("POST", "/pulls/2/reviews", {"event": "REQUEST_CHANGES", "comments": [remark], "body": "no"})
    assert merge(world) == (405, "1 review requesting changes by reviewers with write access.")
    world.approve(2)
    assert merge(world) == (405, "A conversation must be resolved before this pull request can be merged.")
    thread = world.pull(2, "reviewThreads(first: 1) {nodes {id}}")["reviewThreads"]["nodes"][0]["id"]
    world.mutate("resolveReviewThread", "thread {id}", threadId=thread)
    assert merge(world)[0] == 200


def test_an_administrator_may_where_the_rules_are_not_for_them(world: Pulls):
    world.protect(required_pull_request_reviews=ONE_REVIEW, enforce_admins=False)
    assert merge(world, "bob")[0] == 405
    assert merge(world, "alice")[0] == 200


def test_protection_is_read_and_written_by_administrators_only(world: Pulls):
    assert world.as_("alice", "GET", "/branches/main/protection").json()["message"] == "Branch not protected"
    assert world.as_("alice", "PUT", "/branches/main/protection", {}).status_code == 422
    world.require_checks(
        "ci", required_pull_request_reviews=ONE_REVIEW, restrictions={"users": ["bob"], "teams": []}
    )
    shown = world.rest("GET", "/branches/main/protection")
    assert shown["required_status_checks"]["checks"] == [{"context": "ci", "app_id": None}]
    assert shown["required_pull_request_reviews"]["required_approving_review_count"] == 1
    assert [user["login"] for user in shown["restrictions"]["users"]] == ["bob"]
    assert world.rest("GET", "/branches/main")["protected"] is True
    for who, status in (("bob", 403), ("bot", 403), ("mallory", 404)):
        assert world.as_(who, "GET", "/branches/main/protection").status_code == status
        assert world.as_(who, "DELETE", "/branches/main/protection").status_code == status
    query = 'ref(qualifiedName: "main") {branchProtectionRule {requiredStatusCheckContexts requiresApprovingReviews}}'
    asked = world.data(f'{{repository(owner: "acme", name: "greet") {{{query}}}}}', world.alice)
    assert asked["repository"]["ref"]["branchProtectionRule"] == {
        "requiredStatusCheckContexts": ["ci"],
        "requiresApprovingReviews": True,
    }
    assert world.in_repository(query)["ref"]["branchProtectionRule"] is None


# ── auto-merge ──────────────────────────────────────────────────────────────────────────────────────────────

ENABLE = (
    "mutation($id: ID!) {enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: SQUASH}) {pullRequest {"
    "autoMergeRequest {mergeMethod enabledBy {login}}}}}"
)


def test_auto_merge_is_refused_where_there_is_nothing_to_wait_for(world: Pulls):
    def refusal() -> Any:
        return world.error(ENABLE, id=world.id_of(2))["message"]

    assert refusal() == "Auto merge is not allowed for this repository"
    world.rest("PATCH", "", {"allow_auto_merge": True})
    assert refusal() == "Pull request Pull request is in clean status"
    world.report(2, state="pending")
    assert refusal() == "Pull request Pull request is in unstable status"
    weak = world.installation(pull_requests="write", contents="read")
    assert world.error(ENABLE, weak, id=world.id_of(2))["type"] == "FORBIDDEN"


def test_github_merges_by_itself_once_nothing_is_in_the_way(world: Pulls):
    world.rest("PATCH", "", {"allow_auto_merge": True})
    world.require_checks("ci", required_pull_request_reviews=ONE_REVIEW)
    enabled = world.data(ENABLE, id=world.id_of(2))["enablePullRequestAutoMerge"]["pullRequest"]
    world.report(2)
    before = world.pull(2, "state")["state"]
    world.approve(2)
    after = world.pull(2, "state mergedBy {login} autoMergeRequest {enabledAt}")
    assert enabled["autoMergeRequest"] == {"mergeMethod": "SQUASH", "enabledBy": {"login": "autocode"}}
    assert before == "OPEN"
    assert after == {"state": "MERGED", "mergedBy": {"login": "autocode"}, "autoMergeRequest": None}
    told = world.heard("pull_request.auto_merge_enabled")[0]["pull_request"]["auto_merge"]
    assert (told["merge_method"], told["enabled_by"]["login"]) == ("squash", "autocode[bot]")


def test_auto_merge_is_called_off(world: Pulls):
    world.rest("PATCH", "", {"allow_auto_merge": True})
    world.require_checks("ci")
    world.data(ENABLE, id=world.id_of(2))
    world.mutate("disablePullRequestAutoMerge", "pullRequest {id}", pullRequestId=world.id_of(2))
    world.report(2)
    assert world.pull(2, "state") == {"state": "OPEN"}
    assert len(world.heard("pull_request.auto_merge_disabled")) == 1


def test_the_page_says_what_is_in_the_way(world: Pulls):
    world.rest("PATCH", "", {"allow_auto_merge": True})
    world.require_checks("ci", required_pull_request_reviews=ONE_REVIEW)
    world.data(ENABLE, id=world.id_of(2))
    world.report(2, state="pending")
    shown = world.alice.get("/acme/greet/pull/2").text
    for words in (
        "At least 1 approving review",
        "Merging is blocked.",
        "enabled auto-merge (squash)",
        ">Required<",
    ):
        assert words in shown
