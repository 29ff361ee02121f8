"""`make run`: the Procfile's processes, and an embedded Redis where REDIS_URL is not set. What dies is started again.

Not honcho: it ends all processes when one ends, and gives workers 5 seconds to stop, which is no turn of a model.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jobs import redis_server, shutdown
from jobs.settings import MissingSettings, Settings
from jobs.ticket.errors import TellPeople

PROCFILE = Path(__file__).resolve().parent.parent / "Procfile"
AGAIN_AFTER = 1.0
"""Seconds after which a process that died is started again."""
PATIENCE = 60.0
"""Seconds that the processes have to finish what is in hand before they are killed."""
LOOKS_EVERY = 0.1


class Supervisor:
    """Processes that are started again when they die, and none of which outlives us."""

    def __init__(self, commands: Mapping[str, list[str]], environ: Mapping[str, str]) -> None:
        self._commands, self._environ = commands, dict(environ)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._due = dict.fromkeys(commands, 0.0)

    def look(self) -> None:
        """See what has died, start what is due."""
        for name in self._commands:
            child = self._running.get(name)
            if child is not None and child.poll() is not None:
                say(f"{name} ended with {child.returncode} and is started again")
                del self._running[name]
                self._due[name] = time.monotonic() + AGAIN_AFTER
            if name not in self._running and time.monotonic() >= self._due[name]:
                self._running[name] = self._start(name)

    def stop(self) -> None:
        """Ask all to end, Redis after those that need it; kill who takes longer than PATIENCE."""
        redis = [self._running.pop("redis")] if "redis" in self._running else []
        for children in (list(self._running.values()), redis):
            for child in children:
                child.terminate()
            deadline = time.monotonic() + PATIENCE
            while any(child.poll() is None for child in children) and time.monotonic() < deadline:
                time.sleep(LOOKS_EVERY)
            for child in children:
                child.kill()
                child.wait()

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        # A session of its own: Ctrl-C reaches us alone, and each process gets one signal, from us.
        return subprocess.Popen(
            self._commands[name],
            env=self._environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: shutdown.die_with(parent),
        )


def main() -> int:
    """Run until a signal ends it; 2 when something has to be set first."""
    try:
        settings = Settings.from_environment()
        commands = commands_for(settings)
    except (MissingSettings, TellPeople) as error:
        say(f"autocode cannot start:\n{error}")
        return 2
    supervisor = Supervisor(commands, environ_for(settings))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        say(f"{', '.join(commands)}; webhooks at port {settings.port}; Ctrl-C ends it")
        while True:
            supervisor.look()
            time.sleep(LOOKS_EVERY)
    except KeyboardInterrupt:
        say("finishing what is in hand; once more ends it at once")
        with suppress(KeyboardInterrupt):
            supervisor.stop()
    return 0


def commands_for(settings: Settings) -> dict[str, list[str]]:
    """The Procfile's commands by name, with the embedded Redis in front if it is needed and does not run yet."""
    lines = re.findall(r"^([\w-]+):\s*(.+)$", PROCFILE.read_text(), re.MULTILINE)
    # `exec`: a signal reaches the program, not a shell around it.
    commands = {name: ["/bin/sh", "-c", f"exec {command}"] for name, command in lines}
    if settings.redis_url or redis_server.is_running(settings.data):
        return commands
    return {"redis": redis_server.command(settings.data)} | commands


def environ_for(settings: Settings) -> dict[str, str]:
    """Our environment, with what had a default, and our Python first in the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return dict(os.environ) | {"REDIS_URL": settings.redis_address, "PORT": str(settings.port), "PATH": path}


def say(text: str) -> None:
    """To whoever sits before the terminal."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
