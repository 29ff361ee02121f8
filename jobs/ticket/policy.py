"""Path policy: which changed files may never be committed for a ticket, and what to say about each. Pure."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

LARGEST_FILE = 5_000_000
"""Bytes. GitHub itself warns at 50 MB and refuses at 100 MB; source code never comes near this."""


class Kind(Enum):
    """What happened to the path."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    NESTED_REPOSITORY = "nested repository"
    """A directory with a git repository of its own: git would commit it as a submodule."""


FILE = "100644"
EXECUTABLE = "100755"
LINK = "120000"
GITLINK = "160000"
NO_FILE = "000000"
"""The modes git stores, and the one it prints for a deleted file (https://git-scm.com/docs/index-format)."""


@dataclass(frozen=True)
class Change:
    """One path that would be committed."""

    path: str
    """Relative to the top of the repository, separated by "/"."""
    mode: str
    """Git's octal mode after the change; `NO_FILE` when the path is deleted."""
    link_target: str | None = None
    """Where a symbolic link points, as written; None for anything else."""
    kind: Kind = Kind.MODIFIED
    size: int = 0
    """Bytes after the change."""


def violations(changes: Iterable[Change]) -> list[str]:
    """One sentence for each change that must not be committed, in the order given; empty when all may be."""
    return [sentence for change in changes if (sentence := violation(change))]


def violation(change: Change) -> str | None:
    """What is wrong with this change (the first rule that objects), or None."""
    return next((sentence for rule in RULES if (sentence := rule(change))), None)


def outside_the_repository(change: Change) -> str | None:
    """The path is absolute, climbs, or is none at all."""
    parts = change.path.split("/")
    if change.path and not change.path.startswith("/") and not {"", ".", ".."} & set(parts):
        return None
    return (
        f"{shown(change.path)} is not a path inside the repository; only relative paths without `..` can be "
        "committed: write the file somewhere below the top of the repository."
    )


def git_directory(change: Change) -> str | None:
    """Git's own files: a planted configuration or hook would be executed by whoever checks it out."""
    if not any(is_dot_git(part) for part in change.path.split("/")):
        return None
    return (
        f"{shown(change.path)} lies in git's own directory (or in one that some systems take for it), "
        "which is never committed: remove it or give it another name."
    )


def nested_repository(change: Change) -> str | None:
    """A submodule, or the file that says where submodules come from."""
    is_definition = change.path.casefold() == ".gitmodules"
    if change.kind is not Kind.NESTED_REPOSITORY and change.mode != GITLINK and not is_definition:
        return None
    what = "defines submodules" if is_definition else "is a git repository of its own (a submodule)"
    return (
        f"{shown(change.path)} {what}; a ticket may change files but neither add nor move submodules: remove "
        "the inner `.git`, or undo the change."
    )


def workflow(change: Change) -> str | None:
    """What GitHub Actions runs with the repository's secrets."""
    path = change.path.casefold()
    replaces_a_parent = change.mode == LINK and path == ".github"
    if path != ".github/workflows" and not path.startswith(".github/workflows/") and not replaces_a_parent:
        return None
    return (
        f"{shown(change.path)} belongs to the GitHub Actions workflows, which only people may change: undo "
        "it and tell the people in the summary what the workflow would need."
    )


def link_out(change: Change) -> str | None:
    """A symbolic link that leads out of the repository, or into git's own directory."""
    if change.link_target is None or stays_inside(change.path, change.link_target):
        return None
    return (
        f"{shown(change.path)} is a symbolic link to {shown(change.link_target)}, which leads or may lead out "
        "of the repository; a link may climb with `../` only at its start and must end inside: link to a file "
        "of the repository or copy the contents."
    )


def strange_mode(change: Change) -> str | None:
    """Anything that is neither file nor link."""
    if change.mode in {FILE, EXECUTABLE, LINK, NO_FILE}:
        return None
    return (
        f"{shown(change.path)} has the mode {change.mode}; only plain files, executable files and symbolic "
        "links can be committed: replace it with one of these."
    )


def too_large(change: Change) -> str | None:
    """A file too large for source code."""
    if change.size <= LARGEST_FILE:
        return None
    most = f"{LARGEST_FILE / 1e6:.0f} MB"
    return (
        f"{shown(change.path)} has {change.size / 1e6:.1f} MB; a file may have at most {most}: "
        "remove it, or list it in `.gitignore` if a build makes it."
    )


def unsettled(path: str) -> str:
    """What is said of a file in which a conflict has not been settled."""
    return (
        f"{shown(path)} still has git's conflict markers (`<<<<<<<`, `>>>>>>>`): choose what belongs there and "
        "take the markers out."
    )


RULES: tuple[Callable[[Change], str | None], ...] = (
    outside_the_repository,
    git_directory,
    nested_repository,
    workflow,
    link_out,
    strange_mode,
    too_large,
)


def is_dot_git(name: str) -> bool:
    """Would some file system open `.git` under this name?

    Case is ignored by macOS and Windows; NTFS also drops dots and blanks at the end, what follows a colon,
    and knows `git~1`; HFS+ drops invisible characters (git's own `is_ntfs_dotgit` and `is_hfs_dotgit`).
    """
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    parts = re.split(r"[\\:]", visible.casefold())
    return any(part.rstrip(". ") in {".git", "git~1"} for part in parts)


def stays_inside(path: str, target: str) -> bool:
    """Does a link at `path` to `target` end inside the repository, whatever other links it passes?

    `..` counts only at the start of the target, where the directories climbed are real ones. After the name
    of another link it could climb out of a directory that looks deep and is not.
    """
    if target.startswith("/") or "\\" in target or "\0" in target:
        return False
    parts = [part for part in target.split("/") if part not in {"", "."}]
    climbs = 0
    while climbs < len(parts) and parts[climbs] == "..":
        climbs += 1
    rest = parts[climbs:]
    return climbs <= path.count("/") and ".." not in rest and not any(is_dot_git(part) for part in rest)


def shown(path: str) -> str:
    """A path as people may safely read it in Markdown: one line of printable characters, quoted for good."""
    readable = path.encode("utf-8", "replace").decode("utf-8")
    plain = "".join(
        char if char.isprintable() and char != "`" else "\N{REPLACEMENT CHARACTER}" for char in readable
    )
    return f"`{plain[:200]}`"
