"""Memory in use, from metrics.k8s.io: where it is served, and answers soon."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.listing import list_objects
from deployctl.model.errors import DeployError
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.rules.requests import amounts, total_of
from deployctl.ports import Kind

NODES = Kind("metrics.k8s.io/v1beta1", "NodeMetrics", "nodes", namespaced=False)
PODS = Kind("metrics.k8s.io/v1beta1", "PodMetrics", "pods", namespaced=True)
Used = Mapping[str, Fraction]
"""Name -> bytes."""
NONE: tuple[Used, Used] = ({}, {})


def memory_in_use(connection: Connection, namespace: str) -> tuple[Used, Used]:
    """Of every node, and of every pod of the namespace. A metrics server that is not there, not well or not to be read
    leaves both empty: nothing depends on it but a warning."""
    try:
        nodes = list_objects(connection, NODES, "", optional=True).items
        if not nodes:
            return NONE
        pods = list_objects(connection, PODS, namespace, optional=True).items
    except DeployError:
        return NONE
    return _by_name((n, [mapping(n, "usage")]) for n in nodes), _by_name(
        (p, [mapping(c, "usage") for c in items(p, "containers")]) for p in pods
    )


def _by_name(found: Iterable[tuple[Json, list[Json]]]) -> Used:
    sums = {text(body, "metadata", "name"): total_of(map(amounts, usages)) for body, usages in found}
    return {name: total["memory"] for name, total in sums.items() if "memory" in total}
