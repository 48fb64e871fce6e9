"""Tables: what `kubectl get` prints is decided by the server."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.tables import autoscaling, cluster, custom, network, pods, workloads
from deployctl.sandbox.api.tables.ages import since
from deployctl.sandbox.contracts import Object

Cells = Callable[[Object, datetime], list[Any]]

_CELLS: dict[str, Cells] = {
    "pods": pods.cells,
    "deployments.apps": workloads.deployment,
    "replicasets.apps": workloads.replica_set,
    "replicationcontrollers": workloads.replication_controller,
    "statefulsets.apps": workloads.stateful_set,
    "daemonsets.apps": workloads.daemon_set,
    "podtemplates": workloads.pod_template,
    "controllerrevisions.apps": workloads.controller_revision,
    "jobs.batch": workloads.job,
    "cronjobs.batch": workloads.cron_job,
    "poddisruptionbudgets.policy": workloads.disruption_budget,
    "horizontalpodautoscalers.autoscaling": autoscaling.autoscaler,
    "services": network.service,
    "endpoints": network.endpoints,
    "endpointslices.discovery.k8s.io": network.endpoint_slice,
    "ingresses.networking.k8s.io": network.ingress,
    "ingressclasses.networking.k8s.io": network.ingress_class,
    "networkpolicies.networking.k8s.io": network.network_policy,
    "nodes": cluster.node,
    "namespaces": cluster.namespace,
    "events": cluster.event,
    "configmaps": cluster.config_map,
    "secrets": cluster.secret,
    "serviceaccounts": cluster.named,
    "leases.coordination.k8s.io": cluster.lease,
    "persistentvolumeclaims": cluster.claim,
    "persistentvolumes": cluster.volume,
    "storageclasses.storage.k8s.io": cluster.storage_class,
    "resourcequotas": cluster.resource_quota,
    "priorityclasses.scheduling.k8s.io": cluster.priority_class,
    "rolebindings.rbac.authorization.k8s.io": cluster.role_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": cluster.role_binding,
    "certificatesigningrequests.certificates.k8s.io": cluster.signing_request,
    "apiservices.apiregistration.k8s.io": cluster.api_service,
    "customresourcedefinitions.apiextensions.k8s.io": cluster.definition,
}


@cache
def _columns() -> dict[str, list[Object]]:
    """Made by `scripts/api-server-data` from a real API server."""
    packed = resources.files("deployctl.sandbox.api").joinpath("data/columns.json.gz").read_bytes()
    read: dict[str, list[Object]] = json.loads(gzip.decompress(packed))
    return read


def table(
    kind: Kind,
    objects: Sequence[Object],
    metadata: Object,
    *,
    now: datetime,
    query: Mapping[str, str] | None = None,
    printed: Sequence[Object] = (),
) -> Object:
    """A meta.k8s.io/v1 Table of these objects, of the stored version. `query` may ask for what rows carry; `printed`
    are a custom kind's columns.
    """
    columns, cells = _printer(kind, printed)
    include = (query or {}).get("includeObject", "") or "Metadata"
    rows = [_row(kind, obj, cells(obj, now), include) for obj in objects]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": columns,
        "rows": rows if rows or cells is not _default else None,
    }


def scale_table(scale: Object, now: datetime) -> Object:
    """Of an autoscaling/v1 Scale."""
    metadata = scale["metadata"]
    wanted, present = (scale["spec"].get("replicas", 0), scale["status"].get("replicas", 0))
    name, age = _columns()["serviceaccounts"]
    columns = [
        {**name, "format": ""},
        {**age, "name": "Desired", "type": "integer", "description": "Number of instances that are wanted."},
        {**age, "name": "Available", "type": "integer", "description": "Number of instances that there are."},
        age,
    ]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata}
    cells = [metadata["name"], wanted, present, since(metadata.get("creationTimestamp"), now)]
    head: Object = {"kind": "Table", "apiVersion": "meta.k8s.io/v1"}
    version = {"resourceVersion": metadata.get("resourceVersion", "")}
    return {**head, "metadata": version, "columnDefinitions": columns, "rows": [{"cells": cells, "object": partial}]}


def _printer(kind: Kind, printed: Sequence[Object]) -> tuple[list[Object], Cells]:
    if kind.custom:
        return custom.definitions(printed), lambda obj, now: custom.cells(printed, obj, now)
    columns = _columns().get(kind.resource)
    made = _CELLS.get("events" if kind.resource == "events.events.k8s.io" else kind.resource)
    if columns and made:
        return columns, made
    return _columns()["clusterroles.rbac.authorization.k8s.io"], _default


def _default(obj: Object, _now: datetime) -> list[Any]:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp")]


def _row(kind: Kind, obj: Object, cells: list[Any], include: str) -> Object:
    row: Object = {"cells": cells}
    if kind.resource == "pods":
        conditions = pods.conditions(obj)
        if conditions:
            row["conditions"] = conditions
    if include == "Object":
        row["object"] = obj
    elif include == "None":
        row["object"] = None
    else:
        row["object"] = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}
    return row
