"""A scripted Messages API: strict about what it is sent, stateless in what it answers."""

from tests.model.server import ScriptedModel, serve

__all__ = ["ScriptedModel", "serve"]
