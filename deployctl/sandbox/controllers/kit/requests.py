"""What a pod asks of a node: the sum over containers, or the largest init step, plus overhead. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import condition_of
from deployctl.sandbox.controllers.kit.quantity import format_cpu, format_memory, millicores, whole

Amounts = dict[str, int]
"""By resource name: cpu in millicores, all others in whole units."""
POD_LEVEL = frozenset({"cpu", "memory"})


def amounts(quantities: Mapping[str, str] | None) -> Amounts:
    return {name: millicores(q) if name == "cpu" else whole(q) for name, q in (quantities or {}).items()}


def formatted(amounts_: Mapping[str, int]) -> dict[str, str]:
    """The other way round."""
    return {name: format_cpu(amount) if name == "cpu" else format_memory(amount) for name, amount in amounts_.items()}


def added(one: Mapping[str, int], other: Mapping[str, int]) -> Amounts:
    return {name: one.get(name, 0) + other.get(name, 0) for name in {**one, **other}}


def subtracted(one: Mapping[str, int], other: Mapping[str, int]) -> Amounts:
    return {name: one.get(name, 0) - other.get(name, 0) for name in {**one, **other}}


def larger(one: Mapping[str, int], other: Mapping[str, int]) -> Amounts:
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}


def total(items: Iterable[Mapping[str, int]]) -> Amounts:
    result: Amounts = {}
    for item in items:
        result = added(result, item)
    return result


def is_sidecar(container: Object) -> bool:
    """An init container that keeps running beside the others."""
    return container.get("restartPolicy") == "Always"


def pod_requests(pod: Object, *, running: bool = False) -> Amounts:
    """Effective requests. `running` also honours what a node still has allocated while a resize is under way."""
    statuses = _statuses(pod) if running else {}
    infeasible = _is_infeasible(pod)
    spec = pod["spec"]

    def asked(container: Object) -> Amounts:
        return _asked(container, statuses.get(container["name"]), infeasible=infeasible)

    result = total(asked(c) for c in spec.get("containers") or ())
    sidecars: Amounts = {}
    largest: Amounts = {}
    for container in spec.get("initContainers") or ():
        mine = asked(container)
        if is_sidecar(container):
            sidecars = added(sidecars, mine)
            mine = sidecars
        else:
            mine = added(mine, sidecars)
        largest = larger(largest, mine)
    result = larger(added(result, sidecars), largest)
    pod_level = amounts((spec.get("resources") or {}).get("requests"))
    result.update({name: amount for name, amount in pod_level.items() if name in POD_LEVEL})
    return added(result, amounts(spec.get("overhead")))


def _statuses(pod: Object) -> dict[str, Object]:
    status = pod.get("status") or {}
    both = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    return {s["name"]: s for s in both}


def _is_infeasible(pod: Object) -> bool:
    pending = condition_of(pod.get("status") or {}, "PodResizePending")
    return pending is not None and pending.get("reason") == "Infeasible"


def _asked(container: Object, status: Object | None, *, infeasible: bool) -> Amounts:
    wanted = amounts((container.get("resources") or {}).get("requests"))
    if status is None:
        return wanted
    actuated = amounts((status.get("resources") or {}).get("requests"))
    allocated = amounts(status.get("allocatedResources"))
    return larger(actuated, allocated) if infeasible else larger(wanted, larger(actuated, allocated))


def pod_limits(pod: Object) -> Amounts:
    return total(amounts((c.get("resources") or {}).get("limits")) for c in pod["spec"].get("containers") or ())


def qos_class(pod: Object) -> str:
    """Guaranteed, Burstable or BestEffort, by cpu and memory of all containers."""
    spec = pod["spec"]
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    resources = [c.get("resources") or {} for c in containers]
    requests = [_core(r.get("requests")) for r in resources]
    limits = [_core(r.get("limits")) for r in resources]
    if not any(requests) and not any(limits):
        return "BestEffort"
    pairs = zip(requests, limits, strict=True)
    full = all(limit.keys() >= POD_LEVEL and limit == {**limit, **request} for request, limit in pairs)
    return "Guaranteed" if full else "Burstable"


def _core(quantities: Mapping[str, str] | None) -> Amounts:
    return {name: amount for name, amount in amounts(quantities).items() if name in POD_LEVEL and amount}
