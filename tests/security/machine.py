"""Machine: what this machine offers to the tests that attack it."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from jobs.sandbox import Sandbox


def working_sandbox(hidden: Iterable[Path] = ()) -> Sandbox:
    """A sandbox that works. Where there is none the test is skipped, but for CI, which must not go without."""
    sandbox = Sandbox(hidden)
    if reason := sandbox.probe():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return sandbox
