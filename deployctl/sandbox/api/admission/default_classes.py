"""DefaultStorageClass and DefaultIngressClass: a claim or Ingress that names no class gets the default one, if any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_PLUGINS = {
    "persistentvolumeclaims": (
        "storageClassName",
        "storageclasses.storage.k8s.io",
        "storageclass.kubernetes.io/is-default-class",
    ),
    "ingresses.networking.k8s.io": (
        "ingressClassName",
        "ingressclasses.networking.k8s.io",
        "ingressclass.kubernetes.io/is-default-class",
    ),
}
_LEGACY_INGRESS = "kubernetes.io/ingress.class"


def admit(cluster: Cluster, request: Request) -> None:
    """An empty storage class ("") is a choice: it means none."""
    plugin = _PLUGINS.get(request.kind.resource)
    if plugin is None or request.operation != "CREATE":
        return
    field, classes, mark = plugin
    annotations = request.obj["metadata"].get("annotations") or {}
    spec = request.obj.setdefault("spec", {})
    if spec.get(field) is not None or _LEGACY_INGRESS in annotations:
        return
    default = newest_default(cluster.list(classes), mark)
    if default is not None:
        spec[field] = default


def newest_default(classes: list[Object], mark: str) -> str | None:
    """Of several defaults the youngest, as the storage plugin chooses."""
    marked = [c["metadata"] for c in classes if (c["metadata"].get("annotations") or {}).get(mark) == "true"]
    youngest = sorted(marked, key=lambda m: m["name"])
    youngest.sort(key=lambda m: m.get("creationTimestamp") or "", reverse=True)
    return str(youngest[0]["name"]) if youngest else None
