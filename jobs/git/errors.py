"""Git's failures: which kind one is, in words that hold no secret."""

import errno
import re
from collections.abc import Iterable

from jobs.ticket.errors import TellPeople


class GitFailed(Exception):
    """A git command failed, and nobody on the issue can mend it; the text is redacted."""


class MirrorBroken(GitFailed):
    """Something in the mirror was missing or damaged. It has been thrown away: fetch it again."""


class GitUnreachable(GitFailed):
    """The remote did not answer, or not to the end: ask again later. What was sent may have arrived."""


class DiskFull(GitFailed):
    """There is no room left for the mirror or the worktree on this machine."""


class GitDenied(TellPeople):
    """The remote answered and refused: 401, 403, 404, or a rule of the repository against this push."""


class BaseMissing(TellPeople):
    """The remote has no branch of the name that the work is to begin from."""


class GitUnauthorized(GitDenied):
    """401: the token has expired or was revoked; another one may do."""


class PushConflict(Exception):
    """Other people's commits touch the same lines as ours. The worktree stands at their head, clean."""

    def __init__(self, paths: list[str], patch: str) -> None:
        super().__init__("both sides changed " + ", ".join(paths))
        self.paths = paths
        """Where the two sides meet, relative to the top of the repository."""
        self.patch = patch
        """Our unpushed work as a diff, to be applied again by hand."""


REFUSALS = {
    r"could not read Username|Authentication failed|returned error: 401": """\
did not accept the app's access token (401). Check that the app is still installed there and not suspended, \
then ask with `/autocode retry`""",
    r"returned error: 403": """\
does not allow this (403). Check that it is not archived. autocode needs the permission **contents: write**, \
which an owner of the account grants in the settings of the account, under GitHub Apps → autocode""",
    r"^fatal: repository '.*' not found|returned error: (404|30[1278])": """\
is not there, has moved, or the app was not given access to it. Check the app's list of repositories""",
    r"\[remote rejected\]": """\
refused the push. Check its branch rules: the app must be allowed to push to `autocode/*` branches""",
}
"""What git prints when the remote refuses (pattern), and what people can do about it."""

# What curl, the transport and our own time limit say when the other side is away or gone in mid-sentence.
AWAY = re.compile(
    r"unable to access|RPC failed|hung up unexpectedly|early EOF|unexpected disconnect|expected flush|"
    r"Could not resolve|Connection (reset|refused|timed out)|did not complete in"
)

FULL = re.compile(r"No space left on device|Disk quota exceeded|write error\. Out of diskspace")
"""strerror(3) of ENOSPC and EDQUOT; the last are git's own words."""


def failure(arguments: Iterable[str], stderr: str, repository: str = "") -> GitFailed | GitDenied:
    """The exception for a failed command.

    `stderr` is redacted already; `repository` is named for commands that talk to a remote.
    """
    if repository:
        for pattern, sentence in REFUSALS.items():
            if re.search(pattern, stderr, re.MULTILINE):
                refused = GitUnauthorized if "401" in pattern else GitDenied
                return refused(f"The repository {repository} {sentence}.{_quoted(stderr)}")
    if FULL.search(stderr):
        return DiskFull(f"git {' '.join(arguments)}: {stderr.strip()}")
    kind = GitUnreachable if repository and AWAY.search(stderr) else GitFailed
    return kind(f"git {' '.join(arguments)}: {stderr.strip() or 'failed and said nothing'}")


def is_full(error: BaseException) -> bool:
    """Whether the reason is that the disk is full, whoever has found it so, git or we."""
    is_ours = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return is_ours or isinstance(error, DiskFull)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets and without anything else that looks like one."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    text = re.sub(r"\bgh[a-z]_[A-Za-z0-9._-]{36,}", "***", text)
    text = re.sub(r"(?i)(authorization:\s*\w+\s+)\S+", r"\1***", text)
    return re.sub(r"(\w://)[^/@\s]+@", r"\1***@", text)


def _quoted(stderr: str) -> str:
    """What the other side itself said, as a Markdown quotation; it knows the reason better than we do."""
    said = [
        line for line in stderr.splitlines() if "[remote rejected]" in line or line.startswith("remote: ")
    ]
    words = [line.removeprefix("remote: ").strip() for line in said][:10]
    return "".join(f"\n> {line}" for line in words if line)
