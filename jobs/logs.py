"""Logs: what a process of ours writes to standard error, and what it keeps to itself."""

import logging

TALKATIVE = ("httpx", "httpx2")
"""GitHub's and the model's clients: they tell of each request at INFO."""


def write_logs() -> None:
    """One line per event of ours; of other libraries only what is wrong. Called once, by `main`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
