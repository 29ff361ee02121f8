"""Checks: what all the checks of one commit say together. Pure."""

from collections.abc import Iterable
from enum import StrEnum

from jobs.ticket.observation import Check

# https://docs.github.com/en/rest/checks/runs: `conclusion` is null until the run completes.
PASSING = frozenset({"success", "neutral", "skipped"})


class Verdict(StrEnum):
    """One word for a commit's checks."""

    NONE = "none"
    PENDING = "pending"
    PASSED = "passed"
    FAILED = "failed"


def verdict(checks: Iterable[Check]) -> Verdict:
    """Sum up one commit's checks: all of them complete, then one failure decides.

    It waits for the last one even when one has failed, so that an iteration sees every failure at once.
    """
    checks = tuple(checks)
    if not checks:
        return Verdict.NONE
    if any(is_open(check) for check in checks):
        return Verdict.PENDING
    return Verdict.FAILED if failing(checks) else Verdict.PASSED


def is_open(check: Check) -> bool:
    """The check, or what belongs to it, has not said its last word."""
    return check.conclusion is None or check.waits_for_person or not check.is_suite_complete


def held_up(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Those that wait for a person, when no other one is running."""
    checks = tuple(checks)
    is_running = any(check.conclusion is None and not check.waits_for_person for check in checks)
    return () if is_running else tuple(check for check in checks if check.waits_for_person)


def failing(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Those that are complete and did not pass."""
    said = (check for check in checks if check.conclusion and not check.waits_for_person)
    return tuple(check for check in said if check.conclusion not in PASSING)
