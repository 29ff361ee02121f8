"""The REST API's route table and what every endpoint has in common: rights, paging, validation, answers.

A route declares the permission it needs; it is enforced here and shown in the call log.
"""

import hashlib
import json
import re
from bisect import insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.hub.auth import Actor, not_accessible, require
from tests.hub.entities import Issue, PullRequest, Repository, User
from tests.hub.errors import ApiError, not_found
from tests.hub.serialize import Json
from tests.hub.state import State

Item = TypeVar("Item")
# Fields that this version of the API no longer has: https://docs.github.com/en/rest/about-the-rest-api/breaking-changes
GONE_FROM = "2026-03-10"
GONE = frozenset({"assignee", "merge_commit_sha", "has_downloads"})


@dataclass(frozen=True)
class Answer:
    """`body` is JSON unless it is text already."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """What a handler gets to know."""

    state: State
    actor: Actor
    method: str
    path: str
    params: dict[str, str]
    query: Mapping[str, str]
    body: Any
    accept: str
    route: "Route"

    @property
    def repository(self) -> Repository:
        """The one the path names; ApiError 404 where there is none."""
        found = self.state.repository(self.params["owner"], self.params["repo"])
        if found is None:
            raise not_found()
        return found

    @property
    def user(self) -> User:
        """Who acts, in the sense of an author."""
        return self.actor.author

    @property
    def issue(self) -> Issue:
        return self.state.issue(self.repository, int(self.params["number"]))

    @property
    def pull(self) -> PullRequest:
        return self.state.pull_request(self.repository, int(self.params["number"]))

    def fields(self) -> Json:
        """The body as an object; ApiError 422 for anything else."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise ApiError(422, "Invalid request.\n\nFor 'body', expected an object.")
        return self.body

    def required(self, *names: str) -> list[Any]:
        """These fields of the body; ApiError 422 in GitHub's words for one that is missing."""
        body = self.fields()
        missing = ", ".join(f'"{name}"' for name in names if name not in body)
        if missing:
            raise ApiError(422, f"Invalid request.\n\n{missing} wasn't supplied.")
        return [body[name] for name in names]

    def page(self, items: Sequence[Item], to_json: Callable[[State, Item], Any]) -> Answer:
        """The page the query asks for, with a Link header as GitHub gives it."""
        rows, headers = self.slice(items)
        return Answer([to_json(self.state, item) for item in rows], headers=headers)

    def slice(self, items: Sequence[Item]) -> tuple[Sequence[Item], dict[str, str]]:
        """https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""
        size = min(max(_number(self.query.get("per_page"), 30), 1), 100)
        page = max(_number(self.query.get("page"), 1), 1)
        last = max((len(items) + size - 1) // size, 1)
        pages = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
        shown = {"prev": page > 1, "next": page < last, "last": page < last, "first": page > 1}
        base = f"{self.state.api_url}{self.path}"
        links = [
            f'<{base}?{urlencode({**self.query, "per_page": size, "page": pages[name]})}>; rel="{name}"'
            for name in pages
            if shown[name]
        ]
        return items[(page - 1) * size : page * size], {"Link": ", ".join(links)} if links else {}


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


Handler = Callable[[Request], Answer]


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    """As it is documented: `/repos/{owner}/{repo}/issues/{number}`."""
    pattern: "re.Pattern[str]"
    needs: str
    """`issues:write`; alternatives with `|`; or `app`, `installation`, `user`, `anyone`."""
    person: str | None
    """The role people need, where it is not the one of the same name."""
    handler: Handler

    @property
    def literals(self) -> int:
        """How many of its segments are spelled out."""
        return sum(not segment.startswith("{") for segment in self.path.split("/"))


ROUTES: list[Route] = []
"""The most literal first: `/branches/{branch}/protection` before `/branches/{branch}`, as a branch may have slashes."""


def route(method: str, path: str, needs: str, *, person: str | None = None) -> Callable[[Handler], Handler]:
    """Put a handler into the table. `{name}` is one segment, `{name+}` the rest; `number` and ids are digits."""

    def placeholder(match: "re.Match[str]") -> str:
        name = match[1]
        kind = ".+" if match[2] else r"\d+" if name == "number" or name.endswith("_id") else "[^/]+"
        return f"(?P<{name}>{kind})"

    pattern = re.compile(re.sub(r"\{(\w+)(\+?)\}", placeholder, path))

    def register(handler: Handler) -> Handler:
        made = Route(method, path.replace("+}", "}"), pattern, needs, person, handler)
        insort(ROUTES, made, key=lambda one: -one.literals)
        return handler

    return register


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request; ApiError 404 without one."""
    for candidate in ROUTES:
        if candidate.method == method and (match := candidate.pattern.fullmatch(path)):
            return candidate, match.groupdict()
    raise not_found()


def handle(request: Request) -> Answer:
    """Ask for the rights, then do what the endpoint does. Raises ApiError. The caller holds the state's lock."""
    _authorize(request)
    return request.route.handler(request)


def _authorize(request: Request) -> None:
    actor, needs = request.actor, request.route.needs
    if needs == "app":
        if actor.kind != "app":
            raise ApiError(401, "A JSON web token could not be decoded")
    elif needs == "installation":
        if actor.kind != "installation":
            raise ApiError(403, "You must authenticate with an installation access token in order to list repositories for an installation.")  # noqa: E501 # fmt: skip
    elif needs == "user":
        if actor.kind == "installation":
            raise not_accessible("")
        if actor.kind != "user":
            raise ApiError(401, "Requires authentication")
    elif needs != "anyone":
        _authorize_for_repository(request, needs.split("|"))


def _alternatives(request: Request, documented: list[str]) -> list[str]:
    """Of what is documented, what will do: `pull_requests` does not for an issue that is no pull request."""
    number = request.params.get("number")
    issue = request.repository.issues.get(int(number)) if number and len(documented) > 1 else None
    return documented if issue is None or isinstance(issue, PullRequest) else documented[:1]


def _authorize_for_repository(request: Request, documented: list[str]) -> None:
    """One of the permissions is enough; the refusal names them all."""
    refusals: list[ApiError] = []
    for needs in _alternatives(request, documented):
        try:
            require(request.state, request.actor, request.repository, needs, request.route.person)
        except ApiError as refusal:
            refusals.append(refusal)
        else:
            request.actor.needed.difference_update(set(documented) - {needs})
            return
    if refusals[0].status == 403 and "X-Accepted-GitHub-Permissions" in refusals[0].headers:
        names = "; ".join(needs.replace(":", "=") for needs in documented)
        refusals[0].headers["X-Accepted-GitHub-Permissions"] = names
    raise refusals[0]


def encode(answer: Answer, version: str) -> tuple[bytes, str]:
    """(bytes, content type) of an answer in a version of the API."""
    if isinstance(answer.body, str):
        return answer.body.encode(), "text/plain; charset=utf-8"
    if answer.body is None:
        return b"", "application/json; charset=utf-8"
    body = without_gone(answer.body) if version == GONE_FROM else answer.body
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode(), "application/json; charset=utf-8"


def without_gone(value: Any) -> Any:
    """The same JSON without the fields this version no longer has."""
    if isinstance(value, dict):
        return {key: without_gone(item) for key, item in value.items() if key not in GONE}
    if isinstance(value, list):
        return [without_gone(item) for item in value]
    return value


def accepted(needs: str | None) -> dict[str, str]:
    """Which permissions the endpoint takes: GitHub tells Apps with every answer, refused or not.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#insufficient-permissions
    """
    if needs is None or ":" not in needs:
        return {}
    return {"X-Accepted-GitHub-Permissions": needs.replace(":", "=").replace("|", "; ")}


def location(answer: Answer) -> dict[str, str]:
    """Where to find what was created."""
    is_new = answer.status == 201 and isinstance(answer.body, dict) and "url" in answer.body
    return {"Location": answer.body["url"]} if is_new else {}


def etag(body: bytes) -> str:
    return f'W/"{hashlib.sha256(body).hexdigest()}"'


def chosen(items: Iterable[Item], wanted: Callable[[Item], bool]) -> list[Item]:
    return [item for item in items if wanted(item)]
