"""Paths that are no resources: version, health, the list of paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.errors import no_such_path
from deployctl.sandbox.api.http.call import Answered, Call, Reply

if TYPE_CHECKING:
    from deployctl.sandbox.api.server import ApiServer

VERSION = {
    "major": "1",
    "minor": "37",
    "emulationMajor": "1",
    "emulationMinor": "37",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "36",
    "gitVersion": "v1.37.2",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "1970-01-01T00:00:00Z",
    "goVersion": "go1.26.8",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_HEALTH = {"healthz", "livez", "readyz"}
_CHECKS = ("ping", "log", "etcd")


async def plain(server: ApiServer, call: Call) -> Answered:
    """Raises ApiError 404 under /api and /apis; elsewhere an unknown path is plain text."""
    path = call.info.path.rstrip("/") or "/"
    if path == "/version":
        return Reply.of(VERSION)
    parts = path.strip("/").split("/")
    if parts[0] in _HEALTH and (len(parts) == 1 or (len(parts) == 2 and parts[1] in _CHECKS)):
        return _health(call, parts[0])
    if path == "/":
        return Reply.of(
            {
                "paths": [
                    *server.discovery.paths(),
                    "/healthz",
                    "/livez",
                    "/openapi/v2",
                    "/openapi/v3",
                    "/readyz",
                    "/version",
                ]
            }
        )
    if path.startswith("/openapi/"):
        return server.openapi.answer(call, path)
    return _discovery(server, call, path)


def _health(call: Call, name: str) -> Reply:
    if "verbose" not in call.query:
        return Reply.text("ok")
    checks = "".join(f"[+]{check} ok\n" for check in _CHECKS)
    return Reply.text(f"{checks}{name} check passed\n")


def _discovery(server: ApiServer, call: Call, path: str) -> Reply:
    parts = path.strip("/").split("/")
    if parts in (["api"], ["apis"]):
        return server.discovery.root(call, parts[0])
    if parts[0] == "api" and len(parts) == 2:
        return server.discovery.version("", parts[1])
    groups = {kind.group for kind in server.cluster.kinds}
    if parts[0] == "apis" and parts[1] in groups:
        return server.discovery.group(parts[1]) if len(parts) == 2 else server.discovery.version(parts[1], parts[2])
    if parts[0] == "api":
        raise no_such_path()
    return Reply(404, b"404 page not found\n", "text/plain; charset=utf-8", {"X-Content-Type-Options": "nosniff"})
