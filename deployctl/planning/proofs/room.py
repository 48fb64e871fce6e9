"""The new pods fit: after the old ones are gone, or beside them, with every node's numbers (NODE001)."""

from __future__ import annotations

from collections.abc import Iterator

from deployctl.model.change import Finding
from deployctl.model.node import Node
from deployctl.model.proven import Proven
from deployctl.model.room import Newcomer, RoomProof
from deployctl.model.rules.quota import forbidden_by_limits, over_quota
from deployctl.model.rules.room import prove_together
from deployctl.planning.proofs.newcomers import newcomer, old_specs
from deployctl.planning.proofs.proof import Proof, together
from deployctl.planning.proofs.scope import Scope

INCIDENT = "NODE001"


def room(scope: Scope) -> Proof:
    """Of all workloads whose pods are made anew, at once. Nodes that may not be read leave it unproven."""
    coming = {move.workload: n for move in scope.fresh if (n := newcomer(scope, move))}
    if not coming:
        return Proof()
    allowed = [_allowed(n, over_quota(n, old_specs(scope, ref), scope.snapshot.survey.quotas), scope)
               for ref, n in coming.items()]  # fmt: skip
    return together((*allowed, _on_nodes(tuple(coming.values()), scope)))


def _allowed(one: Newcomer, quota: tuple[tuple[Finding, ...], tuple[Finding, ...]], scope: Scope) -> Proof:
    certain, doubtful = quota
    return Proof((*forbidden_by_limits(one, scope.snapshot.survey.limit_ranges), *certain), doubtful)


def _on_nodes(coming: tuple[Newcomer, ...], scope: Scope) -> Proof:
    snapshot, survey = scope.snapshot, scope.snapshot.survey
    names = ", ".join(n.workload for n in coming)
    if not snapshot.world.nodes:
        return Proof(warnings=(_unproven(names, "nodes may not be read"),))
    nodes = tuple(node for node in snapshot.world.nodes if not node.lost)
    proofs = prove_together(coming, nodes, survey.tenants)
    lost = tuple(node for node in snapshot.world.nodes if node.lost)
    lacking = tuple(_lacks(n, proof, lost) for n, proof in zip(coming, proofs, strict=True) if proof.verdict == "lacks")
    unsure = tuple(_unsure(proof) for proof in proofs if proof.verdict == "unsure")
    blind = tuple(_blind(scope, names, proofs))
    holds = () if blind else tuple(_fits(n, p) for n, p in zip(coming, proofs, strict=True) if p.verdict == "fits")
    if snapshot.environment.policies.room == "warn":
        return Proof((), (*lacking, *unsure, *blind), holds)
    return Proof(lacking, (*unsure, *blind), holds)


def _fits(one: Newcomer, proof: RoomProof) -> Proven:
    takers = ", ".join(node.node for node in proof.nodes if node.pods)
    return Proven("room", f"{one.workload} fits on {takers}{_how(one)}", proof.evidence)


def _how(one: Newcomer) -> str:
    return " beside the old pods" if one.surge is not None and not one.daemon else ""


def _blind(scope: Scope, names: str, proofs: tuple[RoomProof, ...]) -> Iterator[Finding]:
    if not scope.snapshot.survey.may_read("Pod") and any(p.verdict == "fits" for p in proofs):
        yield _unproven(names, "pods of other namespaces may not be read")


def _unproven(names: str, why: str) -> Finding:
    action = "a ClusterRole for it is in docs/operations.md"
    return Finding("room-unproven", f"could not prove that the new pods fit: {why}", names, (), action, INCIDENT)


def _lacks(one: Newcomer, proof: RoomProof, lost: tuple[Node, ...]) -> Finding:
    beside = one.surge is not None and not one.daemon
    takes = sum(node.pods for node in proof.nodes)
    none = (
        f"the new pods of {one.workload} fit on no node" if proof.wanted > 1 else f"no node has room for {one.workload}"
    )
    many = f"only {takes} of {proof.wanted} new pods of {one.workload} fit" if takes else none
    how = "beside the old ones" if beside else "even after the old ones are gone"
    other = "lower its requests, make room, or give it strategy Recreate if one instance at a time will do"
    action = other if beside else "lower its requests, or make room: kubectl describe node NODE"
    out = f", while {', '.join(node.name for node in lost)} is not Ready" if lost else ""
    evidence = (*(f"{node.name}: takes 0; it is not Ready" for node in lost), *proof.evidence)
    return Finding("no-room", f"{many}, {how}{out}", one.workload, evidence, action, INCIDENT)


def _unsure(proof: RoomProof) -> Finding:
    what = f"could not prove that the new pods of {proof.workload} fit: {'; '.join(proof.doubts)}"
    return Finding("room-unproven", what, proof.workload, proof.evidence, "", INCIDENT)
