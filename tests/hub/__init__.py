"""The hub: a GitHub small enough for one machine, reached only over HTTP. `serve()` starts one in this process."""

from tests.hub.hub import Hub, serve

__all__ = ["Hub", "serve"]
