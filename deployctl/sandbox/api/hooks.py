"""What the server does after a write: finalizers that ran out, kinds and namespaces that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api import aggregation, definition_life, namespace_life
from deployctl.sandbox.api.definitions import RESOURCE as DEFINITIONS
from deployctl.sandbox.api.deleting import finalized
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster


class Hooks:
    """Called by the write path once something is stored."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def created(self, kind: Kind, obj: Object) -> None:
        if kind.resource == "namespaces":
            namespace_life.furnish(self._cluster, obj)
        elif kind.resource == DEFINITIONS:
            definition_life.serve(self._cluster, obj)
        elif kind.resource == aggregation.RESOURCE:
            aggregation.aggregate(self._cluster)
        elif kind.resource == "services":
            self._cluster.addresses.claim(obj)

    def updated(self, kind: Kind, before: Object, obj: Object) -> None:
        if finalized(obj):
            self._cluster.purge(kind, obj)
        elif kind.resource == "namespaces":
            namespace_life.advance(self._cluster, before, obj)
        elif kind.resource == DEFINITIONS:
            definition_life.advance(self._cluster, before, obj)
        elif kind.resource == aggregation.RESOURCE:
            aggregation.aggregate(self._cluster)
        elif kind.resource == "services":
            self._cluster.addresses.release(before)
            self._cluster.addresses.claim(obj)

    def removed(self, kind: Kind, obj: Object) -> None:
        if kind.namespaced:
            namespace_life.emptied(self._cluster, obj["metadata"]["namespace"])
        if kind.custom:
            definition_life.emptied(self._cluster, kind.resource)
        if kind.resource == DEFINITIONS:
            definition_life.withdraw(self._cluster, obj)
        elif kind.resource == aggregation.RESOURCE:
            aggregation.aggregate(self._cluster)
        elif kind.resource == "services":
            self._cluster.addresses.release(obj)
