"""View: what a command in the sandbox sees of this machine, as bubblewrap's arguments.

Everything else does not exist for it: no home directory, no AUTOCODE_DATA, no /run, no /sys, no network, no
process but its own. https://github.com/containers/bubblewrap describes the arguments.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

WORKSPACE = "/workspace"
"""Where the worktree is seen, by the commands and by the model."""
HOME = "/home/autocode"
OURS = Path(__file__).with_name("etc")

ISOLATION = [
    # `--unshare-all` alone would do without a user namespace where it cannot have one.
    *("--unshare-all", "--unshare-user", "--disable-userns"),
    # As root, bubblewrap would leave all capabilities in place.
    *("--cap-drop", "ALL", "--uid", "1000", "--gid", "1000"),
    *("--die-with-parent", "--new-session", "--hostname", "sandbox"),
]
MERGED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Links into /usr on most systems, directories on others."""
ETC = (
    "alternatives",
    "ca-certificates",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
)
"""What programs look up, and nothing of it says anything about this machine or its people."""
OUR_ETC = ("passwd", "group", "hosts", "nsswitch.conf")
SCRATCH = {"/tmp": 1 << 30, HOME: 1 << 30, "/dev/shm": 256 << 20}
"""Writable, in memory, gone after the command: bytes."""


def arguments(worktree: Path, hidden: Iterable[Path]) -> list[str]:
    """Bubblewrap's arguments, up to the command."""
    interpreters = interpreter_directories()
    return [
        *ISOLATION,
        *_system(),
        *("--proc", "/proc", "--dev", "/dev"),
        *_scratch(),
        *(argument for path in interpreters for argument in ("--ro-bind", str(path), str(path))),
        *_masks(hidden, [Path("/usr"), *interpreters]),
        *("--bind", str(worktree), WORKSPACE, "--chdir", WORKSPACE),
        *_git_mask(worktree),
        # Files under /proc/sys belong to the host's root, which a worker run by root is in here, too: without
        # this a command could write the host's kernel.core_pattern.
        *("--remount-ro", "/proc", "--remount-ro", "/dev", "--remount-ro", "/"),
        *_environment(interpreters),
    ]


def interpreter_directories() -> list[Path]:
    """Where this Python and its packages live, if not in /usr, so that tests of Python projects can run.

    A directory that holds the home directory is not among them.
    """
    named = [Path(sys.prefix), Path(sys.base_prefix)]
    found = dict.fromkeys(path for name in named for path in (name, name.resolve()))
    home = Path.home().resolve()
    return [
        path for path in found if not path.is_relative_to("/usr") and not home.is_relative_to(path.resolve())
    ]


def _system() -> Iterator[str]:
    yield from ("--ro-bind", "/usr", "/usr")
    for path in map(Path, MERGED):
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    for name in ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for name in OUR_ETC:
        yield from ("--ro-bind", str(OURS / name), f"/etc/{name}")


def _scratch() -> Iterator[str]:
    for path, size in SCRATCH.items():
        yield from ("--perms", "1777", "--size", str(size), "--tmpfs", path)


def _masks(hidden: Iterable[Path], shown: list[Path]) -> Iterator[str]:
    """An empty directory over each hidden one that lies in a directory which is shown."""
    for path in hidden:
        real = path.resolve()
        if real.is_dir() and any(real.is_relative_to(directory.resolve()) for directory in shown):
            yield from ("--tmpfs", str(real), "--remount-ro", str(real))


def _git_mask(worktree: Path) -> Iterator[str]:
    """Something harmless over `.git`, which a worktree has as a file and a clone as a directory."""
    git = worktree / ".git"
    if git.is_symlink():
        raise ValueError(f"{git} is a link; a file or a directory was expected")
    if git.is_dir():
        yield from ("--tmpfs", f"{WORKSPACE}/.git", "--remount-ro", f"{WORKSPACE}/.git")
    elif git.exists():
        yield from ("--ro-bind", str(OURS / "dot-git"), f"{WORKSPACE}/.git")


def _environment(interpreters: list[Path]) -> Iterator[str]:
    programs = [*(f"{path}/bin" for path in interpreters), "/usr/local/bin", "/usr/bin", "/bin"]
    variables = {
        "PATH": ":".join(programs),
        "HOME": HOME,
        "USER": "autocode",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PAGER": "cat",
        "CI": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    yield "--clearenv"
    for name, value in variables.items():
        yield from ("--setenv", name, value)
