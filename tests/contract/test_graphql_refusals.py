"""What the hub's GraphQL refuses, in GitHub's words and shapes; and what mutations do and refuse."""

import pytest

from tests.contract.world import BRANCH, World

NAMED = 'repository(owner: "acme", name: "greet")'


# ── rights ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_repository_out_of_sight_does_not_exist(world: World):
    answer = world.answer(f"{{{NAMED} {{id}}}}", world.hub.as_user("mallory"))
    assert answer == {
        "data": {"repository": None},
        "errors": [
            {
                "type": "NOT_FOUND",
                "path": ["repository"],
                "locations": [{"line": 1, "column": 2}],
                "message": "Could not resolve to a Repository with the name 'acme/greet'.",
            }
        ],
    }


def test_a_field_behind_a_missing_permission_is_null_with_an_error(world: World):
    answer = world.answer(
        f"{{{NAMED} {{name issue(number: 1) {{title}}}}}}", world.installation(contents="read")
    )
    assert answer == {
        "data": {"repository": {"name": "greet", "issue": None}},
        "errors": [
            {
                "type": "FORBIDDEN",
                "path": ["repository", "issue"],
                "extensions": {"saml_failure": False},
                "locations": [{"line": 1, "column": 49}],
                "message": "Resource not accessible by integration",
            }
        ],
    }


def test_members_of_a_list_are_withheld_one_by_one(world: World):
    world.open_pull_request()
    sha = world.in_repository("pullRequest(number: 2) {headRefOid}")["pullRequest"]["headRefOid"]
    world.rest("POST", f"/statuses/{sha}", {"state": "success", "context": "ci"})
    rollup = "pullRequest(number: 2) {statusCheckRollup {contexts(first: 5) {nodes {__typename}}}}"
    client = world.installation(pull_requests="read", checks="read")
    answer = world.answer(f"{{{NAMED} {{{rollup}}}}}", client)
    path = ["repository", "pullRequest", "statusCheckRollup", "contexts", "nodes", 0]
    assert [(error["type"], error["path"]) for error in answer["errors"]] == [("FORBIDDEN", path)]
    assert answer["data"]["repository"]["pullRequest"]["statusCheckRollup"]["contexts"] == {"nodes": [None]}


def test_a_mutation_without_the_permission_changes_nothing(world: World):
    query = "mutation($id: ID!) {addComment(input: {subjectId: $id, body: \"x\"}) {clientMutationId}}"  # fmt: skip
    error = world.error(query, world.installation(issues="read"), id=world.issue)
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by integration")
    assert world.rest("GET", "/issues/1/comments") == []


def test_nobody_is_asked_to_sign_in(world: World):
    answer = world.hub.with_token("ghs_wrong").post("/graphql", json={"query": "{viewer {login}}"})
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_request_without_a_query_is_malformed(world: World):
    answer = world.bot.post("/graphql", json={"variables": {}})
    assert answer.status_code == 400


# ── queries that do not fit the schema ──────────────────────────────────────────────────────────────────────


def test_an_unknown_field_is_refused_in_githubs_shape(world: World):
    assert world.answer(f"query Q {{{NAMED} {{...F}}}}\nfragment F on Repository {{foo}}") == {
        "errors": [
            {
                "path": ["fragment F", "foo"],
                "extensions": {"code": "undefinedField", "typeName": "Repository", "fieldName": "foo"},
                "locations": [{"line": 2, "column": 27}],
                "message": "Field 'foo' doesn't exist on type 'Repository'",
            }
        ]
    }


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        (
            "{viewer(foo: 1) {login}}",
            "argumentNotAccepted",
            "Field 'viewer' doesn't accept argument 'foo'",
        ),
        (
            '{repository(owner: "acme") {id}}',
            "missingRequiredArguments",
            "Field 'repository' is missing required arguments: name",
        ),
        (
            "{viewer}",
            "selectionMismatch",
            "Field must have selections (field 'viewer' returns User but has no selections. "
            "Did you mean 'viewer { ... }'?)",
        ),
        (
            "query Q {node(id: $id) {id}}",
            "variableNotDefined",
            "Variable $id is used by Q but not declared",
        ),
        (
            "query($id: ID) {viewer {login}}",
            "variableNotUsed",
            "Variable $id is declared by anonymous query but not used",
        ),
        (
            "query($id: Int!) {node(id: $id) {id}}",
            "variableMismatch",
            "Type mismatch on variable $id (Int! / ID!)",
        ),
        (
            "{viewer {...F}}",
            "useAndDefineFragment",
            "Fragment F was used, but not defined",
        ),
    ],
)
def test_a_query_that_does_not_fit_is_refused_in_githubs_words(world: World, query, code, message):
    error = world.error(query)
    assert (error["extensions"]["code"], error["message"]) == (code, message)


ADD_COMMENT = "mutation($input: AddCommentInput!) {addComment(input: $input) {clientMutationId}}"


@pytest.mark.parametrize(
    ("given", "problems", "ending"),
    [
        (None, [([], "Expected value to not be null")], ""),
        (
            {"subjectId": "x", "body": 3},
            [(["body"], "Could not coerce value 3 to String")],
            " for body (Could not coerce value 3 to String)",
        ),
        (
            {"subjectId": "x", "body": "y", "foo": 1},
            [(["foo"], "Field is not defined on AddCommentInput")],
            " for foo (Field is not defined on AddCommentInput)",
        ),
        (
            {"body": "y"},
            [(["subjectId"], "Expected value to not be null")],
            " for subjectId (Expected value to not be null)",
        ),
    ],
)
def test_a_wrong_variable_is_refused_in_githubs_shape(world: World, given, problems, ending):
    error = world.error(ADD_COMMENT, input=given)
    assert error["message"] == f"Variable $input of type AddCommentInput! was provided invalid value{ending}"
    assert error["extensions"] == {
        "value": given,
        "problems": [{"path": path, "explanation": why} for path, why in problems],
    }


# ── mutations ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_comment_is_added_and_edited(world: World):
    added = world.mutate("addComment", "commentEdge {node {id body}}", subjectId=world.issue, body="one")
    comment = added["commentEdge"]["node"]
    edited = world.mutate("updateIssueComment", "issueComment {body}", id=comment["id"], body="two")
    assert added["clientMutationId"] == "mine"
    assert (comment["body"], edited["issueComment"]["body"]) == ("one", "two")


def test_labels_are_added_and_removed(world: World):
    labels = [world.rest("GET", f"/labels/{name}")["node_id"] for name in ("autocode", "bug")]
    names = "labelable {labels(first: 9) {nodes {name}}}"
    added = world.mutate("addLabelsToLabelable", names, labelableId=world.issue, labelIds=labels)
    removed = world.mutate("removeLabelsFromLabelable", names, labelableId=world.issue, labelIds=labels[:1])
    assert [label["name"] for label in added["labelable"]["labels"]["nodes"]] == ["autocode", "bug"]
    assert [label["name"] for label in removed["labelable"]["labels"]["nodes"]] == ["bug"]


def test_a_label_and_an_issue_with_a_sub_issue_are_made(world: World):
    label = world.mutate(
        "createLabel", "label {id name}", repositoryId=world.repository, name="new", color="ff0000"
    )
    child = world.mutate(
        "createIssue", "issue {id number labels(first: 1) {nodes {name}}}",
        repositoryId=world.repository, title="Gave up", labelIds=[label["label"]["id"]],
    )["issue"]  # fmt: skip
    parent = world.mutate(
        "addSubIssue", "issue {subIssuesSummary {total}}", issueId=world.issue, subIssueId=child["id"]
    )
    assert (child["number"], child["labels"]["nodes"]) == (2, [{"name": "new"}])
    assert parent["issue"]["subIssuesSummary"]["total"] == 1


def test_an_issue_is_closed_and_reopened(world: World):
    closed = world.mutate(
        "closeIssue", "issue {state stateReason}", issueId=world.issue, stateReason="NOT_PLANNED"
    )
    reopened = world.mutate("reopenIssue", "issue {state stateReason}", issueId=world.issue)
    assert closed["issue"] == {"state": "CLOSED", "stateReason": "NOT_PLANNED"}
    assert reopened["issue"] == {"state": "OPEN", "stateReason": "REOPENED"}


def test_a_reaction_is_given_once(world: World):
    for _ in range(2):
        given = world.mutate(
            "addReaction",
            "subject {reactionGroups {content viewerHasReacted}}",
            subjectId=world.issue,
            content="EYES",
        )
    groups = given["subject"]["reactionGroups"]
    assert [group["content"] for group in groups if group["viewerHasReacted"]] == ["EYES"]
    assert len(world.rest("GET", "/issues/1/reactions")) == 1


def test_a_pull_request_goes_from_draft_to_merged(world: World):
    pull = world.open_pull_request()
    query = "pullRequest {isDraft state body mergeable mergeStateStatus}"
    body = world.mutate("updatePullRequest", query, pullRequestId=pull, body="Closes #1. Done.")[
        "pullRequest"
    ]
    ready = world.mutate("markPullRequestReadyForReview", query, pullRequestId=pull)["pullRequest"]
    again = world.mutate("convertPullRequestToDraft", query, pullRequestId=pull)["pullRequest"]
    world.mutate("markPullRequestReadyForReview", query, pullRequestId=pull)
    world.mutate("mergePullRequest", query, pullRequestId=pull, mergeMethod="SQUASH")
    merged = world.in_repository(
        "pullRequest(number: 2) {state merged mergedBy {login}} issue(number: 1) {state}"
    )
    assert (body["body"], body["isDraft"], body["mergeable"]) == ("Closes #1. Done.", True, "UNKNOWN")
    assert ready["mergeable"] == "MERGEABLE"
    assert (ready["isDraft"], ready["mergeStateStatus"], again["isDraft"]) == (False, "CLEAN", True)
    assert merged["pullRequest"] == {"state": "MERGED", "merged": True, "mergedBy": {"login": "autocode"}}
    assert merged["issue"]["state"] == "CLOSED"


def test_a_second_pull_request_of_a_branch_is_refused_with_the_reason(world: World):
    world.open_pull_request()
    given = {"repositoryId": world.repository, "title": "x", "headRefName": BRANCH, "baseRefName": "main"}
    query = "mutation($input: CreatePullRequestInput!) {createPullRequest(input: $input) {clientMutationId}}"
    error = world.error(query, input=given)
    assert (error["type"], error["path"]) == ("UNPROCESSABLE", ["createPullRequest"])
    assert error["message"] == f"A pull request already exists for acme:{BRANCH}."


def test_a_thing_of_the_wrong_kind_is_not_found(world: World):
    error = world.error(ADD_COMMENT, input={"subjectId": world.repository, "body": "x"})
    assert error["type"] == "NOT_FOUND"
    assert error["message"] == f"Could not resolve to a node with the global id of '{world.repository}'."
