"""PodResize: no pod may ask for more than its node could ever give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import forbidden
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.pod_resources import pod_amounts
from deployctl.sandbox.api.rules import amount

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


def validate(cluster: Cluster, request: Request) -> None:
    """Raises ApiError 403."""
    if request.kind.resource != "pods" or request.subresource != "resize":
        return
    spec = request.obj["spec"]
    node = cluster.get("nodes", None, spec.get("nodeName") or "")
    allocatable = ((node or {}).get("status") or {}).get("allocatable") or {}
    asked = pod_amounts(spec, "requests")
    for name, scale in (("cpu", 1000), ("memory", 1)):
        if name not in asked or name not in allocatable:
            continue
        wanted, most = (int(amount(text) * scale) for text in (asked[name], allocatable[name]))
        if wanted > most:
            why = f"node didn't have enough allocatable resources: {name}, requested: {wanted}, allocatable: {most}"
            raise forbidden(resource_of(request.kind), request.obj["metadata"]["name"], why)
