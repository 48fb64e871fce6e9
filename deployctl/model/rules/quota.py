"""What the namespace itself allows: limit ranges fill in and forbid, quotas count. The rest of the proof of room."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from deployctl.model.change import Finding
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.manifest import Manifest
from deployctl.model.node import Resources
from deployctl.model.room import Newcomer
from deployctl.model.rules.quantity import format_bytes, format_cores
from deployctl.model.rules.requests import amounts, pod_limits, pod_requests

MUST_SPECIFY = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "cpu", "memory")
"""A quota on one of these refuses pods whose containers do not name it."""


def with_defaults(spec: Json, limit_ranges: tuple[Manifest, ...]) -> Json:
    """The pod spec as the LimitRanger admits it: containers without requests or limits get the namespace's."""
    defaults = [entry for m in limit_ranges for entry in _limits(m, "Container")]
    if not defaults:
        return spec
    filled = {
        field: [_filled(container, defaults) for container in items(spec, field)]
        for field in ("initContainers", "containers")
        if items(spec, field)
    }
    return {**spec, **filled}


def _limits(limit_range: Manifest, kind: str) -> tuple[Json, ...]:
    return tuple(e for e in items(limit_range.body, "spec", "limits") if text(e, "type") == kind)


def _filled(container: Json, defaults: list[Json]) -> Json:
    """What is written wins; a limit without a request is the request, as the API server defaults it."""
    written = mapping(container, "resources")
    limits: dict[str, Any] = {}
    requests: dict[str, Any] = {}
    for entry in defaults:
        limits |= mapping(entry, "default")
        requests |= mapping(entry, "defaultRequest")
    asked = {**requests, **mapping(written, "limits"), **mapping(written, "requests")}
    return {
        **container,
        "resources": {**written, "limits": {**limits, **mapping(written, "limits")}, "requests": asked},
    }


def forbidden_by_limits(newcomer: Newcomer, limit_ranges: tuple[Manifest, ...]) -> tuple[Finding, ...]:
    """What a LimitRange refuses at admission. The spec is the one that `with_defaults` gave."""
    found: list[Finding] = []
    for limit_range in limit_ranges:
        for entry in _limits(limit_range, "Container"):
            for container in (*items(newcomer.spec, "initContainers"), *items(newcomer.spec, "containers")):
                resources = mapping(container, "resources")
                both = amounts(mapping(resources, "requests")), amounts(mapping(resources, "limits"))
                found += _outside(newcomer, limit_range, entry, f"container {text(container, 'name')}", *both)
        for entry in _limits(limit_range, "Pod"):
            both = pod_requests(newcomer.spec), pod_limits(newcomer.spec)
            found += _outside(newcomer, limit_range, entry, "the pod", *both)
    return tuple(found)


def _outside(
    newcomer: Newcomer, limit_range: Manifest, entry: Json, who: str, requests: Resources, limits: Resources
) -> Iterator[Finding]:
    where = f"{newcomer.workload}, {limit_range.ref}"
    for name, least in amounts(mapping(entry, "min")).items():
        if requests.get(name, Fraction(0)) < least:
            what = (
                f"{who} requests {_write(name, requests.get(name, Fraction(0)))} {name}, at least {_write(name, least)}"
            )
            yield Finding("limit-range", f"{what} is required", where, (), "correct its resources", "NODE001")
    for name, most in amounts(mapping(entry, "max")).items():
        if name not in limits or limits[name] > most:
            has = _write(name, limits[name]) if name in limits else "no limit"
            what = f"{who} has {has} of {name}, at most {_write(name, most)} is allowed"
            yield Finding("limit-range", what, where, (), "correct its resources", "NODE001")


def over_quota(
    newcomer: Newcomer, old: tuple[Json, ...], quotas: tuple[Manifest, ...]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """(certain, doubtful): quotas that leave no room for the new pods after the old ones that may go have gone.

    `old` holds the specs of the old pods. A quota with scopes counts only some pods: of it nothing is certain.
    """
    certain: list[Finding] = []
    doubtful: list[Finding] = []
    for quota in quotas:
        spec = mapping(quota.body, "spec")
        scoped = bool(spec.get("scopes") or spec.get("scopeSelector"))
        found = (*_unnamed(newcomer, quota), *_short(newcomer, old, quota))
        (doubtful if scoped else certain).extend(found)
    return tuple(certain), tuple(doubtful)


def _hard(quota: Manifest) -> Resources:
    return amounts(mapping(quota.body, "status", "hard") or mapping(quota.body, "spec", "hard"))


def _unnamed(newcomer: Newcomer, quota: Manifest) -> Iterator[Finding]:
    """`must specify limits.memory for: backend`."""
    for name in MUST_SPECIFY:
        if name not in _hard(quota):
            continue
        part, _, resource = name.rpartition(".")
        lacking = [text(c, "name") for c in items(newcomer.spec, "containers") if not _names(c, part, resource)]
        if lacking:
            what = f"{quota.ref} wants {name} of every container: {', '.join(lacking)} has none"
            yield Finding("quota-must-specify", what, newcomer.workload, (), f"set resources.{name}", "NODE001")


def _names(container: Json, part: str, resource: str) -> bool:
    resources = mapping(container, "resources")
    limits = resource in mapping(resources, "limits")
    return limits if part == "limits" else limits or resource in mapping(resources, "requests")


def _short(newcomer: Newcomer, old: tuple[Json, ...], quota: Manifest) -> Iterator[Finding]:
    hard, used = _hard(quota), amounts(mapping(quota.body, "status", "used"))
    going = len(old) if newcomer.surge is None else min(newcomer.unavailable, len(old))
    coming = newcomer.count if newcomer.surge is None else min(1, newcomer.count)
    for name, most in hard.items():
        each = _counted(newcomer.spec, name)
        freed = sum(sorted((_counted(spec, name) for spec in old), reverse=True)[:going], Fraction(0))
        needed = used.get(name, Fraction(0)) - freed + coming * each
        if each and needed > most:
            numbers = (
                f"{_write(name, each)} each, {coming} to come, {_write(name, needed)} of {_write(name, most)} then used"
            )
            what = f"{quota.ref} leaves no room for the pods of {newcomer.workload}: {name}"
            action = "raise the quota, or lower resources"
            yield Finding("quota-exceeded", what, newcomer.workload, (numbers,), action, "NODE001")


def _counted(spec: Json, name: str) -> Fraction:
    """What one pod counts towards a quota's resource; none for what is no pod's affair."""
    if name in ("pods", "count/pods"):
        return Fraction(1)
    part, _, resource = name.rpartition(".") if name.startswith(("requests.", "limits.")) else ("requests", "", name)
    whole = pod_limits(spec) if part == "limits" else pod_requests(spec)
    return whole.get(resource, Fraction(0))


def _write(name: str, amount: Fraction) -> str:
    resource = name.rpartition(".")[2]
    if resource == "memory" or "storage" in resource:
        return format_bytes(amount)
    return format_cores(amount) if resource == "cpu" else str(int(amount))
