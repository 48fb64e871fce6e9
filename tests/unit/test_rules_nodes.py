"""A node that is lost: waited for where the pod can move, fatal where it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from recorded import look, objects, recorded, watching, world_of

from deployctl.model.node import Node
from deployctl.model.pod import Condition, Event
from deployctl.model.rollout import World
from deployctl.model.workload import parse_workload

LOST = Condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")


def on_lost_node(world: World) -> World:
    nodes = (Node("node1", conditions=(LOST,)), Node("node2", conditions=(LOST,)))
    return replace(world, nodes=nodes)


def test_a_pod_that_can_run_elsewhere_is_waited_for() -> None:
    world = on_lost_node(recorded("never-ready"))
    report = look(world, watching(world), 0, 120)
    assert report.phase == "startup"
    assert ("node-lost", "waiting") in [(d.cause, d.severity) for d in report.diagnoses]


@pytest.mark.parametrize(
    "pin",
    [
        {"nodeName": "node1"},
        {"nodeSelector": {"kubernetes.io/hostname": "node1"}},
        {
            "affinity": {
                "nodeAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [
                            {
                                "matchExpressions": [
                                    {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node1"]}
                                ]
                            }
                        ]
                    }
                }
            }
        },
    ],
)
def test_a_pod_that_is_bound_to_the_node_is_given_a_minute(pin: dict[str, object]) -> None:
    seen, found = objects("never-ready")
    for workload in found[:2]:
        workload["spec"]["template"]["spec"] |= pin
    world = on_lost_node(world_of(seen, found))
    assert parse_workload(found[0]).template["spec"].items() >= pin.items()
    assert look(world, watching(world), 0, 59).phase == "startup"
    first = look(world, watching(world), 0, 60)
    assert (first.phase, first.diagnoses[0].cause) == ("failed", "node-lost")
    assert "NodeStatusUnknown" in first.diagnoses[0].evidence[0]


def test_a_stateful_set_is_not_made_anew_elsewhere() -> None:
    world = on_lost_node(recorded("statefulset-rolling"))
    assert look(world, watching(world), 0, 60).diagnoses[0].cause == "node-lost"


def test_where_nodes_may_not_be_read_the_pods_own_event_tells() -> None:
    world = recorded("never-ready")
    pod = world.pods[0]
    event = Event("Pod", pod.name, pod.uid, "", "Warning", "NodeNotReady", "Node is not ready", 1, world.now)
    report = look(replace(world, events=(event,)), watching(world))
    assert [d.cause for d in report.diagnoses] == ["not-ready", "node-lost"]


def test_ready_nodes_and_unknown_ones_are_no_sign() -> None:
    world = recorded("never-ready")
    fine = replace(world, nodes=(Node("node1", conditions=(Condition("Ready", "True"),)), Node("node3")))
    assert [d.cause for d in look(fine, watching(fine)).diagnoses] == ["not-ready"]
