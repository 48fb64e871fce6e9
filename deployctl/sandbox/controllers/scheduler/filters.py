"""Why a node is no place for a pod: the scheduler's filters in their order and their words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.meta import labels_of, name_of, namespace_of
from deployctl.sandbox.controllers.kit.requests import pod_requests
from deployctl.sandbox.controllers.kit.selectors import matches_labels, matches_node_terms
from deployctl.sandbox.controllers.kit.tolerations import tolerates, untolerated
from deployctl.sandbox.controllers.scheduler.nodes import NodeLoad, Nodes

HARD = frozenset({"NoSchedule", "NoExecute"})
CORDON = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Refusal:
    """Why a node was filtered out; `final` when removing other pods could not help."""

    reasons: tuple[str, ...]
    final: bool = True


Filter = Callable[[Object, NodeLoad, Nodes], Refusal | None]


def refusal(pod: Object, load: NodeLoad, nodes: Nodes) -> Refusal | None:
    """The first filter's refusal, or None when the node is feasible."""
    return next((r for check in FILTERS if (r := check(pod, load, nodes)) is not None), None)


def _unschedulable(pod: Object, load: NodeLoad, _: Nodes) -> Refusal | None:
    if not load.node["spec"].get("unschedulable"):
        return None
    if any(tolerates(t, CORDON) for t in pod["spec"].get("tolerations") or ()):
        return None
    return Refusal(("node(s) were unschedulable",))


def _taints(pod: Object, load: NodeLoad, _: Nodes) -> Refusal | None:
    return Refusal(("node(s) had untolerated taint(s)",)) if untolerated(pod, load.taints, HARD) else None


def _node_affinity(pod: Object, load: NodeLoad, _: Nodes) -> Refusal | None:
    return None if matches_node(pod, load.node) else Refusal(("node(s) didn't match Pod's node affinity/selector",))


def matches_node(pod: Object, node: Object) -> bool:
    """nodeSelector and the required node affinity terms."""
    labels = labels_of(node)
    if any(labels.get(k) != v for k, v in (pod["spec"].get("nodeSelector") or {}).items()):
        return False
    required = _required(pod, "nodeAffinity")
    return required is None or matches_node_terms(required.get("nodeSelectorTerms") or [], labels, name_of(node))


def _ports(pod: Object, load: NodeLoad, _: Nodes) -> Refusal | None:
    wanted = set(_host_ports(pod))
    taken = {port for other in load.pods.values() for port in _host_ports(other)}
    if not wanted & taken:
        return None
    return Refusal(("node(s) didn't have free ports for the requested pod ports",), final=False)


def _host_ports(pod: Object) -> Iterator[tuple[str, int]]:
    for container in pod["spec"].get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("hostPort"):
                yield port.get("protocol", "TCP"), int(port["hostPort"])


def _resources(pod: Object, load: NodeLoad, _: Nodes) -> Refusal | None:
    allocatable, requested = load.allocatable, load.requested
    reasons, final = [], False
    if len(load.pods) + 1 > allocatable.get("pods", 110):
        reasons.append("Too many pods")
    for name, amount in _ordered(pod_requests(pod)):
        if amount > 0 and amount > allocatable.get(name, 0) - requested.get(name, 0):
            reasons.append(f"Insufficient {name}")
            final = final or amount > allocatable.get(name, 0)
    return Refusal(tuple(reasons), final) if reasons else None


def _ordered(asked: dict[str, int]) -> list[tuple[str, int]]:
    first = [name for name in ("cpu", "memory", "ephemeral-storage") if name in asked]
    return [(name, asked[name]) for name in [*first, *sorted(asked.keys() - set(first))]]


def _existing_anti_affinity(pod: Object, load: NodeLoad, nodes: Nodes) -> Refusal | None:
    labels = labels_of(load.node)
    for other_load in nodes.loads.values():
        theirs = labels_of(other_load.node)
        for other in other_load.pods.values():
            for term in _terms(other, "podAntiAffinity"):
                key = term["topologyKey"]
                same = key in labels and labels[key] == theirs.get(key)
                if same and _selects(term, other, pod):
                    return Refusal(("node(s) didn't satisfy existing pods anti-affinity rules",), final=False)
    return None


def _affinity(pod: Object, load: NodeLoad, nodes: Nodes) -> Refusal | None:
    for term in _terms(pod, "podAffinity"):
        if _in_topology(term, pod, load, nodes):
            continue
        if _selects(term, pod, pod) and term["topologyKey"] in labels_of(load.node) and not _anywhere(term, pod, nodes):
            continue  # the first of a group that wants its own company
        return Refusal(("node(s) didn't match pod affinity rules",))
    return None


def _anti_affinity(pod: Object, load: NodeLoad, nodes: Nodes) -> Refusal | None:
    if any(_in_topology(term, pod, load, nodes) for term in _terms(pod, "podAntiAffinity")):
        return Refusal(("node(s) didn't match pod anti-affinity rules",), final=False)
    return None


def _spread(pod: Object, load: NodeLoad, nodes: Nodes) -> Refusal | None:
    for rule in pod["spec"].get("topologySpreadConstraints") or ():
        if rule.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule":
            continue
        key = rule["topologyKey"]
        domain = labels_of(load.node).get(key)
        if domain is None:
            return Refusal(("node(s) didn't match pod topology spread constraints (missing required label)",))
        counts = _domain_counts(pod, rule, nodes)
        own = matches_labels(rule.get("labelSelector"), labels_of(pod))
        if counts.get(domain, 0) + own - min(counts.values(), default=0) > int(rule["maxSkew"]):
            return Refusal(("node(s) didn't match pod topology spread constraints",), final=False)
    return None


def _domain_counts(pod: Object, rule: Object, nodes: Nodes) -> dict[str, int]:
    counts: dict[str, int] = {}
    for load in nodes.loads.values():
        domain = labels_of(load.node).get(rule["topologyKey"])
        if domain is None or not matches_node(pod, load.node):
            continue
        same = (p for p in load.pods.values() if namespace_of(p) == namespace_of(pod))
        matching = sum(matches_labels(rule.get("labelSelector"), labels_of(p)) for p in same)
        counts[domain] = counts.get(domain, 0) + matching
    return counts


def _required(pod: Object, kind: str) -> Object | None:
    affinity = (pod["spec"].get("affinity") or {}).get(kind) or {}
    required: Object | None = affinity.get("requiredDuringSchedulingIgnoredDuringExecution")
    return required


def _terms(pod: Object, kind: str) -> list[Object]:
    affinity = (pod["spec"].get("affinity") or {}).get(kind) or {}
    return list(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ())


def _selects(term: Object, of: Object, other: Object) -> bool:
    """Whether the term of pod `of` means pod `other`."""
    namespaces = term.get("namespaces") or [namespace_of(of)]
    everywhere = term.get("namespaceSelector") == {}
    if not everywhere and namespace_of(other) not in namespaces:
        return False
    return matches_labels(term.get("labelSelector"), labels_of(other))


def _in_topology(term: Object, pod: Object, load: NodeLoad, nodes: Nodes) -> bool:
    """Whether a pod that the term means runs in the node's domain."""
    key = term["topologyKey"]
    domain = labels_of(load.node).get(key)
    if domain is None:
        return False
    neighbours = (other for other in nodes.loads.values() if labels_of(other.node).get(key) == domain)
    return any(_selects(term, pod, p) for other in neighbours for p in other.pods.values())


def _anywhere(term: Object, pod: Object, nodes: Nodes) -> bool:
    return any(_selects(term, pod, p) for load in nodes.loads.values() for p in load.pods.values())


FILTERS: tuple[Filter, ...] = (
    _unschedulable,
    _taints,
    _node_affinity,
    _ports,
    _resources,
    _spread,
    _affinity,
    _anti_affinity,
    _existing_anti_affinity,
)
