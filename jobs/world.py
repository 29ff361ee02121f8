"""World: what a worker process works with, made once after the fork and handed to every run."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from redis import Redis

from jobs.github.credentials import SharedTokens
from jobs.github.quota import Quota
from jobs.queue import Queue
from jobs.sandbox import Sandbox
from jobs.settings import Settings

if TYPE_CHECKING:
    from jobs.models.gateway import Model


@dataclass(frozen=True)
class World:
    """What a worker process works with; the same for all its tickets."""

    settings: Settings
    redis: Redis
    queue: Queue
    clock: Callable[[], datetime]
    stopping: Callable[[], bool]
    open_model: "Callable[[str], Model]"
    """By name."""
    open_sandbox: Callable[[], Sandbox | None]
    """None where there is none on this machine."""

    def quota(self, installation: int) -> Quota:
        """What an installation may still ask of GitHub, counted for all workers together."""
        return Quota(self.redis, installation, self.clock, is_paced=self.settings.rate_limits)

    @cached_property
    def tokens(self) -> SharedTokens:
        """The installations' tokens, of all workers together."""
        return SharedTokens(self.redis, self.settings)
