"""Deliveries as GitHub sends them, reduced to what a rule may look at, and signed."""

import hashlib
import hmac
import json
from typing import Any

APP_ID = 7
SECRETS = ("newest", "older")
REPOSITORY = {"id": 100, "full_name": "acme/shop"}
PERSON = {"id": 1, "login": "octocat", "type": "User"}
BOT = {"id": 2, "login": "autocode[bot]", "type": "Bot"}
BRANCH = "autocode/12-greet-people"


def delivery(action: str | None = None, **fields: Any) -> dict[str, Any]:
    """What every delivery of an App holds, with `fields`."""
    common = {"repository": REPOSITORY, "installation": {"id": 17}, "sender": PERSON}
    return ({"action": action} if action else {}) | common | fields


def issue(*labels: str, number: int = 12, **more: Any) -> dict[str, Any]:
    return {"number": number, "labels": [{"name": name} for name in labels], "body": "Please.", **more}


def pull_request(branch: str = BRANCH, *, repository: int | None = 100) -> dict[str, Any]:
    repo = None if repository is None else {"id": repository}
    return {"number": 13, "user": BOT, "head": {"ref": branch, "repo": repo}}


def labeled(label: str = "autocode") -> dict[str, Any]:
    return delivery("labeled", issue=issue(label), label={"name": label})


def comment(body: str = "Hello", app: int | None = None) -> dict[str, Any]:
    return {"id": 5, "body": body, "performed_via_github_app": app and {"id": app}}


def without(payload: dict[str, Any], path: str) -> dict[str, Any]:
    """A copy that lacks the field at `path`."""
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    *way, last = path.split(".")
    place = copy
    for name in way:
        place = place[name]
    del place[last]
    return copy


def signed(body: bytes, event: str | None, *, secret: str = SECRETS[0], **headers: str) -> dict[str, str]:
    """The headers of a delivery."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    names = {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
    return names | ({"X-GitHub-Event": event} if event else {}) | headers
