"""The proof of room: whether new pods fit after the old ones are gone, or beside them, with every node's numbers.

Sound, not complete: `fits` is said only where the scheduler must find a place whatever it chooses; `lacks` only where
it cannot; everything else is `unsure`, with what the doubt is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from deployctl.model.json import Json, dig, items, mapping, text
from deployctl.model.node import Node
from deployctl.model.room import Newcomer, NodeRoom, RoomProof, Tenant
from deployctl.model.rules.node_room import node_room
from deployctl.model.rules.placement import daemon_spec, why_not
from deployctl.model.rules.requests import pod_requests

PREEMPTION = "its priority may push other pods aside"
LEAVING = "pods that are terminating will leave room"
BY_TURNS = "it depends on which old pods go first"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"

Verdict = Literal["fits", "lacks", "unsure"]


def prove_room(newcomer: Newcomer, nodes: tuple[Node, ...], tenants: tuple[Tenant, ...]) -> RoomProof:
    """Judge one workload. `tenants` are the pods of all namespaces that have a node and have not ended."""
    judge = _prove_daemon if newcomer.daemon else _prove
    proof = judge(newcomer, nodes, tenants)
    if proof.verdict == "lacks" and any(t.leaving for t in tenants):
        later = judge(newcomer, nodes, tuple(t for t in tenants if not t.leaving))
        if later.verdict != "lacks":
            proof = replace(proof, verdict="unsure", doubts=(*proof.doubts, LEAVING))
    return _weighed(proof, tuple(_doubts(newcomer, tenants)))


def prove_together(
    newcomers: tuple[Newcomer, ...], nodes: tuple[Node, ...], tenants: tuple[Tenant, ...]
) -> tuple[RoomProof, ...]:
    """Judge workloads that are released at once: each must fit even where the others take all that they could."""
    proofs: list[RoomProof] = []
    for newcomer in newcomers:
        alone = prove_room(newcomer, nodes, tenants)
        others = tuple(t for other in newcomers if other is not newcomer for t in _everywhere(other, nodes))
        crowded = prove_room(newcomer, nodes, (*tenants, *others))
        both = alone.verdict == "fits" and crowded.verdict != "fits"
        proofs.append(
            replace(crowded, verdict="unsure", doubts=(*crowded.doubts, "others come too")) if both else alone
        )
    return tuple(proofs)


def _everywhere(newcomer: Newcomer, nodes: tuple[Node, ...]) -> Iterable[Tenant]:
    """All its pods on every node that may run them: more than there can be, wherever they go."""
    requests = pod_requests(newcomer.spec)
    for node in nodes:
        if not why_not(newcomer.spec, node):
            yield from (Tenant(node.name, requests) for _ in range(1 if newcomer.daemon else newcomer.count))


def _prove(newcomer: Newcomer, nodes: tuple[Node, ...], tenants: tuple[Tenant, ...]) -> RoomProof:
    alone = tuple(node_room(newcomer, n, tuple(t for t in tenants if t.owner not in newcomer.owners)) for n in nodes)
    old = tuple(t for t in tenants if t.owner in newcomer.owners)
    if _sum(alone) < newcomer.count:  # even with all the old ones gone
        return RoomProof(newcomer.workload, "lacks", newcomer.count, alone)
    if newcomer.surge is None or not old:
        return RoomProof(newcomer.workload, "fits", newcomer.count, alone)
    return _prove_rolling(newcomer, nodes, tenants, old)


def _prove_rolling(
    newcomer: Newcomer, nodes: tuple[Node, ...], tenants: tuple[Tenant, ...], old: tuple[Tenant, ...]
) -> RoomProof:
    """Beside the old pods. It gets on when one new pod is Ready, for then an old one goes: so all fit when all fit
    beside, or when the first ones do and each old pod that goes leaves its place to a new one."""
    going = max(0, len(old) - newcomer.count + newcomer.unavailable)
    at_best = tuple(node_room(newcomer, node, tenants, going=going) for node in nodes)
    if newcomer.count and not _sum(at_best):  # whichever old pods go first, no new one finds a place
        return RoomProof(newcomer.workload, "lacks", newcomer.count, at_best)
    beside = tuple(node_room(newcomer, node, tenants) for node in nodes)
    to_retire_one = newcomer.count - newcomer.unavailable - len(old) + 1
    first = min(newcomer.count, max(newcomer.surge or 0, to_retire_one, 0))
    by_turns = _sum(beside) >= first and _replaces(newcomer, nodes, old)
    if by_turns or _sum(beside) >= newcomer.count:
        return RoomProof(newcomer.workload, "fits", newcomer.count, beside)
    return RoomProof(newcomer.workload, "unsure", newcomer.count, beside, (BY_TURNS,))


def _prove_daemon(newcomer: Newcomer, nodes: tuple[Node, ...], tenants: tuple[Tenant, ...]) -> RoomProof:
    """One on every node that may run it, after its own old one is gone."""
    tolerant = replace(newcomer, spec=daemon_spec(newcomer.spec))
    mine = tuple(node for node in nodes if not why_not(tolerant.spec, node))
    one = replace(tolerant, count=1)
    staying = tuple(t for t in tenants if t.owner not in newcomer.owners)
    rooms = tuple(node_room(one, node, staying) for node in mine)
    return RoomProof(newcomer.workload, "fits" if all(r.pods for r in rooms) else "lacks", len(mine), rooms)


def _sum(rooms: tuple[NodeRoom, ...]) -> int:
    return sum(room.pods for room in rooms)


def _weighed(proof: RoomProof, doubts: tuple[str, ...]) -> RoomProof:
    """What other rules forbid can only take room away; what preemption gives can only add some."""
    restricted = any(doubt != PREEMPTION for doubt in doubts)
    unsure = (proof.verdict == "fits" and restricted) or (proof.verdict == "lacks" and PREEMPTION in doubts)
    verdict: Verdict = "unsure" if unsure else proof.verdict
    return replace(proof, verdict=verdict, doubts=(*proof.doubts, *doubts))


def _replaces(newcomer: Newcomer, nodes: tuple[Node, ...], old: tuple[Tenant, ...]) -> bool:
    """Whether each old pod that goes leaves room enough for a new one in its very place."""
    asked = pod_requests(newcomer.spec)
    allowed = {node.name for node in nodes if not why_not(newcomer.spec, node)}
    return all(
        t.node in allowed and all(t.requests.get(name, Fraction(0)) >= amount for name, amount in asked.items())
        for t in old
    )


def _doubts(newcomer: Newcomer, tenants: tuple[Tenant, ...]) -> Iterable[str]:
    """What may keep the pod off a node, or make room on it, and is not decided here."""
    for kind in ("podAffinity", "podAntiAffinity"):
        if items(newcomer.spec, "affinity", kind, REQUIRED):
            yield f"its {kind} depends on where other pods run"
    spread = items(newcomer.spec, "topologySpreadConstraints")
    if any(text(s, "whenUnsatisfiable") != "ScheduleAnyway" for s in spread):
        yield "its topology spread depends on where other pods run"
    volumes = items(newcomer.spec, "volumes")
    if any(mapping(v, "persistentVolumeClaim") or mapping(v, "ephemeral") for v in volumes):
        yield "its volumes may bind it to certain nodes"
    if items(newcomer.spec, "resourceClaims"):
        yield "its resource claims are not looked at"
    if any(t.priority < newcomer.priority for t in tenants):
        yield PREEMPTION


def surge_of(workload: Json) -> tuple[int | None, int]:
    """(surge, unavailable) of a workload's strategy: percentages rounded as the controllers do, up and down."""
    count = dig(workload, "spec", "replicas")
    replicas = count if isinstance(count, int) else 1
    if workload.get("kind") == "StatefulSet":
        return 0, 1
    if workload.get("kind") != "Deployment" or text(workload, "spec", "strategy", "type") == "Recreate":
        return None, replicas
    rolling = mapping(workload, "spec", "strategy", "rollingUpdate")
    surge = math.ceil(_share(rolling.get("maxSurge", "25%"), replicas))
    unavailable = math.floor(_share(rolling.get("maxUnavailable", "25%"), replicas))
    return surge, unavailable if surge or unavailable else 1


def _share(written: object, of: int) -> Fraction:
    if isinstance(written, int):
        return Fraction(written)
    percent = str(written).removesuffix("%")
    return Fraction(of * int(percent), 100) if percent.isdecimal() else Fraction(0)
