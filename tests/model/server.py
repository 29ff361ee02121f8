"""Server: the scripted Messages API over HTTP, in this process or (see `__main__`) in one of its own."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.model import events
from tests.model.caching import PromptCache
from tests.model.checks import Refused, check_headers, check_request
from tests.model.script import Json, Script, ScriptError


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    streamed: bool = False
    breaks: bool = False
    """The connection breaks after the body."""


class ScriptedModel:
    """A Messages API on a port of its own; see `script.py` for what it says."""

    def __init__(self, script: Json | None = None, port: int = 0) -> None:
        self._script = Script(script)
        self._cache = PromptCache()
        self._requests: list[tuple[Json, str]] = []
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.model = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def will(self, *replies: Json, when: Sequence[str] = ()) -> None:
        """From now on, give these replies to conversations in which all of `when` was said."""
        self._script.put_first(replies, when)

    def play(self, script: Json) -> None:
        """Replace the script."""
        self._script = Script(script)

    def requests(self, containing: str = "") -> list[Json]:
        """The bodies of all requests that were well formed JSON, refused ones included, oldest first.

        Only those in whose messages the text occurs: to look at hundreds takes long, and who waits looks often.
        """
        return deepcopy([request for request, text in self._requests if containing in text])

    def serve_forever(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, headers: Any, body: bytes) -> Answer:
        """Answer one `POST /v1/messages`."""
        try:
            check_headers(headers)
            request = _parsed(body)
            messages = request.get("messages") if isinstance(request, dict) else None
            self._requests.append((request, str(messages)))
            script = self._script
            paused = isinstance(messages, list) and script.paused(messages)
            check_request(request, paused=paused)
            return self._reply(script, request)
        except Refused as refused:
            return _json(refused.status, refused.body)

    def _reply(self, script: Script, request: Json) -> Answer:
        reply, fault = script.reply_to(request["messages"])
        fault = fault or {}
        time.sleep(fault.get("delay", 0))
        if "status" in fault:
            return _error(fault)
        turn = sum(message["role"] == "assistant" for message in request["messages"])
        content = events.content_of(reply, request, turn)
        usage = self._cache.usage(request, content)
        message = events.message_of(reply, request, content, usage, turn)
        if not request.get("stream"):
            return _json(200, message)
        return _stream(events.stream_of(message, reply.get("raw_input")), fault)


@contextmanager
def serve(script: Json | None = None, port: int = 0) -> Iterator[ScriptedModel]:
    """A ScriptedModel in a thread of this process."""
    model = ScriptedModel(script, port)
    thread = threading.Thread(target=model.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        model.stop()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    model: ScriptedModel


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/_model/requests":
            containing = parse_qs(query).get("containing", [""])[0]
            self._send(_json(200, self.server.model.requests(containing)))
        else:
            self._send(_json(404, Refused(404, "Not Found").body))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/v1/messages":
            self._send(self.server.model.answer(self.headers, body))
        elif self.path == "/_model/script":
            self._send(self._play(body))
        else:
            self._send(_json(404, Refused(404, "Not Found").body))

    def _play(self, body: bytes) -> Answer:
        try:
            self.server.model.play(json.loads(body))
        except (ValueError, ScriptError) as error:
            return _json(400, Refused(400, str(error)).body)
        return _json(200, {})

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in {"request-id": "req_scripted", **answer.headers}.items():
            self.send_header(name, value)
        if answer.streamed:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(
            b"%x\r\n%b\r\n" % (len(answer.body), answer.body) if answer.streamed else answer.body
        )
        if answer.streamed and not answer.breaks:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = self.close_connection or answer.breaks

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the requests can be read back."""


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refused(400, f"The request body is not valid JSON: {error}") from None


def _error(fault: Json) -> Answer:
    refused = Refused(fault["status"], fault.get("message", "Scripted fault"), fault.get("error_code"))
    answer = _json(refused.status, refused.body)
    if "retry_after" in fault:
        answer.headers["retry-after"] = str(fault["retry_after"])
    return answer


def _stream(sent: list[Json], fault: Json) -> Answer:
    if "cut" in fault or "error_midstream" in fault:
        sent = events.first_half(sent)
    if "error_midstream" in fault:
        kind, text = fault["error_midstream"], fault.get("message", "Scripted fault")
        sent = [
            *sent,
            {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_scripted"},
        ]
    headers = {"Content-Type": "text/event-stream; charset=utf-8"}
    return Answer(200, events.as_sse(sent), headers, streamed=True, breaks=fault.get("cut") == "hard")


def _json(status: int, body: Any) -> Answer:
    return Answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})
