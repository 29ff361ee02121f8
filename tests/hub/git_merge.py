"""Commits the hub itself makes: merges, squashes, rebases, files written over REST. In the bare repository."""

from functools import lru_cache
from pathlib import Path

from tests.hub import git_facts
from tests.hub.entities import PullRequest, Repository, User
from tests.hub.git_facts import Commit, GitError, Person, run_git, text

WEB_FLOW = Person("GitHub", "noreply@github.com", "")


def person(user: User, date: str) -> Person:
    """How a user appears in commits made on the web."""
    return Person(user.name or user.login, f"{user.id}+{user.login}@users.noreply.github.com", date)


def mergeable(pull: PullRequest) -> bool:
    """The head merges into the base branch without a conflict."""
    base = git_facts.branch_sha(pull.repository, pull.base_ref)
    return (
        base is not None and merged_tree(pull.repository.git_dir, base, git_facts.head_sha(pull)) is not None
    )


@lru_cache(maxsize=1024)
def merged_tree(git_dir: Path, base: str, head: str) -> str | None:
    """The tree of merging two shas; None on a conflict."""
    try:
        return text(git_dir, "merge-tree", "--write-tree", base, head).splitlines()[0]
    except GitError:
        return None


def commit_tree(
    repository: Repository, tree: str, parents: list[str], message: str, author: Person, committer: Person
) -> str:
    """Make a commit of a tree; gives its sha."""
    env = {
        "GIT_AUTHOR_NAME": author.name, "GIT_AUTHOR_EMAIL": author.email, "GIT_AUTHOR_DATE": author.date,
        "GIT_COMMITTER_NAME": committer.name, "GIT_COMMITTER_EMAIL": committer.email,
        "GIT_COMMITTER_DATE": committer.date or author.date,
    }  # fmt: skip
    named = [option for parent in parents for option in ("-p", parent)]
    out = run_git(repository.git_dir, "commit-tree", tree, *named, "-F", "-", stdin=message.encode(), env=env)
    return out.decode().strip()


def merge_pull(pull: PullRequest, method: str, author: Person, message: str) -> str | None:
    """Merge for real, by `merge`, `squash` or `rebase`; the new tip of the base branch, or None on a conflict."""
    repository, head = pull.repository, git_facts.head_sha(pull)
    base = git_facts.branch_sha(repository, pull.base_ref)
    if base is None:
        return None
    if method == "rebase":
        return _rebase(repository, base, git_facts.pull_commits(pull), author)
    tree = merged_tree(repository.git_dir, base, head)
    if tree is None:
        return None
    parents = [base, head] if method == "merge" else [base]
    return commit_tree(repository, tree, parents, message, author, WEB_FLOW)


def _rebase(repository: Repository, base: str, commits: list[Commit], committer: Person) -> str | None:
    tip = base
    for commit in commits:
        # A stand-in with the tip's tree and the commit's own parent makes that parent the merge base (git < 2.40
        # cannot be told one).
        tree_of_tip = text(repository.git_dir, "rev-parse", f"{tip}^{{tree}}")
        stand_in = commit_tree(repository, tree_of_tip, commit.parents[:1], "rebase", committer, committer)
        tree = merged_tree(repository.git_dir, stand_in, commit.sha)
        if tree is None:
            return None
        tip = commit_tree(repository, tree, [tip], commit.message, commit.author, committer)
    return tip


def updated_head(pull: PullRequest, base: str, method: str, person: Person, message: str) -> str | None:
    """The head with the base's commits in it, by `merge` or `rebase`; None on a conflict."""
    repository, head = pull.repository, git_facts.head_sha(pull)
    if method == "rebase":
        commits = list(reversed(git_facts.log(repository.git_dir, f"{base}..{head}")))
        return _rebase(repository, base, commits, person)
    tree = merged_tree(repository.git_dir, head, base)
    return commit_tree(repository, tree, [head, base], message, person, WEB_FLOW) if tree else None


def write_files(
    repository: Repository, parent: str | None, files: dict[str, bytes | None], message: str, author: Person
) -> str:
    """A commit on top of `parent` with files written or (None) removed; gives its sha."""
    index = repository.git_dir / "index-of-the-hub"
    env = {"GIT_INDEX_FILE": str(index)}
    try:
        if parent is not None:
            run_git(repository.git_dir, "read-tree", parent, env=env)
        staged = "".join(_staged(repository.git_dir, path, content) for path, content in files.items())
        run_git(repository.git_dir, "update-index", "-z", "--index-info", stdin=staged.encode(), env=env)
        tree = run_git(repository.git_dir, "write-tree", env=env).decode().strip()
    finally:
        index.unlink(missing_ok=True)
    return commit_tree(repository, tree, [parent] if parent else [], message, author, author)


def _staged(git_dir: Path, path: str, content: bytes | None) -> str:
    """A line of https://git-scm.com/docs/git-update-index#_using_index_info."""
    if content is None:
        return f"0 {git_facts.NULL_SHA}\t{path}\0"
    blob = run_git(git_dir, "hash-object", "-w", "--stdin", stdin=content).decode().strip()
    return f"{'100755' if content.startswith(b'#!') else '100644'} {blob}\t{path}\0"
