"""Loaded: what the processes of a stack load and build, once for all that `tests.forked` starts."""

import gc
import importlib

MODULES = (
    "encodings.idna",
    "httpcore",
    "httpcore2",
    "jobs.entrypoints",
    "jobs.guardian",
    "jobs.logs",
    "jobs.models.gateway",
    "jobs.turns",
    "rq",
    "tests.hub.hub",
    "tests.hub.pages",
    "tests.model.server",
    "truststore",
)
"""What `jobs.worker`, `jobs.clock`, `tests.hub` and `tests.model` import, some of it only when they need it."""

gc.disable()
for name in MODULES:
    importlib.import_module(name)
importlib.import_module("tests.hub.graphql_api").schema()
# Nobody looks for garbage in it, so it stays shared.
gc.freeze()
gc.enable()
