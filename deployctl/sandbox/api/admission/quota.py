"""ResourceQuota: nothing is created that would take more than a namespace may have."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from deployctl.sandbox.api import quotas
from deployctl.sandbox.api.admission.request import Request
from deployctl.sandbox.api.errors import forbidden
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.rules import amount, quantity
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.contracts import Object

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

_EXPLICIT = frozenset({"cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"})
"""Names that every container must ask for when a quota bounds them."""


def validate(cluster: Cluster, request: Request) -> None:
    """Raises ApiError 403."""
    if not request.kind.namespaced or request.subresource not in {"", "resize"}:
        return
    namespace = request.obj["metadata"]["namespace"]
    for quota in cluster.list(quotas.RESOURCE, namespace):
        if quotas.covers(quota, request.kind, request.obj):
            _check(cluster, request, quota)


def _check(cluster: Cluster, request: Request, quota: Object) -> None:
    hard = get(quota, "spec.hard", {})
    name = quota["metadata"]["name"]
    if request.kind.resource == "pods" and request.operation == "CREATE":
        missing = _missing(hard, request.obj)
        if missing:
            why = f"failed quota: {name}: must specify {missing}"
            raise forbidden(resource_of(request.kind), request.obj["metadata"]["name"], why)
    delta = {key: value for key, value in _delta(cluster, request).items() if key in hard and value > 0}
    if not delta:
        return
    used = quotas.total(cluster, quota)
    over = sorted(key for key, value in delta.items() if used[key] + value > amount(hard[key]))
    if over:
        shown = [_listed({key: source[key] for key in over}, hard) for source in (delta, used)]
        limited = ",".join(f"{key}={hard[key]}" for key in over)
        why = f"exceeded quota: {name}, requested: {shown[0]}, used: {shown[1]}, limited: {limited}"
        raise forbidden(resource_of(request.kind), request.obj["metadata"]["name"], why)


def _delta(cluster: Cluster, request: Request) -> quotas.Usage:
    now = cluster.clock.now()
    wanted = quotas.usage(request.kind, request.obj, now)
    before = quotas.usage(request.kind, request.old, now) if request.old else {}
    return {key: value - before.get(key, Fraction(0)) for key, value in wanted.items()}


def _listed(values: quotas.Usage, hard: Object) -> str:
    return ",".join(f"{key}={quantity(value, hard[key])}" for key, value in sorted(values.items()))


def _missing(hard: Object, pod: Object) -> str:
    """`limits.memory for: app; requests.cpu for: app,web`, or nothing."""
    spec = pod["spec"]
    if spec.get("resources"):
        return ""
    found: dict[str, set[str]] = {}
    for container in [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]:
        resources = container.get("resources") or {}
        requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
        given = {*requests, *(f"requests.{n}" for n in requests), *(f"limits.{n}" for n in limits)}
        for name in _EXPLICIT.intersection(hard) - given:
            found.setdefault(name, set()).add(container["name"])
    return "; ".join(f"{name} for: {','.join(sorted(names))}" for name, names in sorted(found.items()))
