"""Threads: the conversations about lines of the diff in GitHub's answer. Pure."""

from datetime import datetime

from jobs.github.people import Node, is_person, login_of
from jobs.ticket.text import cleaned
from jobs.ticket.threads import Remark, Thread


def thread_of(node: Node, viewer: str) -> Thread:
    """One thread of `queries/review_threads.graphql`."""
    comments = node["comments"]["nodes"]
    first = comments[0] if comments else {}
    return Thread(
        id=node["id"],
        path=node["path"],
        # An outdated thread has only the lines as they were.
        line=node["line"] or node["originalLine"],
        start_line=node["startLine"] if node["line"] else node["originalStartLine"],
        is_resolved=node["isResolved"],
        is_outdated=node["isOutdated"],
        diff_hunk=cleaned(first.get("diffHunk", "")),
        asks_for_changes=(first.get("pullRequestReview") or {}).get("state") == "CHANGES_REQUESTED",
        remarks=tuple(_remark(comment, viewer) for comment in comments),
    )


def _remark(node: Node, viewer: str) -> Remark:
    author = login_of(node["author"])
    thumbs = [item for item in node["reactions"]["nodes"] if item["user"]]
    return Remark(
        author=author,
        by_us=author == viewer,
        by_person=is_person(node["author"]),
        body=node["body"] if author == viewer else cleaned(node["body"]),
        edited_at=datetime.fromisoformat(node["lastEditedAt"]) if node["lastEditedAt"] else None,
        thumbs=tuple((item["user"]["login"], datetime.fromisoformat(item["createdAt"])) for item in thumbs),
    )
