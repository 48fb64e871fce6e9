"""Resource lists: names, amounts, and requests against limits."""

from __future__ import annotations

from deployctl.sandbox.schema.quantity import parse
from deployctl.sandbox.schema.validation import names
from deployctl.sandbox.schema.validation.cause import At, Causes, Struct, each_invalid, forbidden, invalid, required

NEGATIVE = "must be greater than or equal to 0"
_CONTAINER = ("cpu", "memory", "ephemeral-storage")
_STANDARD = (
    *_CONTAINER, "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
    "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
    "persistentvolumeclaims", "configmaps", "services.nodeports", "services.loadbalancers", "storage",
    "requests.storage",
)  # fmt: skip
_WHOLE = (
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps", "persistentvolumeclaims",
    "services.nodeports", "services.loadbalancers",
)  # fmt: skip


def overcommits(resource: str) -> bool:
    """Whether more may be allowed than is requested: so for cpu, memory and the like, not for huge pages or devices."""
    return ("/" not in resource or "kubernetes.io/" in resource) and not resource.startswith("hugepages-")


def amount(at: At, resource: str, text: str) -> Causes:
    quantity = parse(text)
    if quantity.value < 0:
        yield invalid(at, text, NEGATIVE)
    whole = resource in _WHOLE or resource.startswith("count/") or not overcommits(resource)
    if whole and quantity.value.denominator != 1:
        yield invalid(at, text, "must be an integer")


def container_name(at: At, resource: str) -> Causes:
    """A resource that containers may ask for."""
    problems = names.qualified_name(resource)
    if problems:
        yield from each_invalid(at, resource, problems)
    elif "/" not in resource:
        huge = resource.startswith("hugepages-")
        if resource not in _STANDARD and not huge:
            yield invalid(at, resource, "must be a standard resource type or fully qualified")
        if resource not in _CONTAINER and not huge:
            yield invalid(at, resource, "must be a standard resource for containers")
    elif "kubernetes.io/" not in resource and resource.startswith("requests."):
        yield invalid(at, resource, "doesn't follow extended resource name standard")


def quota_name(at: At, resource: str) -> Causes:
    """A resource that a quota may limit."""
    problems = names.qualified_name(resource)
    yield from each_invalid(at, resource, problems)
    huge = resource.startswith(("hugepages-", "requests.hugepages-"))
    if "/" not in resource and resource not in _STANDARD and not huge:
        if not problems:
            yield invalid(at, resource, "must be a standard resource type or fully qualified")
        yield invalid(at, resource, "must be a standard resource for quota")


def requirements(at: At, needs: Struct) -> Causes:
    """A container's `resources`."""
    limits, requests = needs.get("limits") or {}, needs.get("requests") or {}
    for resource, text in limits.items():
        yield from container_name((at / "limits")[resource], resource)
        yield from amount((at / "limits")[resource], resource, text)
    for resource, text in requests.items():
        yield from container_name((at / "requests")[resource], resource)
        yield from amount((at / "requests")[resource], resource, text)
        yield from _within(at, resource, text, limits)
    asked = {*limits, *requests}
    if any(r.startswith("hugepages-") for r in asked) and not asked & {"cpu", "memory"}:
        yield forbidden(at, "HugePages require cpu or memory")


def _within(at: At, resource: str, text: str, limits: Struct) -> Causes:
    if resource not in limits:
        if not overcommits(resource):
            yield required(at / "limits", "Limit must be set for non overcommitable resources")
        return
    requested, limit = parse(text), parse(limits[resource])
    if requested.value != limit.value and not overcommits(resource):
        yield invalid(at / "requests", str(requested), f"must be equal to {resource} limit of {limit}")
    elif requested.value > limit.value:
        yield invalid(at / "requests", str(requested), f"must be less than or equal to {resource} limit of {limit}")


def positive(at: At, text: str) -> Causes:
    if parse(text).value <= 0:
        yield invalid(at, text, "must be greater than zero")
