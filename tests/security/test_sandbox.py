"""Attacks from within the sandbox, each by a real command in a real sandbox."""

import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox
from tests.security.conftest import SECRET, Attack
from tests.security.machine import working_sandbox


def test_the_worktree_can_be_worked_in(attack: Attack, worktree: Path) -> None:
    finished = attack("pwd; cat inside.txt; echo new > made.txt; python3 -c 'print(6*7)'; exit 3")
    assert (finished.exit_code, finished.output, finished.stopped) == (3, "/workspace\ninside\n42\n", "")
    assert (worktree / "made.txt").read_text() == "new\n"


def test_tests_of_a_python_project_can_be_run(attack: Attack, worktree: Path) -> None:
    (worktree / "test_it.py").write_text("def test_it(tmp_path):\n    assert tmp_path.exists()\n")
    finished = attack("python -m pytest -q")
    assert "1 passed" in finished.output
    assert not list(worktree.rglob("*.pyc"))


def test_nothing_of_the_workers_environment_is_seen(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_PRIVATE_KEY", SECRET)
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    finished = attack("env; cat /proc/1/environ /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'")
    assert "HOME=/home/autocode" in finished.output
    assert SECRET not in finished.output
    assert "API_KEY" not in finished.output


def test_the_hosts_processes_are_neither_seen_nor_killed(attack: Attack) -> None:
    with subprocess.Popen(["sleep", "100"]) as host:
        assert "No such" in attack(f"cat /proc/{host.pid}/environ").output
        assert "No such" in attack(f"kill -9 {host.pid}").output
        attack("kill -9 -1")
        assert host.poll() is None
        host.kill()
    assert int(attack("ls -d /proc/[0-9]* | wc -l").output) < 10


@pytest.mark.parametrize(
    "where", ["~", "/root", "/home", "/run", "/sys", "/var", "/mnt", "/srv", "/etc/ssl/private"]
)
def test_there_is_nothing_where_secrets_live(attack: Attack, where: str) -> None:
    ours = " ".join(f"-e {shlex.quote(prefix)}" for prefix in (sys.base_prefix, sys.prefix))
    listing = attack(f"find {where} -type f 2>/dev/null | grep -vF {ours}")
    assert listing.output == ""


def test_the_workers_data_is_not_there(attack: Attack, outside: Path) -> None:
    finished = attack(
        f"cat {outside}; ls {outside.parent}; find / -path /proc -prune -o -path /usr -prune -o -name secret.txt -print"
    )
    assert SECRET not in finished.output
    assert finished.output.count("No such file") == 2


def test_data_that_lies_in_a_directory_which_is_shown_is_hidden(
    worktree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = tmp_path / "venv"
    (prefix / "data").mkdir(parents=True)
    (prefix / "data/key.pem").write_text(SECRET)
    (prefix / "module.py").write_text("fine")
    monkeypatch.setattr(sys, "prefix", str(prefix))
    command = f"cat {prefix}/module.py; cat {prefix}/data/key.pem; touch {prefix}/data/x"
    assert SECRET in working_sandbox().run(command, worktree).output
    finished = working_sandbox([prefix / "data"]).run(command, worktree)
    assert finished.output.startswith("fine")
    assert SECRET not in finished.output
    assert "Read-only" in finished.output


def test_an_interpreter_in_the_home_directory_does_not_bring_the_home_along(
    worktree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside: Path
) -> None:
    monkeypatch.setenv("HOME", str(outside.parent))
    monkeypatch.setattr(sys, "prefix", str(outside.parent))
    assert SECRET not in working_sandbox().run(f"cat {outside}", worktree).output


def test_there_is_no_network(attack: Attack) -> None:
    dial = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)"
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = ("127.0.0.1", server.getsockname()[1]), ("1.1.1.1", 53), ("github.com", 443)
        said = [attack(f'python3 -c "{dial}" {host} {port}').output for host, port in places]
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.accept()
    assert [line.splitlines()[-1].split(":")[0] for line in said] == [
        "ConnectionRefusedError",
        "OSError",
        "socket.gaierror",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/x",
        "/usr/x",
        "/usr/bin/bash",
        "/etc/passwd",
        "/etc/x",
        "/dev/x",
        "/proc/self/oom_score_adj",
        sys.prefix + "/x",
    ],
)
def test_nothing_can_be_written_outside(attack: Attack, path: str) -> None:
    assert attack(f"echo x >> {shlex.quote(path)}").exit_code != 0


def test_the_kernel_cannot_be_configured(attack: Attack) -> None:
    # A value is only ever written back: this must not harm a machine on which it works.
    knob = Path("/proc/sys/vm/swappiness")
    finished = attack(f"echo {knob.read_text().strip()} > {knob}")
    assert finished.exit_code != 0
    assert "Read-only file system" in finished.output


@pytest.mark.parametrize(
    "command",
    ["unshare --user true", "mount -t tmpfs none /tmp", "mount -o remount,rw /usr", "chroot / true"],
)
def test_no_way_to_more_rights(attack: Attack, command: str) -> None:
    assert attack(command).exit_code != 0
    assert "CapEff:\t0000000000000000" in attack("cat /proc/self/status").output


def test_no_devices_but_harmless_ones(attack: Attack) -> None:
    harmless = "core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero"
    assert attack("ls /dev").output.split() == harmless.split()


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_git_is_out_of_reach(attack: Attack, worktree: Path, kind: str) -> None:
    git = worktree / ".git"
    if kind == "directory":
        git.unlink()
        (git / "hooks").mkdir(parents=True)
        (git / "config").write_text(SECRET)
    before = git.read_text() if kind == "file" else SECRET
    finished = attack(
        "cat .git .git/config; rm -rf .git; mv .git x; mkdir -p .git/hooks; echo boo > .git; echo boo > .git/config; "
        "ln -sfn /tmp .git; git status; git log"
    )
    assert SECRET not in finished.output
    assert "gitdir" not in finished.output
    assert (git.read_text() if kind == "file" else (git / "config").read_text()) == before
    assert sorted(path.name for path in worktree.iterdir()) == [".git", "inside.txt"]


def test_a_link_in_the_place_of_git_is_not_accepted(sandbox: Sandbox, worktree: Path, tmp_path: Path) -> None:
    (worktree / ".git").unlink()
    (worktree / ".git").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="is a link"):
        sandbox.run("true", worktree)


def test_a_link_out_of_the_worktree_leads_nowhere(attack: Attack, worktree: Path, outside: Path) -> None:
    (worktree / "link").symlink_to(outside)
    assert SECRET not in attack("cat link").output


def test_no_descriptor_of_the_worker_is_inherited(attack: Attack, outside: Path) -> None:
    with outside.open() as file:
        os.set_inheritable(file.fileno(), True)
        assert SECRET not in attack("cat /proc/self/fd/[3-9] /proc/self/fd/??").output


def test_without_bubblewrap_there_is_no_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "not installed" in (Sandbox().probe() or "")


def test_with_a_bubblewrap_that_does_not_work_there_is_no_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Sandbox().probe() == (
        "bubblewrap does not work here: bwrap: setting up uid map: Permission denied"
    )
