"""What a pod is to a controller: active, ready, available, terminal. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import condition_of, is_deleting, parse_time


def phase_of(pod: Object) -> str:
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_terminal(pod: Object) -> bool:
    return phase_of(pod) in ("Succeeded", "Failed")


def is_active(pod: Object) -> bool:
    return not is_terminal(pod) and not is_deleting(pod)


def is_terminating(pod: Object) -> bool:
    return not is_terminal(pod) and is_deleting(pod)


def is_ready(pod: Object) -> bool:
    condition = condition_of(pod.get("status") or {}, "Ready")
    return condition is not None and condition["status"] == "True"


def ready_since(pod: Object) -> datetime | None:
    condition = condition_of(pod.get("status") or {}, "Ready")
    if condition is None or condition["status"] != "True":
        return None
    return parse_time(condition.get("lastTransitionTime"))


def available_in(pod: Object, min_ready_seconds: int, now: datetime) -> float | None:
    """Seconds until the pod counts as available: 0 when it does, None while it is not ready."""
    if not is_ready(pod):
        return None
    since = ready_since(pod)
    if min_ready_seconds == 0:
        return 0.0
    if since is None:
        return float(min_ready_seconds)
    return max(0.0, (since + timedelta(seconds=min_ready_seconds) - now).total_seconds())


def is_available(pod: Object, min_ready_seconds: int, now: datetime) -> bool:
    return available_in(pod, min_ready_seconds, now) == 0.0


def node_of(pod: Object) -> str:
    return str(pod["spec"].get("nodeName") or "")


def restarts_of(pod: Object) -> int:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return max((int(s.get("restartCount", 0)) for s in statuses), default=0)
