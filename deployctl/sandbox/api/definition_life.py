"""A definition's life: its kind is served as soon as it is stored, and goes after its last object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api import writing
from deployctl.sandbox.api.definitions import FINALIZER, RESOURCE, definitions, established, terminating
from deployctl.sandbox.api.deleting import DeleteOptions, delete
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_SERVER = Writer("kube-apiserver")


def serve(cluster: Cluster, crd: Object) -> None:
    """Serve what a definition defines, also when it has changed."""
    metadata = crd["metadata"]
    if metadata.get("deletionTimestamp"):
        return
    cluster.kinds.define(metadata["name"], definitions(crd))
    status = established(crd, timestamp(cluster.clock.now()))
    if crd.get("status") != status:
        marked: Object = {**clone(crd), "status": status}
        kind = cluster.kind(RESOURCE)
        writing.replace(cluster, kind, crd, marked, _SERVER, subresource="status")


def advance(cluster: Cluster, before: Object, crd: Object) -> None:
    """A definition that is being deleted first loses its objects."""
    if not crd["metadata"].get("deletionTimestamp"):
        serve(cluster, crd)
    elif not before["metadata"].get("deletionTimestamp"):
        _empty(cluster, crd)


def _empty(cluster: Cluster, crd: Object) -> None:
    name = crd["metadata"]["name"]
    marked: Object = {**clone(crd), "status": terminating(crd, timestamp(cluster.clock.now()))}
    cluster.store.put(RESOURCE, marked)
    kind = cluster.kinds.stored(name)
    if kind is not None:
        for entry in cluster.store.entries(name):
            delete(cluster, kind, *entry.key, DeleteOptions(), _SERVER)
    emptied(cluster, name)


def emptied(cluster: Cluster, resource: str) -> None:
    """Take the finalizer off a definition that is going and has no objects left."""
    entry = cluster.store.get(RESOURCE, "", resource)
    if entry is None or not entry.object["metadata"].get("deletionTimestamp") or cluster.store.entries(resource):
        return
    finalizers = [f for f in entry.object["metadata"].get("finalizers") or [] if f != FINALIZER]
    if finalizers == entry.object["metadata"].get("finalizers"):
        return
    freed: Object = clone(entry.object)
    freed["metadata"]["finalizers"] = finalizers
    writing.replace(cluster, cluster.kind(RESOURCE), entry.object, freed, _SERVER)


def withdraw(cluster: Cluster, crd: Object) -> None:
    """Stop serving; watchers of the kind end."""
    cluster.kinds.undefine(crd["metadata"]["name"])
    cluster.store.drop(crd["metadata"]["name"])


def is_definition(kind: Kind) -> bool:
    return kind.resource == RESOURCE
