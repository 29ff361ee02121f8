"""Tokens: an installation token for one repository and no more than the work needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import cast

from githubkit.auth import AppAuthStrategy
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from jobs.github.api import Api
from jobs.github.errors import GitHubError, Gone
from jobs.settings import MissingSettings, Settings

PROJECTS = "organization_projects"
"""The one permission without which everything works, but for cards. People's own accounts cannot grant it:
https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps#organization-permissions-for-projects"""
PERMISSIONS = {
    "actions": "read",
    "checks": "write",
    "contents": "write",
    "issues": "write",
    PROJECTS: "write",
    "pull_requests": "write",
    "statuses": "read",
}
"""What a ticket's token may do besides `metadata: read`. `app.yml` asks for the same and gives reasons."""

LEVELS = ("read", "write", "admin")


@dataclass(frozen=True)
class Token:
    """An installation token. Reaches neither disk, argv nor logs; Redis only encrypted (`jobs.github.credentials`)."""

    secret: str = field(repr=False)
    expires_at: datetime
    """An hour after it was made; timezone-aware."""
    permissions: Mapping[str, str] = field(default_factory=dict)
    """What of `PERMISSIONS` the account has granted."""


def mint(app: Api, installation: int, permissions: dict[str, str], repository: str | None = None) -> Token:
    """A new token for an installation; for one of its repositories only if `repository` (`owner/name`) is given.

    What the account has not granted (yet) is left out, so that people can still be told what is missing.
    Raises Gone when the installation is removed or suspended or does not reach the repository.
    """
    path = f"/app/installations/{installation}/access_tokens"
    body: dict[str, object] = {"permissions": permissions}
    if repository is not None:
        body["repositories"] = [repository.partition("/")[2]]
    try:
        # A token too many does no harm: nobody knows it.
        answer = app.send("POST", path, body, repeatable=True).json()
    except Gone:
        raise
    except GitHubError as error:
        if "not granted" not in str(error):
            raise Gone(str(error)) from error
        body["permissions"] = _granted(app, installation, permissions)
        answer = app.send("POST", path, body, repeatable=True).json()
    return Token(answer["token"], datetime.fromisoformat(answer["expires_at"]), answer["permissions"])


def app_credentials(settings: Settings) -> AppAuthStrategy:
    """The App itself: a JSON web token signed with its private key, for what is below `/app`."""
    # githubkit hands the key on to PyJWT, which takes it read as well.
    return AppAuthStrategy(settings.app_id, cast(str, _signing_key(settings.private_key)))


@cache
def _signing_key(private_key: str) -> object:
    """The key, read and checked once: that takes as long as to sign fifty tokens. MissingSettings if it is none."""
    try:
        return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(private_key)
    except InvalidKeyError as error:
        raise MissingSettings(
            f"GITHUB_PRIVATE_KEY holds no private key that can be read ({error}); expected is the whole .pem file of "
            "https://github.com/settings/apps (your App, General), Private keys"
        ) from error


def _granted(app: Api, installation: int, wanted: dict[str, str]) -> dict[str, str]:
    """The part of `wanted` that the account has agreed to."""
    granted = app.get(f"/app/installations/{installation}").json()["permissions"]
    return {
        name: min(level, granted[name], key=LEVELS.index) for name, level in wanted.items() if name in granted
    }
