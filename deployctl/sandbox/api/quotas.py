"""ResourceQuotas: what a namespace uses, counted from what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from deployctl.sandbox.api.pod_resources import pod_amounts
from deployctl.sandbox.api.rules import Kind, amount, quantity
from deployctl.sandbox.api.tables.ages import parse
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from datetime import datetime

    from deployctl.sandbox.api.cluster import Cluster

RESOURCE = "resourcequotas"
Usage = dict[str, Fraction]
COUNTED = ("configmaps", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas", "secrets", "services")
"""Kinds that have a quota name without `count/`, besides pods."""


def usage(kind: Kind, obj: Object, now: datetime) -> Usage:
    """What one object takes of quotas, by their names."""
    found: Usage = {f"count/{kind.resource}": Fraction(1)}
    if kind.resource == "pods":
        found |= _pod(obj) if _counts(obj, now) else {}
    elif kind.resource == "services":
        found |= _service(obj)
    elif kind.resource == "persistentvolumeclaims":
        found |= _claim(obj)
    if kind.resource in COUNTED:
        found[kind.resource] = Fraction(1)
    return found


def _counts(pod: Object, now: datetime) -> bool:
    """A pod that has ended, or should have been gone long ago, takes nothing."""
    if get(pod, "status.phase") in {"Succeeded", "Failed"}:
        return False
    metadata = pod["metadata"]
    if not metadata.get("deletionTimestamp"):
        return True
    grace = timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)
    return now <= parse(metadata["deletionTimestamp"]) + grace


def _pod(pod: Object) -> Usage:
    found: Usage = {"pods": Fraction(1)}
    for name, value in pod_amounts(pod["spec"], "requests").items():
        found[f"requests.{name}"] = amount(value)
        if name in {"cpu", "memory", "ephemeral-storage"}:
            found[name] = amount(value)
    for name, value in pod_amounts(pod["spec"], "limits").items():
        found[f"limits.{name}"] = amount(value)
    return found


def _service(service: Object) -> Usage:
    spec = service.get("spec") or {}
    ports = Fraction(sum(1 for port in spec.get("ports") or [] if port.get("nodePort")))
    balancers = Fraction(1 if spec.get("type") == "LoadBalancer" else 0)
    return {"services.nodeports": ports, "services.loadbalancers": balancers}


def _claim(claim: Object) -> Usage:
    storage = amount(get(claim, "spec.resources.requests.storage", "0"))
    found = {"requests.storage": storage}
    name = get(claim, "spec.storageClassName", "")
    if name:
        found[f"{name}.storageclass.storage.k8s.io/requests.storage"] = storage
        found[f"{name}.storageclass.storage.k8s.io/persistentvolumeclaims"] = Fraction(1)
    return found


def total(cluster: Cluster, quota: Object) -> Usage:
    """What the objects of a quota's namespace take of the names that it bounds."""
    hard = get(quota, "spec.hard", {})
    sums: Usage = dict.fromkeys(hard, Fraction(0))
    now = cluster.clock.now()
    for kind in _kinds(cluster, hard):
        for obj in cluster.list(kind.resource, quota["metadata"]["namespace"]):
            if not covers(quota, kind, obj):
                continue
            for name, value in usage(kind, obj, now).items():
                if name in sums:
                    sums[name] += value
    return sums


def _kinds(cluster: Cluster, hard: Iterable[str]) -> list[Kind]:
    """Whose objects count towards these names."""
    wanted = {"pods"}
    for name in hard:
        if name.startswith("count/"):
            wanted.add(name.removeprefix("count/"))
        elif name.startswith("services"):
            wanted.add("services")
        elif "storage" in name and "ephemeral" not in name:
            wanted.add("persistentvolumeclaims")
        elif name in COUNTED:
            wanted.add(name)
    found = [cluster.kinds.stored(resource) for resource in sorted(wanted)]
    return [kind for kind in found if kind is not None]


def covers(quota: Object, kind: Kind, obj: Object) -> bool:
    """Whether an object is in a quota's scopes; a quota with scopes is about pods only."""
    scopes = [{"scopeName": name, "operator": "Exists"} for name in get(quota, "spec.scopes", [])]
    scopes += get(quota, "spec.scopeSelector.matchExpressions", [])
    if not scopes:
        return True
    return kind.resource == "pods" and all(_in_scope(scope, obj) for scope in scopes)


def _in_scope(scope: Mapping[str, object], pod: Object) -> bool:
    name = scope["scopeName"]
    if name in {"Terminating", "NotTerminating"}:
        return (get(pod, "spec.activeDeadlineSeconds") is not None) == (name == "Terminating")
    if name in {"BestEffort", "NotBestEffort"}:
        return bool((get(pod, "status.qosClass") == "BestEffort") == (name == "BestEffort"))
    return name != "PriorityClass" or _has_priority(scope, get(pod, "spec.priorityClassName", ""))


def _has_priority(scope: Mapping[str, object], name: str) -> bool:
    values = scope.get("values")
    listed = list(values) if isinstance(values, list) else []
    operator = scope.get("operator")
    if operator in {"Exists", "DoesNotExist"}:
        return bool(name) == (operator == "Exists")
    return (name in listed) == (operator == "In")


def refresh(cluster: Cluster, namespace: str) -> None:
    """Bring the status of a namespace's quotas up to date."""
    for entry in cluster.store.entries(RESOURCE, namespace):
        quota = entry.object
        hard = get(quota, "spec.hard", {})
        used = {name: quantity(value, hard[name]) for name, value in sorted(total(cluster, quota).items())}
        status = {"hard": dict(hard), "used": used}
        if quota.get("status") != status and not quota["metadata"].get("deletionTimestamp"):
            updated: Object = {**clone(quota), "status": status}
            cluster.update(RESOURCE, updated, manager="kube-controller-manager", subresource="status")
