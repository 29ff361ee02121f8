"""Runs git: hardened against what a repository may hold, with the token only in one command's environment."""

import base64
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import git.cmd

from jobs.git.errors import failure, redacted

PLAIN_DIFF = ("--no-color", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all")
"""Options that keep a diff from running anything."""
LONGEST = 900.0
"""Seconds that a command may talk to a remote."""

# Beside these git reads the mirror's own configuration and no other: nothing of the system, the user or the
# worktree. So no hook, filter, pager, editor, credential helper, fsmonitor or submodule of anybody runs.
HARDENED = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.attributesFile": "/dev/null",
    "core.excludesFile": "/dev/null",
    "core.symlinks": "true",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.quotePath": "false",
    "credential.helper": "",
    "diff.ignoreSubmodules": "all",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.followRedirects": "false",  # a redirect would take the token to another address
    "http.lowSpeedLimit": "1000",  # bytes per second, for as many seconds as the next line says
    "http.lowSpeedTime": "60",
    "init.defaultBranch": "main",
    "protocol.allow": "never",
}
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "GIT_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_LITERAL_PATHSPECS": "1",
    "HOME": "/nonexistent",  # curl would read a .netrc there
    "XDG_CONFIG_HOME": "/nonexistent",
}


@dataclass(frozen=True)
class Person:
    """Who a commit is by."""

    name: str
    email: str


@dataclass(frozen=True)
class Remote:
    """Where a command may reach out to, and with which token."""

    url: str
    """Without credentials."""
    token: str = ""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"https", "http", "file"} or "@" in parts.netloc:
            raise ValueError("a remote is reached by https, http or file, and its URL holds no credentials")

    @property
    def repository(self) -> str:
        """`host/owner/name`, for people."""
        parts = urlsplit(self.url)
        return f"{parts.netloc}{parts.path.removesuffix('.git')}".strip("/")

    @property
    def basic(self) -> str:
        """The token as HTTP's basic authentication wants it."""
        return base64.b64encode(f"x-access-token:{self.token}".encode()).decode() if self.token else ""

    def config(self) -> dict[str, str]:
        """Allows this URL's transport, and sends the token to this URL alone."""
        allowed = {f"protocol.{urlsplit(self.url).scheme}.allow": "always"}
        header = {f"http.{self.url}.extraHeader": f"Authorization: Basic {self.basic}"} if self.token else {}
        return allowed | header


@dataclass(frozen=True)
class Commands:
    """Git commands on one repository, or on one worktree of it.

    Both places are always named, so that git never looks for a repository by itself and never opens a `.git`
    that somebody put into the worktree.
    """

    git_dir: Path
    work_tree: Path | None = None

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        remote: Remote | None = None,
        person: Person | None = None,
    ) -> bytes:
        """Run `git ARGUMENTS` and return what it printed. Raises GitFailed, GitUnreachable or GitDenied."""
        status, stdout, stderr = self._execute(arguments, stdin, remote, person)
        if status:
            raise failure(arguments, stderr, remote.repository if remote else "")
        return stdout

    def line(self, *arguments: str, remote: Remote | None = None) -> str:
        """The one line that the command prints."""
        return self.run(*arguments, remote=remote).decode("utf-8", "surrogateescape").strip()

    def paths(self, *arguments: str) -> list[str]:
        """What a command prints with `-z`: strings that each end in NUL."""
        return [os.fsdecode(item) for item in self.run(*arguments).split(b"\0") if item]

    def says_yes(self, *arguments: str) -> bool:
        """For commands that answer with their exit status; an error counts as no."""
        return self._execute(arguments, b"", None, None)[0] == 0

    def yes_or_no(self, *arguments: str) -> tuple[bool, bytes]:
        """Whether the command ended with 0 or with 1, and what it printed; raises GitFailed for anything else."""
        status, stdout, stderr = self._execute(arguments, b"", None, None)
        if status not in (0, 1):
            raise failure(arguments, stderr)
        return status == 0, stdout

    def reset(self, commit: str, *, ignored_too: bool = False) -> None:
        """Make the worktree exactly `commit`: no changes, no new files, and on request no ignored ones."""
        self.run("reset", "--quiet", "--hard", commit)
        self.run("clean", "--quiet", "-ffdx" if ignored_too else "-ffd")

    def _execute(
        self, arguments: tuple[str, ...], stdin: bytes, remote: Remote | None, person: Person | None
    ) -> tuple[int, bytes, str]:
        environment = self._environment(remote, person)
        with tempfile.TemporaryFile() as file:
            file.write(stdin)
            file.seek(0)
            status, stdout, stderr = git.cmd.Git(self.work_tree or self.git_dir).execute(
                [*_without(environment), "git", *arguments],
                istream=file,
                env=environment,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=LONGEST if remote else None,
            )
        secrets = (remote.token, remote.basic) if remote else ()
        return int(status), bytes(stdout), redacted(str(stderr), secrets)

    def _environment(self, remote: Remote | None, person: Person | None) -> dict[str, str]:
        config = HARDENED | (remote.config() if remote else {})
        pairs = {"GIT_CONFIG_COUNT": str(len(config)), "GIT_DIR": str(self.git_dir)}
        for number, (key, value) in enumerate(config.items()):
            pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        if self.work_tree:
            pairs["GIT_WORK_TREE"] = str(self.work_tree)
        for role in ("AUTHOR", "COMMITTER") if person else ():
            assert person
            pairs |= {f"GIT_{role}_NAME": person.name, f"GIT_{role}_EMAIL": person.email}
        return ENVIRONMENT | pairs


def _without(environment: dict[str, str]) -> list[str]:
    """A prefix that drops git's other variables of our own environment: in a git hook there are several.

    GitPython can add to the environment of a command, not take away from it.
    """
    strangers = [name for name in os.environ if name.startswith("GIT_") and name not in environment]
    return ["env", *(f"--unset={name}" for name in sorted(strangers))] if strangers else []
