"""The processes of Actions jobs: started in a group of their own, ended with the hub."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path


class Processes:
    """The processes the runners have started, so that the hub can end them when it stops."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False

    def start(self, command: list[str], cwd: Path, env: Mapping[str, str]) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            command, cwd=cwd, env=env, text=True, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._running.add(process)
        if self._stopped:
            self.kill(process)
        return process

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """End the process and all it has started."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    def forget(self, process: "subprocess.Popen[str]") -> None:
        self._running.discard(process)

    def stop(self) -> None:
        self._stopped = True
        for process in list(self._running):
            self.kill(process)
