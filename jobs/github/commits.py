"""Commits: one commit's configuration file, and the check that reports its mistakes."""

import base64
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from jobs.github.credentials import Credentials, Scope
from jobs.github.errors import Gone
from jobs.github.quota import Quota
from jobs.settings import Settings
from jobs.ticket.configuration import PATH
from jobs.ticket.request import Inspect

PERMISSIONS = (("checks", "write"), ("contents", "read"))


class Commit:
    """A commit on GitHub; a context manager that holds one connection, with a token for its repository only.

    Every method may raise Later, TellPeople or GitHubError.
    """

    def __init__(
        self, settings: Settings, asked: Inspect, clock: Callable[[], datetime], quota: Quota
    ) -> None:
        self._settings = settings
        self._asked = asked
        self._repository = f"/repos/{asked.repository}"
        scope = Scope(asked.installation, PERMISSIONS, asked.repository)
        self._api = Credentials(settings, clock, scope).api(quota)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._api.close()

    def configuration(self) -> str:
        """The text of `.github/autocode.yml`; empty where there is none, or it has more than a megabyte.

        https://docs.github.com/en/rest/repos/contents#get-repository-content
        """
        try:
            found = self._api.get(f"{self._repository}/contents/{PATH}", {"ref": self._asked.sha}).json()
        except Gone:
            return ""
        is_text = isinstance(found, dict) and found.get("encoding") == "base64"
        return base64.b64decode(found["content"]).decode("utf-8", "replace") if is_text else ""

    def has_run(self, name: str) -> bool:
        """We have made a check run of that name for the commit."""
        path = f"{self._repository}/commits/{self._asked.sha}/check-runs"
        found = self._api.get(path, {"check_name": name, "app_id": self._settings.app_id}).json()
        return bool(found["total_count"])

    def create_run(self, name: str, report: dict[str, Any]) -> None:
        """A check run that is complete at once; may raise Uncertain."""
        body = {"name": name, "head_sha": self._asked.sha, **report}
        self._api.send("POST", f"{self._repository}/check-runs", body)
