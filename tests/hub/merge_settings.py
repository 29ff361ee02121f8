"""A repository's settings about merging, with GitHub's defaults. Data only."""

from dataclasses import dataclass


@dataclass
class MergeSettings:
    """https://docs.github.com/en/rest/repos/repos#update-a-repository"""

    allow_merge_commit: bool = True
    allow_squash_merge: bool = True
    allow_rebase_merge: bool = True
    allow_auto_merge: bool = False
    delete_branch_on_merge: bool = False
