"""HorizontalPodAutoscaler, PodDisruptionBudget, ResourceQuota, LimitRange, PriorityClass."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.schema.quantity import parse
from deployctl.sandbox.schema.validation import labels, names, quantities
from deployctl.sandbox.schema.validation.cause import (
    At,
    Causes,
    Struct,
    each_invalid,
    forbidden,
    immutable,
    invalid,
    required,
)
from deployctl.sandbox.schema.validation.workloads import int_or_percent

SPEC = At("spec")
_HIGHEST = 1_000_000_000


def autoscaler(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if least is not None and least < 0:
        yield invalid(SPEC / "minReplicas", least, "must be greater than or equal to 0")
    if least == 0 and not any(m.get("type") in ("Object", "External") for m in spec.get("metrics") or []):
        detail = "must specify at least one Object or External metric to support scaling to zero replicas"
        yield forbidden(SPEC / "metrics", detail)
    if most == 0:
        yield required(SPEC / "maxReplicas")
    elif most < 0:
        yield invalid(SPEC / "maxReplicas", most, "must be greater than or equal to 1")
    if least is not None and most < least:
        yield invalid(SPEC / "maxReplicas", most, "must be greater than or equal to `minReplicas`")
    target, at = spec.get("scaleTargetRef") or {}, SPEC / "scaleTargetRef"
    for field in ("kind", "name"):
        if target.get(field):
            yield from each_invalid(at / field, target[field], names.path_segment(target[field]))
        else:
            yield required(at / field)
    if not target.get("apiVersion") and target.get("kind") != "ReplicationController":
        yield invalid(at / "apiVersion", target.get("apiVersion", ""), "apiVersion must specify API group")


def budget(obj: Object) -> Causes:
    spec = obj.get("spec") or {}
    if "minAvailable" in spec and "maxUnavailable" in spec:
        shown = {"minAvailable": spec["minAvailable"], "maxUnavailable": spec["maxUnavailable"]}
        yield invalid(SPEC, shown, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        if field in spec:
            yield from int_or_percent(SPEC / field, spec[field])
    yield from labels.selector(SPEC / "selector", spec.get("selector"))


def quota(obj: Object) -> Causes:
    for resource, text in ((obj.get("spec") or {}).get("hard") or {}).items():
        at = (SPEC / "hard")[resource]
        yield from quantities.quota_name(at, resource)
        yield from quantities.amount(at, resource, text)


def limit_range(obj: Object) -> Causes:
    for index, item in enumerate((obj.get("spec") or {}).get("limits") or []):
        yield from _limits((SPEC / "limits")[index], item)


def _limits(at: At, item: Struct) -> Causes:
    if item.get("type") == "Pod":
        for field in ("default", "defaultRequest"):
            if item.get(field):
                yield forbidden(at / field, "may not be specified when `type` is 'Pod'")
    low, high = item.get("min") or {}, item.get("max") or {}
    for field, pairs in (("min", low), ("max", high)):
        for resource, text in pairs.items():
            yield from quantities.amount((at / field)[resource], resource, text)
    for resource in sorted({*low} & {*high}):
        if parse(low[resource]).value > parse(high[resource]).value:
            detail = f"min value {low[resource]} is greater than max value {high[resource]}"
            yield invalid((at / "min")[resource], low[resource], detail)
    if item.get("type") == "Container":
        yield from _defaults(at, item, low, high)


def _defaults(at: At, item: Struct, low: Struct, high: Struct) -> Causes:
    """Minimum, default request, default and maximum come in this order of size."""
    default, request = item.get("default") or {}, item.get("defaultRequest") or {}
    pairs = (
        (low, "min value", request, "default request value", "defaultRequest", request),
        (request, "default request value", high, "max value", "defaultRequest", request),
        (request, "default request value", default, "default limit value", "defaultRequest", request),
        (low, "min value", default, "default value", "default", low),
        (default, "default value", high, "max value", "default", high),
    )
    for smaller, name, larger, other, field, shown in pairs:
        for resource in sorted({*smaller} & {*larger}):
            if parse(smaller[resource]).value > parse(larger[resource]).value:
                detail = f"{name} {smaller[resource]} is greater than {other} {larger[resource]}"
                yield invalid((at / field)[resource], shown[resource], detail)


def priority_class(obj: Object) -> Causes:
    name = (obj.get("metadata") or {}).get("name", "")
    if name.startswith("system-"):
        detail = "priority class names with 'system-' prefix are reserved for system use only. error: "
        yield forbidden(At("metadata.name"), f"{detail}{name} is not a known system priority class")
    elif obj.get("value", 0) > _HIGHEST:
        yield forbidden(At("value"), f"maximum allowed value of a user defined priority is {_HIGHEST}")


def priority_class_updated(old: Object, new: Object) -> Causes:
    if old.get("value", 0) != new.get("value", 0):
        yield forbidden(At("value"), "may not be changed in an update.")
    yield from immutable(At("preemptionPolicy"), new.get("preemptionPolicy"), old.get("preemptionPolicy"))
