"""Every way to write a repository's address, and names that git takes for a branch."""

import pytest

from jobs.git.address import Address, is_branch_name


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://github.com/acme/tools.git", "github.com"),
        ("https://github.com/acme/tools", "github.com"),
        ("https://GitHub.com/acme/tools/", "github.com"),
        ("http://127.0.0.1:8000/acme/tools.git", "127.0.0.1:8000"),
        ("https://x-access-token:secret@github.com/acme/tools.git", "github.com"),
        ("git@github.com:acme/tools.git", "github.com"),
        ("github.com:acme/tools", "github.com"),
        ("ssh://git@github.example.com:2222/acme/tools.git", "github.example.com"),
        ("ssh://git@github.example.com/acme/tools", "github.example.com"),
    ],
)
def test_https_and_ssh_forms_of_an_address_mean_the_same_repository(url: str, host: str) -> None:
    address = Address.parse(url)
    assert address == Address(host, "acme", "tools")
    assert address.https == f"https://{host}/acme/tools.git"


def test_a_dot_in_a_repository_name_is_part_of_it() -> None:
    assert Address.parse("git@github.com:acme/acme.github.io.git").name == "acme.github.io"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "acme/tools",
        "https://github.com/acme",
        "https://github.com/../tools",
        "https://github.com/acme/..",
        "https://github.com/acme/tools/tree/main",
        "ftp://github.com/acme/tools",
        "https://user:pa55@github.com/acme/to ols",
        "--upload-pack=touch /tmp/x:acme/tools",
    ],
)
def test_anything_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected https://HOST/OWNER/NAME\.git") as error:
        Address.parse(url)
    assert "pa55" not in str(error.value)


@pytest.mark.parametrize("name", ["main", "autocode/12-greet", "release/1.x", "größe", "a@b", "v1.0"])
def test_git_takes_it_for_a_branch(name: str) -> None:
    assert is_branch_name(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", "-f", "a..b", "a b", "a\nb", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "/a", "a/", "a//b"),
        *(".a", "a/.b", "a.lock", "a.lock/b", "a.", "@", "a@{1}", "x" * 201, "\ud800"),
    ],
    ids=ascii,
)
def test_git_does_not_take_it_for_a_branch(name: str) -> None:
    assert not is_branch_name(name)
