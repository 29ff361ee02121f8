"""Which lines a new review thread is about, and what GitHub says to lines that the diff does not show."""

from tests.hub import git_facts
from tests.hub.diff_lines import patch_of, place
from tests.hub.entities import PullRequest
from tests.hub.errors import ApiError
from tests.hub.review_entities import ReviewThread
from tests.hub.serialize import Json
from tests.hub.state import State

RESOURCE = "PullRequestReviewComment"


def begin_thread(state: State, pull: PullRequest, row: Json) -> ReviewThread:
    """For a comment on its own; 422 with a field for each thing that is wrong."""
    commit = row.get("commit_id")
    if commit not in [found.sha for found in git_facts.pull_commits(pull)]:
        raise _failed(("pull_request_review.commit_id", "commit_id is not part of the pull request"))
    patch = patch_of(pull, str(row.get("path")), commit)
    if patch is None:
        raise _failed(("pull_request_review_thread.path", "pull_request_review_thread.path is invalid"))
    wrong = _wrong(patch, row)
    if wrong:
        said = [(f"pull_request_review_thread.{field}", f"pull_request_review_thread.{field} {why}") for field, why in wrong]  # noqa: E501 # fmt: skip
        raise _failed(*said)
    return _thread(state, pull, row, patch, str(commit))


def begin_thread_of_review(state: State, pull: PullRequest, row: Json, commit_id: str | None) -> ReviewThread:
    """For a comment that comes with a review; 422 in sentences."""
    commit = commit_id or git_facts.head_sha(pull)
    patch = patch_of(pull, str(row.get("path")), commit)
    if patch is None:
        raise ApiError(422, "Unprocessable Entity", ["Path could not be resolved"])
    wrong = [
        f"Pull request review thread {field.replace('_', ' ')} {why}" for field, why in _wrong(patch, row)
    ]
    if wrong:
        *first, last = wrong
        text = f"{', '.join(first)}{',' if len(first) > 1 else ''} and {last}" if first else last
        raise ApiError(422, "Unprocessable Entity", [text])
    return _thread(state, pull, row, patch, commit)


def _failed(*fields: tuple[str, str]) -> ApiError:
    errors = [
        {"resource": RESOURCE, "code": "custom", "field": field, "message": why} for field, why in fields
    ]
    return ApiError(422, "Validation Failed", errors)


def _wrong(patch: str, row: Json) -> list[tuple[str, str]]:
    """(field, what is wrong with it)."""
    if row.get("subject_type") == "file":
        return []
    line, side, start = row.get("line"), row.get("side") or "RIGHT", row.get("start_line")
    start_side = row.get("start_side") or side
    if line is not None and start is not None and start >= line and start_side == side:
        return [("start_line", "must precede the end line.")]
    end = place(patch, line, side) if isinstance(line, int) else None
    wrong = [] if end else [("line", "must be part of the diff")]
    if start is not None:
        begin = place(patch, start, start_side)
        if begin is None or end is None or begin.hunk != end.hunk:
            wrong.append(("start_line", "must be part of the same hunk as the line."))
    return wrong if end else [*wrong, ("diff_hunk", "can't be blank")]


def _thread(state: State, pull: PullRequest, row: Json, patch: str, commit: str) -> ReviewThread:
    line, side, start = row.get("line"), row.get("side") or "RIGHT", row.get("start_line")
    if row.get("subject_type") == "file":
        line, start = None, None
    found = place(patch, line, side) if line is not None else None
    base = git_facts.merge_base(pull.repository.git_dir, pull.base_sha, commit) or pull.base_sha
    return ReviewThread(
        id=state.new_id(), pull_request=pull, path=str(row["path"]), line=line, side=side, start_line=start,
        start_side=(row.get("start_side") or side) if start is not None else None, commit_id=commit, base_id=base,
        hunk=found.text if found else patch, position=found.position if found else None,
    )  # fmt: skip
