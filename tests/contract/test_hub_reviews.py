"""Reviews, threads that age with the diff, replies, reactions: as GitHub has them, refusals included."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.pulls import Pulls, pulls

THREAD = (
    "reviewThreads(first: 9) {nodes {id isResolved isOutdated isCollapsed path line originalLine startLine diffSide "
    "resolvedBy {login} viewerCanResolve comments(first: 9) {nodes {author {login} body diffHunk databaseId "
    "replyTo {databaseId} reactionGroups {content reactors(first: 5) {nodes {... on User {login} ... on Bot {login}}}} "
    "reactions(first: 5, content: THUMBS_UP) {nodes {content user {login}}}}}}}"
)
REMARK = {"path": "text.txt", "line": 10, "body": "Why ten?\n```suggestion\nline ten\n```"}


@pytest.fixture
def world(tmp_path: Any) -> Iterator[Pulls]:
    with pulls(tmp_path) as made:
        made.change("topic", _10="ten", _20="twenty")
        made.open()
        yield made


def threads(world: Pulls) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.pull(2, THREAD)["reviewThreads"]["nodes"]
    return found


def ask_for_changes(world: Pulls, *comments: dict[str, Any], who: str = "alice") -> int:
    body = {"event": "REQUEST_CHANGES", "body": "Hm.", "comments": list(comments) or [REMARK]}
    answer = world.as_(who, "POST", "/pulls/2/reviews", body)
    assert answer.status_code == 200, answer.text
    review: int = answer.json()["id"]
    return review


def first_comment(world: Pulls) -> int:
    comment: int = world.rest("GET", "/pulls/2/comments")[0]["id"]
    return comment


# ── threads ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_thread_has_lines_hunk_and_conversation(world: Pulls):
    ask_for_changes(world, REMARK | {"start_line": 8})
    parent = first_comment(world)
    reply = world.as_("bob", "POST", f"/pulls/2/comments/{parent}/replies", {"body": "Because."})
    [thread] = threads(world)
    [comment, answer] = thread["comments"]["nodes"]
    assert (reply.status_code, reply.json()["in_reply_to_id"]) == (201, parent)
    assert (thread["path"], thread["line"], thread["startLine"], thread["diffSide"]) == (
        "text.txt", 10, 8, "RIGHT",
    )  # fmt: skip
    assert comment["diffHunk"].endswith("-line 10\n+ten")
    assert (comment["replyTo"], answer["replyTo"]) == (None, {"databaseId": parent})
    assert (answer["author"]["login"], answer["body"]) == ("bob", "Because.")


def test_a_deleted_line_is_commented_on_the_left(world: Pulls):
    ask_for_changes(world, REMARK | {"side": "LEFT"})
    [thread] = threads(world)
    assert (thread["diffSide"], thread["line"]) == ("LEFT", 10)
    assert thread["comments"]["nodes"][0]["diffHunk"].endswith("-line 10")


def test_a_thread_moves_with_its_line_and_is_outdated_once_the_line_was_changed(world: Pulls):
    ask_for_changes(world, REMARK, REMARK | {"line": 20})
    text = world.text("topic")
    world.write("topic", "text.txt", "a new first line\n" + text.replace("twenty", "XX"))
    moved, gone = threads(world)
    assert (moved["isOutdated"], moved["line"], moved["originalLine"]) == (False, 11, 10)
    assert (gone["isOutdated"], gone["line"], gone["originalLine"]) == (True, None, 20)
    first, second = world.rest("GET", "/pulls/2/comments")
    head = world.rest("GET", "/pulls/2")["head"]["sha"]
    assert (first["line"], first["commit_id"]) == (11, head)
    assert (second["line"], second["position"], second["commit_id"]) == (
        None,
        None,
        second["original_commit_id"],
    )


def test_a_thread_is_resolved_and_unresolved_and_the_app_is_told(world: Pulls):
    ask_for_changes(world)
    [thread] = threads(world)
    resolved = world.mutate("resolveReviewThread", "thread {isResolved}", threadId=thread["id"])
    [after] = threads(world)
    world.mutate("unresolveReviewThread", "thread {isResolved}", threadId=thread["id"])
    assert resolved["thread"] == {"isResolved": True}
    assert (after["isResolved"], after["isCollapsed"], after["resolvedBy"]) == (True, True, None)
    [told] = world.heard("pull_request_review_thread.resolved")
    assert told["thread"]["node_id"] == thread["id"]
    assert len(world.heard("pull_request_review_thread.unresolved")) == 1


def test_who_can_only_read_resolves_nothing_but_in_a_pull_request_of_their_own(world: Pulls):
    ask_for_changes(world)
    [thread] = threads(world)
    query = "mutation($id: ID!) {resolveReviewThread(input: {threadId: $id}) {thread {isResolved}}}"
    for client in (world.hub.as_user("carol"), world.installation(pull_requests="write", contents="read")):
        assert world.error(query, client, id=thread["id"])["type"] == "FORBIDDEN"
    assert world.data(query, world.hub.as_user("bob"), id=thread["id"])


def test_a_reply_over_graphql_is_one_review_and_one_comment(world: Pulls):
    ask_for_changes(world)
    [thread] = threads(world)
    given = {"pullRequestReviewThreadId": thread["id"], "body": "Done in abc."}
    made = world.mutate("addPullRequestReviewThreadReply", "comment {body author {login}}", **given)
    assert made["comment"] == {"body": "Done in abc.", "author": {"login": "autocode"}}
    mine = world.heard("pull_request_review_comment.created")[-1]["comment"]
    review = world.heard("pull_request_review.submitted")[-1]["review"]
    assert (mine["in_reply_to_id"], mine["pull_request_review_id"]) == (first_comment(world), review["id"])
    assert (review["state"], review["body"]) == ("commented", "")


def test_replies_to_replies_and_to_nothing_are_404(world: Pulls):
    ask_for_changes(world)
    parent = first_comment(world)
    reply = world.rest("POST", f"/pulls/2/comments/{parent}/replies", {"body": "one"})["id"]
    for place in (reply, 1):
        answer = world.as_("alice", "POST", f"/pulls/2/comments/{place}/replies", {"body": "two"})
        assert answer.status_code == 404
    assert world.as_("alice", "POST", f"/pulls/2/comments/{parent}/replies", {}).status_code == 422


# ── what GitHub refuses ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        (
            {"line": 29},
            "Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't "
            "be blank",
        ),
        (
            {"line": 29, "start_line": 28},
            "Pull request review thread line must be part of the diff, Pull request review thread start line must be "
            "part of the same hunk as the line., and Pull request review thread diff hunk can't be blank",
        ),
        ({"line": 10, "start_line": 10}, "Pull request review thread start line must precede the end line."),
        ({"path": "README.md"}, "Path could not be resolved"),
    ],
)  # fmt: skip
def test_a_review_with_a_line_that_is_not_in_the_diff_is_refused_as_a_whole(world: Pulls, comment, said):
    body = {"event": "COMMENT", "comments": [REMARK, REMARK | comment]}
    answer = world.as_("alice", "POST", "/pulls/2/reviews", body)
    assert (answer.status_code, answer.json()["errors"]) == (422, [said])
    assert world.rest("GET", "/pulls/2/reviews") == []


def test_a_comment_outside_the_diff_is_refused_field_by_field(world: Pulls):
    head = world.rest("GET", "/pulls/2")["head"]["sha"]
    outside = world.as_("alice", "POST", "/pulls/2/comments", REMARK | {"line": 29, "commit_id": head})
    main = world.rest("GET", "/git/ref/heads/main")["object"]["sha"]
    elsewhere = world.as_("alice", "POST", "/pulls/2/comments", REMARK | {"commit_id": main})
    right = world.as_("alice", "POST", "/pulls/2/comments", REMARK | {"commit_id": head})
    fields = [error["field"] for error in outside.json()["errors"]]
    assert fields == ["pull_request_review_thread.line", "pull_request_review_thread.diff_hunk"]
    assert elsewhere.json()["errors"][0]["message"] == "commit_id is not part of the pull request"
    assert (right.status_code, right.json()["subject_type"]) == (201, "line")


@pytest.mark.parametrize(
    ("who", "body", "said"),
    [
        ("bob", {"event": "APPROVE"}, "Can not approve your own pull request"),
        ("bob", {"event": "REQUEST_CHANGES", "body": "x"}, "Can not request changes on your own pull request"),
        ("alice", {"event": "REQUEST_CHANGES"}, "Body cannot be blank"),
    ],
)  # fmt: skip
def test_a_review_that_makes_no_sense_is_422(world: Pulls, who, body, said):
    answer = world.as_(who, "POST", "/pulls/2/reviews", body)
    assert (answer.status_code, answer.json()["errors"]) == (422, [said])


def test_a_pending_review_is_its_authors_until_it_is_submitted(world: Pulls):
    draft = world.rest("POST", "/pulls/2/reviews", {"comments": [REMARK]})["id"]
    second = world.as_("alice", "POST", "/pulls/2/reviews", {"body": "again"})
    assert second.json()["errors"] == ["User can only have one pending review per pull request"]
    assert world.as_("bob", "GET", "/pulls/2/reviews").json() == []
    assert threads(world) == []
    submitted = world.rest("POST", f"/pulls/2/reviews/{draft}/events", {"event": "COMMENT"})
    assert submitted["state"] == "COMMENTED"
    assert len(threads(world)) == 1
    assert world.as_("alice", "DELETE", f"/pulls/2/reviews/{draft}").status_code == 422


# ── opinions ────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_opinions_of_who_may_write_decide_and_a_dismissed_one_does_not(world: Pulls):
    decision = "reviewDecision latestOpinionatedReviews(first: 5, writersOnly: true) {nodes {state}}"
    world.as_("carol", "POST", "/pulls/2/reviews", {"event": "APPROVE"})
    nobody = world.pull(2, decision)
    review = ask_for_changes(world)
    against = world.pull(2, decision)["reviewDecision"]
    dismissed = world.rest("PUT", f"/pulls/2/reviews/{review}/dismissals", {"message": "settled"})
    assert nobody == {"reviewDecision": None, "latestOpinionatedReviews": {"nodes": []}}
    assert (against, dismissed["state"]) == ("CHANGES_REQUESTED", "DISMISSED")
    assert world.pull(2, decision)["reviewDecision"] is None
    assert world.heard("pull_request_review.dismissed")[0]["review"]["state"] == "dismissed"
    again = world.as_("alice", "PUT", f"/pulls/2/reviews/{review}/dismissals", {"message": "x"})
    assert again.json()["errors"] == ["Can not dismiss a dismissed pull request review"]
    assert (
        world.as_("carol", "PUT", f"/pulls/2/reviews/{review}/dismissals", {"message": "x"}).status_code
        == 403
    )


def test_a_review_is_asked_for_again_and_the_request_ends_with_it(world: Pulls):
    alice = world.in_repository("owner {id}") and world.hub.state.user("alice")
    asked = world.rest("POST", "/pulls/2/requested_reviewers", {"reviewers": ["alice", "carol"]})
    world.approve(2)
    left = world.pull(2, "reviewRequests(first: 5) {nodes {requestedReviewer {... on User {login}}}}")
    again = world.mutate(
        "requestReviews", "pullRequest {reviewRequests(first: 5) {totalCount}}", pullRequestId=world.id_of(2),
        userIds=[alice.node_id], union=True,
    )  # fmt: skip
    world.as_("bob", "DELETE", "/pulls/2/requested_reviewers", {"reviewers": ["carol"]})
    assert [user["login"] for user in asked["requested_reviewers"]] == ["alice", "carol"]
    assert left["reviewRequests"]["nodes"] == [{"requestedReviewer": {"login": "carol"}}]
    assert again["pullRequest"]["reviewRequests"]["totalCount"] == 2
    assert [row["requested_reviewer"]["login"] for row in world.heard("pull_request.review_requested")] == [
        "alice", "carol", "alice",
    ]  # fmt: skip
    assert len(world.heard("pull_request.review_request_removed")) == 1


@pytest.mark.parametrize(
    ("login", "said"),
    [("bob", "Review cannot be requested from pull request author."), ("mallory", "Reviews may only be")],
)
def test_not_everybody_can_be_asked_for_a_review(world: Pulls, login, said):
    answer = world.as_("alice", "POST", "/pulls/2/requested_reviewers", {"reviewers": [login]})
    assert answer.status_code == 422
    assert answer.json()["message"].startswith(said)


# ── reactions and edits ─────────────────────────────────────────────────────────────────────────────────────


def test_who_gave_a_thumb_is_said(world: Pulls):
    ask_for_changes(world, who="carol")
    comment = first_comment(world)
    given = world.as_("bob", "POST", f"/pulls/comments/{comment}/reactions", {"content": "+1"})
    node_id = world.rest("GET", f"/pulls/comments/{comment}")["node_id"]
    world.mutate("addReaction", "reaction {content}", subjectId=node_id, content="EYES")
    [thread] = threads(world)
    [shown] = thread["comments"]["nodes"]
    groups = {
        row["content"]: [who["login"] for who in row["reactors"]["nodes"]] for row in shown["reactionGroups"]
    }
    assert shown["reactions"]["nodes"] == [{"content": "THUMBS_UP", "user": {"login": "bob"}}]
    assert (groups["THUMBS_UP"], groups["EYES"], groups["HEART"]) == (["bob"], ["autocode"], [])
    own = f"/pulls/comments/{comment}/reactions/{given.json()['id']}"
    assert world.as_("carol", "DELETE", own).status_code == 403
    assert world.as_("bob", "DELETE", own).status_code == 204
    world.mutate("removeReaction", "reaction {content}", subjectId=node_id, content="EYES")
    assert world.rest("GET", f"/pulls/comments/{comment}/reactions") == []


def test_a_ticked_box_in_the_apps_comment_is_an_edit_by_a_person(world: Pulls):
    made = world.bot.post("/repos/acme/greet/issues/1/comments", json={"body": "- [ ] retry"}).json()
    refused = world.as_("carol", "PATCH", f"/issues/comments/{made['id']}", {"body": "- [x] retry"})
    world.as_("bob", "PATCH", f"/issues/comments/{made['id']}", {"body": "- [x] retry"})
    [told] = world.heard("issue_comment.edited")
    assert refused.status_code == 403
    assert (told["sender"]["login"], told["comment"]["user"]["login"]) == ("bob", "autocode[bot]")
    assert (told["changes"], told["comment"]["body"]) == ({"body": {"from": "- [ ] retry"}}, "- [x] retry")


def test_a_review_comment_is_edited_by_its_author_or_who_may_write_and_deleted(world: Pulls):
    ask_for_changes(world, who="carol")
    comment = first_comment(world)
    assert world.as_("dave", "PATCH", f"/pulls/comments/{comment}", {"body": "x"}).status_code == 403
    assert (
        world.as_("carol", "PATCH", f"/pulls/comments/{comment}", {"body": "Why?"}).json()["body"] == "Why?"
    )
    assert world.heard("pull_request_review_comment.edited")[0]["changes"]["body"]["from"] == REMARK["body"]
    assert world.as_("alice", "DELETE", f"/pulls/comments/{comment}").status_code == 204
    assert threads(world) == []
    assert len(world.heard("pull_request_review_comment.deleted")) == 1


def test_the_page_folds_what_is_resolved(world: Pulls):
    ask_for_changes(world, REMARK, REMARK | {"line": 20, "body": "And twenty?"})
    world.mutate("resolveReviewThread", "thread {id}", threadId=threads(world)[0]["id"])
    shown = world.alice.get("/acme/greet/pull/2").text
    assert "Resolved by autocode" in shown
    threads_shown = re.findall(r'class="card thread" id="\w+"( open)?>', shown)
    assert threads_shown == ["", " open"]
