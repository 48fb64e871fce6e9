"""Versions and views: an object as it is stored, and as another group version of the same resource shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from deployctl.sandbox.api.rules import Kind
from deployctl.sandbox.contracts import Object


@dataclass(frozen=True)
class Converter:
    """How one served version differs from the stored one, beyond its name."""

    to_served: Callable[[Object], Object]
    to_stored: Callable[[Object], Object]


_EVENT_FIELDS = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
"""core/v1 to events.k8s.io/v1; all other fields have the same name."""
_EMPTY: tuple[Any, ...] = ("", None, 0, {})
_EVENT_ALWAYS: dict[str, Any] = {"firstTimestamp": None, "lastTimestamp": None, "source": {}, "reportingComponent": ""}
_EVENT_ALWAYS |= {"reportingInstance": "", "eventTime": None}
"""What core/v1 writes even when nobody set it."""


def _event_served(event: Object) -> Object:
    renamed = {_EVENT_FIELDS.get(key, key): value for key, value in event.items()}
    optional = {*_EVENT_FIELDS.values(), "reportingInstance"} - {"regarding"}
    shown = {k: v for k, v in renamed.items() if k not in optional or v not in _EMPTY}
    always: dict[str, Any] = {"deprecatedFirstTimestamp": None, "deprecatedLastTimestamp": None, "deprecatedSource": {}}
    if "eventTime" not in shown or shown["eventTime"] is None:
        always = {}
    return {**always, **shown}


def _event_stored(event: Object) -> Object:
    back = {new: old for old, new in _EVENT_FIELDS.items()}
    return {**_EVENT_ALWAYS, **{back.get(key, key): value for key, value in event.items()}}


_CPU = "targetCPUUtilizationPercentage"


def _autoscaler_served(obj: Object) -> Object:
    """autoscaling/v1 knows the cpu's utilization only."""
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    for metric in spec.pop("metrics", None) or []:
        target = (metric.get("resource") or {}).get("target") or {}
        if (metric.get("resource") or {}).get("name") == "cpu" and "averageUtilization" in target:
            spec[_CPU] = target["averageUtilization"]
    for metric in status.pop("currentMetrics", None) or []:
        current = (metric.get("resource") or {}).get("current") or {}
        if (metric.get("resource") or {}).get("name") == "cpu" and "averageUtilization" in current:
            status["currentCPUUtilizationPercentage"] = current["averageUtilization"]
    status.pop("conditions", None)
    spec.pop("behavior", None)
    status.setdefault("currentReplicas", 0)
    return {**obj, "spec": spec, "status": status}


def _autoscaler_stored(obj: Object) -> Object:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    percent = spec.pop(_CPU, None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    status.pop("currentCPUUtilizationPercentage", None)
    if not status.get("currentReplicas"):
        status.pop("currentReplicas", None)
    return {**obj, "spec": spec, "status": {"currentMetrics": None, "desiredReplicas": 0, **status}}


_CONVERTERS: dict[tuple[str, str], Converter] = {
    ("events.events.k8s.io", "v1"): Converter(_event_served, _event_stored),
    ("horizontalpodautoscalers.autoscaling", "v1"): Converter(_autoscaler_served, _autoscaler_stored),
}
"""By resource and version. All others differ in apiVersion only."""


def reshapes(kind: Kind) -> bool:
    """Whether a kind is served in another shape than it is stored in."""
    return (kind.resource, kind.version) in _CONVERTERS


def to_served(kind: Kind, stored: Object) -> Object:
    """As the version of `kind` shows it."""
    if stored.get("apiVersion") == kind.api_version:
        return stored
    converter = _CONVERTERS.get((kind.resource, kind.version))
    shaped = converter.to_served(stored) if converter else stored
    return {**shaped, "apiVersion": kind.api_version, "kind": kind.kind}


def to_stored(kind: Kind, stored_as: Kind, obj: Object) -> Object:
    """From the version of `kind` to the stored one."""
    if kind.api_version == stored_as.api_version:
        return obj
    converter = _CONVERTERS.get((kind.resource, kind.version))
    shaped = converter.to_stored(obj) if converter else obj
    return {**shaped, "apiVersion": stored_as.api_version, "kind": stored_as.kind}
