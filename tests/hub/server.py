"""The hub's HTTP server: which part answers which path."""

import threading
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from flask import Flask

from tests.hub.control import serve_control
from tests.hub.git_http import is_git, serve_git
from tests.hub.serving import Server
from tests.hub.state import State
from tests.hub.web import api_path, serve_api, serve_log

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOGS = "/_storage/logs/"


def application(state: State) -> "WSGIApplication":
    """API, git, controls; everything else is pages for people."""
    pages = _pages(state)

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        if (inner := api_path(path)) is not None:
            return serve_api(state, inner, environ, start)
        if is_git(path):
            return serve_git(state, environ, start)
        if path.startswith("/_hub/"):
            return serve_control(state, environ, start)
        if path.startswith(LOGS):
            return serve_log(state, path.removeprefix(LOGS), environ, start)
        return pages(environ, start)

    return answer


def _pages(state: State) -> Flask:
    app = Flask("tests.hub")
    if find_spec("tests.hub.pages"):
        from tests.hub import pages

        pages.register(app, state)
    return app


def start_serving(state: State, host: str, port: int) -> Callable[[], None]:
    """Listen (port 0: any free one), set `state.url`, serve from a thread; gives the function that ends it."""
    server = Server(application(state), host, port)
    state.url = f"http://{host}:{server.port}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="hub", daemon=True
    )
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.cut_connections()
        server.server_close()
        thread.join(timeout=5)

    return stop
