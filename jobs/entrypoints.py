"""Entry points: the functions that RQ calls by name, and what a worker does once so that its jobs need not.

They translate job arguments into calls, and do nothing else.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from jobs import cards, controller, inspection, shutdown
from jobs import deliveries as reading
from jobs import sweep as sweeping
from jobs.github.app import App
from jobs.queue import Lane, Queue, connect
from jobs.sandbox import Sandbox
from jobs.settings import Settings
from jobs.ticket.errors import TellPeople
from jobs.ticket.request import CardMoved, Inspect, Ticket
from jobs.world import World

if TYPE_CHECKING:
    from jobs.models.gateway import Model

log = logging.getLogger("autocode")


def prepare(lane: Lane, settings: Settings) -> None:
    """In the worker, before it forks: what takes a job longer to load or to make than its first request to GitHub."""
    App(settings).prepare()
    if lane == "coding":
        with suppress(TellPeople):
            _open_model(settings).close()


def reconcile(ticket_key: str, lane: Lane, turn: str) -> None:
    """Look at one ticket again."""
    controller.reconcile(_world(), Ticket.parse(ticket_key), lane, turn)


def sweep(installation: int | None) -> None:
    """Ask for what has changed in one installation, or in all."""
    world = _world()
    sweeping.sweep(world.settings, world.redis, world.queue, world.quota, world.clock, installation)


def inspect(installation: int, repository: str, sha: str) -> None:
    """Report the mistakes of a commit's configuration file."""
    world = _world()
    quota = world.quota(installation)
    inspection.inspect(
        world.settings, world.redis, quota, world.clock, Inspect(installation, repository, sha)
    )


def card_moved(key: str) -> None:
    """Ask for the ticket whose card somebody moved."""
    world = _world()
    with App(world.settings, quota_of=world.quota, shared=world.tokens) as app:
        cards.take_in(app, world.redis, world.queue, CardMoved.parse(key), world.clock())


def deliveries() -> None:
    """Take in what GitHub could not deliver."""
    world = _world()
    reading.read(world.settings, world.redis, world.queue, world.clock)


@cache
def _world() -> World:
    """Made once per process, after the fork: connections are not shared with the parent."""
    settings = Settings.from_environment()
    redis = connect(settings.redis_address)
    return World(
        settings=settings,
        redis=redis,
        queue=Queue(redis),
        clock=lambda: datetime.now(UTC),
        stopping=shutdown.stopping,
        open_model=lambda name: _open_model(replace(settings, model=name)),
        open_sandbox=cache(lambda: _sandbox(settings)),
    )


def _open_model(settings: Settings) -> "Model":
    # Only here: the model's library takes longer to load than all the rest, and whoever does not code does without.
    from jobs.models.gateway import Model

    return Model(settings)


def _sandbox(settings: Settings) -> Sandbox | None:
    """The sandbox, or None where it does not work: then the agent has no `bash`."""
    sandbox = Sandbox(hidden=[settings.data.resolve()])
    objection = sandbox.probe()
    if objection:
        log.warning("no commands are run: %s", objection)
        return None
    return sandbox
