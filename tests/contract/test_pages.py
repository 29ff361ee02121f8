"""The hub's pages show what happened, and nothing that a text smuggles in. Fetched over HTTP."""

import httpx
import pytest

from tests.contract.world import BRANCH, World
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
