"""The hub's pages show what happened, and nothing that a text smuggles in. Fetched over HTTP."""

import re

import httpx
import pytest

from tests.contract.boards import SEED, board
from tests.contract.world import BRANCH, World
from tests.hub import serve
from tests.hub.pages_markdown import render


def page(world: World, path: str = "", status: int = 200) -> str:
    answer = httpx.get(f"{world.hub.url}/acme/greet{path}", trust_env=False)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    return answer.text


def test_a_repository_lists_its_issues_and_shows_its_readme(world):
    shown = page(world)
    assert "Greet politly" in shown
    assert "<h1>greet</h1>" in shown


def test_an_issue_tells_its_story(world):
    world.rest("PATCH", "/issues/1", {"title": "Greet politely"})
    world.rest("POST", "/issues/1/labels", {"labels": ["bug", "autocode"]})
    world.rest("POST", "/issues/1/comments", {"body": "Is **this** urgent? <!-- secret -->"})
    world.rest("POST", "/issues/1/reactions", {"content": "rocket"})
    world.rest("PATCH", "/issues/1", {"state": "closed", "state_reason": "not_planned"})
    shown = page(world, "/issues/1")
    assert "<s>Greet politly</s> Greet politely" in shown
    assert shown.count(">bug</span>") == 2  # in the timeline and beside it
    assert "Is <strong>this</strong> urgent?" in shown
    assert "secret" not in shown
    assert "🚀" in shown
    assert "Closed as not planned" in shown


def test_a_pull_request_shows_its_diff_checks_and_reviews(world):
    pull = world.open_pull_request()
    sha = world.rest("GET", f"/git/ref/heads/{BRANCH}")["object"]["sha"]
    world.rest(
        "POST", f"/statuses/{sha}", {"state": "failure", "context": "ci/lint", "description": "2 errors"}
    )
    remark = {"path": "greet.py", "line": 2, "body": "Good `day`?"}
    world.rest("POST", "/pulls/2/reviews", {"event": "REQUEST_CHANGES", "body": "Hm", "comments": [remark]})
    draft = page(world, "/pull/2")
    world.mutate("markPullRequestReadyForReview", "pullRequest {id}", pullRequestId=pull)
    world.mutate("mergePullRequest", "pullRequest {id}", pullRequestId=pull)
    merged = page(world, "/pull/2")
    assert "Draft" in draft
    assert "Some checks were not successful" in draft
    assert "ci/lint" in draft
    assert "requested changes" in draft
    assert "Good <code>day</code>?" in draft
    assert '<td class="number">2</td><td>+    return &#39;good day&#39;</td>' in draft
    assert "linked a pull request that will close this issue" in page(world, "/issues/1")
    assert "Merged" in merged
    assert "Greet" in page(world, f"/commit/{sha}")


def test_a_check_of_another_app_has_a_page_with_its_annotations(world):
    sha = world.push()
    note = {
        "path": "greet.py",
        "start_line": 2,
        "end_line": 2,
        "annotation_level": "failure",
        "message": "too <short>",
    }
    output = {"title": "1 problem", "summary": "See *below*", "annotations": [note]}
    body = {"name": "lint", "head_sha": sha, "conclusion": "failure", "output": output}
    world.hub.state.installations[world.hub.installation_id].permissions["checks"] = "write"
    made = world.installation(checks="write").post("/repos/acme/greet/check-runs", json=body)
    shown = page(world, f"/runs/{made.json()['id']}")
    assert "See <em>below</em>" in shown
    assert "too &lt;short&gt;" in shown


def test_a_project_is_a_board_and_an_issue_says_where_its_card_is(tmp_path):
    with serve(seed=SEED, directory=tmp_path / "hub") as hub:
        world = World(hub)
        world.rest("POST", "/issues/1/labels", {"labels": ["bug"]})
        archived = board(world).add(3)
        board(world).change("archiveProjectV2Item", itemId=archived)
        shown = httpx.get(f"{hub.url}/orgs/acme/projects/1", trust_env=False).text
        missing = httpx.get(f"{hub.url}/orgs/acme/projects/9", trust_env=False)
        issue, put_away = page(world, "/issues/1"), page(world, "/issues/3")
    columns = re.findall(r"</span>([\w ]+) <span class=\"tag\">(\d)</span></h2>", shown)
    assert columns == [
        ("No Status", "1"), ("Todo", "2"), ("Autocode", "0"), ("In Progress", "0"), ("In Review", "0"), ("Done", "0")
    ]  # fmt: skip
    assert 'href="/acme/greet/issues/1">Ticket 1</a>' in shown
    assert all(text in shown for text in ("greet #1", ">bug</span>", "Priority: 2", "An idea", "1 archived"))
    assert "Ticket 3" not in shown
    assert (missing.status_code, "Not found" in missing.text) == (404, True)
    assert re.search(r"/orgs/acme/projects/1\">Roadmap</a>.*</span>Todo</span>", issue)
    assert "Archived</span>" in put_away


def test_a_page_tells_who_waits_for_whom(world):
    other = world.rest("POST", "/issues", {"title": "Bow first"})
    world.rest("POST", "/issues/1/dependencies/blocked_by", {"issue_id": other["id"]})
    world.rest("DELETE", f"/issues/1/dependencies/blocked_by/{other['id']}")
    world.rest("POST", "/issues/1/dependencies/blocked_by", {"issue_id": other["id"]})
    waiting, blocker = page(world, "/issues/1"), page(world, "/issues/2")
    assert "added the blocking issue" in waiting
    assert "removed the blocking issue" in waiting
    assert "<h3>Blocked by</h3>" in waiting
    assert "<h3>Blocking</h3>" in blocker


@pytest.mark.parametrize(
    "path", ["/issues/99", "/pull/99", "/commit/abc", "/runs/1", "/actions/runs/1/job/2"]
)
def test_what_is_not_there_is_a_page_too(world, path):
    assert "Not found" in page(world, path, 404)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("- [x] done\n- [ ] open", '<span class="box done"'),
        (
            "<details><summary>More</summary>\n\n*x*\n\n</details>",
            "<details><summary>More</summary>\n<p><em>x</em></p>",
        ),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("a <b onclick=x>c</b>", "a &lt;b onclick=x&gt;c&lt;/b&gt;"),
        ("<details open onclick=x>", "&lt;details open onclick=x&gt;"),
        ("a<br>b <kbd>K</kbd>", "a<br>b <kbd>K</kbd>"),
        ("[x](javascript:alert)", "[x](javascript:alert)"),
        ("![shot](https://e.org/x.png)", '<a href="https://e.org/x.png">shot</a>'),
        ("see #12 and @bob", 'see <a href="/o/r/issues/12">#12</a> and <strong>@bob</strong>'),
        ("https://e.org/a.", '<a href="https://e.org/a">https://e.org/a</a>.'),
        ("`#12` [#3](https://e.org)", '<code>#12</code> <a href="https://e.org">#3</a>'),
        ("a <!-- hidden --> b", "a  b"),
        ("<!-- never closed\nhidden", ""),
        ("| a |\n|---|\n| b |", "<td>b</td>"),
        (None, ""),
    ],
)
def test_markdown_is_shown_as_github_does_and_harmless(written, shown):
    assert shown in render(written, "o/r")
    assert "hidden" not in render(written, "o/r")
