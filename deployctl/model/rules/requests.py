"""What a pod takes of a node: the scheduler's sum of requests (k8s.io/component-helpers/resource/helpers.go)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from deployctl.model.json import Json, items, mapping
from deployctl.model.node import Resources
from deployctl.model.rules.quantity import parse_quantity

POD_LEVEL = ("cpu", "memory")
"""Resources that may be asked for by the pod as a whole (spec.resources)."""


def amounts(written: Json) -> dict[str, Fraction]:
    """Written quantities as numbers; one that cannot be read counts as none."""
    found: dict[str, Fraction] = {}
    for name, quantity in written.items():
        if isinstance(quantity, str | int | float):
            try:
                found[name] = parse_quantity(quantity)
            except ValueError:
                continue
    return found


def added(*parts: Resources) -> dict[str, Fraction]:
    """The sum."""
    total: dict[str, Fraction] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, Fraction(0)) + amount
    return total


def largest(*parts: Resources) -> dict[str, Fraction]:
    """Of each resource the largest amount."""
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: max(part.get(name, Fraction(0)) for part in parts) for name in names}


def pod_requests(spec: Json, status: Json | None = None) -> dict[str, Fraction]:
    """Containers and sidecars together, or the largest init container with the sidecars started before it; plus the
    overhead. Of a container that was resized the larger of what it has and what it is to have (`status`)."""
    resized = _resized(status or {})
    running = [_asked(c, resized) for c in items(spec, "containers")]
    sidecars: list[Resources] = []
    peak: dict[str, Fraction] = {}
    for container in items(spec, "initContainers"):
        asked = _asked(container, resized)
        if container.get("restartPolicy") == "Always":
            sidecars.append(asked)
            peak = largest(peak, added(*sidecars))
        else:
            peak = largest(peak, added(asked, *sidecars))
    total = largest(added(*running, *sidecars), peak)
    whole = amounts(mapping(spec, "resources", "requests"))
    total |= {name: amount for name, amount in whole.items() if name in POD_LEVEL}
    return added(total, amounts(mapping(spec, "overhead")))


def pod_limits(spec: Json) -> dict[str, Fraction]:
    """The same sum over limits, for quotas."""
    running = [amounts(mapping(c, "resources", "limits")) for c in items(spec, "containers")]
    inits = [amounts(mapping(c, "resources", "limits")) for c in items(spec, "initContainers")]
    return largest(added(*running), *inits)


def _asked(container: Json, resized: dict[str, tuple[Resources, ...]]) -> Resources:
    """A request that is not written is the limit, as the API server defaults it."""
    resources = mapping(container, "resources")
    written = {**amounts(mapping(resources, "limits")), **amounts(mapping(resources, "requests"))}
    return largest(written, *resized.get(str(container.get("name")), ()))


def _resized(status: Json) -> dict[str, tuple[Resources, ...]]:
    statuses = (*items(status, "containerStatuses"), *items(status, "initContainerStatuses"))
    return {
        str(s.get("name")): (amounts(mapping(s, "resources", "requests")), amounts(mapping(s, "allocatedResources")))
        for s in statuses
    }


def total_of(parts: Iterable[Resources]) -> dict[str, Fraction]:
    """The sum of any number of parts."""
    return added(*parts)
