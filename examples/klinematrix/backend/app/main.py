"""The backend's HTTP face: /api/health says whether the databases can be reached."""

import json
import os
import signal
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


def connected(url: str, default_port: int) -> bool:
    """Whether somebody listens where the URL points."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "localhost", parts.port or default_port), timeout=2).close()
    except OSError:
        return False
    return True


def health() -> dict[str, object]:
    dependencies = {
        "mongodb": {"connected": connected(os.environ["MONGODB_URL"], 27017)},
        "redis": {"connected": connected(os.environ["REDIS_URL"], 6379)},
    }
    good = all(state["connected"] for state in dependencies.values())
    return {
        "status": "ok" if good else "degraded",
        "environment": os.environ.get("ENVIRONMENT", "development"),
        "version": "0.1.0",  # nobody bumps this one: the image's digest is what tells versions apart
        "dependencies": dependencies,
    }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path.split("?")[0] == "/api/health"
        body = json.dumps(health() if found else {"detail": "Not Found"}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def stop(*_: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
