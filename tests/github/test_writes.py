"""Everything autocode changes on GitHub: the guard first, then one request."""

from datetime import UTC, datetime

import pytest

from jobs.github.errors import Archived, GitHubError, Gone, Uncertain
from jobs.github.showing import Showing
from jobs.ticket.errors import LeaseLost, TellPeople
from tests.board import new_board
from tests.github.conftest import BRANCH
from tests.permissions import reasons

NOW = datetime.now(UTC)
DECLARED = {name: access for name, (access, _) in reasons().items()}


@pytest.fixture
def client(world):
    """A client that has observed; its calls so far are forgotten."""
    made = world.open()
    made.observe(now=NOW)
    world.control("DELETE", "calls")
    return made


def test_nothing_is_written_without_the_lease(world, client):
    world.push()
    pull = client.create_pull_request(title="Greet", body="", head=BRANCH, base="main")
    world.control("DELETE", "calls")
    world.writes_left = 0
    for write in (
        lambda: client.close_issue(),
        lambda: client.create_comment("x"),
        lambda: client.update_comment(1, "x"),
        lambda: client.show(Showing(add={"autocode"})),
        lambda: client.show(Showing(add={"new"}, remove={"old"})),
        lambda: client.create_pull_request(title="x", body="x", head=BRANCH, base="main"),
        lambda: client.publish_ready(pull, body="x"),
        lambda: client.update_pull_request(pull, body="x"),
        lambda: client.create_issue(title="x", body="x"),
        lambda: client.add_sub_issue("x", "y"),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert world.calls() == []


def test_a_comment_is_written_and_rewritten(world, client):
    made = client.create_comment("one")
    client.update_comment(made.id, "two")
    client.show(Showing(reaction=(client.observe(now=NOW).issue.node_id, "eyes"), remark="three"))
    seen, said = client.observe(now=NOW).comments
    assert (seen.id, seen.author, seen.by_us, seen.body) == (made.id, made.author, True, "two")
    assert (said.author, said.body) == (made.author, "three")
    assert (seen.url, seen.created_at) == (made.url, made.created_at)
    reactions = world.act("bob", "GET", "/issues/1/reactions")
    assert [(item["content"], item["user"]["login"]) for item in reactions] == [("eyes", "autocode[bot]")]


def test_a_comment_that_was_deleted_is_gone(world, client):
    made = client.create_comment("one")
    world.act("alice", "DELETE", f"/issues/comments/{made.id}")
    with pytest.raises(Gone):
        client.update_comment(made.id, "two")


def test_a_body_that_github_would_refuse_is_the_callers_mistake(client):
    with pytest.raises(ValueError, match="65,537"):
        client.create_comment("x" * 65_537)


def test_labels_the_repository_has_are_changed_in_one_request(world, client):
    client.show(Showing(add={"autocode: working"}))
    client.observe(now=NOW)
    world.control("DELETE", "calls")
    client.show(Showing(add={"autocode"}, remove={"autocode: working"}))
    assert world.calls() == ["POST /graphql"]
    assert set(client.observe(now=NOW).issue.labels) == {"autocode"}


def test_labels_the_repository_lacks_are_made(world, client):
    client.show(Showing(add={"autocode: working"}, remove={"autocode: review"}))
    assert len(world.calls()) == 1
    client.show(Showing(add={"autocode: working"}, remove={"autocode"}))
    assert world.calls()[1:] == ["POST /graphql"]
    assert set(client.observe(now=NOW).issue.labels) == {"autocode: working"}


def test_a_label_deleted_meanwhile_is_made_again(world, client):
    client.show(Showing(add={"autocode: working"}))
    world.act("alice", "DELETE", "/labels/autocode: working")
    client.show(Showing(add={"autocode: working"}, remove={"autocode"}))
    assert set(client.observe(now=NOW).issue.labels) == {"autocode: working"}


def test_everything_that_people_see_of_a_step_is_one_request(world, client):
    client.show(Showing(add={"autocode: working"}))
    issue, board = client.observe(now=NOW).issue, new_board(world.hub.url, "Plans")
    board.add(issue.node_id)
    [card] = client.observe(now=NOW).cards
    status_field = card.select("Status")
    column = {"singleSelectOptionId": status_field.options["Done"]}
    move = {"projectId": card.project_id, "itemId": card.id, "fieldId": status_field.id, "value": column}
    world.control("DELETE", "calls")
    rest = Showing({"autocode"}, {"autocode: working"}, (issue.node_id, "eyes"), move, "Ready.")
    made = client.create_status("Working on it.", rest)
    assert world.calls() == ["POST /graphql"]
    seen = client.observe(now=NOW)
    assert (set(seen.issue.labels), board.column(card.id)) == ({"autocode"}, "Done")
    ready, status = seen.comments
    assert (ready.body, status.body, status.id) == ("Ready.", "Working on it.", made.id)
    assert (status.url, status.node_id, status.created_at) == (made.url, made.node_id, made.created_at)
    client.rewrite_status(made, "Done.", None, Showing(remark="Done."))
    assert [item.body for item in client.observe(now=NOW).comments] == ["Ready.", "Done.", "Done."]


def test_what_is_refused_takes_nothing_else_along(world, client):
    ids = {"projectId": "PVT_none", "itemId": "PVTI_none", "fieldId": "PVTSSF_none"}
    move = ids | {"value": {"singleSelectOptionId": "none"}}
    client.create_status("Working on it.", Showing(reaction=("IC_none", "+1"), move=move, remark="Hello."))
    assert [item.body for item in client.observe(now=NOW).comments] == ["Hello.", "Working on it."]


def test_where_the_status_comment_was_deleted_the_rest_is_shown(world, client):
    made = client.create_comment("Working on it.")
    world.act("alice", "DELETE", f"/issues/comments/{made.id}")
    with pytest.raises(Gone):
        client.rewrite_status(made, "Done.", None, Showing(remark="Ready."))
    assert [item.body for item in client.observe(now=NOW).comments] == ["Ready."]


def test_without_the_permission_people_are_told_which(world, client):
    made = client.create_comment("Working on it.")
    world.control("POST", "permissions", DECLARED | {"issues": "read"})
    try:
        for write in (
            lambda: client.rewrite_status(made, "Done.", None, Showing(remark="Ready.")),
            lambda: client.create_status("Working on it.", Showing(remark="Ready.")),
        ):
            with pytest.raises(TellPeople, match="issues: write"):
                write()
    finally:
        world.control("POST", "permissions", DECLARED)


def test_labels_that_were_to_change_and_are_to_change_back_stay_as_they_are():
    waiting = Showing()
    waiting.change_labels({"working"}, {"queued"})
    waiting.change_labels({"queued"}, {"working"})
    assert not waiting


def test_a_pull_request_becomes_ready_in_one_request(world, client):
    world.push()
    made = client.create_pull_request(title="Greet", body="Closes #1", head=BRANCH, base="main")
    assert (made.is_draft, made.head_branch, made.body) == (True, BRANCH, "Closes #1")
    client.update_pull_request(made, body="Closes #1, nearly")
    client.publish_ready(made, body="Closes #1, done")
    assert len(world.calls()) == 3
    [seen] = client.observe(now=NOW).pull_requests
    assert (seen.is_draft, seen.body) == (False, "Closes #1, done")
    client.publish_ready(seen, body="Closes #1, again")
    assert client.observe(now=NOW).pull_requests[0].body == "Closes #1, again"


def test_a_pull_request_is_not_opened_twice(world, client):
    world.push()
    first = client.create_pull_request(title="Greet", body="Closes #1", head=BRANCH, base="main")
    second = client.create_pull_request(title="Greet", body="Closes #1", head=BRANCH, base="main")
    assert first.number == second.number


def test_a_branch_without_a_commit_is_told_to_people(world, client):
    main = world.act("alice", "GET", "/git/ref/heads/main")["object"]["sha"]
    world.act("alice", "POST", "/git/refs", {"ref": f"refs/heads/{BRANCH}", "sha": main})
    with pytest.raises(TellPeople, match=f"{BRANCH}.*no commit"):
        client.create_pull_request(title="Greet", body="", head=BRANCH, base="main")


def test_where_there_are_no_drafts_the_pull_request_is_open_at_once(world, client):
    world.push()
    message = "Draft pull requests are not supported in this repository."
    world.fail(method="POST", path="/pulls$", answer=422, body={"message": message})
    made = client.create_pull_request(title="Greet", body="", head=BRANCH, base="main")
    assert not made.is_draft


def test_any_other_refusal_is_said_as_it_is(client):
    with pytest.raises(GitHubError, match="422 Validation Failed"):
        client.create_pull_request(title="Greet", body="", head="autocode/1-nowhere", base="main")


def test_a_bug_ticket_hangs_below_the_ticket(world, client):
    number, node_id = client.create_issue(title="Gave up", body="Red five times", labels=["bug"])
    parent = world.act("bob", "GET", "/issues/1")["node_id"]
    assert client.add_sub_issue(parent, node_id)
    assert [child["number"] for child in world.act("bob", "GET", "/issues/1/sub_issues")] == [number]
    assert not client.add_sub_issue(parent, node_id)


def test_a_bug_ticket_is_found_again_and_only_our_own(world, client):
    marker = "<!-- autocode:comment r1 bug -->"
    world.act("bob", "POST", "/issues", {"title": "Forged", "body": marker})
    assert client.find_issue(marker, since=NOW) is None
    made = client.create_issue(title="Gave up", body=f"{marker}\nRed five times")
    assert client.find_issue(marker, since=NOW) == made


def test_an_archived_repository_takes_no_writes(world, client):
    world.act("alice", "PATCH", "", {"archived": True})
    assert client.observe(now=NOW).repository.is_archived
    with pytest.raises(Archived):
        client.create_comment("x")
    with pytest.raises(Archived):
        client.show(Showing(remove={"autocode"}))


@pytest.mark.parametrize(
    ("answer", "refused"), [(401, LeaseLost), (502, Uncertain), ("reset", Uncertain)], ids=str
)
def test_a_write_is_not_sent_again_when_the_lease_was_lost_meanwhile(world, client, answer, refused):
    world.fail(path="/issues/1$", answer=answer)
    world.writes_left = 1
    with pytest.raises(refused):
        client.close_issue()
    assert sum(call.endswith("/issues/1") for call in world.calls()) == 1


def test_the_lease_is_checked_after_a_token_was_minted(world):
    client = world.open()
    world.writes_left = 0
    with pytest.raises(LeaseLost):
        client.close_issue()
    assert world.calls() == [f"POST /app/installations/{world.hub.installation_id}/access_tokens"]
