"""A registry whose every answer a test writes itself, on plain http of this machine; it notes what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, list[str]]
    authorization: str
    body: bytes


@dataclass(frozen=True)
class Said:
    """One answer."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Script = Callable[[Asked], Said]


@dataclass
class Scripted:
    """`host` is 127.0.0.1:PORT."""

    host: str
    asked: list[Asked]
    script: Script

    def paths(self, method: str = "") -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked if one.method.startswith(method)]


@contextmanager
def scripted_registry(script: Script) -> Iterator[Scripted]:
    """Answers until the context ends; `script` may be exchanged meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            authorization = self.headers.get("Authorization") or ""
            one = Asked(self.command, parts.path, parse_qs(parts.query), authorization, self.rfile.read(length))
            served.asked.append(one)
            said = served.script(one)
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(said.body)

        do_GET = do_HEAD = do_PUT = do_POST = answer  # noqa: N815 - the names that http.server asks for

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Scripted(f"127.0.0.1:{server.server_port}", [], script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
