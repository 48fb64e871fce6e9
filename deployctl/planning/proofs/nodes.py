"""Nodes that are not Ready: no new pod can go there, and what runs there serves nobody. A release moves neither."""

from __future__ import annotations

from deployctl.model.change import Finding
from deployctl.model.node import Node
from deployctl.model.rollout import World
from deployctl.planning.proofs.proof import Proof
from deployctl.planning.proofs.scope import Scope


def nodes(scope: Scope) -> Proof:
    """A warning for each, with the namespace's pods there."""
    world = scope.snapshot.world
    return Proof(warnings=tuple(_lost(node, world) for node in world.nodes if node.lost))


def _lost(node: Node, world: World) -> Finding:
    there = tuple(f"pod/{pod.name} is on it" for pod in world.pods if pod.node == node.name and not pod.ended)
    what = f"node {node.name} is not Ready"
    return Finding("node-lost", what, f"node/{node.name}", (*_why(node), *there), f"kubectl describe node {node.name}")


def _why(node: Node) -> tuple[str, ...]:
    ready = node.ready
    return (f"node condition Ready={ready.status} {ready.reason}: {ready.message}",) if ready else ()
