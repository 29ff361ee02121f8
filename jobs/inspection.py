"""Inspection: the mistakes of a commit's `.github/autocode.yml` are shown where they were made, as a check.

One check, with annotations, for each commit that changed the file, and only where there are mistakes. It is found
before it is made, and for some seconds one worker alone looks, so that a webhook that came twice makes no second one.
Where GitHub refuses or is away it is left: every ticket that meets the mistake says so in its status comment.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from redis import Redis

from jobs.configuration import read_configuration
from jobs.github.commits import Commit
from jobs.github.errors import GitHubError, Uncertain
from jobs.github.quota import Quota
from jobs.settings import Settings
from jobs.ticket.check_run import CONFIGURATION, report
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.request import Inspect

ALONE_FOR = timedelta(seconds=20)
"""Less than it takes until the job of a worker that died is run again."""

log = logging.getLogger("autocode")


def inspect(
    settings: Settings, redis: Redis, quota: Quota, clock: Callable[[], datetime], asked: Inspect
) -> None:
    """Read the file as it is in the commit, and report its mistakes, if there are any and nobody has yet."""
    what = f"{asked.repository}@{asked.sha[:7]}"
    if not redis.set(f"autocode:inspecting:{asked.repository}@{asked.sha}", 1, ex=ALONE_FOR, nx=True):
        log.info("%s: its configuration is being looked at", what)
        return
    try:
        with Commit(settings, asked, clock, quota) as commit:
            mistakes = read_configuration(commit.configuration())[1]
            if mistakes and not commit.has_run(CONFIGURATION):
                commit.create_run(CONFIGURATION, report(mistakes))
    except (Later, Uncertain, GitHubError, TellPeople) as error:
        log.warning("%s: its configuration was not looked at: %s", what, error)
        return
    log.info("%s: %d mistakes in its configuration", what, len(mistakes))
