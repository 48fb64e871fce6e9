"""A claim that pods use, and a volume that a claim uses, stay until they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

FINALIZERS = {
    "persistentvolumeclaims": "kubernetes.io/pvc-protection",
    "persistentvolumes": "kubernetes.io/pv-protection",
}


def release(cluster: Cluster, resource: str, obj: Object) -> None:
    """Take the finalizer off something that is being deleted and that nothing uses."""
    finalizer = FINALIZERS[resource]
    metadata = obj["metadata"]
    held = metadata.get("finalizers") or []
    if not metadata.get("deletionTimestamp") or finalizer not in held or _in_use(cluster, resource, obj):
        return
    freed: Object = clone(obj)
    freed["metadata"]["finalizers"] = [f for f in held if f != finalizer]
    cluster.update(resource, freed, manager="kube-controller-manager")


def pod_gone(cluster: Cluster, pod: Object) -> None:
    """Its claims may go now."""
    for name in _claims(pod):
        claim = cluster.get("persistentvolumeclaims", pod["metadata"]["namespace"], name)
        if claim is not None:
            release(cluster, "persistentvolumeclaims", claim)


def claim_gone(cluster: Cluster, claim: Object) -> None:
    """Its volume may go now."""
    volume = cluster.get("persistentvolumes", None, get(claim, "spec.volumeName", "") or "-")
    if volume is not None:
        release(cluster, "persistentvolumes", volume)


def _claims(pod: Object) -> list[str]:
    volumes = get(pod, "spec.volumes", [])
    return [v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")]


def _in_use(cluster: Cluster, resource: str, obj: Object) -> bool:
    name = obj["metadata"]["name"]
    if resource == "persistentvolumes":
        return any(get(claim, "spec.volumeName") == name for claim in cluster.list("persistentvolumeclaims"))
    pods = cluster.list("pods", obj["metadata"]["namespace"])
    running = (pod for pod in pods if get(pod, "status.phase") not in {"Succeeded", "Failed"})
    return any(name in _claims(pod) for pod in running)
