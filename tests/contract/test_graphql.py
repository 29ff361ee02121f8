"""The hub's GraphQL answers as GitHub's does: values, paging. Asked over HTTP."""

from typing import Any

import pytest

from tests.contract.world import BRANCH, World

# ── values ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_viewer_of_an_installation_token_is_the_bot_with_its_suffix(world):
    assert world.data("{viewer {login databaseId}}")["viewer"] == {
        "login": "autocode[bot]",
        "databaseId": world.hub.state.app.bot.id,
    }


def test_the_bot_as_an_author_has_no_suffix(world):
    world.mutate("addComment", "subject {id}", subjectId=world.issue, body="Hello")
    issue = world.in_repository("issue(number: 1) {comments(last: 1) {nodes {author {__typename login}}}}")[
        "issue"
    ]
    assert issue["comments"]["nodes"] == [{"author": {"__typename": "Bot", "login": "autocode"}}]


def test_an_unedited_text_has_no_revisions_and_an_edited_one_has_the_original_too(world):
    query = "issue(number: 1) {lastEditedAt userContentEdits(first: 10) {nodes {diff editor {login}}}}"
    before = world.in_repository(query)["issue"]
    world.rest("PATCH", "/issues/1", {"body": "now, please"})
    after = world.in_repository(query)["issue"]
    assert before == {"lastEditedAt": None, "userContentEdits": {"nodes": []}}
    assert [edit["diff"] for edit in after["userContentEdits"]["nodes"]] == ["now, please", "please"]
    assert after["lastEditedAt"].endswith("Z")


def test_the_timeline_gives_the_asked_kinds_in_order(world):
    world.rest("PATCH", "/issues/1", {"title": "Greet politely"})
    world.rest("POST", "/issues/1/comments", {"body": "left out"})
    world.rest("POST", "/issues/1/labels", {"labels": ["autocode"]})
    items = world.in_repository(
        "issue(number: 1) {timelineItems(itemTypes: [LABELED_EVENT, RENAMED_TITLE_EVENT], first: 9) {totalCount nodes {"
        "__typename ... on LabeledEvent {label {name}} ... on RenamedTitleEvent {previousTitle currentTitle}}}}"
    )["issue"]["timelineItems"]
    assert items["totalCount"] == 2
    assert items["nodes"] == [
        {
            "__typename": "RenamedTitleEvent",
            "previousTitle": "Greet politly",
            "currentTitle": "Greet politely",
        },
        {"__typename": "LabeledEvent", "label": {"name": "autocode"}},
    ]


def test_branches_are_filtered_by_a_part_of_their_name(world):
    sha = world.push()
    query = (
        'refs(refPrefix: "refs/heads/", query: "1-", first: 5) {nodes {name prefix '
        "target {oid ... on Commit {message}}}}"
    )
    target = {"oid": sha, "message": "Greet\n\nPolitely."}
    assert world.in_repository(query)["refs"]["nodes"] == [
        {"name": BRANCH, "prefix": "refs/heads/", "target": target}
    ]


def test_a_commit_without_checks_has_no_rollup_and_one_with_a_failed_status_is_a_failure(world):
    world.open_pull_request()
    query = (
        "pullRequest(number: 2) {headRefOid statusCheckRollup {state contexts(first: 5) {nodes {__typename "
        "... on StatusContext {context state isRequired(pullRequestNumber: 2)}}}}}"
    )
    before = world.in_repository(query)["pullRequest"]
    world.rest("POST", f"/statuses/{before['headRefOid']}", {"state": "error", "context": "ci"})
    after = world.in_repository(query)["pullRequest"]
    assert before["statusCheckRollup"] is None
    assert after["statusCheckRollup"]["state"] == "FAILURE"
    assert after["statusCheckRollup"]["contexts"]["nodes"] == [
        {"__typename": "StatusContext", "context": "ci", "state": "ERROR", "isRequired": False}
    ]


def test_reviews_carry_their_remarks_with_the_lines_of_the_diff(world):
    world.open_pull_request()
    remark = {"path": "greet.py", "line": 2, "body": "Nice"}
    body = {"event": "REQUEST_CHANGES", "body": "Almost", "comments": [remark]}
    world.rest("POST", "/pulls/2/reviews", body)
    pull = world.in_repository(
        "pullRequest(number: 2) {reviewDecision reviews(last: 1) {nodes {state comments(first: 1) {nodes {path line "
        "diffHunk}}}}}"
    )["pullRequest"]
    assert pull["reviewDecision"] == "CHANGES_REQUESTED"
    [review] = pull["reviews"]["nodes"]
    [comment] = review["comments"]["nodes"]
    assert (review["state"], comment["path"], comment["line"]) == ("CHANGES_REQUESTED", "greet.py", 2)
    assert comment["diffHunk"].startswith("@@ -1,2 +1,2 @@")
    assert comment["diffHunk"].endswith("+    return 'good day'")


@pytest.mark.parametrize(
    ("terms", "numbers"),
    [
        ("is:issue is:open", [3, 1]),
        ('is:issue label:"autocode","autocode: working"', [3]),
        ("is:issue label:bug repo:acme/greet", [1]),
        ("is:closed org:acme", [2]),
        ("user:acme archived:true", []),
        ("is:issue -label:bug politely", [3]),
    ],
)
def test_a_search_finds_issues_newest_first(world, terms, numbers):
    world.rest("POST", "/issues/1/labels", {"labels": ["bug"]})
    world.rest("POST", "/issues", {"title": "Closed"})
    world.rest("PATCH", "/issues/2", {"state": "closed"})
    world.rest("POST", "/issues", {"title": "Greet politely", "labels": ["autocode"]})
    found = world.data(
        "query($terms: String!) {search(type: ISSUE, first: 10, query: $terms) {"
        "issueCount nodes {... on Issue {number}}}}",
        terms=terms,
    )["search"]
    assert [node["number"] for node in found["nodes"]] == numbers
    assert found["issueCount"] == len(numbers)


# ── paging ──────────────────────────────────────────────────────────────────────────────────────────────────

COMMENTS = (
    "query($first: Int, $last: Int, $after: String, $before: String) {repository(owner: \"acme\", name: \"greet\") {"
    "issue(number: 1) {comments(first: $first, last: $last, after: $after, before: $before) {"
    "totalCount pageInfo {startCursor endCursor hasNextPage hasPreviousPage} nodes {body}}}}}"
)  # fmt: skip


def comments(world: World, **asked: Any) -> tuple[list[str], dict[str, Any]]:
    found = world.data(COMMENTS, **asked)["repository"]["issue"]["comments"]
    assert found["totalCount"] == 5
    return [node["body"] for node in found["nodes"]], found["pageInfo"]


def test_a_connection_is_read_forwards_and_backwards(world):
    for number in range(5):
        world.rest("POST", "/issues/1/comments", {"body": str(number)})
    first, info = comments(world, first=2)
    assert (first, info["hasNextPage"], info["hasPreviousPage"]) == (["0", "1"], True, False)
    second, info = comments(world, first=10, after=info["endCursor"])
    assert (second, info["hasNextPage"], info["hasPreviousPage"]) == (["2", "3", "4"], False, True)
    newest, info = comments(world, last=2)
    assert (newest, info["hasNextPage"], info["hasPreviousPage"]) == (["3", "4"], False, True)
    older, info = comments(world, last=9, before=info["startCursor"])
    assert (older, info["hasPreviousPage"]) == (["0", "1", "2"], False)
    assert comments(world, first=0)[0] == []


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            "",
            "MISSING_PAGINATION_BOUNDARIES",
            "You must provide a `first` or `last` value to properly paginate the `labels` connection.",
        ),
        (
            "(first: 101)",
            "EXCESSIVE_PAGINATION",
            "Requesting 101 records on the `labels` connection exceeds the `first` limit of 100 records.",
        ),
        (
            '(first: 1, after: "x")',
            "INVALID_CURSOR_ARGUMENTS",
            "`x` does not appear to be a valid cursor.",
        ),
    ],
)
def test_a_connection_asked_for_wrongly_is_refused(world, arguments, kind, message):
    error = world.error(f'{{repository(owner: "acme", name: "greet") {{labels{arguments} {{totalCount}}}}}}')
    assert (error["type"], error["path"], error["message"]) == (kind, ["repository", "labels"], message)
