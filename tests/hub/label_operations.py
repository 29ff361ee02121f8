"""What may be done to labels, on a repository and on its issues, with the events it causes."""

import re

from tests.hub.auth import Actor
from tests.hub.entities import Issue, Label, Repository
from tests.hub.errors import invalid
from tests.hub.serialize import label_json
from tests.hub.state import State
from tests.hub.timeline import ensure_writable, record
from tests.hub.webhooks import emit_for


def create_label(
    state: State, repository: Repository, name: str, color: str = "ededed", description: str | None = None
) -> Label:
    ensure_writable(repository)
    if not isinstance(name, str) or not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > 50:
        raise invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)")
    if name.lower() in repository.labels:
        raise invalid("Label", "name", "already_exists")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise invalid("Label", "color", "invalid")
    label = Label(id=state.new_id(), repository=repository, name=name, color=color, description=description)
    repository.labels[name.lower()] = state.add(label)
    return label


def find_or_create_label(state: State, repository: Repository, name: str) -> Label:
    found = repository.labels.get(name.lower()) if isinstance(name, str) else None
    return found or create_label(state, repository, name)


def add_labels(state: State, actor: Actor, issue: Issue, labels: list[str] | list[Label]) -> list[Label]:
    """Put labels on; names that do not exist yet are made. Those already on cause no event."""
    ensure_writable(issue.repository)
    for wanted in labels:
        label = wanted if isinstance(wanted, Label) else find_or_create_label(state, issue.repository, wanted)
        if label not in issue.labels:
            issue.labels.append(label)
            record(state, actor, issue, "labeled", label=label)
            emit_for(state, actor, issue, "labeled", label=label_json(state, label))
    return issue.labels


def remove_labels(state: State, actor: Actor, issue: Issue, labels: list[Label]) -> list[Label]:
    """Take labels off; those not on cause no event."""
    ensure_writable(issue.repository)
    for label in labels:
        if label in issue.labels:
            issue.labels.remove(label)
            record(state, actor, issue, "unlabeled", label=label)
            emit_for(state, actor, issue, "unlabeled", label=label_json(state, label))
    return issue.labels


def set_labels(state: State, actor: Actor, issue: Issue, names: list[str]) -> list[Label]:
    wanted = [find_or_create_label(state, issue.repository, name) for name in names]
    remove_labels(state, actor, issue, [label for label in issue.labels if label not in wanted])
    return add_labels(state, actor, issue, wanted)
