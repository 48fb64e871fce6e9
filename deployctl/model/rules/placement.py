"""Whether the scheduler may put a pod on a node at all: name, selector, affinity, taints. Room is another question."""

from __future__ import annotations

from deployctl.model.json import Json, items, mapping, text
from deployctl.model.node import Node, Taint

KEEPS_OUT = ("NoSchedule", "NoExecute")
DAEMON_TAINTS = ("not-ready", "unreachable", "disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
"""node.kubernetes.io/…: what the DaemonSet controller lets its pods tolerate."""
CORDONED = Taint("node.kubernetes.io/unschedulable", "", "NoSchedule")


def why_not(spec: Json, node: Node) -> str:
    """The reason why a pod of this spec may not run on the node; empty when it may."""
    if text(spec, "nodeName") and text(spec, "nodeName") != node.name:
        return "another node is named"
    for key, value in mapping(spec, "nodeSelector").items():
        if node.labels.get(key) != value:
            return f"label {key}={value} is missing"
    terms = items(
        spec, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"
    )
    if terms and not any(_term(term, node) for term in terms):
        return "node affinity does not match"
    for taint in (*node.taints, *((CORDONED,) if node.unschedulable else ())):
        if taint.effect in KEEPS_OUT and not any(_tolerates(t, taint) for t in items(spec, "tolerations")):
            return f"taint {taint.key}{f'={taint.value}' if taint.value else ''}:{taint.effect} is not tolerated"
    return ""


def daemon_spec(spec: Json) -> Json:
    """The spec as the DaemonSet controller completes it: its pods tolerate what keeps others off a node."""
    extra = [{"key": f"node.kubernetes.io/{taint}", "operator": "Exists"} for taint in DAEMON_TAINTS]
    return {**spec, "tolerations": [*items(spec, "tolerations"), *extra]}


def _term(term: Json, node: Node) -> bool:
    """All expressions of a term hold; an empty term matches nothing."""
    expressions, fields = items(term, "matchExpressions"), items(term, "matchFields")
    if not expressions and not fields:
        return False
    labels = all(_holds(e, node.labels) for e in expressions)
    return labels and all(_holds(f, {"metadata.name": node.name}) for f in fields)


def _holds(expression: Json, labels: Json) -> bool:
    """One requirement of a node selector (k8s.io/component-helpers/scheduling/corev1/nodeaffinity)."""
    key, operator = text(expression, "key"), text(expression, "operator")
    raw = expression.get("values")
    values = raw if isinstance(raw, list) else []
    if operator == "Exists":
        return key in labels
    if operator == "DoesNotExist":
        return key not in labels
    if operator == "In":
        return labels.get(key) in values
    if operator == "NotIn":
        return labels.get(key) not in values
    return _compares(operator, labels.get(key), values)


def _compares(operator: str, label: object, values: list[object]) -> bool:
    try:
        here, there = int(str(label)), int(str(values[0]))
    except (ValueError, IndexError):
        return False
    return here > there if operator == "Gt" else here < there if operator == "Lt" else False


def _tolerates(toleration: Json, taint: Taint) -> bool:
    """An empty key with Exists tolerates all; an empty effect any effect."""
    effect, key = text(toleration, "effect"), text(toleration, "key")
    if effect and effect != taint.effect:
        return False
    operator = text(toleration, "operator") or "Equal"
    if operator == "Exists":
        return not key or key == taint.key
    return operator == "Equal" and key == taint.key and text(toleration, "value") == taint.value
