"""Faults on nodes: each row of the fail-fast table that no manifest can bring about, and what a fault's count means."""

from __future__ import annotations

from typing import Any

import pytest
from clockwork import conditions, container, pod, rehearsal, state, waiting

from deployctl.sandbox.faults import FaultBoard
from deployctl.sandbox.nodes.faults import Subject, about_pod, concerning

CACHE = "failed to sync secret cache: timed out waiting for the condition"
CONTAINER_ERRORS = [
    (
        {},
        "CreateContainerError",
        'failed to generate container "app" spec: failed to generate spec: no command specified',
    ),
    ({"reason": "CreateContainerConfigError", "message": CACHE}, "CreateContainerConfigError", CACHE),
    ({"message": "context deadline exceeded"}, "CreateContainerError", "context deadline exceeded"),
]


@pytest.mark.parametrize(("fault", "reason", "message"), CONTAINER_ERRORS)
def test_a_container_that_cannot_be_created(fault: dict[str, Any], reason: str, message: str) -> None:
    with rehearsal() as world:
        world.faults.set("container-error", pod="solo", **fault)
        world.create("pods", pod())
        world.advance(4)
        assert waiting(world.get("pods", "solo")) == (reason, message)
        assert ("Warning", "Failed", f"Error: {message}") in world.events("Pod")
        world.faults.clear("container-error")
        world.advance(15)
        assert "running" in state(world.get("pods", "solo"))


def test_a_sandbox_that_cannot_be_created() -> None:
    with rehearsal() as world:
        world.faults.set("sandbox-error", pod="solo", message="no network")
        world.create("pods", pod())
        world.advance(4)
        solo = world.get("pods", "solo")
        assert waiting(solo) == ("ContainerCreating", "")
        assert conditions(solo)["PodReadyToStartContainers"][0] == "False"
        words = "Failed to create pod sandbox: rpc error: code = Unknown desc = no network"
        assert ("Warning", "FailedCreatePodSandBox", words) in world.events("Pod")


def test_a_volume_that_cannot_be_mounted() -> None:
    with rehearsal() as world:
        world.faults.set("mount-error", pod="solo", message="disk is elsewhere")
        world.create("pods", pod(volumes=[{"name": "data", "emptyDir": {}}]))
        world.advance(4)
        words = 'MountVolume.SetUp failed for volume "data" : disk is elsewhere'
        assert ("Warning", "FailedMount", words) in world.events("Pod")


def test_a_label_that_means_nothing_keeps_the_container_from_being_created_and_is_named() -> None:
    with rehearsal() as world:
        world.shelf.put("reg.test/odd:1", memory="plenty")
        world.create("pods", pod("solo", container("reg.test/odd:1")))
        world.advance(4)
        reason, message = waiting(world.get("pods", "solo"))
        assert reason == "CreateContainerError"
        assert message.startswith("sandbox.memory: 'plenty' is not valid")


@pytest.mark.parametrize("kind", ["image-missing", "pull-error"])
def test_a_fault_that_happens_twice_lets_the_third_pull_through(kind: str) -> None:
    board = FaultBoard()
    board.add(kind, {"pod": "solo", "times": 2})
    with rehearsal(faults=board) as world:
        world.create("pods", pod())
        world.advance(5)
        assert waiting(world.get("pods", "solo"))[0] == "ErrImagePull"
        world.advance(60)
        assert "running" in state(world.get("pods", "solo"))
        assert board.all() == ()


def test_an_unreachable_registry_is_told_apart_from_a_missing_tag() -> None:
    with rehearsal() as world:
        world.faults.set("pull-error", pod="solo")
        world.create("pods", pod())
        world.advance(5)
        text = waiting(world.get("pods", "solo"))[1]
        assert text == (
            'failed to pull and unpack image "reg.test/shop/app:1": failed to resolve reference "reg.test/shop/app:1": '
            'failed to do request: Head "https://reg.test/v2/shop/app/manifests/1": dial tcp: i/o timeout'
        )


def test_a_program_changes_while_it_runs() -> None:
    with rehearsal() as world:
        world.create("pods", pod())
        world.advance(5)
        world.faults.set("app", image="reg.test/shop/*", crash_after=20, crash_code=9)
        world.advance(25)
        last = world.get("pods", "solo")["status"]["containerStatuses"][0]["lastState"]["terminated"]
        assert (last["exitCode"], last["reason"]) == (9, "Error")


def test_the_log_becomes_the_message_where_a_container_asks_for_it() -> None:
    with rehearsal() as world:
        spec = container(command=["sh", "-c", "echo boom; exit 1"], terminationMessagePolicy="FallbackToLogsOnError")
        world.create("pods", pod("solo", spec, restartPolicy="Never"))
        world.advance(5)
        assert state(world.get("pods", "solo"))["terminated"]["message"] == "boom"


def test_services_of_the_namespace_are_in_the_environment_unless_declined() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "redis", "namespace": "default"},
        "spec": {"clusterIP": "10.96.7.7", "ports": [{"port": 6379}]},
    }
    show = container(command=["sh", "-c", "echo $REDIS_PORT $REDIS_SERVICE_HOST; sleep 60"])
    with rehearsal() as world:
        world.create("services", service)
        world.create("pods", pod("with", show))
        world.create("pods", pod("without", show, enableServiceLinks=False))
        world.advance(5)

        def said(name: str) -> str:
            return world.fleet.logs("default", name, "app", previous=False)[0][1].strip()

        assert (said("with"), said("without")) == ("tcp://10.96.7.7:6379 10.96.7.7", "")


SUBJECT = Subject("prod", "web-1", "web", "app", "reg.test/shop/web:1", "node1", {"app": "web", "tier": "front"})


@pytest.mark.parametrize(
    ("selectors", "hit"),
    [
        ({}, True),
        ({"pod": "web-*"}, True),
        ({"workload": "web", "namespace": "prod"}, True),
        ({"workload": "web", "namespace": "test"}, False),
        ({"labels": {"tier": "front"}}, True),
        ({"labels": {"tier": "back"}}, False),
        ({"image": "*:2"}, False),
    ],
)
def test_faults_select_by_pattern(selectors: dict[str, Any], hit: bool) -> None:
    board = FaultBoard()
    board.add("app", {**selectors, "degraded": True})
    assert bool(concerning(board, "app", SUBJECT)) is hit


@pytest.mark.parametrize(("image", "hit"), [("*:2", True), ("*:1", True), ("*:3", False)])
def test_what_concerns_a_whole_pod_is_selected_by_any_of_its_images(image: str, hit: bool) -> None:
    board = FaultBoard()
    board.add("evict", {"image": image, "pod": "solo"})
    two = pod("solo", container("reg.test/shop/app:1"), {"name": "side", "image": "reg.test/shop/side:2"})
    assert bool(concerning(board, "evict", about_pod(two))) is hit
