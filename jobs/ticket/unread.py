"""Unread: what people have said on a ticket and its pull request that nobody has acted upon yet. Pure."""

from dataclasses import replace
from datetime import timedelta

from jobs.ticket.commands import START, STARTING, Command, command
from jobs.ticket.names import started_for
from jobs.ticket.observation import Comment, Observation, PullRequest, Review
from jobs.ticket.record import Record

FRESH = timedelta(days=3)
"""How old a command may be that starts a ticket: as far back as GitHub remembers its deliveries."""
LOOKED_AT = 20
"""Commands on an issue that we have not worked on: each may cost a question about what its author may do."""


def own_pull_request(record: Record, observation: Observation) -> PullRequest | None:
    """This run's pull request: by its number, else the newest of its branch that was not closed before."""
    for pull_request in observation.pull_requests:
        if pull_request.number == record.pull_request:
            return pull_request
    if record.pull_request is None:
        for pull_request in observation.pull_requests:
            if pull_request.head_branch == record.branch and pull_request.state == "OPEN":
                return pull_request
    return None


def comments_on_ticket(observation: Observation) -> tuple[Comment, ...]:
    """Every comment on the issue and on its pull requests, oldest first: people also write where one was closed."""
    on_pulls = (item for pull_request in observation.pull_requests for item in pull_request.comments)
    return tuple(sorted((*observation.comments, *on_pulls), key=lambda item: item.id))


def unread_comments(record: Record, observation: Observation) -> tuple[Comment, ...]:
    """People's comments on issue and pull request that have not been acted upon, oldest first."""
    return tuple(
        item
        for item in comments_on_ticket(observation)
        if item.id > record.comment_cursor and item.by_person and not item.by_us
    )


def told_to_agent(item: Comment, observation: Observation) -> bool:
    """Whether a comment is for the agent: one that is no command, or the command to do something."""
    said = command(item.body, observation.viewer)
    return said is None or (said.name == "fix" and not said.problem)


def is_told(record: Record, observation: Observation, *, in_any_words: bool) -> bool:
    """Somebody who may has told the agent what it has not read: with the command, or in any words if they count."""
    unread = (item for item in unread_comments(record, observation) if told_to_agent(item, observation))
    meant = (item for item in unread if in_any_words or _is_wish(item, observation))
    return any(observation.may_write(item.author) for item in meant)


def wishes(record: Record, observation: Observation) -> list[Comment]:
    """What the agent was told to do by the command and has not read; not what waits behind another command."""
    found: list[Comment] = []
    for item in unread_comments(record, observation):
        if _is_wish(item, observation):
            found.append(item)
        elif item.id > record.command_cursor and command(item.body, observation.viewer):
            break
    return found


def _is_wish(item: Comment, observation: Observation) -> bool:
    """It tells the agent to do something by the command."""
    return command(item.body, observation.viewer) is not None and told_to_agent(item, observation)


def next_command(record: Record | None, observation: Observation) -> tuple[Comment, Command] | None:
    """The oldest command that nobody has replied to.

    Of an issue that we have not worked on, the newest that somebody who may starts it with, else the newest of all.
    """
    found = [
        (item, said)
        for item in unread_commands(record, observation)
        if (said := command(item.body, observation.viewer))
    ]
    if record is not None:
        return found[0] if found else None
    starting = [
        (item, said)
        for item, said in found
        if said.name in STARTING and not said.problem and observation.may_write(item.author)
    ]
    return next(reversed(starting or found), None)


def unread_commands(record: Record | None, observation: Observation) -> tuple[Comment, ...]:
    """People's comments with a command that has not been replied to, oldest first.

    Of an issue that we have not worked on, the newest few, while they are fresh.
    """
    comments = [
        item
        for item in map(_on_behalf, comments_on_ticket(observation))
        if item.by_person and not item.by_us and command(item.body, observation.viewer)
    ]
    if record is None:
        return tuple(item for item in comments[-LOOKED_AT:] if observation.now - item.created_at < FRESH)
    return tuple(item for item in comments if item.id > record.command_cursor)


def _on_behalf(item: Comment) -> Comment:
    """A comment of ours that starts a sub-issue is the command of the person who asked for its parent."""
    person = started_for(item.body) if item.by_us and item.editor is None else None
    if person is None:
        return item
    login, user_id, asked_at = person
    return replace(
        item,
        author=login,
        author_id=user_id,
        by_us=False,
        by_person=True,
        body=f"/autocode {START}",
        asked_at=asked_at,
    )


def newest_comment(record: Record, observation: Observation) -> int:
    """The comment cursor once everything in this observation has been acted upon."""
    return max((item.id for item in unread_comments(record, observation)), default=record.comment_cursor)


def newest_review(record: Record, observation: Observation) -> int:
    """The review cursor once everything in this observation has been acted upon."""
    pull_request = own_pull_request(record, observation)
    reviews = pull_request.reviews if pull_request else ()
    return max((review.id for review in reviews), default=record.review_cursor)


def demands(record: Record, observation: Observation) -> tuple[Review, ...]:
    """Unread reviews that request changes or remark on lines, by people who may."""
    return tuple(r for r in unread_demands(record, observation) if observation.may_write(r.author))


def unread_demands(record: Record, observation: Observation) -> tuple[Review, ...]:
    """The same by whomever: whose permission `demands` needs to know."""
    pull_request = own_pull_request(record, observation)
    reviews = pull_request.reviews if pull_request else ()
    return tuple(
        review
        for review in reviews
        if review.id > record.review_cursor and review.by_person and _demands(review)
    )


def _demands(review: Review) -> bool:
    """It has to be answered. Who approves with remarks is content: those are read when another round begins."""
    return review.state == "CHANGES_REQUESTED" or (review.state == "COMMENTED" and review.remarks > 0)
