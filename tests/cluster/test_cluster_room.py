"""The proof of room against the real scheduler, on nodes that have no kubelet: what it says is what happens."""

from __future__ import annotations

import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from live_place import connect
from room_pods import LABELS, SIZES, STEP, TAINT, Body, pod_specs, resources

from deployctl.adapters.kubernetes.connection import Connection, Request
from deployctl.adapters.kubernetes.reader import KubernetesCluster
from deployctl.adapters.kubernetes.surroundings import KubernetesSurroundings
from deployctl.model.room import Newcomer, RoomProof
from deployctl.model.rules.room import prove_room

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-room")]

FIGURES = logging.getLogger("figures")
CASES = 30
NAMESPACE = "room-e2e"
SCALE = 64
"""One step is 4 GiB: no pod of ours fits on a node that really runs any."""
OURS = {"key": "room.test/only", "value": "yes", "effect": "NoSchedule"}
"""Keeps everybody else off our nodes."""
RUNTIME = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "room-heavy"},
    "handler": "runc",
    "overhead": {"podFixed": {"memory": f"{STEP * SCALE}Mi"}},
}
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


@dataclass(frozen=True)
class Case:
    """Nodes (labels, room in steps, tainted, pods that sit there), and the pods that come."""

    nodes: tuple[tuple[Body, int, bool, list[int]], ...]
    spec: Body
    count: int
    heavy: bool


@st.composite
def cases(draw: st.DrawFn) -> Case:
    nodes = st.tuples(LABELS, st.integers(4, 24), st.booleans(), st.lists(SIZES, max_size=2))
    spec = scaled(draw(pod_specs("room.test/none:1")))
    spec["tolerations"] = [*spec["tolerations"], {**OURS, "operator": "Equal"}]
    return Case(
        tuple(draw(st.lists(nodes, min_size=1, max_size=3))), spec, draw(st.integers(1, 4)), draw(st.booleans())
    )


def scaled(spec: Body) -> Body:
    """The same pod, asking for so much more memory."""
    copy = deepcopy(spec)
    for container in (*copy.get("initContainers", ()), *copy["containers"]):
        asked = container["resources"]["requests"]
        asked["memory"] = f"{int(asked['memory'].removesuffix('Mi')) * SCALE}Mi"
    return copy


@dataclass
class Lab:
    """The cluster, and what was found in all cases."""

    connection: Connection
    cluster: KubernetesCluster
    verdicts: Counter[str] = field(default_factory=Counter)

    def post(self, path: str, body: Body) -> None:
        answer = self.connection.send(Request("POST", path, body=body))
        assert answer.ok, answer.body

    def delete(self, path: str) -> None:
        self.connection.send(Request("DELETE", path, (("gracePeriodSeconds", "0"),)))

    def get(self, path: str, *query: tuple[str, str]) -> list[Any]:
        return list(self.connection.send(Request("GET", path, query)).json()["items"])

    def until(self, what: Callable[[], bool], seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    connection = connect(Path(os.environ["KUBECONFIG"]), NAMESPACE)
    lab = Lab(connection, KubernetesCluster(connection))
    lab.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    lab.post("/apis/node.k8s.io/v1/runtimeclasses", RUNTIME)
    account = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
    lab.until(lambda: bool(lab.get(account)))
    yield lab
    clear(lab)
    lab.delete("/apis/node.k8s.io/v1/runtimeclasses/room-heavy")
    lab.delete(f"/api/v1/namespaces/{NAMESPACE}")
    connection.close()


def clear(lab: Lab) -> None:
    """Our pods and nodes are gone."""
    for one in lab.get(PODS):
        lab.delete(f"{PODS}/{one['metadata']['name']}")
    for one in lab.get("/api/v1/nodes", ("labelSelector", "room.test/ours")):
        lab.delete(f"/api/v1/nodes/{one['metadata']['name']}")
    lab.until(lambda: not lab.get(PODS))


def prepare(lab: Lab, case: Case) -> None:
    """Nodes without kubelets, and pods that sit on them."""
    for index, (labels, room, tainted, sitting) in enumerate(case.nodes):
        amounts = {"cpu": "2", "memory": f"{room * STEP * SCALE}Mi", "pods": "110"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "", **stamps()}
        body = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"room{index}", "labels": {**labels, "room.test/ours": ""}},
            "spec": {"taints": [OURS, TAINT] if tainted else [OURS]},
            "status": {"capacity": amounts, "allocatable": amounts, "conditions": [ready]},
        }
        lab.post("/api/v1/nodes", body)
        for number, size in enumerate(fitting(sitting, room)):
            container = {"name": "x", "image": "room.test/none:1", "resources": resources(size * SCALE)}
            lab.post(PODS, pod(f"other-{index}-{number}", {"containers": [container], "nodeName": f"room{index}"}))
    ours = (("labelSelector", "room.test/ours"),)
    lab.until(lambda: all("not-ready" not in str(n["spec"]["taints"]) for n in lab.get("/api/v1/nodes", *ours)))


def fitting(sizes: list[int], room: int) -> Iterator[int]:
    """Those that there is room for, one after the other."""
    for size in sizes:
        if size <= room:
            room -= size
            yield size


def stamps() -> Body:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return {"lastHeartbeatTime": now, "lastTransitionTime": now}


def pod(name: str, spec: Body) -> Body:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def proof_of(lab: Lab, case: Case) -> RoomProof:
    """By what the adapters read."""
    survey = KubernetesSurroundings(lab.connection).survey(NAMESPACE)
    overhead = {"overhead": survey.overheads["room-heavy"]} if case.heavy else {}
    nodes = lab.cluster.world(NAMESPACE).nodes
    return prove_room(Newcomer("w", {**case.spec, **overhead}, case.count), nodes, survey.tenants)


def placed(lab: Lab, case: Case) -> int:
    """How many pods the scheduler finds a node for; the others say that they are unschedulable."""
    spec = {**case.spec, **({"runtimeClassName": "room-heavy"} if case.heavy else {})}
    for number in range(case.count):
        lab.post(PODS, pod(f"new-{number}", spec))

    def news() -> list[Any]:
        return [p for p in lab.get(PODS) if p["metadata"]["name"].startswith("new-")]

    def decided() -> bool:
        conditions = [c for p in news() for c in p["status"].get("conditions", ()) if c["type"] == "PodScheduled"]
        return len(conditions) == case.count

    lab.until(decided)
    return sum(1 for p in news() if p["spec"].get("nodeName"))


@settings(max_examples=CASES, derandomize=True, database=None, phases=[Phase.generate])
@given(case=cases())
def test_the_real_scheduler_agrees(lab: Lab, case: Case) -> None:
    clear(lab)
    prepare(lab, case)
    proof = proof_of(lab, case)
    found = placed(lab, case)
    lab.verdicts[proof.verdict] += 1
    assert {"fits": True, "lacks": False}[proof.verdict] == (found == case.count), (proof, found)


def test_both_verdicts_were_tried(lab: Lab) -> None:
    FIGURES.info("the real scheduler agreed with %s", dict(lab.verdicts))
    assert min(lab.verdicts["fits"], lab.verdicts["lacks"]) >= 5
    assert lab.verdicts.total() >= CASES
