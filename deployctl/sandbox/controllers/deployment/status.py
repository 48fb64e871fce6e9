"""Status and conditions of a Deployment, in the real controller's reasons and words. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.deployment.family import (
    Family,
    max_unavailable,
    status_of,
    total,
    total_wanted,
    wanted,
)
from deployctl.sandbox.controllers.kit.meta import condition_of, name_of, parse_time, timestamp

AVAILABLE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"
NO_DEADLINE = 2**31 - 1


def deadline_of(deployment: Object) -> int | None:
    """spec.progressDeadlineSeconds; None when there is none to keep."""
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    return None if seconds in (None, NO_DEADLINE) else int(seconds)


def condition(type_: str, status: str, reason: str, message: str, now: datetime) -> Object:
    return {
        "type": type_,
        "status": status,
        "lastUpdateTime": timestamp(now),
        "lastTransitionTime": timestamp(now),
        "reason": reason,
        "message": message,
    }


def with_condition(status: Object, new: Object) -> Object:
    """Unchanged when status and reason are the same; the transition time stays when only the reason differs."""
    current = condition_of(status, new["type"])
    if current and (current["status"], current["reason"]) == (new["status"], new["reason"]):
        return status
    if current and current["status"] == new["status"]:
        new = {**new, "lastTransitionTime": current["lastTransitionTime"]}
    kept = without_condition(status, new["type"]).get("conditions") or []
    return {**status, "conditions": [*kept, new]}


def without_condition(status: Object, type_: str) -> Object:
    conditions = status.get("conditions")
    if not conditions:
        return status
    return {**status, "conditions": [c for c in conditions if c["type"] != type_]}


def counted(family: Family, now: datetime) -> Object:
    """The numbers and the Available condition; other conditions as they were."""
    deployment, sets = family.deployment, family.all
    available = total(sets, "availableReplicas")
    status = deployment.get("status") or {}
    numbers: dict[str, Any] = {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "replicas": total(sets, "replicas"),
        "updatedReplicas": status_of(family.new, "replicas") if family.new else 0,
        "readyReplicas": total(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total_wanted(sets) - available),
    }
    result = {key: value for key, value in numbers.items() if value}
    result["terminatingReplicas"] = total(sets, "terminatingReplicas")
    for kept in ("conditions", "collisionCount"):
        if status.get(kept) is not None:
            result[kept] = status[kept]
    return with_condition(result, _availability(available >= wanted(deployment) - max_unavailable(deployment), now))


def _availability(enough: bool, now: datetime) -> Object:
    if enough:
        words = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        words = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    return condition("Available", *words, now)


def is_complete(deployment: Object, status: Object) -> bool:
    replicas = wanted(deployment)
    numbers = (status.get("updatedReplicas"), status.get("replicas"), status.get("availableReplicas"))
    observed = status.get("observedGeneration") or 0
    return all((n or 0) == replicas for n in numbers) and observed >= deployment["metadata"].get("generation", 1)


def rollout_status(family: Family, now: datetime) -> Object:
    """The status after a rollout step: counted, Progressing judged, the sets' failures moved up."""
    status = counted(family, now)
    if deadline_of(family.deployment) is None:
        status = without_condition(status, "Progressing")
    elif not _is_resync(family.deployment, status):
        status = _judged(family, status, now)
    failure = _replica_failure(family)
    return with_condition(status, failure) if failure else without_condition(status, "ReplicaFailure")


def _is_resync(deployment: Object, status: Object) -> bool:
    """Only the new set has pods and the last rollout completed: nothing to estimate.

    With `Recreate` this also holds when the old pods are counted out and no new set exists yet, which is why an old
    pod that hangs in Terminating leaves NewReplicaSetAvailable standing, naming the old set.
    """
    current = condition_of(deployment.get("status") or {}, "Progressing")
    same = (status.get("replicas") or 0) == (status.get("updatedReplicas") or 0)
    return same and current is not None and current["reason"] == AVAILABLE


def _judged(family: Family, status: Object, now: datetime) -> Object:
    deployment = family.deployment
    subject = f'ReplicaSet "{name_of(family.new)}"' if family.new else f'Deployment "{name_of(deployment)}"'
    if is_complete(deployment, status):
        message = f"{subject} has successfully progressed."
        return with_condition(status, condition("Progressing", "True", AVAILABLE, message, now))
    if _has_progressed(deployment.get("status") or {}, status):
        return _progressing(status, deployment, f"{subject} is progressing.", now)
    if has_timed_out(deployment, status, now):
        message = f"{subject} has timed out progressing."
        return with_condition(status, condition("Progressing", "False", TIMED_OUT, message, now))
    return status


def _has_progressed(before: Object, after: Object) -> bool:
    def gained(field: str) -> bool:
        return (after.get(field) or 0) > (before.get(field) or 0)

    def old_pods(status: Object) -> int:
        return (status.get("replicas") or 0) - (status.get("updatedReplicas") or 0)

    risen = any(gained(field) for field in ("updatedReplicas", "readyReplicas", "availableReplicas"))
    return risen or old_pods(after) < old_pods(before)


def _progressing(status: Object, deployment: Object, message: str, now: datetime) -> Object:
    """Progress renews lastUpdateTime even under the same reason."""
    new = condition("Progressing", "True", "ReplicaSetUpdated", message, now)
    current = condition_of(deployment.get("status") or {}, "Progressing")
    if current is not None:
        if current["status"] == "True":
            new = {**new, "lastTransitionTime": current["lastTransitionTime"]}
        status = without_condition(status, "Progressing")
    return with_condition(status, new)


def has_timed_out(deployment: Object, status: Object, now: datetime) -> bool:
    current, deadline = condition_of(status, "Progressing"), deadline_of(deployment)
    if current is None or deadline is None or current["reason"] == AVAILABLE:
        return False
    if current["reason"] == TIMED_OUT:
        return True
    since = parse_time(current.get("lastUpdateTime"))
    return since is not None and since + timedelta(seconds=deadline) < now


def next_check(deployment: Object, status: Object, now: datetime) -> float | None:
    """Seconds after which a rollout that shows no progress must be looked at again; None when it need not be."""
    current, deadline = condition_of(deployment.get("status") or {}, "Progressing"), deadline_of(deployment)
    if current is None or deadline is None:
        return None
    if is_complete(deployment, status) or current["reason"] == TIMED_OUT:
        return None
    since = parse_time(current.get("lastUpdateTime")) or now
    left = (since + timedelta(seconds=deadline) - now).total_seconds()
    return left + 1 if left >= 1 else 0.0


def _replica_failure(family: Family) -> Object | None:
    sets = [*([family.new] if family.new else []), *family.all]
    for replica_set in sets:
        failure = condition_of(replica_set.get("status") or {}, "ReplicaFailure")
        if failure is not None:
            return {**failure, "lastUpdateTime": failure["lastTransitionTime"]}
    return None
