"""Threads that serve a WSGI application over HTTP/1.1 and keep connections alive.

Werkzeug's own development server closes every connection, which would cost each API call a handshake and hide
what a cut kept-alive connection does to a client.
"""

import contextlib
import io
import logging
import socket
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, cast

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wsgi import LimitedStream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]
log = logging.getLogger("tests.hub")
CHUNK = 65_536


class Handler(WSGIRequestHandler):
    """One connection, silent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    _headers_buffer: list[bytes]

    def run_wsgi(self) -> None:
        """One request. What the application left of its body is read, so that the next one is found behind it."""
        environ = self.make_environ()
        self._bound_input(environ)
        begun: list[tuple[str, Headers]] = []

        def start_response(status: str, headers: Headers, _: Any = None) -> Any:
            begun.append((status, headers))

        try:
            parts = self.server.app(environ, start_response)
            try:
                self._respond(*begun[-1], parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
            while environ["wsgi.input"].read(CHUNK):
                pass
        except ConnectionError:  # the client is gone, or a fault cut it off
            self.close_connection = True
        except Exception:
            log.exception("%s %s", self.command, self.path)
            self.close_connection = True

    def _bound_input(self, environ: "WSGIEnvironment") -> None:
        """Let the body end where the request says so."""
        if not environ.get("wsgi.input_terminated"):
            length = int(environ.get("CONTENT_LENGTH") or 0)
            environ["wsgi.input"] = (
                LimitedStream(cast(IO[bytes], self.rfile), length) if length else io.BytesIO()
            )
            environ["wsgi.input_terminated"] = True

    def _respond(self, status: str, headers: Headers, parts: Iterable[bytes]) -> None:
        code, _, reason = status.partition(" ")
        names = {name.lower() for name, _ in headers}
        bare = self.command == "HEAD" or int(code) in (204, 304)
        chunked = not bare and "content-length" not in names
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if "date" not in names:
            self.send_header("Date", self.date_time_string())
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Server", "GitHub.com")
        head = b"".join(self._headers_buffer) + b"\r\n"
        self._headers_buffer = []
        for part in parts:
            if part and not bare:
                self.wfile.write(head + (b"%x\r\n%s\r\n" % (len(part), part) if chunked else part))
                head = b""
        self.wfile.write(head + (b"0\r\n\r\n" if chunked else b""))

    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing: the call log of the hub says more."""


class Server(ThreadedWSGIServer):
    """Remembers its connections, so that stopping it ends them."""

    daemon_threads = True

    def __init__(self, app: "WSGIApplication", host: str, port: int) -> None:
        super().__init__(host, port, app, handler=Handler)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections end in many ways; none is the hub's concern."""

    def log(self, type: str, message: str, *args: Any) -> None:
        log.debug(message, *args)

    def cut_connections(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
