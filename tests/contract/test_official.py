"""The comparison with GitHub's official schema notices every kind of difference. Needs neither Node nor network."""

from pathlib import Path

import pytest
from graphql import build_ast_schema, build_schema, parse

from tests.contract.official import not_in, queries, wrong_in_call, wrong_in_query
from tests.contract.packages import GRAPHQL, Unavailable, kept
from tests.hub.enterprise import older
from tests.hub.trim_schema import SCHEMA

OURS = SCHEMA.read_text()
OFFICIAL = build_schema(OURS)
ENTERPRISE = build_ast_schema(older(parse(OURS)))


@pytest.mark.parametrize("schema", [OFFICIAL, ENTERPRISE], ids=["github.com", "Enterprise Server"])
@pytest.mark.parametrize("name", queries())
def test_every_query_of_the_app_fits_the_hubs_schema(name, schema):
    assert list(wrong_in_query(name, queries()[name], schema)) == []


def test_the_schema_of_an_enterprise_server_is_github_coms_without_some_of_its_parts():
    assert all(line.endswith("that only one of the two has") for line in not_in(OFFICIAL, ENTERPRISE))
    gone = {line.partition(":")[0] for line in not_in(ENTERPRISE, OFFICIAL)}
    assert gone >= {"IssueTimelineItemsItemType.SUB_ISSUE_ADDED_EVENT", "IssueTimelineItems"}


def test_the_app_has_queries_at_all():
    assert queries()


def test_a_schema_is_a_subset_of_itself():
    assert list(not_in(OFFICIAL, OFFICIAL)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("  isDraft: Boolean!", "  isDraft: Boolean", "PullRequest.isDraft: is Boolean!, not Boolean"),
        (
            "  isDraft: Boolean!",
            "  isDraft: Boolean!\n  isFun: Int",
            "PullRequest.isFun: there is no such field",
        ),
        ("enum IssueState {\n  CLOSED\n", "enum IssueState {\n", "IssueState.CLOSED: an enum value"),
        ("type RateLimit {", "type Fun {\n  a: Int\n}\n\ntype RateLimit {", "Fun: there is no such type"),
        ("refPrefix: String!", "refPrefix: String", "Repository.refs(refPrefix): is String!, not String"),
        (
            "input AddCommentInput {",
            "input AddCommentInput {\n  fun: Int",
            "AddCommentInput(fun): only one of",
        ),
        ("scalar URI", "enum URI {\n  A\n}", "URI: is a GraphQLScalarType, not a GraphQLEnumType"),
        (
            "union IssueOrPullRequest = Issue",
            "union IssueOrPullRequest = User | Issue",
            "User is no member of it",
        ),
        (
            "type Label implements Node",
            "type Label implements Node & Closable",
            "Label: does not implement Closable",
        ),
    ],
)
def test_a_difference_is_named(before, after, said):
    assert before in OURS
    changed = build_schema(OURS.replace(before, after, 1), assume_valid=True)
    assert any(said in line for line in not_in(OFFICIAL, changed))


def test_a_field_that_does_not_exist_is_found_in_a_query_with_its_line():
    wrong = list(wrong_in_query("observe.graphql", "{\n  viewer { logon }\n}", OFFICIAL))
    assert len(wrong) == 1
    assert wrong[0].startswith("observe.graphql:2: Cannot query field 'logon' on type 'User'.")


def test_without_npm_people_are_told_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"npm is not installed: install Node\.js"):
        kept(GRAPHQL, tmp_path / "contract")


QUERY = 'query Fun($number: Int!) {repository(owner: "a", name: "b") {issue(number: $number) {title}}}'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"query": QUERY, "variables": {"number": 1}}, None),
        ({"query": QUERY, "variables": {"number": "one"}}, "Int cannot represent non-integer value"),
        ({"query": QUERY, "variables": {}}, "Variable '$number' has invalid value"),
        ({"query": QUERY, "variables": {"number": 1, "fun": 2}}, "$fun: the query has no such variable"),
        ({"query": "{viewer {login}}"}, "the query is none of queries/*.graphql"),
        ({"query": QUERY, "fun": 1}, "the body is not query, variables and operationName"),
    ],
)
def test_what_was_sent_is_one_of_our_queries_with_the_right_variables(body, said):
    wrong = list(wrong_in_call(body, OFFICIAL, {QUERY}))
    assert (said is None and wrong == []) or (said is not None and said in wrong[0])
