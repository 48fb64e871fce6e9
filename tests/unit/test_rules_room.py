"""The proof of room: numbers of every node, and no promise that a scheduler could break."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployctl.model.node import Node, Taint, parse_node
from deployctl.model.room import Newcomer, NodeRoom, Tenant
from deployctl.model.rules.node_room import node_room, parse_tenant
from deployctl.model.rules.placement import why_not
from deployctl.model.rules.requests import pod_requests
from deployctl.model.rules.room import BY_TURNS, LEAVING, PREEMPTION, prove_room, prove_together, surge_of

MI = 1024**2


def spec(memory: str = "512Mi", cpu: str = "100m", **more: Any) -> dict[str, Any]:
    return {"containers": [{"name": "backend", "resources": {"requests": {"memory": memory, "cpu": cpu}}}], **more}


def node(name: str, memory: str = "2216Mi", **more: Any) -> Node:
    return Node(name, allocatable={"memory": memory, "cpu": "2", "pods": "110"}, **more)


def tenant(name: str, memory: int, owner: str = "", **more: Any) -> Tenant:
    return Tenant(name, {"memory": Fraction(memory * MI), "cpu": Fraction(1, 10)}, owner, **more)


NODES = (node("node1"), node("node2"))
FULL = (tenant("node1", 1800, "old"), tenant("node1", 300), tenant("node2", 2000))


def backend(**more: Any) -> Newcomer:
    return Newcomer(
        **{"workload": "deployment/backend", "spec": spec(), "count": 1, "owners": frozenset({"old"}), **more}
    )


def test_with_recreate_the_old_pods_place_counts_as_free() -> None:
    assert prove_room(backend(), NODES, FULL).verdict == "fits"


def test_without_room_the_refusal_has_every_nodes_numbers() -> None:
    proof = prove_room(backend(spec=spec("2Gi")), NODES, FULL)
    assert proof.verdict == "lacks"
    assert proof.evidence == (
        "node1: takes 0; memory: 2Gi asked, 1.87Gi free (2.16Gi allocatable, 300Mi requested)",
        "node2: takes 0; memory: 2Gi asked, 216Mi free (2.16Gi allocatable, 1.95Gi requested)",
    )


def test_a_rolling_update_needs_room_beside_the_old_pod() -> None:
    proof = prove_room(backend(surge=1), NODES, FULL)
    assert proof.verdict == "lacks"
    assert [n.pods for n in proof.nodes] == [0, 0]
    assert prove_room(backend(surge=1), (*NODES, node("node3")), FULL).verdict == "fits"


def test_a_rolling_update_that_may_take_an_old_pod_first_fits_in_its_place() -> None:
    assert prove_room(backend(surge=0, unavailable=1, spec=spec("1Gi")), NODES, FULL).verdict == "fits"


def test_where_it_depends_on_which_old_pod_goes_first_nothing_is_promised() -> None:
    tenants = (tenant("node1", 2000, "old"), tenant("node2", 400, "old"), tenant("node2", 1700))
    proof = prove_room(
        backend(surge=0, unavailable=1, count=2, spec=spec("1Gi")), (*NODES, node("node3", "1Gi")), tenants
    )
    assert (proof.verdict, proof.doubts) == ("unsure", (BY_TURNS,))


def test_pods_that_are_terminating_will_leave_room_but_have_not_yet() -> None:
    tenants = (tenant("node1", 2000, leaving=True), tenant("node2", 2000))
    proof = prove_room(backend(), NODES, tenants)
    assert (proof.verdict, proof.doubts) == ("unsure", (LEAVING,))


def test_what_may_push_others_aside_is_not_refused() -> None:
    proof = prove_room(backend(priority=1000, spec=spec("2Gi")), NODES, FULL)
    assert (proof.verdict, proof.doubts) == ("unsure", (PREEMPTION,))


@pytest.mark.parametrize(
    "more",
    [
        {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "x"}]}}},
        {"topologySpreadConstraints": [{"topologyKey": "x", "whenUnsatisfiable": "DoNotSchedule"}]},
        {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "x"}}]},
        {"resourceClaims": [{"name": "gpu"}]},
    ],
)
def test_what_is_not_decided_here_makes_no_promise_but_a_refusal_stands(more: dict[str, Any]) -> None:
    assert prove_room(backend(spec=spec(**more)), NODES, FULL).verdict == "unsure"
    assert prove_room(backend(spec=spec("4Gi", **more)), NODES, FULL).verdict == "lacks"


def test_two_workloads_released_together_must_both_fit() -> None:
    one = replace(backend(), owners=frozenset(), spec=spec("1500Mi"))
    both = prove_together((one, replace(one, workload="deployment/frontend")), NODES[:1], ())
    assert [proof.verdict for proof in both] == ["unsure", "unsure"]
    assert [p.verdict for p in prove_together((one, replace(one, spec=spec("100Mi"))), NODES[:1], ())] == [
        "fits",
        "fits",
    ]


def test_a_daemon_set_needs_room_on_every_node_that_may_run_it() -> None:
    daemon = backend(daemon=True, count=0, spec=spec("300Mi"))
    proof = prove_room(daemon, (*NODES, node("node3", unschedulable=True)), FULL)
    assert (proof.verdict, proof.wanted, [n.pods for n in proof.nodes]) == ("lacks", 3, [1, 0, 1])


def test_host_ports_and_the_number_of_pods_take_room_too() -> None:
    ported = spec("1Mi", containers=[{"name": "x", "ports": [{"hostPort": 80}]}])
    taken = Tenant("node1", {}, ports=frozenset({("TCP", 80)}))
    assert node_room(backend(spec=ported, count=3), NODES[0], ()) == NodeRoom("node1", 1, "one pod for each host port")
    assert node_room(backend(spec=ported), NODES[0], (taken,)).pods == 0
    few = replace(NODES[0], allocatable={"memory": "1Gi", "cpu": "1", "pods": "1"})
    assert node_room(backend(spec=spec("1Mi", "1m")), few, (Tenant("node1", {}),)).refusal == (
        "pods: 1 asked, 0 free (1 allocatable, 1 requested)"
    )


# ---------------------------------------------------------------- requests


def asked(memory: int, **more: Any) -> dict[str, Any]:
    return {"name": f"c{memory}", "resources": {"requests": {"memory": str(memory)}}, **more}


@pytest.mark.parametrize(
    ("pod", "memory"),
    [
        ({"containers": [asked(10), asked(20)]}, 30),
        ({"containers": [asked(10)], "initContainers": [asked(50), asked(40)]}, 50),
        ({"containers": [asked(10)], "initContainers": [asked(5, restartPolicy="Always"), asked(8)]}, 15),
        ({"containers": [asked(10)], "initContainers": [asked(5, restartPolicy="Always"), asked(18)]}, 23),
        ({"containers": [asked(10)], "initContainers": [asked(18), asked(5, restartPolicy="Always")]}, 18),
        ({"containers": [asked(10)], "overhead": {"memory": "7"}}, 17),
        ({"containers": [{"name": "x", "resources": {"limits": {"memory": "30"}}}]}, 30),
        ({"containers": [asked(10)], "resources": {"requests": {"memory": "100"}}}, 100),
        ({"containers": [{"name": "x"}]}, 0),
    ],
)
def test_a_pod_asks_for_what_the_scheduler_counts(pod: dict[str, Any], memory: int) -> None:
    assert pod_requests(pod).get("memory", 0) == memory


def test_a_container_that_is_being_resized_takes_the_larger_of_both() -> None:
    status = {"containerStatuses": [{"name": "c10", "resources": {"requests": {"memory": "25"}}}]}
    assert pod_requests({"containers": [asked(10)]}, status) == {"memory": 25}


def test_pods_without_a_node_and_pods_that_ended_take_no_room() -> None:
    pod = {"metadata": {}, "spec": {**spec(), "nodeName": "node1"}, "status": {"phase": "Running"}}
    assert parse_tenant(pod) == Tenant("node1", {"memory": Fraction(512 * MI), "cpu": Fraction(1, 10)})
    assert parse_tenant({**pod, "status": {"phase": "Failed"}}) is None
    assert parse_tenant({**pod, "spec": spec()}) is None


# ---------------------------------------------------------------- where it may run at all


def affinity(*expressions: dict[str, Any]) -> dict[str, Any]:
    terms = [{"matchExpressions": [e]} for e in expressions]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return spec(affinity={"nodeAffinity": required})


LABELLED = node("node1", labels={"disk": "ssd", "size": "16"}, taints=(Taint("dedicated", "db", "NoSchedule"),))
TOLERANT: dict[str, Any] = {
    "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "db", "effect": "NoSchedule"}]
}


@pytest.mark.parametrize(
    ("pod", "runs"),
    [
        (spec(), False),
        (spec(**TOLERANT), True),
        (spec(tolerations=[{"operator": "Exists"}]), True),
        (spec(tolerations=[{"key": "dedicated", "operator": "Exists"}]), True),
        (spec(tolerations=[{"key": "dedicated", "value": "web"}]), False),
        (spec(tolerations=[{"key": "dedicated", "value": "db", "effect": "NoExecute"}]), False),
        (spec(nodeSelector={"disk": "ssd"}, **TOLERANT), True),
        (spec(nodeSelector={"disk": "hdd"}, **TOLERANT), False),
        (spec(nodeName="node2", **TOLERANT), False),
        ({**affinity({"key": "disk", "operator": "In", "values": ["ssd"]}), **TOLERANT}, True),
        ({**affinity({"key": "disk", "operator": "NotIn", "values": ["ssd"]}), **TOLERANT}, False),
        ({**affinity({"key": "gpu", "operator": "NotIn", "values": ["a"]}), **TOLERANT}, True),
        ({**affinity({"key": "gpu", "operator": "Exists"}), **TOLERANT}, False),
        ({**affinity({"key": "gpu", "operator": "DoesNotExist"}), **TOLERANT}, True),
        ({**affinity({"key": "size", "operator": "Gt", "values": ["8"]}), **TOLERANT}, True),
        ({**affinity({"key": "size", "operator": "Lt", "values": ["8"]}), **TOLERANT}, False),
        ({**affinity({"key": "disk", "operator": "Gt", "values": ["8"]}), **TOLERANT}, False),
        (
            {**affinity({"key": "gpu", "operator": "Exists"}, {"key": "disk", "operator": "Exists"}), **TOLERANT},
            True,
        ),
    ],
)
def test_selectors_affinity_and_taints_decide_as_the_scheduler_does(pod: dict[str, Any], *, runs: bool) -> None:
    assert (why_not(pod, LABELLED) == "") is runs


def test_a_cordoned_node_takes_nothing() -> None:
    assert why_not(spec(), node("node1", unschedulable=True)) == (
        "taint node.kubernetes.io/unschedulable:NoSchedule is not tolerated"
    )


def test_a_node_is_parsed_with_its_taints_platform_and_images() -> None:
    parsed = parse_node(
        {
            "metadata": {"name": "n", "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}},
            "spec": {"taints": [{"key": "k", "effect": "NoSchedule"}], "unschedulable": True},
            "status": {
                "allocatable": {"cpu": "1"},
                "conditions": [{"type": "Ready", "status": "Unknown"}],
                "images": [{"names": ["r/a@sha256:1", "r/a:v1"], "sizeBytes": 1}],
            },
        }
    )
    assert (parsed.platform, parsed.lost, parsed.unschedulable) == ("linux/amd64", True, True)
    assert (parsed.holds("r/a:v1", "r/a@sha256:1"), parsed.holds("r/a:v1", "r/a@sha256:2")) == (True, False)
    assert (parsed.taints, parsed.images) == ((Taint("k", "", "NoSchedule"),), (("r/a@sha256:1", "r/a:v1"),))


# ---------------------------------------------------------------- the strategy


@pytest.mark.parametrize(
    ("workload", "expected"),
    [
        ({"kind": "Deployment", "spec": {"strategy": {"type": "Recreate"}, "replicas": 2}}, (None, 2)),
        ({"kind": "Deployment", "spec": {"replicas": 1}}, (1, 0)),
        ({"kind": "Deployment", "spec": {"replicas": 10}}, (3, 2)),
        (
            {
                "kind": "Deployment",
                "spec": {"replicas": 4, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": "0%"}}},
            },
            (0, 1),
        ),
        ({"kind": "StatefulSet", "spec": {"replicas": 3}}, (0, 1)),
    ],
)
def test_the_strategy_says_how_many_run_beside_and_how_many_go_first(
    workload: dict[str, Any], expected: tuple[int | None, int]
) -> None:
    assert surge_of(workload) == expected


# ---------------------------------------------------------------- soundness


SIZES = st.integers(1, 6)
CASES = st.fixed_dictionaries(
    {
        "nodes": st.lists(st.integers(1, 16), min_size=1, max_size=3),
        "others": st.lists(st.tuples(st.integers(0, 2), SIZES), max_size=4),
        "old": st.lists(st.tuples(st.integers(0, 2), SIZES), max_size=3),
        "size": SIZES,
        "count": st.integers(1, 4),
        "surge": st.sampled_from([None, 0, 1, 2]),
        "unavailable": st.integers(0, 2),
    }
)


def world(case: dict[str, Any]) -> tuple[Newcomer, tuple[Node, ...], tuple[Tenant, ...]]:
    """A case whose existing pods really fit on its nodes."""
    free = list(case["nodes"])
    tenants: list[Tenant] = []
    for owner, pods in (("", case["others"]), ("old", case["old"])):
        for index, size in pods:
            place = index % len(free)
            if free[place] >= size:
                free[place] -= size
                tenants.append(Tenant(f"n{place}", {"memory": Fraction(size)}, owner))
    nodes = tuple(Node(f"n{i}", allocatable={"memory": str(m), "pods": "110"}) for i, m in enumerate(case["nodes"]))
    pod = {"containers": [{"name": "x", "resources": {"requests": {"memory": str(case["size"])}}}]}
    unavailable = case["unavailable"] or (0 if case["surge"] else 1)
    return Newcomer("w", pod, case["count"], frozenset({"old"}), case["surge"], unavailable), nodes, tuple(tenants)


def rolls_out(newcomer: Newcomer, nodes: tuple[Node, ...], tenants: tuple[Tenant, ...], choose: Any) -> bool:
    """A rollout with a scheduler and a controller that choose freely: whether every new pod finds a place."""
    free = {n.name: int(n.allocatable["memory"]) for n in nodes}
    for t in tenants:
        free[t.node] -= int(t.requests["memory"])
    old = [t for t in tenants if t.owner == "old"]
    size, count, placed = int(pod_requests(newcomer.spec)["memory"]), newcomer.count, 0
    recreate = newcomer.surge is None
    while True:
        fitting = [name for name in sorted(free) if free[name] >= size]
        if fitting and placed < count and (not old if recreate else placed + len(old) < count + (newcomer.surge or 0)):
            free[fitting[choose(len(fitting))]] -= size
            placed += 1
        elif old and (recreate or placed + len(old) > count - newcomer.unavailable):
            gone = old.pop(choose(len(old)))
            free[gone.node] += int(gone.requests["memory"])
        else:
            return placed == count


@given(CASES, st.data())
def test_whenever_it_says_that_pods_fit_any_scheduler_places_them(case: dict[str, Any], data: st.DataObject) -> None:
    newcomer, nodes, tenants = world(case)
    if prove_room(newcomer, nodes, tenants).verdict == "fits":
        assert rolls_out(newcomer, nodes, tenants, lambda n: data.draw(st.integers(0, n - 1)))


@given(CASES, st.data())
def test_whenever_it_says_that_they_lack_room_no_scheduler_places_them(
    case: dict[str, Any], data: st.DataObject
) -> None:
    newcomer, nodes, tenants = world(case)
    if prove_room(newcomer, nodes, tenants).verdict == "lacks":
        assert not rolls_out(newcomer, nodes, tenants, lambda n: data.draw(st.integers(0, n - 1)))
