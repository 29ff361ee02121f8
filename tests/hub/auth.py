"""Who is calling, and what they may do: App JWTs, installation tokens with their permissions, people, others' Apps."""

import base64
import binascii
import secrets
from dataclasses import dataclass, field

import jwt

from tests.hub.entities import App, Installation, Repository, User
from tests.hub.errors import ApiError, not_found
from tests.hub.state import State, Token

LEVELS = ("none", "read", "write", "admin")
ROLES = ("none", "read", "triage", "write", "maintain", "admin")
# What a person's role must be where an App would need the permission. Read is enough to open issues and to comment.
ROLE_FOR = {
    "read": "read",
    "write": "write",
    "admin": "admin",
}


@dataclass(frozen=True)
class Actor:
    """Whoever makes a request. `user` is who appears as the author: for an installation its App's bot."""

    kind: str
    """`app` (a JWT), `installation`, `user` or `anonymous`."""
    user: User | None = None
    app: App | None = None
    installation: Installation | None = None
    token: Token | None = None
    needed: set[str] = field(default_factory=set, compare=False)
    """Permissions such as `issues:write` that this request has asked for so far."""

    @property
    def name(self) -> str:
        """For the call log."""
        if self.kind == "app" and self.app:
            return f"app:{self.app.slug}"
        return self.user.login if self.user else "anonymous"

    @property
    def client(self) -> str:
        """Whose limits apply: an App's are each installation's own."""
        return f"installation {self.installation.id}" if self.installation else self.name

    @property
    def author(self) -> User:
        """The author of what this actor writes; ApiError 401 for who cannot write at all."""
        if self.user is None:
            raise ApiError(401, "Requires authentication")
        return self.user

    @property
    def via_app(self) -> App | None:
        """`performed_via_github_app` of what this actor writes."""
        return self.app if self.kind == "installation" else None


def actor_of(state: State, authorization: str | None) -> Actor:
    """Who an `Authorization` header stands for; ApiError 401 in GitHub's words for what it does not accept."""
    if not authorization:
        return Actor("anonymous")
    scheme, _, credential = authorization.partition(" ")
    credential = credential.strip()
    if scheme.lower() == "basic":
        credential = _basic_password(credential)
    elif scheme.lower() not in ("bearer", "token"):
        raise ApiError(401, "Bad credentials")
    if credential.startswith("user:"):
        return _person(state, credential.removeprefix("user:"))
    if credential.startswith("app:"):
        return _other_app(state, credential.removeprefix("app:"))
    if credential.startswith("ghs_"):
        return _installation(state, credential)
    if scheme.lower() == "bearer":
        return _app(state, credential)
    raise ApiError(401, "Bad credentials")


def _basic_password(credential: str) -> str:
    """The password of basic authentication: git sends `x-access-token:TOKEN`, or a user and a token."""
    try:
        user, _, password = base64.b64decode(credential, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise ApiError(401, "Bad credentials") from None
    if user == "user":  # https://user:alice@host/… reads nicely in an address
        return f"user:{password}"
    return password or user


def _person(state: State, login: str) -> Actor:
    user = state.user(login)
    if user is None or user.type != "User":
        raise ApiError(401, "Bad credentials")
    return Actor("user", user=user)


def _other_app(state: State, slug: str) -> Actor:
    """Somebody else's App, with all it was granted; how it comes by its tokens is its own business."""
    installation = state.others.get(slug)
    if installation is None:
        raise ApiError(401, "Bad credentials")
    token = Token(installation, installation.permissions, None, state.now() + state.token_life)
    return Actor(
        "installation",
        user=installation.app.bot,
        app=installation.app,
        installation=installation,
        token=token,
    )


def _installation(state: State, credential: str) -> Actor:
    token = state.tokens.get(credential)
    if token is None or token.expires_at <= state.now() or token.installation.id not in state.installations:
        raise ApiError(401, "Bad credentials")
    if token.installation.suspended_at:
        raise ApiError(403, "This installation has been suspended")
    app = token.installation.app
    return Actor("installation", user=app.bot, app=app, installation=token.installation, token=token)


def _app(state: State, credential: str) -> Actor:
    """Verify an App's JWT, RS256, as GitHub does:

    https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
    """
    app = state.app
    try:
        options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
        claims = jwt.decode(credential, app.public_key, algorithms=["RS256"], options=options)  # type: ignore[arg-type]
    except jwt.PyJWTError:
        raise ApiError(401, "A JSON web token could not be decoded") from None
    now = state.now().timestamp()
    if str(claims.get("iss")) not in (str(app.id), app.client_id):
        raise ApiError(404, "Integration not found")
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(expires, int | float):
        raise ApiError(401, "Missing 'expiration' claim ('exp') in assertion")
    if not isinstance(issued, int | float):
        raise ApiError(401, "Missing 'issued at' claim ('iat') in assertion")
    if issued > now + 1:
        raise ApiError(401, "'Issued at' claim ('iat') must be an Integer representing a time in the past")
    if expires <= now:
        raise ApiError(401, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")  # noqa: E501 # fmt: skip
    if expires > now + 600:
        raise ApiError(401, "'Expiration time' claim ('exp') is too far in the future")
    return Actor("app", app=app)


def mint(
    state: State, installation: Installation, permissions: dict[str, str] | None, ids: set[int] | None
) -> tuple[str, Token]:
    """A new installation token for no more than the installation was granted; ApiError 422 for more."""
    granted = installation.permissions
    for name, level in (permissions or {}).items():
        if level not in LEVELS[1:]:
            raise ApiError(422, f'Invalid request.\n\n"{level}" is not a valid permission level for {name}.')
        if LEVELS.index(granted.get(name, "none")) < LEVELS.index(level):
            raise ApiError(422, "The permissions requested are not granted to this installation.")
    reachable = {r.id for r in state.repositories.values() if state.installation_of(r) is installation}
    if ids is not None and not ids <= reachable:
        raise ApiError(422, "There is at least one repository that does not exist or is not accessible to the parent installation.")  # noqa: E501 # fmt: skip
    asked = dict(permissions) if permissions else dict(granted)
    asked.setdefault("metadata", "read")
    token = Token(
        installation, asked, frozenset(ids) if ids is not None else None, state.now() + state.token_life
    )
    secret = f"ghs_{secrets.token_hex(18)}"
    state.tokens[secret] = token
    return secret, token


def role(actor: Actor, repository: Repository) -> str:
    """A person's role in a repository: one of ROLES."""
    user = actor.user
    if user is repository.owner:
        return "admin"
    own = repository.collaborators.get(user.login.lower(), "none") if user else "none"
    return "read" if own == "none" and not repository.private else own


def has_role(actor: Actor, repository: Repository, wanted: str) -> bool:
    return ROLES.index(role(actor, repository)) >= ROLES.index(wanted)


def can_see(state: State, actor: Actor, repository: Repository) -> bool:
    """The repository exists as far as this actor is concerned."""
    if actor.kind == "user":
        return role(actor, repository) != "none"
    if not repository.private:
        return True
    return _reaches(actor, repository)


def _reaches(actor: Actor, repository: Repository) -> bool:
    """The actor's installation token covers the repository."""
    if actor.token is None or not actor.token.installation.reaches(repository):
        return False
    ids = actor.token.repository_ids
    return ids is None or repository.id in ids


def require(
    state: State, actor: Actor, repository: Repository, needs: str, person: str | None = None
) -> None:
    """Let pass only who has a permission such as `issues:write` on the repository.

    `person` is the role people need instead, where it is not the one of the same name. ApiError 404 where
    the actor cannot see the repository; 403 in GitHub's words where the permission is missing.
    """
    if not can_see(state, actor, repository):
        raise not_found()
    actor.needed.add(needs)
    name, _, level = needs.partition(":")
    if actor.kind == "installation":
        assert actor.token is not None
        public_read = level == "read" and not repository.private
        # What was taken from the installation since the token was minted, the token has not any more.
        holders = (actor.token.permissions, actor.token.installation.permissions)
        enough = all(LEVELS.index(held.get(name, "none")) >= LEVELS.index(level) for held in holders)
        if not public_read and not (enough and _reaches(actor, repository)):
            raise not_accessible(needs)
    elif actor.kind == "user":
        if not has_role(actor, repository, person or ROLE_FOR[level]):
            raise ApiError(403, "Must have admin rights to Repository." if level == "admin" else "Resource not accessible by personal access token")  # noqa: E501 # fmt: skip
    elif level != "read":
        raise ApiError(401, "Requires authentication")


def not_accessible(needs: str) -> ApiError:
    header = {"X-Accepted-GitHub-Permissions": needs.replace(":", "=")}
    return ApiError(403, "Resource not accessible by integration", headers=header)
