"""The proxy subresource: a request to a pod or service through the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.errors import ApiError, not_found
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Applications, Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_HOP = {"authorization", "host", "connection", "content-length", "accept-encoding"}


async def forward(cluster: Cluster, kind: Kind, call: Call, programs: Applications) -> Reply:
    """What the program answers. Raises ApiError: 404, 503 when nothing does."""
    name, _, port = _name(call.info.name)
    pod, number = _target(cluster, kind, call, name, port)
    headers = {key: value for key, value in call.headers.items() if key.lower() not in _HOP}
    path = "/" + call.info.rest
    method = {"create": "POST", "update": "PUT", "patch": "PATCH", "delete": "DELETE"}.get(call.info.verb, "GET")
    try:
        answer = await programs.request(call.info.namespace, pod, number, method, path, headers)
    except (ConnectionRefusedError, TimeoutError) as error:
        text = f"error trying to reach service: {error or 'timed out'}"
        raise ApiError(503, "ServiceUnavailable", text) from error
    return Reply(answer.status, answer.body, answer.headers.get("Content-Type", "text/plain"))


def _name(text: str) -> tuple[str, str, str]:
    """`[scheme:]name[:port]` as name, scheme, port."""
    parts = text.split(":")
    if len(parts) == 3:
        return parts[1], parts[0], parts[2]
    return (parts[0], "", parts[1]) if len(parts) == 2 else (text, "", "")


def _target(cluster: Cluster, kind: Kind, call: Call, name: str, port: str) -> tuple[str, int]:
    found = cluster.live(kind, call.info.namespace, name)
    if found is None:
        raise not_found(resource_of(kind), name)
    if kind.resource == "pods":
        first: Object = next((p for c in found["spec"]["containers"] for p in c.get("ports") or []), {})
        return name, int(port or first.get("containerPort", 80))
    return _endpoint(cluster, found, port)


def _endpoint(cluster: Cluster, service: Object, port: str) -> tuple[str, int]:
    metadata = service["metadata"]
    ports = get(service, "spec.ports", [])
    chosen = next((p for p in ports if port in {"", p.get("name"), str(p["port"])}), None)
    endpoints = cluster.get("endpoints", metadata["namespace"], metadata["name"]) or {}
    for subset in endpoints.get("subsets") or []:
        for address in subset.get("addresses") or []:
            match = next((p for p in subset.get("ports") or [] if chosen and p.get("name") == chosen.get("name")), None)
            if match and get(address, "targetRef.name"):
                return address["targetRef"]["name"], int(match["port"])
    text = f'no endpoints available for service "{metadata["name"]}"'
    raise ApiError(503, "ServiceUnavailable", text)
