"""The path policy, row by row: what may never be committed, and that people are told why."""

import pytest

from jobs.ticket.policy import FILE, GITLINK, LINK, NO_FILE, Change, Kind, violations

MB = 1_000_000


def named(value: object) -> str:
    return ascii(value.path if isinstance(value, Change) else value)


@pytest.mark.parametrize(
    "change",
    [
        Change("src/app.py", FILE),
        Change("run.sh", "100755", kind=Kind.ADDED),
        Change("old.py", NO_FILE, kind=Kind.DELETED),
        Change(".gitignore", FILE),
        Change(".gitattributes", FILE),
        Change(".github/CODEOWNERS", FILE),
        Change(".github/workflows.md", FILE),
        Change("docs/.github/workflows/example.yml", FILE),
        Change("docs/git~12", FILE),
        Change("a..b/...", FILE),
        Change("docs/latest", LINK, "../README.md"),
        Change("a/b/up", LINK, "../.."),
        Change("here", LINK, "./src//app.py"),
        Change("data.bin", FILE, size=5 * MB),
    ],
    ids=named,
)
def test_it_may_be_committed(change: Change) -> None:
    assert violations([change]) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Change(".github/workflows/ci.yml", FILE), "workflows"),
        (Change(".github/workflows/ci.yml", NO_FILE, kind=Kind.DELETED), "workflows"),
        (Change(".GitHub/Workflows/ci.yml", FILE), "workflows"),
        (Change(".github/workflows", LINK, "../wf"), "workflows"),
        (Change(".github", LINK, "elsewhere"), "workflows"),
        (Change(".git/config", FILE), "git's own directory"),
        (Change("src/.GIT/hooks/pre-commit", FILE), "git's own directory"),
        (Change("src/.Git", FILE), "git's own directory"),
        (Change("GIT~1/config", FILE), "git's own directory"),
        (Change(".git. ./config", FILE), "git's own directory"),
        (Change(".git::$INDEX_ALLOCATION/config", FILE), "git's own directory"),
        (Change(".g\u200cit/config", FILE), "git's own directory"),
        (Change("a\\.git\\config", FILE), "git's own directory"),
        (Change("/etc/passwd", FILE), "not a path inside"),
        (Change("../x", FILE), "not a path inside"),
        (Change("a/../../x", FILE), "not a path inside"),
        (Change("", FILE), "not a path inside"),
        (Change("passwd", LINK, "/etc/passwd"), "symbolic link"),
        (Change("a/up", LINK, "../../x"), "symbolic link"),
        (Change("a/b/trick", LINK, "link/../../x"), "symbolic link"),
        (Change("config", LINK, ".git/config"), "symbolic link"),
        (Change("lib", GITLINK), "submodule"),
        (Change("lib", GITLINK, kind=Kind.NESTED_REPOSITORY), "submodule"),
        (Change(".gitmodules", FILE), "submodule"),
        (Change("tool", "104755"), "mode 104755"),
        (Change("core.dump", FILE, size=5 * MB + 1), "5.0 MB"),
    ],
    ids=named,
)
def test_it_may_not_be_committed_and_one_sentence_says_why(change: Change, words: str) -> None:
    [sentence] = violations([change])
    assert words in sentence
    assert sentence.startswith("`")
    assert sentence.endswith(".")
    assert ": " in sentence, "what to do follows the colon"


def test_a_name_cannot_break_out_of_its_quotation() -> None:
    [sentence] = violations([Change(".git/`\n\n# @everyone\u202e\udcff", FILE)])
    assert sentence.partition("lies in")[0].count("`") == 2
    assert "\n" not in sentence
    assert sentence.encode("utf-8")
