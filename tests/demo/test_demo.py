"""The demo: its recorded replies do what it tells people they do, and it takes or refuses what it is given."""

import io
import shutil
import subprocess
import sys

import pytest

from jobs.agent.tools import TOOLS, Ended, Workbench
from jobs.agent.transcript import Progress
from tests.demo.choice import HERE, SAMPLE_TITLE, Unusable, choice
from tests.demo.terminal import RED, Terminal


@pytest.fixture
def sample(tmp_path):
    """A copy of the sample repository."""
    return shutil.copytree(HERE / "sample", tmp_path / "sample")


def git(directory, *arguments):
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run(["git", *settings, "-C", str(directory), *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(sample):
    """The sample as somebody's local repository."""
    git(sample, "init", "--initial-branch=trunk")
    git(sample, "add", "--all")
    git(sample, "commit", "--message=First")
    return sample


def play(replies, directory):
    """Run the recorded tool calls; how the last one ended."""
    bench, progress, outcome = Workbench(directory, diff=lambda: "a diff", sandbox=None), Progress(), None
    for reply in replies:
        for call in reply["tools"]:
            if call["name"] != reply.get("only_if_tool"):
                outcome = TOOLS[call["name"]].call(bench, progress, call["input"])
    return outcome


def failed_tests(directory):
    """The names of the sample's failing tests, and pytest's output."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rf"]
    output = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False).stdout
    lines = [line for line in output.splitlines() if line.startswith("FAILED ")]
    return [line.partition("::")[2].partition(" ")[0] for line in lines], output


def test_the_first_iteration_leaves_the_other_file_red_and_the_second_mends_it(sample):
    second, first = choice({}).script["rules"]
    assert failed_tests(sample)[0] == []
    assert isinstance(play(first["replies"], sample), Ended)
    names, log = failed_tests(sample)
    assert names == [f"test_every_unit_that_is_read_is_written_too[{unit}]" for unit in "wd"]
    assert all(words in log or words == SAMPLE_TITLE for words in second["when"]), (
        "it answers to the failing log"
    )
    assert isinstance(play(second["replies"], sample), Ended)
    assert failed_tests(sample)[0] == []


def test_the_sample_is_used_when_nothing_is_asked_for():
    chosen = choice({})
    assert (chosen.repository, chosen.is_live, chosen.notes) == ("acme/tempo", False, ())
    assert ".github/workflows/ci.yml" in chosen.seed["repositories"][0]["files"]


def test_a_key_means_a_live_model():
    assert choice({"ANTHROPIC_API_KEY": "sk-…"}).is_live


def test_a_local_repository_is_copied_and_what_the_replies_can_do_is_said(repository):
    chosen = choice({"REPO": str(repository / "tempo"), "TITLE": "Do it", "BODY": "Soon"})
    (row,) = chosen.seed["repositories"]
    assert (row["name"], row["path"]) == ("acme/sample", str(repository))
    assert row["issues"] == [{"title": "Do it", "body": "Soon"}]
    assert "only read" in chosen.notes[0]
    assert "ANTHROPIC_API_KEY" in chosen.notes[1]


def test_a_repository_without_a_workflow_is_said_to_be_verified_by_nothing(repository):
    git(repository, "rm", "-r", ".github")
    git(repository, "commit", "--message=Second")
    chosen = choice({"REPO": str(repository), "TITLE": "Do it", "ANTHROPIC_API_KEY": "sk-…"})
    assert "no workflow" in chosen.notes[-1]
    assert chosen.checks_wait == 15


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"REPO": "/nowhere", "TITLE": "x"}, "not a directory"),
        ({"REPO": "/proc", "TITLE": "x"}, "not a git repository"),
        ({"REPO": "/proc"}, "needs an issue"),
        ({"TITLE": "x"}, "need a repository"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(environ, words):
    with pytest.raises(Unusable, match=words):
        choice(environ)


@pytest.mark.parametrize(
    ("is_terminal", "environ", "coloured"),
    [(True, {}, True), (True, {"NO_COLOR": "1"}, False), (False, {}, False)],
)
def test_colours_are_for_terminals(is_terminal, environ, coloured):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.isatty = lambda: is_terminal
    Terminal(stream, environ).line("❌", "red", "below", RED)
    text = stream.buffer.getvalue().decode()
    assert ("\x1b[31m" in text) is coloured
    assert "0.0 s" in text
    assert "below" in text
