"""Hub: a GitHub for one machine, started in this process and reached over HTTP."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests import temporary
from tests.hub import auto_merge, merge_queue, seeds
from tests.hub.deliveries import Delivery
from tests.hub.server import start_serving
from tests.hub.state import State
from tests.hub.webhooks import start_delivering
from tests.hub_client import NO_TLS


@dataclass
class Hub:
    """What a test needs to know of a running hub. `state` is for looking only; act over HTTP."""

    url: str
    app_id: int
    private_key: str
    webhook_secret: str
    installation_id: int
    state: State

    def as_user(self, login: str) -> httpx.Client:
        """A client that acts as a person: `hub.as_user("alice").post("/repos/acme/greet/issues", json={…})`."""
        return self._client(f"token user:{login}")

    def with_token(self, token: str) -> httpx.Client:
        """A client with an installation token or a JWT."""
        return self._client(f"Bearer {token}")

    def _client(self, authorization: str) -> httpx.Client:
        headers = {"Authorization": authorization, "Accept": "application/vnd.github+json"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False, verify=NO_TLS)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """`hub.control("POST", "clock", {"advance": 3600})`; gives the answer's JSON."""
        answer = httpx.request(
            method, f"{self.url}/_hub/{path}", json=body, timeout=30, trust_env=False, verify=NO_TLS
        )
        answer.raise_for_status()
        return answer.json()

    @property
    def webhook_url(self) -> str | None:
        return self.state.app.webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.control("POST", "webhook", {"url": url})

    def advance(self, seconds: float) -> None:
        """Move the hub's clock."""
        self.control("POST", "clock", {"advance": seconds})

    def fail(self, **fault: Any) -> None:
        """Add a fault: `hub.fail(method="POST", path="/comments$", answer=502, effect="after")`."""
        self.control("POST", "faults", fault)

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The API calls made so far."""
        calls: list[dict[str, Any]] = self.control("GET", "calls")
        return calls

    @property
    def deliveries(self) -> list[Delivery]:
        with self.state.lock:
            return list(self.state.deliveries.log)

    def until(self, happened: Callable[[], Any], *, seconds: float = 20, what: str = "it") -> Any:
        """Wait for something to become true; gives it. TimeoutError otherwise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := happened():
                return found
            time.sleep(0.02)
        raise TimeoutError(f"{what} did not happen within {seconds} s")


@contextlib.contextmanager
def serve(
    port: int = 0, seed: dict[str, Any] | None = None, directory: Path | None = None, host: str = "127.0.0.1"
) -> Iterator[Hub]:
    """A hub on a free port until the block ends. `seed`: see `seeds.DEFAULT` and `seeds.add_repository`.

    Its repositories lie in `directory`, without one in a temporary directory that goes with it.
    """
    with contextlib.ExitStack() as stack:
        place = directory or Path(stack.enter_context(temporary.directory("hub")))
        state = State(directory=place.resolve(), on_change=[auto_merge.proceed, merge_queue.proceed])
        stack.callback(start_delivering(state))
        stack.callback(_stop_actions, state)
        stack.callback(start_serving(state, host, port))
        installation = seeds.begin(state, seeds.DEFAULT | (seed or {}))
        app = state.app
        yield Hub(state.url, app.id, app.private_key, app.webhook_secret, installation.id, state)


def _stop_actions(state: State) -> None:
    state.runners.shutdown(wait=False, cancel_futures=True)
    state.processes.stop()
    state.runners.shutdown(wait=True)
