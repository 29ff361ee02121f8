"""Entry points: the functions that RQ calls by name. They translate job arguments into calls, and do nothing else."""

import logging
from datetime import UTC, datetime
from functools import cache

from jobs import controller, shutdown
from jobs import deliveries as reading
from jobs.github.app import App
from jobs.github.errors import GitHubError
from jobs.models.gateway import Model
from jobs.queue import Lane, Queue, connect
from jobs.sandbox import Sandbox
from jobs.settings import Settings
from jobs.ticket.errors import Later, TellPeople
from jobs.ticket.request import Reconcile, Ticket

log = logging.getLogger("autocode")


def reconcile(ticket_key: str, lane: Lane, turn: str) -> None:
    """Look at one ticket again."""
    controller.reconcile(_world(), Ticket.parse(ticket_key), lane, turn)


def sweep(installation: int | None) -> None:
    """Ask for every open ticket of one installation, or of all."""
    world = _world()
    with App(world.settings, quota_of=world.quota) as app:
        wanted = (
            [account.installation for account in app.installations()]
            if installation is None
            else [installation]
        )
        for number in wanted:
            try:
                for ticket in sorted(app.open_tickets(number)):
                    world.queue.request(Reconcile(ticket, why="sweep", is_news=False))
            except (Later, TellPeople, GitHubError) as error:
                # The next sweep comes soon enough, and the other accounts are not to blame.
                log.warning("installation %s: %s", number, error)


def deliveries() -> None:
    """Take in what GitHub could not deliver."""
    world = _world()
    reading.read(world.settings, world.redis, world.queue, world.clock)


@cache
def _world() -> controller.World:
    """Made once per process, after the fork: connections are not shared with the parent."""
    settings = Settings.from_environment()
    redis = connect(settings.redis_address)
    return controller.World(
        settings=settings,
        redis=redis,
        queue=Queue(redis),
        clock=lambda: datetime.now(UTC),
        stopping=shutdown.stopping,
        open_model=lambda: Model(settings),
        open_sandbox=cache(lambda: _sandbox(settings)),
    )


def _sandbox(settings: Settings) -> Sandbox | None:
    """The sandbox, or None where it does not work: then the agent has no `bash`."""
    sandbox = Sandbox(hidden=[settings.data.resolve()])
    objection = sandbox.probe()
    if objection:
        log.warning("no commands are run: %s", objection)
        return None
    return sandbox
