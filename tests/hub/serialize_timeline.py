"""The JSON GitHub gives for the timeline of an issue or pull request."""

from tests.hub.entities import Issue, PullRequest, TimelineEvent
from tests.hub.serialize import Json, api, app_json, iso, minimal_repository_json, user_json
from tests.hub.serialize_issues import comment_json, issue_json
from tests.hub.serialize_reviews import review_json
from tests.hub.state import State

# What a relation event calls the other issue.
RELATIONS = {
    f"{relation}_{change}": relation
    for relation in ("sub_issue", "parent_issue", "blocked_by", "blocking")
    for change in ("added", "removed")
}


def event_json(state: State, event: TimelineEvent) -> Json:
    """https://docs.github.com/en/rest/issues/timeline: an event that is not a comment."""
    actor = user_json(state, event.actor)
    if event.event == "cross-referenced":
        assert event.source is not None
        source = {"type": "issue", "issue": issue_json(state, event.source)}
        when = iso(event.created_at)
        return {
            "event": event.event,
            "actor": actor,
            "created_at": when,
            "updated_at": when,
            "source": source,
        }
    own = api(state, f"repos/{event.issue.repository.full_name}/issues/events/{event.id}")
    answer: Json = {
        "id": event.id, "node_id": event.node_id, "url": own, "actor": actor, "event": event.event,
        "commit_id": event.commit_id, "commit_url": None, "created_at": iso(event.created_at),
        "performed_via_github_app": app_json(state, event.via_app) if event.via_app else None,
    }  # fmt: skip
    if event.label:
        answer["label"] = {"name": event.label.name, "color": event.label.color}
    if event.rename:
        answer["rename"] = {"from": event.rename[0], "to": event.rename[1]}
    if event.event in ("closed", "reopened"):
        answer["state_reason"] = event.state_reason
    if event.source and event.event in RELATIONS:
        answer[RELATIONS[event.event]] = _reference(state, event.source)
    return answer


def _reference(state: State, issue: Issue) -> Json:
    """Another issue as relation events name it."""
    return {
        "number": issue.number, "title": issue.title, "state": issue.state, "state_reason": issue.state_reason,
        "repository": minimal_repository_json(state, issue.repository), "issue_type": None,
    }  # fmt: skip


def timeline_json(state: State, issue: Issue) -> list[Json]:
    """Events, comments and reviews in the order in which they happened."""
    rows = [(event.created_at, event.id, event_json(state, event)) for event in issue.timeline]
    for comment in issue.comments:
        actor = {"event": "commented", "actor": user_json(state, comment.user)}
        rows.append((comment.created_at, comment.id, comment_json(state, comment) | actor))
    rows += [
        (review.submitted_at, review.id, review_json(state, review) | {"event": "reviewed"})
        for review in (issue.reviews if isinstance(issue, PullRequest) else [])
    ]
    return [row for _, _, row in sorted(rows, key=lambda row: row[:2])]
