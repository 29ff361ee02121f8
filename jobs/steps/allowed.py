"""Allowed: acts that a ticket can do without. What GitHub does not allow is logged, and the ticket goes on."""

import logging
from collections.abc import Callable

from jobs.github.errors import GitHubError
from jobs.steps.work import Work
from jobs.ticket.errors import TellPeople

log = logging.getLogger("autocode")


def allowed(work: Work, act: Callable[[], None]) -> bool:
    """Whether GitHub has done it; what it refuses is logged."""
    try:
        act()
    except (GitHubError, TellPeople) as error:
        log.warning("%s: left as it is: %s", work.ticket.key, error)
        return False
    return True
