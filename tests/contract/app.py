"""How the tests of REST, git and webhooks act as the App: its JWT, its tokens, its clones and pushes."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import jwt

from tests import hub_client
from tests.hub import Hub

REPO = "/repos/acme/greet"
WORKFLOW = """
name: tests
on:
  push:
    branches-ignore: ["wip/**"]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
      - name: Greet
        run: python -c "import greet; assert greet.hello() == 'hello'"
      - run: echo "::warning file=greet.py,line=1::never reached when red"
"""
FILES = {"greet.py": "def hello():\n    return 'hello'\n", ".github/workflows/tests.yml": WORKFLOW}
SEED = {
    "repositories": [
        {
            "name": "acme/greet",
            "files": FILES,
            "labels": ["autocode"],
            "issues": [{"title": "Greet", "body": "please"}],
        },
        {"name": "acme/other", "files": {"README.md": "other"}},
    ]
}


def app_jwt(hub: Hub, **claims: Any) -> str:
    now = int(time.time())
    payload = {"iss": str(hub.app_id), "iat": now - 60, "exp": now + 300} | claims
    return jwt.encode(payload, hub_client.signing_key(hub.private_key), "RS256")


def mint(hub: Hub, **scope: Any) -> httpx.Response:
    path = f"/app/installations/{hub.installation_id}/access_tokens"
    return hub.with_token(app_jwt(hub)).post(path, json=scope)


def bot(hub: Hub, **scope: Any) -> httpx.Client:
    return hub.with_token(mint(hub, **scope).json()["token"])


def git(*args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "HOME": "/nonexistent",
        "GIT_AUTHOR_NAME": "bot",
        "GIT_AUTHOR_EMAIL": "bot@example.com",
        "GIT_COMMITTER_NAME": "bot",
        "GIT_COMMITTER_EMAIL": "bot@example.com",
    }
    return subprocess.run(["git", *args], cwd=cwd, env=env, capture_output=True, text=True)


def clone(hub: Hub, token: str, to: Path, name: str = "greet") -> subprocess.CompletedProcess[str]:
    address = hub.url.replace("://", f"://x-access-token:{token}@")
    return git("clone", "--quiet", f"{address}/acme/{name}.git", str(to))


def push_change(work: Path, branch: str, path: str, text: str) -> subprocess.CompletedProcess[str]:
    git("checkout", "-B", branch, cwd=work)
    (work / path).write_text(text)
    git("add", ".", cwd=work)
    git("commit", "--message", f"change {path}", cwd=work)
    return git("push", "origin", branch, cwd=work)
