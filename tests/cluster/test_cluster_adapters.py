"""What only real containers and controllers can show of the adapters."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from live_place import Place, place_on

from deployctl.model.manifest import Manifest
from deployctl.model.pod import Terminated, Waiting
from deployctl.model.rollout import World

pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("cluster-adapters")]

SCRIPT = "echo line one; echo line two; sleep 1; echo going down; exit 3"


@pytest.fixture(scope="module")
def image() -> str:
    """A container that says three lines and fails."""
    reference = f"{os.environ['LAB_REGISTRY']}/adapters/crash:1"
    command = [os.environ["DEPLOYCTL_LAB"], "image", reference, "--run", SCRIPT]
    subprocess.run(command, check=True, capture_output=True)
    return reference


@pytest.fixture
def place() -> Iterator[Place]:
    with place_on(Path(os.environ["KUBECONFIG"])) as place:
        yield place


def backend(image: str, replicas: int = 1, **spec: Any) -> dict[str, Any]:
    labels = {"app": "backend"}
    containers = [{"name": "backend", "image": image}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers, "terminationGracePeriodSeconds": 0}}
    wanted = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template, **spec}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "backend"}, "spec": wanted}


def applied(place: Place, body: dict[str, Any]) -> Manifest:
    return place.writer.apply(place.one(json.dumps(body)))


def until(place: Place, seen: Callable[[World], bool], seconds: float = 40.0) -> World:
    deadline = time.monotonic() + seconds
    while not seen(world := place.cluster.world(place.namespace)):
        assert time.monotonic() < deadline, world
        time.sleep(0.2)
    return world


def test_logs_are_those_of_the_container_that_crashed(place: Place, image: str) -> None:
    applied(place, backend(image))
    world = until(place, lambda w: any(c.last is not None for p in w.pods for c in p.containers))

    (pod,) = world.pods
    (container,) = pod.containers
    assert isinstance(container.last, Terminated)
    assert container.last.exit_code == 3
    end = time.monotonic() + 60
    previous: tuple[str, ...] = ()
    while not previous and time.monotonic() < end:  # the kubelet may need a moment, and between two crashes it has none
        previous = place.cluster.logs(place.namespace, pod.name, "backend", previous=True, lines=2)
        time.sleep(0.2)
    assert previous == ("line two", "going down")
    assert place.cluster.logs(place.namespace, pod.name, "nobody", previous=False, lines=2) == ()


def test_a_pull_that_fails_is_in_the_snapshot_with_its_events(place: Place) -> None:
    applied(place, backend(f"{os.environ['LAB_REGISTRY']}/adapters/none:1"))

    def pulled(world: World) -> bool:
        states = [c.state for p in world.pods for c in p.containers]
        return any(isinstance(s, Waiting) and s.reason in ("ErrImagePull", "ImagePullBackOff") for s in states)

    world = until(place, pulled)

    assert {(e.kind, e.reason) for e in world.events} >= {("ReplicaSet", "SuccessfulCreate"), ("Pod", "Failed")}
    assert any("not found" in e.message for e in world.events if e.reason == "Failed")
    assert world.pods[0].owner == world.revisions[0].uid


def revisions(place: Place) -> int:
    return len(place.kubectl("get", "replicasets", "-o", "name").splitlines())


def settled(place: Place) -> int:
    """How many revisions there are once the controller has seen the last write."""
    until(place, lambda w: bool(w.workloads) and w.workloads[0].observed_generation >= w.workloads[0].generation)
    time.sleep(1)
    return revisions(place)


def test_taking_over_a_new_image_makes_exactly_one_revision(place: Place) -> None:
    place.documented_apply(yaml.safe_dump(backend("registry.invalid/a:1", 0)))
    counts = [settled(place)]

    for image in ("registry.invalid/a:2", "registry.invalid/a:2"):
        applied(place, backend(image, 0))
        counts.append(settled(place))
    place.documented_apply(yaml.safe_dump(backend("registry.invalid/a:2", 0)))
    counts.append(settled(place))

    assert counts == [1, 2, 2, 2]


@pytest.mark.parametrize("strategy", ["Recreate", "RollingUpdate"])
def test_a_restart_makes_exactly_one_revision_however_often_it_is_tried(place: Place, strategy: str) -> None:
    body = backend("registry.invalid/a:1", strategy={"type": strategy})
    first = applied(place, body)
    counts = [settled(place)]

    # The controller has moved the resourceVersion since `first` was read.
    for _ in range(3):
        place.writer.stamp_restart(first, "2026-01-02T03:04:05Z")
        counts.append(settled(place))
    applied(place, body)
    counts.append(settled(place))
    place.documented_apply(yaml.safe_dump(body))
    counts.append(settled(place))

    assert counts == [1, 2, 2, 2, 2, 2]


def test_a_kubectl_diff_after_applying_shows_nothing(place: Place) -> None:
    body = backend("registry.invalid/a:1", 0)
    place.documented_apply(yaml.safe_dump(body))
    body["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.invalid/a:2"

    applied(place, body)
    settled(place)

    place.kubectl("diff", "--server-side", "--field-manager=deployctl", "-f", "-", stdin=yaml.safe_dump(body))


def test_rollout_undo_after_a_release_goes_to_the_image_before(place: Place) -> None:
    for image in ("registry.invalid/a:1", "registry.invalid/a:2"):
        applied(place, backend(image, 0))
        settled(place)

    place.kubectl("rollout", "undo", "deployment/backend")

    path = "jsonpath={.spec.template.spec.containers[0].image}"
    assert place.kubectl("get", "deployment", "backend", "-o", path) == "registry.invalid/a:1"
