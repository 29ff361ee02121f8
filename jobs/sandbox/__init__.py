"""The sandbox: the only place on the worker's machine where code from a repository runs."""

from jobs.sandbox.bubblewrap import Finished, Sandbox

__all__ = ["Finished", "Sandbox"]
