"""A namespace's life: what it is furnished with, and how it empties and goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deployctl.sandbox.api.deleting import DeleteOptions, delete
from deployctl.sandbox.api.kinds import storage_of
from deployctl.sandbox.api.namespace_conditions import conditions
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

DRAIN_SECONDS = 5.0
"""The real namespace controller waits as long before it looks, so that caches catch up."""
_CONTROLLER = Writer("kube-controller-manager")
_CA_NOTE = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


def furnish(cluster: Cluster, namespace: Object) -> None:
    """What the controller manager puts into every new namespace."""
    name = namespace["metadata"]["name"]
    account: Object = {"metadata": {"name": "default", "namespace": name}}
    annotations = {"kubernetes.io/description": _CA_NOTE}
    root: Object = {
        "metadata": {"name": "kube-root-ca.crt", "namespace": name, "annotations": annotations},
        "data": {"ca.crt": cluster.ca_certificate},
    }
    for resource, body in (("serviceaccounts", account), ("configmaps", root)):
        if cluster.get(resource, name, body["metadata"]["name"]) is None:
            cluster.create(resource, body, manager=_CONTROLLER.manager)


def advance(cluster: Cluster, before: Object, namespace: Object) -> None:
    """A namespace that is being deleted loses its contents after a while, then its finalizer."""
    metadata = namespace["metadata"]
    if not metadata.get("deletionTimestamp"):
        return
    if not before["metadata"].get("deletionTimestamp"):
        cluster.later.call(DRAIN_SECONDS, lambda: _drain(cluster, metadata["name"], metadata["uid"]))


def resume(cluster: Cluster) -> None:
    """Go on with what an earlier run had begun to delete."""
    for namespace in cluster.list("namespaces"):
        metadata = namespace["metadata"]
        if metadata.get("deletionTimestamp"):
            cluster.later.call(DRAIN_SECONDS, partial(_drain, cluster, metadata["name"], metadata["uid"]))


def _drain(cluster: Cluster, name: str, uid: str) -> None:
    live = cluster.get("namespaces", None, name)
    if live is not None and live["metadata"]["uid"] == uid:
        _empty(cluster, name)
        _tell(cluster, name)
        emptied(cluster, name)


def _empty(cluster: Cluster, name: str) -> None:
    for kind in _stored_kinds(cluster):
        for entry in cluster.store.entries(storage_of(kind), name):
            options = DeleteOptions(propagation="Background")
            if cluster.live(kind, name, entry.object["metadata"]["name"]):
                delete(cluster, kind, name, entry.object["metadata"]["name"], options, _CONTROLLER)


def _tell(cluster: Cluster, name: str) -> None:
    """What is left, in the namespace's conditions, until nothing is."""
    left = {kind: [e.object for e in cluster.store.entries(storage_of(kind), name)] for kind in _stored_kinds(cluster)}
    entry = cluster.store.get("namespaces", "", name)
    if entry is None or not any(left.values()):
        return
    namespace: Object = clone(entry.object)
    status = namespace.setdefault("status", {})
    now = timestamp(cluster.clock.now())
    status["conditions"] = [{**c, "lastTransitionTime": now} for c in conditions({k: v for k, v in left.items() if v})]
    cluster.put(cluster.kind("namespaces"), namespace)


def emptied(cluster: Cluster, name: str) -> None:
    """Take the `kubernetes` finalizer off a namespace that is going and has nothing left in it."""
    entry = cluster.store.get("namespaces", "", name)
    if entry is None or not entry.object["metadata"].get("deletionTimestamp"):
        return
    if any(cluster.store.entries(storage_of(kind), name) for kind in _stored_kinds(cluster)):
        return
    namespace: Object = clone(entry.object)
    namespace["spec"] = {}
    kind = cluster.kind("namespaces")
    if not namespace["metadata"].get("finalizers"):
        cluster.purge(kind, entry.object)
    elif entry.object.get("spec"):
        cluster.store.put("namespaces", namespace)


def _stored_kinds(cluster: Cluster) -> list[Kind]:
    """One kind for each place where namespaced objects are stored."""
    return list({storage_of(kind): kind for kind in reversed(list(cluster.kinds)) if kind.namespaced}.values())
