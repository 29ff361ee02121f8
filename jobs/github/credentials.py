"""Credentials: an installation's token, shared by the workers while it is good, minted when there is none.

A ticket is a row of short jobs, and a token is good for an hour. So the workers share it through Redis, whose file is
on a disk: it lies there encrypted, with a key that is derived from the App's private key. Whoever has that key mints
tokens of their own, and whoever has not reads nothing. A token is kept for exactly one repository and one set of
permissions, and only if the account has granted them all: of what is missing nobody could tell when it is granted.
But for Projects, which people's own accounts cannot grant: an organization that does so later waits for the next one.
"""

import base64
import hashlib
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from githubkit.auth import TokenAuthStrategy
from redis import Redis

from jobs.github.api import Api
from jobs.github.quota import Quota
from jobs.github.tokens import PROJECTS, Token, app_credentials, mint
from jobs.settings import Settings

SHARED_FOR = timedelta(minutes=30)
"""After its making a token is shared no more; who has taken it until then still has half an hour."""


@dataclass(frozen=True)
class Scope:
    """What a token is for."""

    installation: int
    permissions: tuple[tuple[str, str], ...]
    """Name and level of each that is wanted, in order."""
    repository: str | None = None
    """`owner/name`; None for all that the installation reaches."""


class SharedTokens:
    """The tokens that the workers share. What is not ours to read there, or is damaged, is as if it were not there."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis = redis
        key = HKDF(SHA256(), 32, None, b"autocode installation tokens").derive(settings.private_key.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def get(self, scope: Scope, now: datetime) -> Token | None:
        """The token that is kept for exactly this."""
        sealed = self._redis.get(_key(scope))
        if not isinstance(sealed, bytes):
            return None
        try:
            kept = json.loads(self._fernet.decrypt(sealed))
        except (InvalidToken, ValueError):
            return None
        token = Token(kept["secret"], datetime.fromisoformat(kept["expires_at"]), kept["permissions"])
        # Whoever writes to Redis must not be able to put one token in the place of another.
        is_for_this = kept["scope"] == json.loads(json.dumps(asdict(scope)))
        return token if is_for_this and token.expires_at - now > SHARED_FOR else None

    def put(self, scope: Scope, token: Token, now: datetime) -> None:
        """Let others have it, if it may do all that is wanted, for as long as it is young."""
        left = token.expires_at - now - SHARED_FOR
        wanted = dict(scope.permissions) | {PROJECTS: token.permissions.get(PROJECTS)}
        if left < timedelta(seconds=1) or any(
            token.permissions.get(name) != level for name, level in wanted.items()
        ):
            return
        kept = {
            "scope": asdict(scope), "secret": token.secret, "expires_at": token.expires_at.isoformat(),
            "permissions": dict(token.permissions),
        }  # fmt: skip
        self._redis.set(
            _key(scope), self._fernet.encrypt(json.dumps(kept).encode()), ex=min(left, SHARED_FOR)
        )

    def drop(self, scope: Scope) -> None:
        """It is no good any more."""
        self._redis.delete(_key(scope))


class Credentials:
    """One connection's way to its token."""

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        scope: Scope,
        shared: SharedTokens | None = None,
    ) -> None:
        """Without `shared` every connection mints its own."""
        self._settings = settings
        self._clock = clock
        self._scope = scope
        self._shared = shared
        self.token: Token | None = None
        """The one in use."""
        self.is_borrowed = False
        """It was minted by another job: what it is refused may have been granted since."""

    def api(self, quota: Quota | None = None, guard: Callable[[], None] | None = None) -> Api:
        """A connection with them; `quota` and `guard` as there."""
        return Api(self._settings, self.renew, self._clock, quota, guard, lambda: self.is_borrowed)

    def renew(self) -> TokenAuthStrategy:
        """The shared token at first; whoever comes again found it to be no good, and gets a new one."""
        taken = self._take() if self.token is None else None
        self.is_borrowed = taken is not None
        self.token = taken or self._mint()
        return TokenAuthStrategy(self.token.secret)

    def _take(self) -> Token | None:
        return self._shared.get(self._scope, self._clock()) if self._shared else None

    def _mint(self) -> Token:
        scope = self._scope
        if self._shared:
            self._shared.drop(scope)
        with closing(Api(self._settings, lambda: app_credentials(self._settings), self._clock)) as app:
            token = mint(app, scope.installation, dict(scope.permissions), scope.repository)
        if self._shared:
            self._shared.put(scope, token, self._clock())
        return token


def _key(scope: Scope) -> str:
    return f"token:{hashlib.sha256(json.dumps(asdict(scope)).encode()).hexdigest()[:32]}"
