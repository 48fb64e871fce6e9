"""The scheduler: who fits where, and its words when nobody does."""

from __future__ import annotations

from typing import Any

import pytest
from clockwork import NODES, conditions, container, deployment, pod, rehearsal

from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.requests import pod_requests, qos_class
from deployctl.sandbox.nodes.spec import NodeSpec, NodeTaint

TAINTED = (
    NodeSpec("node1", memory="2Gi"),
    NodeSpec("node2", memory="2Gi"),
    NodeSpec("node3", memory="2Gi", taints=(NodeTaint("gpu", "NoSchedule", "yes"),)),
)


def asking(memory: str = "", cpu: str = "") -> Object:
    requests = {name: amount for name, amount in (("memory", memory), ("cpu", cpu)) if amount}
    return container(resources={"requests": requests})


def affinity(kind: str, app: str) -> Object:
    term = {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


NOT_HELPFUL = "Preemption is not helpful for scheduling"
UNSCHEDULABLE: list[tuple[str, Object, str]] = [
    (
        "more memory than any node has",
        pod("solo", asking("900Gi")),
        f"0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient memory. "
        f"preemption: 0/3 nodes are available: 3 {NOT_HELPFUL}.",
    ),
    (
        "two resources at once",
        pod("solo", asking("900Gi", "99")),
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), 2 Insufficient cpu, 2 Insufficient memory. "
        f"preemption: 0/3 nodes are available: 3 {NOT_HELPFUL}.",
    ),
    (
        "a selector that nobody has",
        pod(nodeSelector={"disk": "ssd"}),
        "0/3 nodes are available: 1 node(s) had untolerated taint(s), "
        "2 node(s) didn't match Pod's node affinity/selector. "
        f"preemption: 0/3 nodes are available: 3 {NOT_HELPFUL}.",
    ),
    (
        "a claim that does not exist",
        pod(volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]),
        '0/3 nodes are available: persistentvolumeclaim "data" not found. not found',
    ),
]


@pytest.mark.parametrize(("why", "body", "message"), UNSCHEDULABLE, ids=[row[0] for row in UNSCHEDULABLE])
def test_a_pod_that_fits_nowhere_says_so_in_the_schedulers_words(why: str, body: Object, message: str) -> None:
    with rehearsal(TAINTED) as world:
        world.create("pods", body)
        world.advance(2)
        solo = world.get("pods", "solo")
        assert conditions(solo) == {"PodScheduled": ("False", "Unschedulable", message)}
        assert solo["status"]["phase"] == "Pending"
        assert ("Warning", "FailedScheduling", message) in world.events("Pod")


def test_memory_that_others_hold_is_insufficient_but_could_be_freed() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment("hog", asking("1500Mi"), replicas=2))
        world.advance(5)
        world.create("pods", pod("solo", asking("800Mi")))
        world.advance(2)
        assert conditions(world.get("pods", "solo"))["PodScheduled"][2] == (
            "0/2 nodes are available: 2 Insufficient memory. "
            "preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
        )
        world.change("deployments.apps", "hog", lambda d: d["spec"].update(replicas=1))
        world.advance(15)
        assert conditions(world.get("pods", "solo"))["Ready"][0] == "True"


def test_a_cordoned_node_is_passed_over_and_named() -> None:
    with rehearsal((NODES[0],)) as world:
        world.change("nodes", "node1", lambda n: n["spec"].update(unschedulable=True), namespace="")
        world.create("pods", pod())
        world.advance(2)
        assert conditions(world.get("pods", "solo"))["PodScheduled"][2].startswith(
            "0/1 nodes are available: 1 node(s) were unschedulable."
        )
        world.change("nodes", "node1", lambda n: n["spec"].pop("unschedulable"), namespace="")
        world.advance(10)
        assert conditions(world.get("pods", "solo"))["Ready"][0] == "True"


def test_anti_affinity_spreads_and_then_refuses() -> None:
    with rehearsal() as world:
        spec = {"affinity": affinity("podAntiAffinity", "web")}
        world.create("deployments.apps", deployment("web", container(), replicas=3, pod_spec=spec))
        world.advance(5)
        placed = sorted(p["spec"].get("nodeName", "") for p in world.pods())
        assert placed == ["", "node1", "node2"]
        pending = next(p for p in world.pods() if not p["spec"].get("nodeName"))
        assert conditions(pending)["PodScheduled"][2].startswith(
            "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules."
        )


def test_affinity_follows_its_company() -> None:
    with rehearsal() as world:
        world.create("pods", pod("leader", nodeName="node2"))
        world.create("pods", pod("solo", affinity=affinity("podAffinity", "leader")))
        world.advance(3)
        assert world.get("pods", "solo")["spec"]["nodeName"] == "node2"


def test_no_nodes_at_all() -> None:
    with rehearsal(()) as world:
        world.create("pods", pod())
        world.advance(2)
        assert conditions(world.get("pods", "solo"))["PodScheduled"][2] == "no nodes available to schedule pods"


def test_replicas_are_spread_over_the_nodes() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment("web", asking("100Mi"), replicas=4))
        world.advance(5)
        assert sorted(p["spec"]["nodeName"] for p in world.pods()) == ["node1", "node1", "node2", "node2"]


def test_a_lowered_request_makes_room_without_a_restart() -> None:
    """The overlap on a full node: the old pod's request is lowered, and the new one is scheduled beside it."""
    with rehearsal((NodeSpec("node1", memory="1000Mi"),)) as world:
        world.create("pods", pod("old", asking("512Mi")))
        world.create("pods", pod("new", asking("512Mi")))
        world.advance(5)
        assert not world.get("pods", "new")["spec"].get("nodeName")
        resized: Any = {"requests": {"memory": "128Mi"}}
        body = world.get("pods", "old")
        spec = {**body["spec"], "containers": [{**body["spec"]["containers"][0], "resources": resized}]}
        world.cluster.update("pods", {**body, "spec": spec}, manager="test", subresource="resize")
        world.advance(15)
        old = world.get("pods", "old")["status"]["containerStatuses"][0]
        assert (old["resources"], old["allocatedResources"]) == (resized, resized["requests"])
        assert old["restartCount"] == 0
        assert conditions(world.get("pods", "new"))["Ready"][0] == "True"
        reasons = [reason for _, reason, _ in world.events("Pod", "old")]
        assert reasons[-2:] == ["ResizeStarted", "ResizeCompleted"]


ONE, BIG = {"requests": {"memory": "100Mi", "cpu": "100m"}}, {"requests": {"memory": "300Mi"}}
REQUESTS: list[tuple[str, Object, dict[str, int]]] = [
    ("sums containers", {"containers": [{"name": "a", "resources": ONE}, {"name": "b", "resources": ONE}]}, {}),
    (
        "the largest init container counts",
        {"containers": [{"name": "a", "resources": ONE}], "initContainers": [{"name": "i", "resources": BIG}]},
        {"memory": 300 * 2**20, "cpu": 100},
    ),
    (
        "sidecars add to both",
        {
            "containers": [{"name": "a", "resources": ONE}],
            "initContainers": [
                {"name": "s", "resources": ONE, "restartPolicy": "Always"},
                {"name": "i", "resources": BIG},
            ],
        },
        {"memory": 400 * 2**20, "cpu": 200},
    ),
    (
        "overhead comes on top",
        {"containers": [{"name": "a", "resources": ONE}], "overhead": {"memory": "10Mi"}},
        {"memory": 110 * 2**20, "cpu": 100},
    ),
]


@pytest.mark.parametrize(("why", "spec", "expected"), REQUESTS, ids=[row[0] for row in REQUESTS])
def test_effective_requests(why: str, spec: Object, expected: dict[str, int]) -> None:
    assert pod_requests({"spec": spec}) == (expected or {"memory": 200 * 2**20, "cpu": 200})


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"memory": "1Mi"}}, "Burstable"),
        ({"requests": {"memory": "1Mi", "cpu": "1"}, "limits": {"memory": "1Mi", "cpu": "1"}}, "Guaranteed"),
        ({"limits": {"memory": "1Mi", "cpu": "1"}}, "Guaranteed"),
        ({"requests": {"memory": "1Mi"}, "limits": {"memory": "2Mi", "cpu": "1"}}, "Burstable"),
    ],
)
def test_quality_of_service(resources: Object, expected: str) -> None:
    assert qos_class({"spec": {"containers": [{"name": "a", "resources": resources}]}}) == expected
