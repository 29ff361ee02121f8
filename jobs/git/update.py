"""Update: the base's commits brought into a ticket's branch, by a merge, or by a rebase where all of it is ours.

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


def merge_base(commands: Commands, base: str, message: str, person: Person) -> list[str]:
    """Merge `base` into HEAD and check the result out; the paths that could not be settled."""
    is_clean, printed = commands.yes_or_no(
        "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", "HEAD", base
    )
    tree, *paths = [os.fsdecode(item) for item in printed.split(b"\0") if item]
    unresolved = [] if is_clean else paths
    listing = "".join(f"\n{UNRESOLVED}{json.dumps(path)}" for path in unresolved)
    parents = ("-p", commands.line("rev-parse", "HEAD"), "-p", commands.line("rev-parse", base))
    text = f"{message.rstrip()}{listing}\n"
    made = commands.run("commit-tree", tree, *parents, "-F", "-", stdin=text.encode(), person=person)
    commands.reset(made.decode().strip())
    return unresolved


def rebase_onto(commands: Commands, base: str, person: Person) -> bool:
    """Replay HEAD's commits on `base`; False, and nothing is changed, if not all are ours or git cannot do it alone."""
    emails = set(commands.line("log", "--format=%ce", f"{base}..HEAD").splitlines())
    if emails != {person.email}:
        return False
    before = commands.line("rev-parse", "HEAD")
    try:
        commands.run("rebase", "--quiet", "--no-autostash", base, person=person)
    except GitFailed:
        commands.run("rebase", "--abort")
        commands.reset(before)
        return False
    return True


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
