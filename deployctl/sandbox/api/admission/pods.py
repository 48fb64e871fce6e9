"""What storing a pod adds: tolerations of failing nodes, its priority, its quality-of-service class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import forbidden
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.qos import qos_class
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_PRIORITY_CLASSES = "priorityclasses.scheduling.k8s.io"
_NODE_TROUBLE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def admit(cluster: Cluster, request: Request) -> None:
    if request.kind.resource != "pods" or request.subresource:
        return
    spec = request.obj["spec"]
    if request.operation == "CREATE":
        _priority(cluster, request, spec)
    _tolerate(spec)


def finish(request: Request) -> None:
    """Once resources are final: limit ranges may have changed them."""
    if request.kind.resource != "pods" or request.operation != "CREATE":
        return
    request.obj["status"]["qosClass"] = qos_class(request.obj["spec"])


def _tolerate(spec: Object) -> None:
    tolerations = spec.get("tolerations") or []
    missing = [key for key in _NODE_TROUBLE if not any(_tolerates(t, key, "NoExecute") for t in tolerations)]
    added = [{"key": k, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for k in missing]
    spec["tolerations"] = [*tolerations, *added]


def _tolerates(toleration: Object, key: str, effect: str) -> bool:
    return toleration.get("key") in {key, None, ""} and toleration.get("effect") in {effect, None, ""}


def _priority(cluster: Cluster, request: Request, spec: Object) -> None:
    name = spec.get("priorityClassName")
    found = cluster.get(_PRIORITY_CLASSES, None, name) if name else _default(cluster)
    if name and found is None:
        pod = request.obj["metadata"]["name"]
        raise forbidden(resource_of(request.kind), pod, f"no PriorityClass with name {name} was found")
    if found is not None and not name:
        spec["priorityClassName"] = found["metadata"]["name"]
    spec["priority"] = found["value"] if found else 0
    spec.setdefault("preemptionPolicy", (found or {}).get("preemptionPolicy") or "PreemptLowerPriority")


def _default(cluster: Cluster) -> Object | None:
    defaults = [c for c in cluster.list(_PRIORITY_CLASSES) if c.get("globalDefault")]
    return min(defaults, key=lambda c: int(c["value"])) if defaults else None
