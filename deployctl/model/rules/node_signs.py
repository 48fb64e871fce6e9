"""The fail-fast table's row about a node that is lost: fatal only for a pod that can run nowhere else."""

from __future__ import annotations

from deployctl.model.diagnosis import Diagnosis
from deployctl.model.json import Json, items, mapping, text
from deployctl.model.node import Node
from deployctl.model.rules.case import Case, event_line
from deployctl.model.workload import Workload

HOSTNAME = "kubernetes.io/hostname"


def node_lost(case: Case) -> Diagnosis | None:
    """The node of a pod is not Ready: its controller makes another pod elsewhere after some minutes, unless the pod is
    bound to this node or to its own name."""
    node = case.family.node(case.pod.node)
    told = () if case.pod.ready else case.reasons("NodeNotReady")
    if not case.pod.node or not (node.lost if node else told):
        return None
    pinned = is_pinned(case.family.workload)
    return case.finding(
        "node-lost",
        f"node {case.pod.node} of pod {case.pod.name} is not Ready"
        + (", and the pod can run nowhere else" if pinned else "; the pod is made anew elsewhere after some minutes"),
        severity="fatal" if pinned else "waiting",
        evidence=(*_condition(node), *(event_line(event) for event in told[-1:])),
        action=f"kubectl describe node {case.pod.node}",
        patience=case.watch.thresholds.node_lost if pinned else 0.0,
        fails_old_too=True if pinned else None,
    )


def _condition(node: Node | None) -> tuple[str, ...]:
    ready = node.ready if node else None
    return (f"node condition Ready={ready.status} {ready.reason}: {ready.message}",) if ready else ()


def is_pinned(workload: Workload) -> bool:
    """Whether its pods belong to one node, or keep their name (a StatefulSet's is not made anew while the old one may
    still run somewhere)."""
    if workload.ref.kind in ("DaemonSet", "StatefulSet"):
        return True
    spec = mapping(workload.template, "spec")
    return bool(text(spec, "nodeName")) or HOSTNAME in mapping(spec, "nodeSelector") or _by_affinity(spec)


def _by_affinity(spec: Json) -> bool:
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = items(spec, "affinity", "nodeAffinity", required, "nodeSelectorTerms")
    return bool(terms) and all(
        any(e.get("key") == HOSTNAME and e.get("operator") == "In" for e in items(term, "matchExpressions"))
        for term in terms
    )
