"""Eviction: a delete that asks disruption budgets first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployctl.sandbox.api import deleting
from deployctl.sandbox.api.errors import ApiError, Subject, bad_request, not_found
from deployctl.sandbox.api.http import options
from deployctl.sandbox.api.http.call import Call, Reply
from deployctl.sandbox.api.http.codec import decoded
from deployctl.sandbox.api.kinds import resource_of
from deployctl.sandbox.api.reading import labels
from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.api.strategy import timestamp
from deployctl.sandbox.api.tables.text import get
from deployctl.sandbox.api.writer import Writer
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.validation.cause import Cause
from deployctl.sandbox.store import clone

if TYPE_CHECKING:
    from deployctl.sandbox.api.cluster import Cluster

BUDGETS = "poddisruptionbudgets.policy"
_REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
_SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."


def evict(cluster: Cluster, kind: Kind, call: Call) -> Reply:
    """Raises ApiError: 404, 429 when a budget does not allow it, 500 when several apply."""
    body, info = decoded(call), call.info
    if (body.get("metadata") or {}).get("name") != info.name:
        raise bad_request("name in URL does not match name in Eviction object")
    pod = cluster.live(kind, info.namespace, info.name)
    if pod is None:
        raise not_found(resource_of(kind), info.name)
    wanted = options.parse_deletion(body.get("deleteOptions") or {}, call.query)
    writer = options.writer(call)
    writer = Writer(writer.manager, writer.user, writer.dry_run or wanted.dry_run)
    _ask_budget(cluster, pod, writer)
    _mark(cluster, kind, pod, writer)
    deleting.delete(cluster, kind, info.namespace, info.name, wanted.options, writer)
    return Reply.of({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201)


def _ask_budget(cluster: Cluster, pod: Object, writer: Writer) -> None:
    """Take one of the allowed disruptions. Raises ApiError."""
    if get(pod, "status.phase") in {"Succeeded", "Failed", "Pending"} or pod["metadata"].get("deletionTimestamp"):
        return
    budgets = [b for b in cluster.list(BUDGETS, pod["metadata"]["namespace"]) if _covers(b, pod)]
    if len(budgets) > 1:
        raise ApiError(500, "", _SEVERAL)
    if not budgets or (not _ready(pod) and _spares_unready(budgets[0])):
        return
    _check(budgets[0])
    if not writer.dry_run:
        _take(cluster, budgets[0], pod)


def _covers(budget: Object, pod: Object) -> bool:
    selector = get(budget, "spec.selector")
    return selector is not None and labels.matches(labels.from_object(selector), pod["metadata"].get("labels"))


def _ready(pod: Object) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in get(pod, "status.conditions", []))


def _spares_unready(budget: Object) -> bool:
    """Whether an unready pod may go without counting."""
    if get(budget, "spec.unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    wanted = get(budget, "status.desiredHealthy", 0)
    return bool(wanted > 0 and get(budget, "status.currentHealthy", 0) >= wanted)


def _check(budget: Object) -> None:
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _refusal(f"The disruption budget {name} is still being processed by the server.", 10)
    if status.get("disruptionsAllowed", 0) > 0:
        return
    desired, current = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
    if current <= desired:
        raise _refusal(f"The disruption budget {name} needs {desired} healthy pods and has {current} currently")
    raise _refusal(f"The disruption budget {name} does not allow evicting pods currently")


def _refusal(why: str, retry_after: int = 0) -> ApiError:
    cause = Cause("DisruptionBudget", why, "")
    return ApiError(429, "TooManyRequests", _REFUSED, subject=Subject(), causes=[cause], retry_after=retry_after)


def _take(cluster: Cluster, budget: Object, pod: Object) -> None:
    updated: Object = clone(budget)
    status = updated["status"]
    status["disruptionsAllowed"] -= 1
    disrupted = {**(status.get("disruptedPods") or {}), pod["metadata"]["name"]: timestamp(cluster.clock.now())}
    status["disruptedPods"] = disrupted
    cluster.update(BUDGETS, updated, manager="kube-apiserver", subresource="status")


def _mark(cluster: Cluster, kind: Kind, pod: Object, writer: Writer) -> None:
    """Say in the pod's conditions why it goes."""
    if writer.dry_run:
        return
    marked: Object = clone(pod)
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "lastProbeTime": None,
        "lastTransitionTime": timestamp(cluster.clock.now()),
        "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting",
    }
    others = [c for c in get(marked, "status.conditions", []) if c["type"] != "DisruptionTarget"]
    marked["status"] = {**(marked.get("status") or {}), "conditions": [*others, condition]}
    cluster.update(kind.resource, marked, manager=writer.manager, subresource="status")
