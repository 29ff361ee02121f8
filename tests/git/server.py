"""A git server small enough for one test: `git http-backend` behind basic authentication, with faults."""

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from jobs.git.address import Address

BACKEND = Path(subprocess.check_output(["git", "--exec-path"], text=True).strip()) / "git-http-backend"
CLEAN = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
TOKEN = "ghs_" + "T0k3n" * 8


class GitServer:
    """Repositories below `root`, served at `url` to whoever shows `token`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.token = TOKEN
        self.before: Callable[[str], int | None] = lambda path: None
        """Asked with each request's path; a number is answered at once as the status."""
        self.cut_answers_to: str | None = None
        """Requests whose path ends so are carried out, and the connection then closed without an answer."""
        server = self

        class Handler(_Handler):
            git = server

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def create(self, name: str = "acme/tools", *, branch: str = "main") -> Address:
        """A repository with one commit: README.md and src/app.py."""
        self.create_empty(name)
        self.commit(name, branch, {"README.md": "hello\n", "src/app.py": "one\ntwo\nthree\nfour\nfive\n"})
        return self.address(name)

    def create_empty(self, name: str = "acme/tools") -> Address:
        subprocess.run(["git", "init", "-q", "--bare", self.root / f"{name}.git"], check=True, env=CLEAN)
        subprocess.run(
            ["git", "config", "http.receivepack", "true"], cwd=self.root / f"{name}.git", check=True
        )
        return self.address(name)

    def address(self, name: str) -> Address:
        return Address.parse(f"{self.url}/{name}.git")

    def commit(self, name: str, branch: str, files: dict[str, str | None], *, new_from: str = "") -> str:
        """Somebody pushes a commit with these files onto `branch`; contents: `MODE|text`, None to delete. Its sha."""
        ref = f"refs/heads/{branch}"
        exists = (self.root / f"{name}.git" / ref).exists()
        parent = new_from or (f"{ref}^0" if exists else "")
        lines = [f"commit {ref}", "committer Ann <ann@example.com> 1700000000 +0000", "data 5", "by me"]
        lines += [f"from {parent}"] if parent else []
        for path, text in files.items():
            if text is None:
                lines.append(f"D {path}")
                continue
            mode, _, content = text.rpartition("|")
            lines += [f"M {mode or '100644'} inline {path}", f"data {len(content.encode())}", content]
        self.git(name, "fast-import", "--quiet", stdin="\n".join(lines) + "\n")
        return self.head(name, branch)

    def head(self, name: str, branch: str) -> str:
        return self.git(name, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def git(self, name: str, *arguments: str, stdin: str = "") -> str:
        """Any command in the server's own repository."""
        where = self.root / f"{name}.git"
        done = subprocess.run(
            ["git", *arguments], cwd=where, env=CLEAN, input=stdin, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


@contextmanager
def serving(root: Path) -> Iterator[GitServer]:
    server = GitServer(root)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


class _Handler(BaseHTTPRequestHandler):
    git: GitServer
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two would wait 40 ms for each other's acknowledgement

    def do_GET(self) -> None:
        self.answer()

    do_POST = do_GET

    def answer(self) -> None:
        body = self.body()
        if status := self.git.before(urlsplit(self.path).path) or self.unauthorized():
            self.refuse(status)
            return
        head, _, content = self.backend(body).partition(b"\r\n\r\n")
        if self.git.cut_answers_to and self.path.endswith(self.git.cut_answers_to):
            self.close_connection = True
            return
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def unauthorized(self) -> int:
        expected = base64.b64encode(f"x-access-token:{self.git.token}".encode()).decode()
        return 0 if self.headers["Authorization"] == f"Basic {expected}" else 401

    def refuse(self, status: int) -> None:
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="GitHub"')
        if status == 301:
            self.send_header("Location", f"{self.git.url}/elsewhere{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self) -> bytes:
        if self.headers["Transfer-Encoding"] != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"] or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def backend(self, body: bytes) -> bytes:
        parts = urlsplit(self.path)
        environment = CLEAN | {
            "GIT_PROJECT_ROOT": str(self.git.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers["Git-Protocol"] or "",
            "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers["Content-Type"] or "",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": "x-access-token",
        }
        return subprocess.run(
            [BACKEND], env=environment, input=body, stdout=subprocess.PIPE, check=True
        ).stdout

    def log_message(self, format: str, *arguments: object) -> None:
        pass
