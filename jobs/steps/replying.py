"""Replying: a command in a comment is answered with a reaction, in the status comment or in a comment of its own."""

import logging

from jobs.models.prices import PRICES
from jobs.steps.work import Work
from jobs.ticket.observation import Comment
from jobs.ticket.replies import Case, Reply, reply
from jobs.ticket.unread import next_command, unread_commands

log = logging.getLogger("autocode")


def reply_to_command(work: Work) -> tuple[Reply, Comment] | None:
    """Answer the oldest command that was not replied to, and say what follows from it; None when there is none.

    Effects first: whoever dies in between answers again, which GitHub and our marker keep from being seen twice.
    """
    if work.recorded is None:
        work.ask_permissions({item.author for item in unread_commands(None, work.observation)})
    found = next_command(work.recorded, work.observation)
    if found is None:
        return None
    comment, said = found
    work.ask_permissions({comment.author})
    case = Case(said, comment, work.recorded, work.observation, work.budget, tuple(PRICES))
    answer = reply(case)
    log.info("%s: @%s wrote %r: %s", work.ticket.key, comment.author, said.name, answer.reaction)
    work.react(comment.node_id, answer.reaction)
    if answer.comment:
        # One polite line is enough for whoever may not.
        key = f"reply {comment.author if answer.reaction == '-1' else comment.id}"
        work.tell(key, answer.comment)
    if work.recorded is not None:
        work.note(command_cursor=comment.id, note=answer.note or work.record.note, **answer.changes)
    return answer, comment
