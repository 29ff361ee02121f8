"""Settings: everything the environment decides, read once, checked, frozen."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlsplit

from jobs.ticket.budget import Budget

PUBLIC_API = "https://api.github.com"
YES, NO = ("yes", "1", "true"), ("no", "0", "false")
APP_PAGE = "https://github.com/settings/apps (your App, General)"


class MissingSettings(Exception):
    """The environment lacks or garbles something; the text names all of it and where to get it."""


@dataclass(frozen=True)
class Settings:
    """What one process of autocode needs to know about its surroundings."""

    app_id: int = field(metadata={"env": "GITHUB_APP_ID", "required": APP_PAGE})
    """The App's id, a number."""
    private_key: str = field(
        repr=False, metadata={"env": "GITHUB_PRIVATE_KEY", "required": f"{APP_PAGE}, Private keys"}
    )
    """The App's private key: the PEM text itself, or the path of the file that holds it."""
    webhook_secrets: tuple[str, ...] = field(
        repr=False, metadata={"env": "GITHUB_WEBHOOK_SECRET", "required": f"{APP_PAGE}, Webhook secret"}
    )
    """Comma-separated, newest first: all of them are accepted, so that a secret can be rotated."""
    anthropic_api_key: str = field(
        default="",
        repr=False,
        metadata={"env": "ANTHROPIC_API_KEY", "required": "https://platform.claude.com (API keys)"},
    )
    """Key of the model's API."""
    api_url: str = field(default=PUBLIC_API, metadata={"env": "GITHUB_API_URL"})
    """GitHub's REST address; `https://HOST/api/v3` for Enterprise Server."""
    rate_limits: bool = field(default=True, metadata={"env": "GITHUB_RATE_LIMITS"})
    """`no`: do not stay below github.com's limits, for an Enterprise Server that sets none; "wait" is heeded always."""
    pull_deliveries: bool = field(default=False, metadata={"env": "PULL_DELIVERIES"})
    """`yes` or `1`: read all events from GitHub's delivery log, for a machine that no webhook can reach."""
    anthropic_base_url: str | None = field(default=None, metadata={"env": "ANTHROPIC_BASE_URL"})
    """Another address for the model's API; unset: Anthropic's own."""
    model: str = field(default="claude-opus-5-5", metadata={"env": "AUTOCODE_MODEL"})
    """The model that codes."""
    redis_url: str | None = field(default=None, metadata={"env": "REDIS_URL"})
    """Unset: an embedded Redis in `AUTOCODE_DATA`, on a Unix socket, with append-only persistence."""
    data: Path = field(default=Path(".autocode"), metadata={"env": "AUTOCODE_DATA"})
    """Mirrors, worktrees and the embedded Redis."""
    port: int = field(default=8080, metadata={"env": "PORT"})
    """The web process listens here."""
    mirrors_gb: Decimal = field(default=Decimal("20"), metadata={"env": "AUTOCODE_MIRRORS_GB"})
    """Above this size the least recently used mirrors are thrown away, in gigabytes."""
    budget: Budget = field(default_factory=Budget)
    """What one ticket may spend; see the next rows."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment (`os.environ` unless given); MissingSettings names every problem at once."""
        environ = os.environ if environ is None else environ
        values: dict[str, object] = {}
        problems: list[str] = []
        for item in _variables(cls):
            name = item.metadata["env"]
            text = environ.get(name, "").strip()
            if not text:
                if "required" in item.metadata:
                    problems.append(f"{name} is not set; you find it at {item.metadata['required']}")
                continue
            try:
                values[item.name] = PARSERS.get(item.name, str)(text)
            except ValueError as error:
                problems.append(f"{name}: {error}")
        try:
            values["budget"] = Budget.from_environment(environ)
        except ValueError as error:
            problems.append(str(error))
        if problems:
            raise MissingSettings("\n".join(problems))
        return cls(**values)  # type: ignore[arg-type]

    @property
    def web_url(self) -> str:
        """GitHub's web and git address, without a slash at the end."""
        if self.api_url == PUBLIC_API:
            return "https://github.com"
        return self.api_url.removesuffix("/api/v3")

    @property
    def redis_address(self) -> str:
        """Where Redis is, the embedded one included."""
        return self.redis_url or f"unix://{quote(str((self.data / 'redis.sock').resolve()))}"


def _variables(cls: type[Settings]) -> list:  # type: ignore[type-arg]
    return [item for item in fields(cls) if "env" in item.metadata]


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{text!r} arrived, a whole number was expected")
    return int(text)


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value <= 0:
        raise ValueError(f"{text!r} arrived, a number above 0 was expected")
    return value


def _private_key(text: str) -> str:
    if "-----BEGIN" in text:
        # Some process managers hand line breaks over as a backslash and an n.
        return text.replace("\\n", "\n")
    try:
        return Path(text).expanduser().read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(
            f"neither PEM text (-----BEGIN …) nor the path of a readable file arrived ({type(error).__name__})"
        ) from None


def _yes_or_no(text: str) -> bool:
    if text not in YES + NO:
        raise ValueError(f"{text!r} arrived, yes or no was expected")
    return text in YES


def _secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(part.strip() for part in text.split(",") if part.strip())
    if not secrets:
        raise ValueError("only commas arrived, at least one secret was expected")
    return secrets


def _url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https"):
        raise ValueError(f"{text!r} arrived, an http(s) address was expected")
    return text.rstrip("/")


PARSERS = {
    "app_id": _number,
    "private_key": _private_key,
    "webhook_secrets": _secrets,
    "api_url": _url,
    "rate_limits": _yes_or_no,
    "pull_deliveries": _yes_or_no,
    "anthropic_base_url": _url,
    "data": lambda text: Path(text).expanduser(),
    "port": _number,
    "mirrors_gb": _decimal,
}
