"""Addresses: which repository a git URL means, and which names a branch may have. Pure."""

import re
from dataclasses import dataclass

NAME = r"[A-Za-z0-9_.-]+"
HOST = r"[A-Za-z0-9.-]+"
FORMS = (
    re.compile(
        rf"https?://(?:[^/@]*@)?(?P<host>{HOST}(?::\d+)?)/(?P<owner>{NAME})/(?P<name>{NAME}?)(?:\.git)?/?"
    ),
    re.compile(
        rf"ssh://(?:[^/@]*@)?(?P<host>{HOST})(?::\d+)?/(?P<owner>{NAME})/(?P<name>{NAME}?)(?:\.git)?/?"
    ),
    re.compile(rf"(?:[^/@:]*@)?(?P<host>{HOST}):(?P<owner>{NAME})/(?P<name>{NAME}?)(?:\.git)?/?"),
)


@dataclass(frozen=True)
class Address:
    """A repository on a GitHub, however its URL was written."""

    host: str
    """`github.com`, or with a port where http has one: `127.0.0.1:8000`."""
    owner: str
    name: str

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read `https://h/o/n.git`, `git@h:o/n.git` or `ssh://git@h/o/n`; credentials in it are dropped.

        Raises ValueError, which does not repeat the URL: it may hold a password.
        """
        for form in FORMS:
            match = form.fullmatch(url.strip())
            if match and not {match["owner"], match["name"]} & {".", ".."}:
                return cls(match["host"].lower(), match["owner"], match["name"])
        raise ValueError(
            "not the address of a repository; expected https://HOST/OWNER/NAME.git, git@HOST:OWNER/NAME.git "
            "or ssh://git@HOST/OWNER/NAME"
        )

    @property
    def https(self) -> str:
        """Where git reaches it, without credentials."""
        return f"https://{self.host}/{self.owner}/{self.name}.git"

    @property
    def repository(self) -> str:
        """`owner/name`, as GitHub's API names it."""
        return f"{self.owner}/{self.name}"


def is_branch_name(name: str) -> bool:
    """May a branch be called this?

    The rules of https://git-scm.com/docs/git-check-ref-format, and at most 200 bytes: a ref is a file.
    """
    if not name or len(name.encode("utf-8", "replace")) > 200 or name == "@" or name.startswith("-"):
        return False
    if re.search(r"[\x00-\x20\x7f~^:?*\[\\\ud800-\udfff]|\.\.|@\{", name) or name.endswith("."):
        return False
    return all(part and not part.startswith(".") and not part.endswith(".lock") for part in name.split("/"))
