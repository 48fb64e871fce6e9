"""The `Surroundings` port: many small LISTs at once, of which only names, keys and numbers are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet

from deployctl.adapters.background import in_background
from deployctl.adapters.kubernetes import paths
from deployctl.adapters.kubernetes.certificates import certificate_of
from deployctl.adapters.kubernetes.connection import Connection
from deployctl.adapters.kubernetes.listing import Listing, list_objects
from deployctl.adapters.kubernetes.metrics import NONE, Used, memory_in_use
from deployctl.adapters.kubernetes.outside import read_outside
from deployctl.adapters.side_by_side import side_by_side
from deployctl.model.json import Json, items, mapping, number, text
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.outside import Outside
from deployctl.model.reference import Inventory, keys_of
from deployctl.model.rules.node_room import parse_tenant
from deployctl.model.survey import Survey
from deployctl.ports import Kind

SERVICES = Kind("v1", "Service", "services", namespaced=True)
QUOTAS = Kind("v1", "ResourceQuota", "resourcequotas", namespaced=True)
LIMIT_RANGES = Kind("v1", "LimitRange", "limitranges", namespaced=True)
ACCOUNTS = Kind("v1", "ServiceAccount", "serviceaccounts", namespaced=True)
PRIORITIES = Kind("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", namespaced=False)
RUNTIMES = Kind("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", namespaced=False)
LISTED = (
    paths.SECRETS,
    Kind("v1", "ConfigMap", "configmaps", namespaced=True),
    ACCOUNTS,
    Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims", namespaced=True),
    SERVICES,
    QUOTAS,
    LIMIT_RANGES,
    PRIORITIES,
    RUNTIMES,
    Kind("storage.k8s.io/v1", "StorageClass", "storageclasses", namespaced=False),
    Kind("networking.k8s.io/v1", "IngressClass", "ingressclasses", namespaced=False),
)
AT_ONCE = len(LISTED) + 1
PATIENCE = 0.5
"""Seconds that metrics may take longer than everything else."""


class KubernetesSurroundings:
    """Reads each kind with one LIST; pods of all namespaces, or of ours where only these may be read."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def survey(self, namespace: str) -> Survey:
        metrics = in_background(lambda: memory_in_use(self._connection, namespace))
        asked = (*LISTED, paths.PODS)
        found = side_by_side(lambda kind: self._list(kind, namespace), asked, at_once=AT_ONCE)
        of = dict(zip(asked, found, strict=True))
        tenants = (parse_tenant(pod) for pod in of[paths.PODS].items)
        used, used_by = in_time(metrics)
        return Survey(
            inventory=_inventory(of),
            accounts={_name(a): tuple(_names(a, "imagePullSecrets")) for a in of[ACCOUNTS].items},
            tenants=tuple(t for t in tenants if t is not None),
            services=_manifests(of[SERVICES]),
            quotas=_manifests(of[QUOTAS]),
            limit_ranges=_manifests(of[LIMIT_RANGES]),
            priorities={_name(p): number(p, "value") for p in of[PRIORITIES].items},
            overheads={_name(r): mapping(r, "overhead", "podFixed") for r in of[RUNTIMES].items},
            certificates={_name(s): c for s in of[paths.SECRETS].items if (c := certificate_of(s))},
            used=used,
            used_by=used_by,
        )

    def outside(self, namespace: str) -> Outside:
        return read_outside(self._connection, namespace)

    def _list(self, kind: Kind, namespace: str) -> Listing:
        if kind != paths.PODS:
            return list_objects(self._connection, kind, namespace, optional=True)
        everywhere = list_objects(self._connection, kind, "", optional=True)
        if not everywhere.denied:
            return everywhere
        ours = list_objects(self._connection, kind, namespace, optional=True)
        return Listing(ours.items, ours.date, denied=True)


def in_time(metrics: Future[tuple[Used, Used]]) -> tuple[Used, Used]:
    """What was measured, if it is there by now: a metrics server that is not well holds up no release."""
    try:
        return metrics.result(timeout=PATIENCE)
    except NotYet:
        return NONE


def _inventory(of: Mapping[Kind, Listing]) -> Inventory:
    listed = {kind: listing for kind, listing in of.items() if kind != paths.PODS}
    keys = {(kind.kind, _name(body)): keys_of(body) for kind, listing in listed.items() for body in listing.items}
    return Inventory(keys, frozenset(kind.kind for kind, listing in of.items() if listing.denied))


def _manifests(listing: Listing) -> tuple[Manifest, ...]:
    return tuple(manifest(body) for body in listing.items)


def _name(body: Json) -> str:
    return text(body, "metadata", "name")


def _names(body: Json, field: str) -> Iterable[str]:
    return (text(entry, "name") for entry in items(body, field))
