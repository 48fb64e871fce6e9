"""A web server on the loopback that answers as a script says, plain or over TLS, and remembers what it was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True)
class Say:
    """One answer. `after` seconds of silence come first; `drip` sends a byte every so many seconds; `hang_up` closes
    the connection instead of answering."""

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    after: float = 0.0
    drip: float = 0.0
    hang_up: bool = False

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Script = Callable[[Asked], Say]


@dataclass
class Served:
    """The server, and what it was asked."""

    host: str
    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"


def in_turn(*answers: Say) -> Script:
    """These answers one after another, and then the last again and again."""
    left = list(answers)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def serving(script: Script, certificate: tuple[Path, Path] | None = None) -> Iterator[Served]:
    """Answer by `script` as long as the context lasts; over TLS with a certificate and its key."""
    stopped = threading.Event()
    served = Served("127.0.0.1", 0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            served.asked.append(asked)
            say = script(asked)
            stopped.wait(say.after)
            if say.hang_up or stopped.is_set():
                self.close_connection = True
                return
            self.send_response(say.status)
            for name, value in {"Content-Length": str(len(say.content)), **say.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self._send(say)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - http.server's names

        def _send(self, say: Say) -> None:
            parts = [say.content] if not say.drip else [bytes([byte]) for byte in say.content]
            for part in parts:
                self.wfile.write(part)
                self.wfile.flush()
                if say.drip and stopped.wait(say.drip):
                    return

        def log_message(self, format: str, *arguments: object) -> None:
            """Tests read `asked`."""

    server = _Quiet(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    served.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the play."""


def closed_port() -> int:
    """A port of the loopback that nobody listens on."""
    with serving(in_turn(Say())) as served:
        port = served.port
    time.sleep(0.01)
    return port
