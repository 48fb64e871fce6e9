"""HorizontalPodAutoscalers: current and wanted metrics in one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from deployctl.sandbox.api.tables.ages import since
from deployctl.sandbox.api.tables.text import NONE, UNSET, get
from deployctl.sandbox.contracts import Object

_SHOWN = 2
_SOURCES = {
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "Pods": "pods",
    "Object": "object",
    "External": "external",
}


def autoscaler(obj: Object, now: datetime) -> list[Any]:
    target = get(obj, "spec.scaleTargetRef", {})
    metrics = _metrics(get(obj, "spec.metrics", []), get(obj, "status.currentMetrics", []))
    least = get(obj, "spec.minReplicas")
    return [
        obj["metadata"]["name"],
        f"{target.get('kind', '')}/{target.get('name', '')}",
        metrics,
        UNSET if least is None else str(least),
        get(obj, "spec.maxReplicas", 0),
        get(obj, "status.currentReplicas", 0),
        since(obj["metadata"].get("creationTimestamp"), now),
    ]


def _metrics(specs: Sequence[Object], statuses: Sequence[Object]) -> str:
    if not specs:
        return NONE
    texts = [_metric(spec, statuses[i] if i < len(statuses) else {}) for i, spec in enumerate(specs)]
    shown = ", ".join(texts[:_SHOWN])
    return f"{shown} + {len(texts) - _SHOWN} more..." if len(texts) > _SHOWN else shown


def _metric(spec: Object, status: Mapping[str, Any]) -> str:
    source = _SOURCES.get(spec.get("type", ""))
    if source is None:
        return "<unknown type>"
    target, current = get(spec, f"{source}.target", {}), get(status, f"{source}.current", {})
    named = f"{get(spec, f'{source}.name', '')}: " if source in {"resource", "containerResource"} else ""
    if "averageValue" in target:
        average = " (avg)" if source in {"object", "external"} else ""
        return f"{named}{current.get('averageValue', '<unknown>')}/{target['averageValue']}{average}"
    if named:
        wanted, now = target.get("averageUtilization"), current.get("averageUtilization")
        shown = ["<unknown>" if now is None else f"{now}%", "<auto>" if wanted is None else f"{wanted}%"]
        return f"{named}{shown[0]}/{shown[1]}"
    return f"{current.get('value', '<unknown>')}/{target.get('value', '0')}"
