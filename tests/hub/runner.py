"""Carries out one job's steps for real, in a fresh directory, and writes the log as GitHub does."""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.hub.checks import Annotation
from tests.hub.git_facts import ENVIRONMENT
from tests.hub.processes import Processes
from tests.hub.workflow import JobPlan, StepPlan, fill

COMMAND = re.compile(r"^::(?P<name>[\w-]+)(?: (?P<properties>[^:]*))?::(?P<message>.*)$")
LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}


@dataclass
class JobRunner:
    """One job in progress. Give it the steps one by one; `log` and `annotations` grow."""

    plan: JobPlan
    git_dir: Path
    sha: str
    """What actions/checkout checks out."""
    directory: Path
    """Made by this runner; holds the workspace, a home and the step's script. `clean` removes it."""
    values: dict[str, str]
    """For `${{ … }}`; keys such as `github.sha`."""
    now: Callable[[], datetime]
    processes: Processes
    env: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("workspace", "home", "temp"):
            (self.directory / name).mkdir(parents=True)
        self.values |= {f"matrix.{axis}": str(value) for axis, value in self.plan.matrix.items()}
        self.env |= {
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.directory / "home"), "LANG": "C.UTF-8",
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_OS": "Linux", "RUNNER_TEMP": str(self.directory / "temp"),
            **{f"GITHUB_{k.removeprefix('github.').upper()}": v for k, v in self.values.items() if k[:7] == "github."},
        }  # fmt: skip
        self.env |= {name: fill(value, self.values) for name, value in self.plan.env.items()}

    @property
    def workspace(self) -> Path:
        return self.directory / "workspace"

    def clean(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)

    def write(self, text: str) -> None:
        for line in text.splitlines() or [""]:
            self.log.append(f"{self.now().strftime('%Y-%m-%dT%H:%M:%S.%f')}0Z {line}")

    def run_step(self, step: StepPlan) -> bool:
        """Carry out a step; true when it succeeded."""
        if step.uses is not None:
            return self._use(step.uses)
        return self._run(step)

    def _use(self, uses: str) -> bool:
        self.write(f"##[group]Run {uses}\n##[endgroup]")
        action = uses.partition("@")[0]
        if action == "actions/checkout":
            return self._checkout()
        if action == "actions/setup-python":
            self.env["PATH"] = f"{Path(sys.executable).parent}:{self.env['PATH']}"
            self.write(f"Successfully set up CPython ({sys.version.split()[0]})")
            return True
        self._error(
            f"Unable to resolve action `{uses}`: the hub carries out actions/checkout and actions/setup-python"
        )
        return False

    def _checkout(self) -> bool:
        commands = (
            ["git", "clone", "--quiet", "--template=", "--shared", "--no-checkout", str(self.git_dir), "."],
            ["git", "checkout", "--quiet", "--force", "--detach", self.sha],
        )
        for command in commands:
            done = subprocess.run(
                command, cwd=self.workspace, env=ENVIRONMENT, capture_output=True, text=True, errors="replace"
            )
            if done.returncode != 0:
                self._error(done.stderr.strip())
                return False
        self.write(f"HEAD is now at {self.sha[:7]}")
        return True

    def _run(self, step: StepPlan) -> bool:
        script = fill(step.run or "", self.values)
        env = self.env | {name: fill(value, self.values) for name, value in step.env.items()}
        files = {name: self.directory / "temp" / name for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}  # noqa: E501 # fmt: skip
        for path in files.values():
            path.write_text("")
        self._announce(script, step.env)
        folder = self.workspace / fill(step.working_directory, self.values)
        if not folder.is_dir():
            self._error(f"An error occurred trying to start process '/usr/bin/bash' with working directory '{folder}'. No such file or directory")  # noqa: E501 # fmt: skip
            return False
        file = self.directory / "temp" / "step.sh"
        file.write_text(script)
        env |= {name: str(path) for name, path in files.items()}
        code = self._wait(["bash", "-e", str(file)], folder, env, step.timeout)
        self._take_over(files)
        return code == 0

    def _announce(self, script: str, env: dict[str, str]) -> None:
        first = script.strip().splitlines()[0] if script.strip() else ""
        self.write(f"##[group]Run {first}")
        for line in script.strip().splitlines():
            self.write(f"\x1b[36;1m{line}\x1b[0m")
        self.write("shell: /usr/bin/bash -e {0}")
        if env:
            self.write("env:\n" + "\n".join(f"  {name}: {value}" for name, value in env.items()))
        self.write("##[endgroup]")

    def _wait(self, command: list[str], folder: Path, env: dict[str, str], timeout: float) -> int:
        """Run to the end, its output going to the log line by line; 124 after the time limit."""
        process = self.processes.start(command, folder, env)
        late = threading.Event()

        def stop() -> None:
            late.set()
            self.processes.kill(process)

        timer = threading.Timer(timeout, stop)
        timer.start()
        assert process.stdout is not None
        for line in process.stdout:
            self._output(line.rstrip("\n"))
        code = process.wait()
        timer.cancel()
        self.processes.forget(process)
        if late.is_set():
            self._error(f"The action has timed out after {timeout / 60:g} minutes.")
            return 124
        if code != 0:
            self._error(f"Process completed with exit code {code}.")
        return code

    def _output(self, line: str) -> None:
        """One line of output: workflow commands become annotations and markers.

        https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
        """
        match = COMMAND.match(line)
        if match is None:
            self.write(line)
        elif match["name"] in LEVELS:
            pairs = (part.partition("=") for part in (match["properties"] or "").split(",") if part)
            self._annotate(match["name"], {name.strip(): value for name, _, value in pairs}, match["message"])
        elif match["name"] == "group":
            self.write(f"##[group]{match['message']}")
        elif match["name"] == "endgroup":
            self.write("##[endgroup]")

    def _annotate(self, name: str, properties: dict[str, str], message: str) -> None:
        message = message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
        start = int(properties.get("line", "1") or 1)
        annotation = Annotation(
            path=properties.get("file", ".github"), start_line=start, level=LEVELS[name], message=message,
            end_line=int(properties.get("endLine", start)), title=properties.get("title"),
        )  # fmt: skip
        self.annotations.append(annotation)
        self.write(f"##[{name}]{message}")

    def _error(self, message: str) -> None:
        self._annotate("error", {"line": str(len(self.log) + 1)}, message)

    def _take_over(self, files: dict[str, Path]) -> None:
        """What a step wrote to GITHUB_ENV and GITHUB_PATH holds for the steps after it."""
        for line in files["GITHUB_ENV"].read_text().splitlines():
            name, equals, value = line.partition("=")
            if equals and name.isidentifier():
                self.env[name] = value
        for line in files["GITHUB_PATH"].read_text().splitlines():
            self.env["PATH"] = f"{line}:{self.env['PATH']}"
