"""Recording: every API call and every delivery of a hub as JSON lines, for whoever holds them against a description.

Only where the environment variable HUB_RECORD names a directory; each hub writes a file of its own into it.
"""

import json
import os
import re
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from tests.hub.state import Call

VARIABLE = "HUB_RECORD"
SECRET = re.compile(r"ghs_[A-Za-z0-9._-]{36,}")
REDACTED = "ghs_redacted"


class Recording:
    """A file that grows by one line for each call and each delivery; without a file, nothing happens."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        directory = environ.get(VARIABLE)
        self._path = Path(directory) / f"{uuid.uuid4()}.jsonl" if directory else None
        self._lock = threading.Lock()

    def call(
        self, http: Request, data: bytes, response: Response | None, call: "Call", *, is_fault: bool
    ) -> None:
        """One API call; `response` is None where the connection was cut, `is_fault` where the answer was set."""
        if self._path is None:
            return
        request = {
            "method": http.method,
            # Undecoded: a label's name may hold a slash.
            "path": http.environ["REQUEST_URI"].partition("?")[0],
            "query": list(http.args.items(multi=True)),
            "headers": _headers(dict(http.headers)),
            "body": _body(data),
        }
        answer = None if response is None else _answer(response)
        use = {"what": call.what, "needed": call.needed}
        self._write({"kind": "call", "request": request, "answer": answer, "is_fault": is_fault, "use": use})

    def delivery(self, headers: Mapping[str, str], payload: bytes) -> None:
        """One webhook, as it leaves."""
        if self._path is not None:
            self._write({"kind": "delivery", "headers": dict(headers), "payload": _body(payload)})

    def _write(self, line: Mapping[str, Any]) -> None:
        text = SECRET.sub(REDACTED, json.dumps(line))
        assert self._path is not None
        with self._lock, self._path.open("a") as file:
            file.write(text + "\n")


def _answer(response: Response) -> dict[str, Any]:
    status, headers = response.status_code, dict(response.headers)
    return {"status": status, "headers": headers, "body": _body(response.get_data())}


def _headers(headers: dict[str, str]) -> dict[str, str]:
    """With the scheme alone of the credentials."""
    scheme = headers.get("Authorization", "").partition(" ")[0]
    return headers | ({"Authorization": f"{scheme} redacted"} if scheme else {})


def _body(data: bytes) -> Any:
    """JSON where it is that, text otherwise, None where there is none."""
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")
