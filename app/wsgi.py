"""What granian's worker serves: `app.wsgi:application`. The only import that has effects."""

import os
import sys

from app.webhook import create_app
from jobs import shutdown
from jobs.queue import Queue, connect
from jobs.settings import MissingSettings, Settings

QUEUE_PATIENCE = 2.0
"""Seconds for one command: GitHub waits 10 for an answer."""

# Without its server a worker would hold the port for ever.
shutdown.die_with(os.getppid())

try:
    settings = Settings.from_environment()
except MissingSettings as error:
    sys.stderr.write(f"autocode's web process cannot start:\n{error}\n")
    sys.exit(2)

application = create_app(settings, Queue(connect(settings.redis_address, timeout=QUEUE_PATIENCE, retries=1)))
