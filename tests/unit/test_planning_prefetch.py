"""Which nodes pull which images before anything is torn down, and when a release does without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from worlds import HOST, NEW, OLD, REPOSITORY, Case, backend

from deployctl.model.image import Image, ImageFacts, Platform
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.node import Node, Taint
from deployctl.model.plan import Plan, PrefetchStep, Pull
from deployctl.model.pod import parse_conditions
from deployctl.model.reference import Inventory
from deployctl.model.request import ReleaseRequest
from deployctl.model.room import Tenant
from deployctl.model.rules.requests import amounts
from deployctl.model.service import WorkloadRef
from deployctl.model.snapshot import Snapshot
from deployctl.model.survey import Survey
from deployctl.planning import plan_release

LABELS = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
NODE1 = Node("node1", LABELS, allocatable={"cpu": "2", "memory": "1Gi", "pods": "110"})
NODE2 = replace(NODE1, name="node2")
BACKEND = WorkloadRef("Deployment", "backend")
IMAGE = f"{REPOSITORY}:prod-v0.8.8"


def with_pod(tag: str = "prod-v0.8.8", *, kind: str = "Recreate", **spec: Any) -> Manifest:
    """The backend with more in its pod's spec; `container` goes into its only container."""
    body = backend(tag).body
    pod = body["spec"]["template"]["spec"]
    container = {**pod["containers"][0], **spec.pop("container", {})}
    template = {**body["spec"]["template"], "spec": {**pod, "containers": [container, *spec.pop("beside", ())], **spec}}
    return manifest({**body, "spec": {**body["spec"], "template": template, "strategy": {"type": kind}}})


def snapshot(own: Manifest | None = None, *nodes: Node, others: tuple[Manifest, ...] = (), **changes: Any) -> Snapshot:
    policies = changes.pop("policies", {})
    found = replace(Case(rendered=(own,) if own else None, others_rendered=others).snapshot(), **changes)
    environment = replace(found.environment, policies=replace(found.environment.policies, **policies))
    world = replace(found.world, nodes=nodes or (NODE1, NODE2))
    return replace(found, environment=environment, world=changes.get("world", world))


def plan(one: Snapshot) -> Plan:
    return plan_release(ReleaseRequest(("backend",)), one)


def pulls(one: Snapshot) -> tuple[Pull, ...]:
    return tuple(pull for step in plan(one).steps if isinstance(step, PrefetchStep) for pull in step.pulls)


def nodes(one: Snapshot) -> list[str]:
    return [pull.node for pull in pulls(one)]


def warned(one: Snapshot, beginning: str) -> list[str]:
    return [w.what for w in plan(one).warnings if w.id.startswith(beginning)]


def test_every_node_that_may_run_the_pods_pulls_before_the_overlay_is_touched() -> None:
    kinds = [type(step).__name__ for step in plan(snapshot()).steps]
    assert pulls(snapshot()) == (Pull(BACKEND, "node1", (IMAGE,)), Pull(BACKEND, "node2", (IMAGE,)))
    assert kinds[:2] == ["PrefetchStep", "ApplyStep"]


def lost(node: Node) -> Node:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}
    return replace(node, conditions=parse_conditions(ready))


@pytest.mark.parametrize(
    "other",
    [
        lost(NODE2),
        replace(NODE2, unschedulable=True),
        replace(NODE2, taints=(Taint("gpu", "", "NoSchedule"),)),
        replace(NODE2, images=((f"{REPOSITORY}@{NEW}", IMAGE),)),
    ],
    ids=["not Ready", "cordoned", "tainted", "has the digest"],
)
def test_a_node_that_cannot_or_need_not_pull_is_left_out(other: Node) -> None:
    assert nodes(snapshot(None, NODE1, other)) == ["node1"]


@pytest.mark.parametrize(
    "names",
    [((f"{REPOSITORY}@{NEW}",),), ((IMAGE,),), ((f"{REPOSITORY}@{OLD}", IMAGE), (f"{REPOSITORY}@{NEW}",))],
    ids=["under no tag", "a tag without digest", "the tag still means the former digest"],
)
def test_a_node_that_would_not_run_the_digest_under_this_tag_pulls(names: tuple[tuple[str, ...], ...]) -> None:
    assert nodes(snapshot(None, NODE1, replace(NODE2, images=names))) == ["node1", "node2"]


def full(owner: str = "") -> Survey:
    """node2 is full of pods of this owner."""
    tenant = Tenant("node2", amounts({"cpu": "1", "memory": "900Mi"}), owner=owner)
    return Survey(Inventory(), tenants=(tenant,))


def asking(kind: str = "Recreate") -> Manifest:
    return with_pod(kind=kind, container={"resources": {"requests": {"memory": "512Mi"}}})


def test_a_node_that_stays_full_pulls_only_where_all_nodes_are_wanted() -> None:
    assert nodes(snapshot(asking(), survey=full())) == ["node1"]
    assert nodes(snapshot(asking(), survey=full(), policies={"prefetch": "all"})) == ["node1", "node2"]


def test_room_that_the_old_pods_leave_counts_and_beside_old_pods_a_place_may_come_free_anywhere() -> None:
    assert nodes(snapshot(asking(), survey=full(owner="r1"))) == ["node1", "node2"]
    assert nodes(snapshot(asking("RollingUpdate"), survey=full())) == ["node1", "node2"]


def test_a_node_of_another_architecture_is_left_out() -> None:
    case = Case().snapshot()
    found = ImageFacts(Image(HOST, "klinecubic/backend", "prod-v0.8.8", NEW), 0, (Platform("linux", "amd64"),))
    services = tuple(replace(facts, found=found) for facts in case.services)
    arm = replace(NODE2, labels={"kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64"})
    assert nodes(snapshot(None, NODE1, arm, services=services)) == ["node1"]


def test_all_images_of_the_pod_that_a_node_lacks_are_pulled_by_one_pod() -> None:
    beside = ({"name": "cache", "image": "redis:7"}, {"name": "own", "image": "x/y:1", "imagePullPolicy": "Never"})
    cached = replace(NODE2, images=(("docker.io/library/redis:7",),))
    assert pulls(snapshot(with_pod(beside=beside), NODE1, cached)) == (
        Pull(BACKEND, "node1", (IMAGE, "redis:7")),
        Pull(BACKEND, "node2", (IMAGE,)),
    )


def test_a_restart_pulls_nothing_where_a_pod_runs_the_very_image() -> None:
    same = Case(wanted_tag="prod-v0.8.7", registry_digest=OLD).snapshot()
    same = replace(same, world=replace(same.world, nodes=(NODE1,)))
    steps = plan_release(ReleaseRequest(("backend",), restart=True), same).steps
    assert [type(step).__name__ for step in steps][:2] == ["RestartStep", "AwaitStep"]


def silent() -> Iterable[tuple[str, Snapshot]]:
    yield "it is switched off", snapshot(policies={"prefetch": "off"})
    absent = Case(live=False).snapshot()
    yield "nothing runs yet", replace(absent, world=replace(absent.world, nodes=(NODE1,)))
    case = Case().snapshot()
    unready = tuple(replace(pod, conditions=()) for pod in case.world.pods)
    down = replace(case.world, nodes=(NODE1,), pods=unready)
    yield "nothing serves, and pulling first would delay the cure", snapshot(world=down)
    gone = backend("prod-v0.8.8").body
    yield "no pod will come", snapshot(manifest({**gone, "spec": {**gone["spec"], "replicas": 0}}))


@pytest.mark.parametrize("one", [s for _, s in silent()], ids=[name for name, _ in silent()])
def test_nothing_is_pulled_and_nothing_said_when(one: Snapshot) -> None:
    assert (pulls(one), warned(one, "prefetch")) == ((), [])


def test_a_release_that_brings_its_own_pull_secret_pulls_after_the_apply_and_says_so() -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "acr", "namespace": "prod"}}
    own = with_pod(imagePullSecrets=[{"name": "acr"}])
    one = snapshot(own, others=(manifest({**secret, "type": "kubernetes.io/dockerconfigjson"}),))
    assert pulls(one) == ()
    assert warned(one, "prefetch-skipped") == [
        "images of deployment/backend are not brought to the nodes beforehand: this release changes secret/acr, which "
        "opens the registry"
    ]


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (snapshot(may_run_pods=False), "we may not create and delete pods in this namespace"),
        (replace(snapshot(), world=Case().snapshot().world), "nodes may not be read"),
    ],
    ids=["pods", "nodes"],
)
def test_what_is_not_allowed_is_a_warning(one: Snapshot, why: str) -> None:
    assert pulls(one) == ()
    assert warned(one, "prefetch-impossible") == [f"images are not brought to the nodes beforehand: {why}"]
    assert not plan(one).refusals
