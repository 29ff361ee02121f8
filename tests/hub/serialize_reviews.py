"""The JSON GitHub gives for reviews, their comments and threads."""

from tests.hub import git_facts
from tests.hub.diff_lines import standing
from tests.hub.entities import Review
from tests.hub.review_entities import ReviewComment, ReviewThread
from tests.hub.serialize import Json, api, iso, rollup_json, user_json
from tests.hub.serialize_issues import association, html_url
from tests.hub.state import State


def review_json(state: State, review: Review) -> Json:
    """https://docs.github.com/en/rest/pulls/reviews"""
    pull = review.pull_request
    own = api(state, f"repos/{pull.repository.full_name}/pulls/{pull.number}")
    page = f"{html_url(state, pull)}#pullrequestreview-{review.id}"
    submitted = {} if review.state == "PENDING" else {"submitted_at": iso(review.submitted_at)}
    return {
        "id": review.id, "node_id": review.node_id, "user": user_json(state, review.user), "body": review.body,
        "state": review.state, "html_url": page, "pull_request_url": own, "commit_id": review.commit_id,
        **submitted, "author_association": association(pull.repository, review.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": own}},
    }  # fmt: skip


def review_payload(state: State, review: Review) -> Json:
    """The review in a webhook, where its state is in lower case and its last change has a time."""
    edited = review.edits[-1].edited_at if review.edits else review.submitted_at
    return review_json(state, review) | {"state": review.state.lower(), "updated_at": iso(edited)}


def review_comment_json(state: State, comment: ReviewComment) -> Json:
    """https://docs.github.com/en/rest/pulls/comments"""
    thread = comment.thread
    pull = thread.pull_request
    repository = api(state, f"repos/{pull.repository.full_name}")
    own, pull_url = f"{repository}/pulls/comments/{comment.id}", f"{repository}/pulls/{pull.number}"
    page = f"{html_url(state, pull)}#discussion_r{comment.id}"
    parent = {"in_reply_to_id": comment.reply_to.id} if comment.reply_to else {}
    return {
        "id": comment.id, "node_id": comment.node_id, "url": own, "html_url": page, "pull_request_url": pull_url,
        "pull_request_review_id": comment.review.id, "user": user_json(state, comment.user), "body": comment.body,
        "path": thread.path, "diff_hunk": thread.hunk, **parent, **_lines(thread),
        "created_at": iso(comment.created_at), "updated_at": iso(comment.updated_at),
        "author_association": association(pull.repository, comment.user),
        "reactions": rollup_json(own, comment.reactions),
        "_links": {"self": {"href": own}, "html": {"href": page}, "pull_request": {"href": pull_url}},
    }  # fmt: skip


def _lines(thread: ReviewThread) -> Json:
    """Where it stood and where it stands; `line` and `position` are null once it is outdated."""
    now, head = standing(thread), git_facts.head_sha(thread.pull_request)
    return {
        "line": now.line, "original_line": thread.line, "side": thread.side,
        "start_line": now.start_line, "original_start_line": thread.start_line, "start_side": thread.start_side,
        "position": now.position, "original_position": thread.position,
        "commit_id": thread.commit_id if now.outdated else head, "original_commit_id": thread.commit_id,
        "subject_type": "file" if thread.line is None else "line",
    }  # fmt: skip


def thread_json(state: State, thread: ReviewThread) -> Json:
    """The thread in a webhook."""
    comments = [review_comment_json(state, comment) for comment in thread.comments]
    return {"node_id": thread.node_id, "comments": comments}
