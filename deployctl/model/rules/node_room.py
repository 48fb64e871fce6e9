"""How many of the new pods one node takes, and why no more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from deployctl.model.json import Json, items, mapping, text
from deployctl.model.node import Node, Resources
from deployctl.model.room import Newcomer, NodeRoom, Tenant
from deployctl.model.rules.placement import why_not
from deployctl.model.rules.quantity import format_bytes, format_cores
from deployctl.model.rules.requests import added, amounts, pod_requests

HOST_PORT = "host port"


def node_room(newcomer: Newcomer, node: Node, tenants: tuple[Tenant, ...], *, going: int = 0) -> NodeRoom:
    """The room beside these tenants. `going`: so many of the old pods have gone from this very node, of each resource
    those that took the most; an upper bound, whichever go."""
    if reason := why_not(newcomer.spec, node):
        return NodeRoom(node.name, 0, reason)
    here = tuple(t for t in tenants if t.node == node.name)
    asked = pod_requests(newcomer.spec) | {"pods": Fraction(1)}
    has, used = amounts(node.allocatable), _used(newcomer, here, going)
    counts = {n: _times(has.get(n, Fraction(0)) - used.get(n, Fraction(0)), each) for n, each in asked.items() if each}
    if ports := host_ports(newcomer.spec):
        staying = [t for t in here if not (going and t.owner in newcomer.owners)]
        counts[HOST_PORT] = 0 if any(ports & t.ports for t in staying) else 1
    pods = min(newcomer.count, *counts.values())
    scarce = min(counts, key=lambda name: counts[name])
    numbers = _numbers(scarce, asked, has, used)
    return NodeRoom(node.name, pods, "", numbers) if pods >= newcomer.count else NodeRoom(node.name, pods, numbers)


def _used(newcomer: Newcomer, here: tuple[Tenant, ...], going: int) -> Resources:
    taken = [{**t.requests, "pods": Fraction(1)} for t in here]
    total = added(*taken)
    old = [{**t.requests, "pods": Fraction(1)} for t in here if t.owner in newcomer.owners]
    return {name: amount - _largest(old, name, going) for name, amount in total.items()}


def _largest(pods: list[dict[str, Fraction]], name: str, count: int) -> Fraction:
    return sum(sorted((p.get(name, Fraction(0)) for p in pods), reverse=True)[:count], Fraction(0))


def _times(free: Fraction, each: Fraction) -> int:
    return max(0, math.floor(free / each))


def _numbers(name: str, asked: Resources, has: Resources, used: Resources) -> str:
    """Such as `memory: 512Mi asked, 180Mi free (2216Mi allocatable, 2036Mi requested)`."""
    if name == HOST_PORT:
        return "one pod for each host port"
    there, taken = has.get(name, Fraction(0)), used.get(name, Fraction(0))
    free = max(Fraction(0), there - taken)
    words = {key: _write(name, amount) for key, amount in _amounts(asked[name], free, there, taken).items()}
    return (
        f"{name}: {words['asked']} asked, {words['free']} free ({words['has']} allocatable, {words['used']} requested)"
    )


def _amounts(asked: Fraction, free: Fraction, has: Fraction, used: Fraction) -> Mapping[str, Fraction]:
    return {"asked": asked, "free": free, "has": has, "used": used}


def _write(name: str, amount: Fraction) -> str:
    if name == "memory" or "storage" in name or name.startswith("hugepages-"):
        return format_bytes(amount)
    return format_cores(amount) if name == "cpu" else str(math.floor(amount))


def host_ports(spec: Json) -> frozenset[tuple[str, int]]:
    """(protocol, port) that a pod binds on its node."""
    found = (p for c in items(spec, "containers") for p in items(c, "ports") if isinstance(p.get("hostPort"), int))
    return frozenset((text(p, "protocol") or "TCP", p["hostPort"]) for p in found if p["hostPort"])


def parse_tenant(body: Json) -> Tenant | None:
    """A pod of any namespace from the API's JSON; None for one that takes no room (no node yet, or ended)."""
    spec, status = mapping(body, "spec"), mapping(body, "status")
    if not text(spec, "nodeName") or text(status, "phase") in ("Succeeded", "Failed"):
        return None
    owners = items(body, "metadata", "ownerReferences")
    priority = spec.get("priority")
    return Tenant(
        node=text(spec, "nodeName"),
        requests=pod_requests(spec, status),
        owner=next((text(o, "uid") for o in owners if o.get("controller") is True), ""),
        priority=priority if isinstance(priority, int) else 0,
        ports=host_ports(spec),
        leaving=bool(text(body, "metadata", "deletionTimestamp")),
    )
