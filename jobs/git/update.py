"""Update: the base's commits brought into a ticket's branch, by a merge, or by a rebase where all of it is ours.

A branch that began on top of another one, which was merged by a squash or was rewritten, holds commits that are in its
base in another form. `since` names the last of them: what both sides have changed is told from there, so that they do
not conflict with themselves, and a rebase leaves them behind.

The merge is made beside the files (`git merge-tree`, git 2.38 and newer), so a worker that dies leaves none half done.
Where both sides changed the same lines, the merge is committed with git's markers in the files, unpushed, and its
message names the files; the next commit takes its place and has its parents.
"""

import json
import os

from jobs.git.command import Commands, Person
from jobs.git.errors import GitFailed

UNRESOLVED = "Autocode-Unresolved: "
"""Begins a line of the message of such a merge, with a path as JSON behind it."""
MARKERS = (b"<<<<<<< ", b">>>>>>> ")


def merge_base(commands: Commands, base: str, message: str, person: Person, since: str = "") -> list[str]:
    """Merge `base` into HEAD and check the result out; the paths that could not be settled."""
    tree, unresolved = _merged(commands, base, person, since)
    listing = "".join(f"\n{UNRESOLVED}{json.dumps(path)}" for path in unresolved)
    parents = ("-p", commands.line("rev-parse", "HEAD"), "-p", commands.line("rev-parse", base))
    text = f"{message.rstrip()}{listing}\n"
    made = commands.run("commit-tree", tree, *parents, "-F", "-", stdin=text.encode(), person=person)
    commands.reset(made.decode().strip())
    return unresolved


def rebase_onto(commands: Commands, base: str, person: Person, since: str = "") -> bool:
    """Replay HEAD's commits on `base`; False, and nothing is changed, if not all are ours or git cannot do it alone."""
    ours = ("HEAD", f"^{base}", *([f"^{since}"] if since else []))
    if set(commands.line("log", "--format=%ce", *ours).splitlines()) != {person.email}:
        return False
    before = commands.line("rev-parse", "HEAD")
    has_merges = bool(commands.line("rev-list", "--merges", "--max-count=1", *ours))
    # A rebase leaves merges out, and with them what was settled or changed in one.
    wanted = _merged(commands, base, person, since) if has_merges else None
    try:
        commands.run("rebase", "--quiet", "--no-autostash", "--onto", base, since or base, person=person)
    except GitFailed:
        commands.run("rebase", "--abort")
        commands.reset(before)
        return False
    if wanted and wanted != (commands.line("rev-parse", "HEAD^{tree}"), []):
        commands.reset(before)
        return False
    return True


def is_part(commands: Commands, commit: str, of: str) -> bool:
    """Whether `commit` is `of` or came before it."""
    return commands.says_yes("merge-base", "--is-ancestor", commit, of)


def _merged(commands: Commands, base: str, person: Person, since: str) -> tuple[str, list[str]]:
    """The tree of a merge of `base` into HEAD, and the paths in it that could not be settled."""
    sides = ["HEAD", base]
    if since and not is_part(commands, since, base):
        sides = [_since(commands, side, since, person) for side in sides]
    is_clean, printed = commands.yes_or_no(
        "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", *sides
    )
    tree, *paths = [os.fsdecode(item) for item in printed.split(b"\0") if item]
    return tree, [] if is_clean else paths


def _since(commands: Commands, side: str, since: str, person: Person) -> str:
    """A commit with the files of `side` whose only parent is `since`, which so becomes the base of a merge.

    `git merge-tree --merge-base` would do, from git 2.40 on.
    """
    made = commands.run("commit-tree", f"{side}^{{tree}}", "-p", since, "-m", side, person=person)
    return made.decode().strip()


def unresolved_paths(commands: Commands) -> list[str]:
    """What HEAD, if it is a merge as above, leaves to be settled."""
    parents, *lines = commands.line("log", "-1", "--format=%P%n%B").splitlines()
    if " " not in parents:
        # No merge: whatever such a line does there is somebody's text.
        return []
    return [str(json.loads(line.removeprefix(UNRESOLVED))) for line in lines if line.startswith(UNRESOLVED)]


def has_markers(content: bytes) -> bool:
    """Whether git's conflict markers stand in a file."""
    return any(line.startswith(MARKERS) for line in content.splitlines())
