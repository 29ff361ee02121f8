"""Each write fails in each way that GitHub has; nothing is lost and nothing is there twice.

All tickets are labelled at once and go their ways side by side; each test looks at what became of one of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.model.replies import ask, create, edit, submit
from tests.scenarios.relatives import sub_issues
from tests.scenarios.world import RIGHT, WITH_CHECKS, WRONG, Issue, Repo, World, playing

WAYS = {
    "502 before": {"answer": 502},
    "502 after": {"answer": 502, "effect": "after"},
    "reset before": {"answer": "reset"},
    "reset after": {"answer": "reset", "effect": "after"},
}
GREET = {"greet.py": "def greet(name):\n    return ''\n"}


@dataclass(frozen=True)
class Write:
    """One kind of request that changes something."""

    method: str
    path: str
    """A pattern; `REPO` stands for the ticket's repository."""
    body: str = ""
    """A pattern searched for in it; `TITLE` and `NODE` stand for the issue's, or what else is named so."""


WRITES = {
    "reaction": Write("POST", "/graphql", r'"reaction": ?{"subjectId": ?"NODE"'),
    "status comment": Write("POST", "/graphql", r'"comment": ?{"subjectId": ?"NODE"'),
    "status edit": Write("PATCH", r"/repos/REPO/issues/comments/\d+"),
    "question": Write(
        "POST", "/graphql", r'"remark": ?{"subjectId": ?"NODE"[^}]*autocode:comment \w+ question'
    ),
    "new label": Write("POST", "/repos/REPO/issues/1/labels", "autocode: "),
    "label off": Write("POST", "/graphql", r'"remove": ?{"labelableId": ?"NODE"'),
    "push": Write("POST", "/REPO.git/git-receive-pack"),
    "pull request": Write("POST", "/repos/REPO/pulls"),
    "ready for review": Write("POST", "/graphql", r"mutation publishReady[\s\S]*TITLE"),
    "ready comment": Write(
        "POST", "/graphql", r'"remark": ?{"subjectId": ?"NODE"[^}]*autocode:comment \w+ ready'
    ),
    "pull request's text": Write("PATCH", r"/repos/REPO/pulls/\d+"),
    "bug ticket": Write("POST", "/repos/REPO/issues", "autocode gave up"),
    "sub-issue": Write("POST", "/graphql", r"mutation addSubIssue[\s\S]*NODE"),
    "labels": Write("POST", "/graphql", r'"add": ?{"labelableId": ?"NODE"'),
    "draft again": Write("POST", "/graphql", r"mutation makeDraft[\s\S]*NODE"),
}
STORIES = {
    "asks": [("reaction", "question"), ("status comment", "label off"), ("new label",)],
    "is ready": [("push",), ("pull request", "ready for review"), ("status edit", "ready comment")],
    "gives up": [("pull request's text", "sub-issue"), ("bug ticket",)],
}
"""What the tickets come to, and which of their writes fail: so few each that none is put off for long."""
TAKEN_IN_TURNS = (("502 before", "reset after"), ("reset before", "502 after"))
"""Each write fails before and after it is carried out. That either answer means the same is what tests/github shows."""
CASES = [
    (story, writes, way)
    for number, (story, writes) in enumerate((story, item) for story in STORIES for item in STORIES[story])
    for way in TAKEN_IN_TURNS[number % len(TAKEN_IN_TURNS)]
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A stack of its own: what fails here would slow others down."""
    environ = {"AUTOCODE_MAX_ITERATIONS": "1", "AUTOCODE_CHECKS_WAIT": "2"}
    with playing(tmp_path_factory.mktemp("stack"), environ, patience=150) as world:
        yield world


@pytest.fixture(scope="module")
def tickets(world: World) -> dict[tuple[str, tuple[str, ...], str], Issue]:
    """All of them, labelled."""
    made = {case: begin(world, *case) for case in CASES}
    for issue in made.values():
        issue.label()
    return made


def begin(world: World, story: str, writes: tuple[str, ...], way: str) -> Issue:
    """A ticket, what the model will say, and which of its writes will fail."""
    title = title_of(story, writes, way)
    repo = world.repository(WITH_CHECKS if story == "gives up" else GREET)
    done = submit(f"{title}.")
    change = edit("greet.py", "return ''", WRONG if story == "gives up" else RIGHT)
    world.will(*([ask("Formal or casual?")] if story == "asks" else [change, done, done]), when=(title,))
    issue = repo.issue(title)
    for write in writes:
        fail(issue, write, way, title=title, node=issue.node_id)
    return issue


def title_of(story: str, writes: tuple[str, ...], way: str) -> str:
    return f"Greet so that it {story} in spite of {way} at {' and '.join(writes)}"


def fail(issue: Issue, write: str, way: str, **words: str) -> None:
    """Let the ticket's next write of this kind go wrong."""
    kind, path, body = WRITES[write], WRITES[write].path, WRITES[write].body
    for word, value in {"repo": issue.repo.name, **words}.items():
        path, body = path.replace(word.upper(), value), body.replace(word.upper(), value)
    issue.repo.world.fault(method=kind.method, path=f"^{path}$", operation=body, **WAYS[way])


def assert_once(issue: Issue) -> None:
    """One status comment, and of nothing two."""
    assert issue.status_comment() is not None
    bodies = [item["body"] for item in issue.all_comments()]
    assert len(set(bodies)) == len(bodies)
    assert len(issue.repo.branches()) <= 1
    assert len(issue.repo.pull_requests()) <= 1
    assert len(issue.repo.get("/issues/1/reactions")) == 1


def asks(issue: Issue) -> None:
    issue.until("asking")
    [question] = issue.told()
    assert "Formal or casual?" in question
    assert issue.state_labels() == {"autocode: needs input"}


def is_ready(issue: Issue) -> None:
    issue.until("validating")
    [ready] = issue.told()
    assert "is ready for review" in ready
    assert not issue.pull_request()["draft"]
    assert len(issue.repo.get(f"/pulls/{issue.pull_request()['number']}/commits")) == 1
    assert issue.state_labels() == {"autocode: review"}


def gives_up(issue: Issue) -> None:
    issue.until("failed")
    [failed] = issue.told()
    [bug] = issue.repo.bugs()
    assert f"#{bug['number']}" in failed
    assert sub_issues(issue) == [bug["number"]]
    assert issue.pull_request()["draft"]
    assert issue.state_labels() == {"autocode: failed"}


ENDS: dict[str, Callable[[Issue], None]] = {"asks": asks, "is ready": is_ready, "gives up": gives_up}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{' and '.join(case[1])}: {case[2]}")
def test_a_write_that_fails_is_made_once(tickets, case) -> None:
    issue = tickets[case]
    ENDS[case[0]](issue)
    assert_once(issue)
    waiting = [f"{fault['path']} {fault['operation']}" for fault in issue.repo.world.control("GET", "faults")]
    ours = (issue.repo.name, title_of(*case), issue.node_id)
    assert not [words for words in waiting if any(name in words for name in ours)], "not all has failed"


def test_what_github_does_not_take_with_the_record_is_said_alone_and_once(world: World) -> None:
    title = "Greet so that people are asked although GitHub would not take it"
    world.will(ask("Formal or casual?"), when=(title,))
    issue = world.repository(GREET).issue(title)
    world.fault(method="COMMENT", operation=r"autocode:comment \w+ question")
    issue.label()
    issue.wait(issue.told, "the question")
    world.settle()
    assert issue.until("asking").question
    assert len(issue.told()) == 1


def test_what_github_does_not_take_alone_either_is_said_with_the_next_look(world: World) -> None:
    title = "Greet so that people are asked in the end"
    world.will(ask("Formal or casual?"), when=(title,))
    issue = world.repository(GREET).issue(title)
    world.fault(method="COMMENT", operation=r"autocode:comment \w+ question")
    world.fault(method="POST", path=f"^/repos/{issue.repo.name}/issues/1/comments$", status=422)
    issue.label().until("asking")
    world.settle()
    assert not issue.told()
    issue.say("/autocode stop")
    issue.wait(lambda: any("Formal or casual?" in text for text in issue.told()), "the question")
    world.settle()
    assert_once(issue)


SECOND_ROUNDS = [case for case in CASES if case[1] == ("push",)]


@pytest.fixture(scope="module")
def second_rounds(world: World, tickets) -> dict[str, Issue]:
    """Tickets that were ready, and of which more is demanded."""
    made = {case[2]: tickets[case] for case in SECOND_ROUNDS}
    again = submit("Greets twice.")
    world.will(create("more.txt", "more\n"), again, again, when=("Iteration 2 of",))
    for way, issue in made.items():
        issue.until("validating")
        pull_request = issue.pull_request()
        fail(issue, "labels", way, node=issue.node_id)
        fail(issue, "draft again", way, node=pull_request["node_id"])
        review(issue.repo, pull_request["number"])
    return made


@pytest.mark.parametrize("way", [case[2] for case in SECOND_ROUNDS])
def test_a_second_round_takes_back_once_what_it_has_to(second_rounds: dict[str, Issue], way: str) -> None:
    issue = second_rounds[way]
    issue.until("validating", iteration=2)
    assert_once(issue)
    assert len(issue.told()) == 2
    assert not issue.pull_request()["draft"]


def review(repo: Repo, number: int) -> None:
    body = {"event": "REQUEST_CHANGES", "body": "More, please."}
    repo.world.person("bob").post(f"/repos/{repo.name}/pulls/{number}/reviews", body)
