"""Pods and nodes for the question of room, as hypothesis draws them and as the API writes them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Body = dict[str, Any]
ZONE, DISK, SIZE = "shop.test/zone", "shop.test/disk", "shop.test/size"
TAINT = {"key": "shop.test/only", "value": "batch", "effect": "NoSchedule"}
STEP = 64
"""MiB: sizes are a few of these, so that pods often just fit, or just do not."""


def resources(memory: int, cpu: int = 0) -> Body:
    requests = {"memory": f"{memory * STEP}Mi"} | ({"cpu": f"{cpu}m"} if cpu else {})
    return {"requests": requests}


SIZES = st.integers(1, 8)
CPUS = st.sampled_from([0, 0, 50, 400, 1100])


@st.composite
def containers(draw: st.DrawFn, image: str) -> Body:
    """One or two containers, and perhaps an init container or a sidecar that asks for more or less."""
    spec: Body = {"containers": [{"name": "app", "image": image, "resources": resources(draw(SIZES), draw(CPUS))}]}
    if draw(st.booleans()):
        spec["containers"].append({"name": "second", "image": image, "resources": resources(draw(SIZES))})
    if draw(st.integers(0, 2)) == 0:
        init = {"name": "init", "image": image, "resources": resources(draw(SIZES), draw(CPUS))}
        always = {"restartPolicy": "Always"} if draw(st.booleans()) else {}
        spec["initContainers"] = [init | always]
    return spec


EXPRESSIONS = st.sampled_from(
    [
        {"key": ZONE, "operator": "In", "values": ["a", "b"]},
        {"key": ZONE, "operator": "NotIn", "values": ["a"]},
        {"key": DISK, "operator": "Exists"},
        {"key": DISK, "operator": "DoesNotExist"},
        {"key": SIZE, "operator": "Gt", "values": ["2"]},
        {"key": SIZE, "operator": "Lt", "values": ["3"]},
    ]
)
TOLERATIONS = st.sampled_from(
    [
        [],
        [{"key": TAINT["key"], "operator": "Exists"}],
        [{"key": TAINT["key"], "value": "batch", "effect": "NoSchedule"}],
        [{"key": TAINT["key"], "value": "other"}],
        [{"operator": "Exists"}],
    ]
)


@st.composite
def wishes(draw: st.DrawFn) -> Body:
    """Where a pod wants to run."""
    spec: Body = {"tolerations": draw(TOLERATIONS)}
    if draw(st.integers(0, 3)) == 0:
        spec["nodeSelector"] = {ZONE: draw(st.sampled_from(["a", "b"]))}
    if draw(st.integers(0, 2)) == 0:
        terms = draw(st.lists(st.lists(EXPRESSIONS, min_size=1, max_size=2), min_size=1, max_size=2))
        required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
        spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return spec


@st.composite
def pod_specs(draw: st.DrawFn, image: str = "reg.test/shop/app:1") -> Body:
    """A pod's spec: what it asks for, and where it wants to run."""
    return {**draw(containers(image)), **draw(wishes())}


LABELS = st.fixed_dictionaries(
    {ZONE: st.sampled_from(["a", "b"])},
    optional={DISK: st.just("ssd"), SIZE: st.sampled_from(["1", "2", "3", "x"])},
)
