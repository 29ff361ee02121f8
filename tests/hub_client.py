"""Hub client: what a person does and sees on the hub, over the REST API that they have on GitHub."""

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from jwt.algorithms import RSAAlgorithm

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: httpx would load all certificates for each, which takes longer than its calls. It trusts
nobody."""


class Refused(Exception):
    """The hub answered with an error; the text holds the request, the status and the message."""


@dataclass(frozen=True)
class Person:
    """Somebody with a token of theirs. Answers are the decoded JSON; paths begin with a slash."""

    url: str
    token: str = field(repr=False)

    def get(self, path: str, **query: str | int) -> Any:
        return self.request("GET", f"{path}?{urlencode(query)}" if query else path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.request("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self.request("PATCH", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        return self.request("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self.request("DELETE", path)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """The decoded answer, text where it is not JSON, None where it is empty; Refused above 399."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status == 302:
            # To where a log lies, for a minute: https://docs.github.com/en/rest/actions/workflow-jobs
            return self.get(
                urlsplit(answer.getheader("Location") or "")._replace(scheme="", netloc="").geturl()
            )
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {text[:500]}")
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return json.loads(text) if text and is_json else text or None


@dataclass(frozen=True)
class Hub:
    """A hub that runs somewhere, and the App that is installed on it."""

    url: str
    app_id: int
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    installation_id: int

    def person(self, login: str) -> Person:
        """Somebody who has an account there."""
        return Person(self.url, f"user:{login}")

    def other_app(self, slug: str) -> Person:
        """Somebody else's App, one of `apps` in tests/hub/seeds.py."""
        return Person(self.url, f"app:{slug}")

    @property
    def app(self) -> Person:
        """The App itself, with a JWT."""
        return Person(self.url, app_token(self.app_id, self.private_key))

    def set_webhook_url(self, url: str) -> None:
        """Where deliveries go.

        https://docs.github.com/en/rest/apps/webhooks#update-a-webhook-configuration-for-an-app
        """
        self.app.patch("/app/hook/config", {"url": url})

    def set_limits(self, **rates: float) -> None:
        """GitHub's rate limits with these changes; see `tests.hub.limits.Rates`."""
        Person(self.url, "").post("/_hub/limits", rates)

    def calls(self) -> list[Mapping[str, Any]]:
        """Every API call so far: `{method, path, status, actor, body}`."""
        calls: list[Mapping[str, Any]] = Person(self.url, "").get("/_hub/calls")
        return calls


def app_token(app_id: int, private_key: str) -> str:
    """A JSON web token of the App."""
    now = int(time.time())
    claims = {"iat": now - 60, "exp": now + 300, "iss": str(app_id)}
    return jwt.encode(claims, signing_key(private_key), "RS256")


@cache
def signing_key(private_key: str) -> Any:
    """Read once: that takes as long as to sign fifty tokens."""
    return RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(private_key)
