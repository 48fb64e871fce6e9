"""From a Service's port to the pods behind it that are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.contracts import Object, Objects
from deployctl.sandbox.ingress.rules import Backend

SERVICE_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Endpoint:
    """A pod's port."""

    namespace: str
    pod: str
    port: int


def endpoints(objects: Objects, backend: Backend) -> list[Endpoint]:
    """Ready endpoints, empty when the Service, its port or its pods are missing."""
    service = objects.get("services", backend.namespace, backend.service)
    port = service_port(service, backend.port) if service else None
    if port is None:
        return []
    found: list[Endpoint] = []
    for piece in objects.list("endpointslices.discovery.k8s.io", backend.namespace):
        if (piece["metadata"].get("labels") or {}).get(SERVICE_LABEL) == backend.service:
            found.extend(_of_slice(piece, str(port.get("name") or "")))
    return found


def service_port(service: Object, wanted: int | str) -> dict[str, Any] | None:
    """The entry of `spec.ports` by number or name."""
    for port in (service.get("spec") or {}).get("ports") or []:
        if wanted in {port.get("port"), port.get("name")}:
            return dict(port)
    return None


def _of_slice(piece: Object, name: str) -> list[Endpoint]:
    numbers = [p["port"] for p in piece.get("ports") or [] if (p.get("name") or "") == name and p.get("port")]
    found: list[Endpoint] = []
    for endpoint in piece.get("endpoints") or []:
        target = endpoint.get("targetRef") or {}
        ready = (endpoint.get("conditions") or {}).get("ready") is not False
        if ready and target.get("kind") == "Pod":
            found.extend(Endpoint(piece["metadata"]["namespace"], target["name"], number) for number in numbers)
    return found
