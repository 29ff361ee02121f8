"""Stack: all of autocode as real processes on this machine, with a hub for GitHub and a scripted model.

with Stack(directory, script=script) as stack:  # Redis, the hub and the model are up
    stack.start("web", "tickets", "coding")     # processes of the Procfile, by name
    stack.hub.person("octocat").post("/repos/…", …)
    stack.kill("coding", signal.SIGKILL)
"""

import json
import re
import shutil
import signal
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import psutil
from redis import Redis

from jobs import redis_server
from tests import forked, processes, temporary
from tests.hub_client import Hub
from tests.processes import Child, Found, ancestors, end, free_port, is_head, kill, spawn, until

ROOT = Path(__file__).resolve().parent.parent
READY = 60.0
"""Seconds that a process has to come up: a machine may be busy."""
NO_LIMITS = dict.fromkeys(
    ("core", "graphql", "content_per_minute", "content_per_hour", "rest_points", "graphql_points"), 1_000_000
)


def procfile() -> dict[str, str]:
    """The Procfile's commands by name, listening on this machine only."""
    found = re.findall(r"^([\w-]+):\s*(.+)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    # Nobody but this machine has a reason to call.
    return {name: command.replace("0.0.0.0", "127.0.0.1") for name, command in found}


class Stack:
    """Everything lives below `directory`: `logs/`, `data/` (AUTOCODE_DATA). All of it ends on leaving."""

    def __init__(
        self,
        directory: Path,
        *,
        script: Mapping[str, Any] | None = None,
        seed: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        live_model: bool = False,
        is_preloaded: bool = False,
    ) -> None:
        """`script` and `seed`: see tests/model/script.py and tests/hub. `environ`: more for autocode's processes.

        `is_preloaded`: they are forked from one that has loaded their libraries, for whoever has many to start.
        """
        self.directory = directory.resolve()
        self.port = free_port()
        self._script, self._seed, self._live_model = script or {"rules": []}, seed, live_model
        self._more, self._is_preloaded = dict(environ or {}), is_preloaded
        self._children: dict[str, Child] = {}
        self._orphans: list[psutil.Process] = []
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        for name in ("logs", "data"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        try:
            self._start_surroundings()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def web_url(self) -> str:
        """Where the web process listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *names: str) -> None:
        """Start these processes of the Procfile (all, without a name); when this returns they take work."""
        wanted = names or tuple(procfile())
        for name in wanted:
            self._run(name)
        self.wait_for(*wanted)

    def wait_for(self, *names: str) -> None:
        """Wait until these processes take work."""
        for name in names:
            self._wait(f"{name} to be ready", partial(self._is_ready, name), name)

    def start_another(self, name: str, called: str, prefix: Sequence[str] = ()) -> None:
        """Start one more process of the Procfile's `name`, known as `called`; `prefix` is put before its command."""
        self._spawn(called, [*prefix, "/bin/sh", "-c", f"exec {procfile()[name]}"], self.environ)
        self.wait_for(called)

    def horse(self, name: str) -> psutil.Process | None:
        """The process in which a worker does its job, while it has one. It is the head of a group."""
        found = [process for process in self._children[name].descendants() if is_head(process)]
        return found[0] if found else None

    def pause(self, name: str) -> None:
        """SIGSTOP for a process and all that it has started."""
        child = self._children[name]
        child.send(signal.SIGSTOP)
        for process in child.descendants():
            process.suspend()

    def resume(self, name: str) -> None:
        """Let them go on."""
        child = self._children[name]
        for process in child.descendants():
            process.resume()
        child.send(signal.SIGCONT)

    def start_redis(self, *, keep: bool = True) -> None:
        """Start the killed Redis again, with its append-only file or without."""
        if not keep:
            shutil.rmtree(self._redis_data / "redis")
        self._start_redis()

    def launch(self, name: str, prefix: Sequence[str] = ()) -> None:
        """Like `start_another`, unless it runs already and without waiting; `coding-2` is another one of `coding`."""
        if name not in self._children or not self._children[name].is_running:
            self._run(name, prefix)

    def revive(self, *names: str) -> None:
        """Start those of them again that were left dead."""
        dead = [name for name in names if not self._children[name].is_running]
        if dead:
            self.start(*dead)

    def kill_all(self, *names: str) -> None:
        """Kill these processes and everything they have started, as a machine that loses power does."""
        for name in names:
            kill(self._children[name].descendants())
            self.kill(name)

    def redis(self) -> Redis:
        """A client of this stack's Redis."""
        return Redis.from_url(self.redis_url)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Signal one process, and if it is to end, wait for that."""
        child = self._children[name]
        self._orphans += child.descendants()
        child.send(number)
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT) and not child.wait(READY):
            raise TimeoutError(f"{name} did not end within {READY:g} s of signal {number}")

    def child(self, name: str) -> Child:
        """The process of that name, as it was started last."""
        return self._children[name]

    def check(self) -> None:
        """Died if a process has ended."""
        for child in self._children.values():
            child.check()

    def logs(self, name: str) -> str:
        """What the process has written so far; nothing if it was never started."""
        file = self.directory / "logs" / f"{name}.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def model_requests(self, containing: str = "") -> list[dict[str, Any]]:
        """Every request the scripted model has had, oldest first; with a text those in whose messages it occurs."""
        with _open(f"{self.model_url}/_model/requests?{urlencode({'containing': containing})}") as answer:
            requests: list[dict[str, Any]] = json.load(answer)
            return requests

    def play(self, script: Mapping[str, Any]) -> None:
        """Give the model another script."""
        with _open(f"{self.model_url}/_model/script", json.dumps(script).encode()):
            pass

    def close(self) -> None:
        """End every process that was started here and everything they have started; twice does no harm."""
        names = [name for name in ("model", "hub", "redis") if name in self._children]
        surroundings = [self._children.pop(name) for name in names]
        end(list(self._children.values()))
        self._children.clear()
        end(surroundings)
        kill(self._orphans)
        self._cleanup.close()

    def _start_surroundings(self) -> None:
        self._redis_data = Path(self._cleanup.enter_context(temporary.directory("autocode")))
        self.redis_url = f"unix://{redis_server.socket(self._redis_data)}"
        base = processes.environment()
        self._start_redis()
        self._spawn("hub", self._hub_command(), base, output=self.directory / "hub.json")
        if not self._live_model:
            self._spawn("model", self._model_command(), base, output=self.directory / "model.json")
        self.hub = Hub(**self._announced("hub"))
        self.hub.set_webhook_url(f"{self.web_url}/webhook")
        # Tests do in a minute what a team does in a day.
        self.hub.set_limits(**NO_LIMITS)
        self.environ = base | {
            "GITHUB_APP_ID": str(self.hub.app_id),
            "GITHUB_PRIVATE_KEY": self.hub.private_key,
            "GITHUB_WEBHOOK_SECRET": self.hub.webhook_secret,
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_RATE_LIMITS": "no",
            "REDIS_URL": self.redis_url,
            "AUTOCODE_DATA": str(self.directory / "data"),
            "PORT": str(self.port),
        }
        if not self._live_model:
            self.model_url: str = self._announced("model")["url"]
            self.environ |= {"ANTHROPIC_BASE_URL": self.model_url, "ANTHROPIC_API_KEY": "recorded-replies"}
        self.environ |= self._more

    def _start_redis(self) -> None:
        self._spawn("redis", redis_server.command(self._redis_data), processes.environment())
        self._wait("Redis", lambda: redis_server.is_running(self._redis_data) or None, "redis")
        with self.redis() as redis:
            # It answers before it has read its file.
            self._wait("Redis' file", lambda: not redis.info("persistence")["loading"] or None, "redis")

    def _hub_command(self) -> list[str]:
        command = [sys.executable, "-m", "tests.hub", "--port", "0"]
        return command if self._seed is None else [*command, "--seed", self._saved("seed", self._seed)]

    def _model_command(self) -> list[str]:
        script = self._saved("script", self._script)
        return [sys.executable, "-m", "tests.model", "--port", "0", "--script", script]

    def _saved(self, name: str, value: Mapping[str, Any]) -> str:
        path = self.directory / f"{name}.json"
        path.write_text(json.dumps(value))
        return str(path)

    def _run(self, name: str, prefix: Sequence[str] = ()) -> None:
        command = procfile()[name.partition("-")[0]]
        # `exec`: a signal to the child reaches the program, not a shell around it.
        self._spawn(name, [*prefix, "/bin/sh", "-c", f"exec {command}"], self.environ)

    def _spawn(
        self, name: str, command: Sequence[str], environ: Mapping[str, str], output: Path | None = None
    ) -> None:
        if output is not None:
            output.unlink(missing_ok=True)
        logs = self.directory / "logs"
        module = forked.module(command) if self._is_preloaded else None
        if module is not None:
            started = forked.fork(name, module, cwd=ROOT, environ=environ, logs=logs, output=output)
        else:
            started = spawn(name, command, cwd=ROOT, environ=environ, logs=logs, output=output)
        self._children[name] = started

    def _announced(self, name: str) -> dict[str, Any]:
        """The JSON line that the hub and the model print once they listen."""
        output = self.directory / f"{name}.json"
        line = self._wait(f"the {name}'s address", lambda: _first_line(output), name)
        announced: dict[str, Any] = json.loads(line)
        return announced

    def _wait(self, what: str, found: Callable[[], Found | None], name: str) -> Found:
        return until(what, found, seconds=READY, watching=[self._children[name]], pause=0.05)

    def _is_ready(self, name: str) -> bool | None:
        """The web process answers, a worker has registered; of the clock nothing can be seen."""
        if name == "web":
            with suppress(OSError), _open(f"{self.web_url}/readyz"):
                return True
            return None
        if name == "clock":
            return True
        pid = self._children[name].pid
        with Redis.from_url(self.redis_url) as redis:
            workers = [int(redis.hget(key, "pid") or 0) for key in redis.smembers("rq:workers")]
        # A worker with a prefix is not the process that we have started.
        return pid in workers or any(pid in ancestors(worker) for worker in workers) or None


def _first_line(path: Path) -> str | None:
    text = path.read_text() if path.exists() else ""
    return text.partition("\n")[0] if "\n" in text else None


def _open(url: str, data: bytes | None = None) -> Any:
    # No proxy, whatever the environment says: everything here is on this machine.
    request = urllib.request.Request(url, data, headers={"Content-Type": "application/json"})
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=READY)
