"""The proof of room against the sandbox's own scheduler and controllers: what it says is what happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clockwork import Rehearsal, pod, rehearsal
from hypothesis import event, given, settings
from hypothesis import strategies as st
from room_pods import LABELS, SIZES, STEP, TAINT, Body, pod_specs, resources

from deployctl.model.node import parse_node
from deployctl.model.room import Newcomer, RoomProof, Tenant
from deployctl.model.rules.node_room import parse_tenant
from deployctl.model.rules.room import prove_room, surge_of
from deployctl.sandbox.controllers.scheduler.filters import refusal
from deployctl.sandbox.controllers.scheduler.nodes import Nodes
from deployctl.sandbox.nodes.spec import NodeSpec, NodeTaint


@dataclass(frozen=True)
class Place:
    """Nodes and the pods on them, as the API writes them."""

    nodes: tuple[Body, ...]
    others: tuple[Body, ...]


def node(index: int, labels: Body, memory: int, *, tainted: bool, pods: int = 110) -> Body:
    room = {"cpu": "2", "memory": f"{memory * STEP}Mi", "pods": str(pods)}
    return {
        "metadata": {"name": f"node{index}", "labels": labels},
        "spec": {"taints": [TAINT] if tainted else []},
        "status": {"allocatable": room},
    }


@st.composite
def places(draw: st.DrawFn) -> Place:
    """One to three nodes with foreign pods that fit on them."""
    nodes: list[Body] = []
    others: list[Body] = []
    for index in range(draw(st.integers(1, 3))):
        memory, pods = draw(st.integers(4, 24)), draw(st.sampled_from([110, 110, 3]))
        nodes.append(node(index, draw(LABELS), memory, tainted=draw(st.booleans()), pods=pods))
        for size in draw(st.lists(SIZES, max_size=2)):
            if size <= memory:
                memory -= size
                container = {"name": "x", "image": "x", "resources": resources(size)}
                other = pod(f"other-{len(others)}", container, nodeName=f"node{index}")
                other["metadata"]["uid"] = f"other-{len(others)}"
                others.append(other)
    return Place(tuple(nodes), tuple(others))


def placed(place: Place, spec: Body, count: int) -> int:
    """How many of the pods the sandbox's scheduler finds a place for, one after the other."""
    nodes = Nodes()
    for one in place.nodes:
        nodes.put_node(one)
    for other in place.others:
        nodes.put_pod(other)
    for number in range(count):
        new = {"metadata": {"name": f"new-{number}", "namespace": "default", "uid": f"new-{number}"}, "spec": spec}
        open_to_it = [name for name, load in nodes.loads.items() if refusal(new, load, nodes) is None]
        if not open_to_it:
            return number
        nodes.put_pod({**new, "spec": {**spec, "nodeName": open_to_it[number % len(open_to_it)]}})
    return count


def tenants(pods: tuple[Body, ...] | list[Body]) -> tuple[Tenant, ...]:
    return tuple(t for t in map(parse_tenant, pods) if t is not None)


@settings(max_examples=300)
@given(places(), pod_specs(), st.integers(1, 4))
def test_pods_that_fit_are_placed_by_the_sandboxs_scheduler_and_pods_that_do_not_are_not(
    place: Place, spec: Body, count: int
) -> None:
    proof = prove_room(Newcomer("w", spec, count), tuple(map(parse_node, place.nodes)), tenants(place.others))
    event(proof.verdict)
    assert {"fits": True, "lacks": False}[proof.verdict] == (placed(place, spec, count) == count), proof


# ---------------------------------------------------------------- whole rollouts


STRATEGIES: tuple[Body, ...] = (
    {"type": "Recreate"},
    {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
    {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
    {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": "50%"}},
)


@st.composite
def fleets(draw: st.DrawFn) -> tuple[NodeSpec, ...]:
    taint = NodeTaint(TAINT["key"], TAINT["effect"], TAINT["value"])
    return tuple(
        NodeSpec(
            f"node{index}",
            memory=f"{draw(st.integers(4, 20)) * STEP}Mi",
            reserved_memory="0",
            labels=draw(LABELS),
            taints=(taint,) if draw(st.integers(0, 3)) == 0 else (),
        )
        for index in range(draw(st.integers(1, 3)))
    )


def workload(spec: Body, strategy: Body, replicas: int) -> Body:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {**spec, "terminationGracePeriodSeconds": 1}}
    wanted = {"replicas": replicas, "strategy": strategy, "selector": {"matchLabels": labels}, "template": template}
    metadata = {"name": "web", "namespace": "default"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": wanted}


def proof_of(world: Rehearsal, after: Body) -> RoomProof:
    owners = frozenset(o["uid"] for p in world.pods(app="web") for o in p["metadata"]["ownerReferences"])
    surge, unavailable = surge_of(after)
    spec, count = after["spec"]["template"]["spec"], after["spec"]["replicas"]
    newcomer = Newcomer("web", spec, count, owners, surge, unavailable)
    nodes = tuple(parse_node(n) for n in world.cluster.list("nodes"))
    return prove_room(newcomer, nodes, tenants(world.cluster.list("pods")))


@settings(max_examples=15)
@given(
    fleets(),
    st.lists(SIZES, max_size=3),
    pod_specs(),
    pod_specs("reg.test/shop/app:2"),
    st.sampled_from(STRATEGIES),
    st.integers(1, 3),
)
def test_a_rollout_whose_pods_fit_gets_all_of_them_placed_by_the_sandboxs_controllers(
    fleet: tuple[NodeSpec, ...], others: list[int], old: Body, new: Body, strategy: Body, replicas: int
) -> None:
    with rehearsal(fleet) as world:
        for number, size in enumerate(others):
            container = {"name": "x", "image": "reg.test/shop/app:1", "resources": resources(size)}
            world.create("pods", pod(f"other-{number}", container))
        world.create("deployments.apps", workload(old, strategy, replicas))
        world.advance(12)
        after = workload(new, strategy, replicas)
        proof = proof_of(world, after)
        world.change("deployments.apps", "web", lambda d: d["spec"].update(after["spec"]))
        world.advance(60)
        there = [p for p in world.pods(app="web") if is_new(p) and p["spec"].get("nodeName")]
        stuck = [p for p in world.pods(app="web") if not p["spec"].get("nodeName")]
        event(f"{strategy['type']}: {proof.verdict}")
        if proof.verdict == "fits":
            assert (len(there), stuck) == (replicas, []), proof
        if proof.verdict == "lacks":
            assert len(there) < replicas, proof


def is_new(body: dict[str, Any]) -> bool:
    return bool(body["spec"]["containers"][0]["image"] == "reg.test/shop/app:2")
