"""Which of the feasible nodes is best: emptier, better balanced, fewer siblings, image already there. Pure."""

from __future__ import annotations

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import labels_of, name_of, owner_uid
from deployctl.sandbox.controllers.kit.requests import pod_requests
from deployctl.sandbox.controllers.kit.selectors import matches_node_terms
from deployctl.sandbox.controllers.kit.tolerations import tolerates
from deployctl.sandbox.controllers.scheduler.nodes import NodeLoad

UNASKED = {"cpu": 100, "memory": 200 * 2**20}
"""What a pod without requests is taken to use."""


def best(pod: Object, loads: list[NodeLoad]) -> NodeLoad:
    """The highest score; of equals the first by name, so that a rehearsal is repeatable."""
    return min(loads, key=lambda load: (-score(pod, load), name_of(load.node)))


def score(pod: Object, load: NodeLoad) -> float:
    shares = _shares(pod, load)
    least_allocated = 100 * (1 - sum(shares) / len(shares))
    balanced = 100 * (1 - (max(shares) - min(shares)) / 2)
    siblings = sum(owner_uid(p) == owner_uid(pod) for p in load.pods.values()) if owner_uid(pod) else 0
    spread = 100 / (1 + siblings)
    return (
        least_allocated
        + balanced
        + 2 * spread
        + 3 * _bearable(pod, load)
        + 2 * _preferred(pod, load)
        + _images(pod, load)
    )


def _shares(pod: Object, load: NodeLoad) -> list[float]:
    asked, allocatable = pod_requests(pod), load.allocatable
    shares = []
    for name, unasked in UNASKED.items():
        most = allocatable.get(name, 0)
        used = load.requested.get(name, 0) + (asked.get(name) or unasked)
        shares.append(min(1.0, used / most) if most else 1.0)
    return shares


def _bearable(pod: Object, load: NodeLoad) -> float:
    soft = [t for t in load.taints if t.get("effect") == "PreferNoSchedule"]
    tolerations = pod["spec"].get("tolerations") or ()
    return 0.0 if any(not any(tolerates(t, taint) for t in tolerations) for taint in soft) else 100.0


def _preferred(pod: Object, load: NodeLoad) -> float:
    affinity = (pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}
    terms = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
    total: float = sum(term["weight"] for term in terms)
    labels, name = labels_of(load.node), name_of(load.node)
    met: float = sum(term["weight"] for term in terms if matches_node_terms([term["preference"]], labels, name))
    return 100 * met / total if total else 0.0


def _images(pod: Object, load: NodeLoad) -> float:
    present = {
        n: i["sizeBytes"] for i in (load.node.get("status") or {}).get("images") or () for n in i.get("names", ())
    }
    size: int = sum(present.get(c.get("image", ""), 0) for c in pod["spec"].get("containers") or ())
    least, most = 23 * 2**20, 1000 * 2**20 * max(1, len(pod["spec"].get("containers") or ()))
    return 100 * (min(max(size, least), most) - least) / (most - least)
