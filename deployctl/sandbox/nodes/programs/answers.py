"""What a simulated program answers over HTTP. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from deployctl.sandbox.contracts import Answer
from deployctl.sandbox.nodes.behaviour import Behaviour

JSON_HEADERS = {"Content-Type": "application/json"}
HTML_HEADERS = {"Content-Type": "text/html"}


def answer(
    behaviour: Behaviour,
    env: Mapping[str, str],
    reaches: Callable[[str, int], bool],
    method: str,
    path: str,
) -> Answer:
    """A frontend answers its page to everything; a backend its health document, and 404 as JSON elsewhere."""
    plain = path.split("?", 1)[0]
    if behaviour.html and plain not in behaviour.health_paths[1:]:
        return _finish(method, Answer(200, HTML_HEADERS, behaviour.html.encode()))
    if plain in behaviour.health_paths:
        return _finish(method, _health(behaviour, env, reaches))
    if plain == "/":
        return _finish(method, _json(200, {"status": "ok"}))
    return _finish(method, _json(404, {"detail": "Not Found"}))


def _health(behaviour: Behaviour, env: Mapping[str, str], reaches: Callable[[str, int], bool]) -> Answer:
    connected = {d.name: reaches(d.host, d.port) for d in behaviour.dependencies}
    degraded = behaviour.degraded or not all(connected.values())
    document = health_document(behaviour, env, connected, degraded=degraded)
    unready = behaviour.never_ready or (behaviour.without_dependencies == "unready" and not all(connected.values()))
    return _json(503 if unready else behaviour.health_status, document)


def health_document(
    behaviour: Behaviour, env: Mapping[str, str], connected: Mapping[str, bool], *, degraded: bool
) -> dict[str, Any]:
    """The image's own document, with its state of now; the version is the environment's or the image's."""
    dependencies = {name: {"connected": up} for name, up in connected.items()}
    if behaviour.degraded and dependencies and all(connected.values()):
        dependencies = {name: {"connected": False} for name in dependencies}
    document: dict[str, Any] = {
        "status": "ok",
        "environment": env.get("ENVIRONMENT", "production"),
        "version": env.get("APP_VERSION") or behaviour.version or "0.1.0",
        "dependencies": dependencies,
        **(behaviour.health or {}),
    }
    if dependencies:
        document["dependencies"] = {**(document.get("dependencies") or {}), **dependencies}
    return {**document, "status": "degraded"} if degraded else document


def _json(status: int, document: Mapping[str, Any]) -> Answer:
    return Answer(status, JSON_HEADERS, json.dumps(document).encode())


def _finish(method: str, given: Answer) -> Answer:
    headers = {**given.headers, "Content-Length": str(len(given.body))}
    return Answer(given.status, headers, b"" if method == "HEAD" else given.body)
