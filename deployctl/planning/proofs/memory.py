"""Memory that is really in use, where the cluster measures it: requests promise more than a full node can give."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from deployctl.model.change import Finding
from deployctl.model.node import Node
from deployctl.model.plan import Transition
from deployctl.model.rules.placement import why_not
from deployctl.model.rules.quantity import format_bytes
from deployctl.model.rules.requests import amounts, pod_requests
from deployctl.planning.proofs.newcomers import newcomer
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope
from deployctl.planning.settled import pods_of
from deployctl.planning.transitions import live_workload

ACTION = (
    "kubectl top pods --all-namespaces --sort-by=memory shows who uses it; the kubelet evicts pods when none is left"
)


def memory(scope: Scope) -> Proof:
    """A warning, never a refusal: the scheduler does not look at it, and caches give way."""
    return Proof(warnings=tuple(finding for move in scope.fresh for finding in _of(scope, move)))


def _of(scope: Scope, move: Transition) -> Iterator[Finding]:
    new, used = newcomer(scope, move), scope.snapshot.survey.used
    if new is None:
        return
    asked = pod_requests(new.spec).get("memory", Fraction(0))
    measured = [n for n in scope.snapshot.world.nodes if n.name in used and not n.lost and not why_not(new.spec, n)]
    free = {node.name: _has(node) - used[node.name] for node in measured}
    if new.surge is None:
        for node, bytes_used in _leaving(scope, move):
            free[node] = free.get(node, Fraction(0)) + bytes_used
    short = [node for node in measured if free[node.name] < asked]
    if short:
        names = ", ".join(node.name for node in short)
        what = f"{names}: less memory free than a pod of {move.workload} asks for, whatever the requests of others say"
        evidence = tuple(
            f"{node.name}: {format_bytes(used[node.name])} of {format_bytes(_has(node))} in use, "
            f"{format_bytes(max(Fraction(0), free[node.name]))} free for it, {format_bytes(asked)} asked"
            for node in short
        )
        yield Finding("memory-in-use", what, str(move.workload), evidence, ACTION, "NODE001")


def _has(node: Node) -> Fraction:
    return amounts(node.allocatable).get("memory", Fraction(0))


def _leaving(scope: Scope, move: Transition) -> Iterator[tuple[str, Fraction]]:
    """What the old pods use, by node: it is free once they are gone."""
    live = live_workload(scope.snapshot.world, move.workload)
    for pod in pods_of(scope.snapshot.world, live) if live else ():
        if pod.node:
            yield pod.node, scope.snapshot.survey.used_by.get(pod.name, Fraction(0))
