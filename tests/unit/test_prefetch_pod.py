"""The short pod that makes a node pull, and how it is judged at each look; the signs are from a real cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from recorded import NOTHING, after, recorded, watching

from deployctl.model.node import Node
from deployctl.model.plan import Pull
from deployctl.model.pod import parse_conditions, parse_pod
from deployctl.model.rollout import World
from deployctl.model.rules.prefetch_pod import LABEL, is_prefetch_pod, prefetch_pod
from deployctl.model.rules.pulling import Pulling, assess_pull
from deployctl.model.service import WorkloadRef
from deployctl.model.workload import Workload, parse_workload

API = WorkloadRef("Deployment", "api")
CONTEXT = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
SPEC = {
    "initContainers": [{"name": "migrate", "image": "r.io/api:2", "command": ["migrate"]}],
    "containers": [
        {
            "name": "api",
            "image": "r.io/api:2",
            "imagePullPolicy": "Always",
            "securityContext": CONTEXT,
            "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}],
            "resources": {"requests": {"memory": "2Gi"}},
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
            "ports": [{"containerPort": 8000, "hostPort": 80}],
        },
        {"name": "proxy", "image": "r.io/proxy:1"},
    ],
    "imagePullSecrets": [{"name": "acr"}],
    "serviceAccountName": "api",
    "securityContext": {"fsGroup": 1000},
    "tolerations": [{"key": "gpu", "operator": "Exists"}],
    "nodeSelector": {"pool": "api"},
    "hostNetwork": True,
    "priorityClassName": "high",
    "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
}
RESOURCES = {"requests": {"memory": "1Mi"}, "limits": {"memory": "64Mi"}}
OWNER = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "name": "deployctl-prod", "uid": "u"}


def made(run: str = "now", node: str = "node1", owner: dict[str, str] | None = None) -> dict[str, Any]:
    pull = Pull(API, node, ("r.io/api:2", "r.io/proxy:1"))
    body = prefetch_pod(pull, SPEC, RESOURCES, namespace="shop", run=run, deadline=300.0, owner=owner or {}).body
    return dict(body)


def test_it_is_admitted_as_the_workload_is_and_takes_nothing_from_it() -> None:
    command = ["/deployctl-only-pulls-this-image"]
    assert made()["spec"] == {
        "imagePullSecrets": [{"name": "acr"}],
        "serviceAccountName": "api",
        "securityContext": {"fsGroup": 1000},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "nodeName": "node1",
        "restartPolicy": "Never",
        "activeDeadlineSeconds": 330,
        "terminationGracePeriodSeconds": 0,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "containers": [
            {
                "name": "api",
                "image": "r.io/api:2",
                "command": command,
                "resources": RESOURCES,
                "imagePullPolicy": "Always",
                "securityContext": CONTEXT,
            },
            {"name": "proxy", "image": "r.io/proxy:1", "command": command, "resources": RESOURCES},
        ],
    }


def test_it_goes_with_the_lock_and_no_service_or_controller_takes_it_for_its_own() -> None:
    metadata = made(owner=OWNER)["metadata"]
    assert metadata["ownerReferences"] == [OWNER]
    assert metadata["labels"] == {
        "app.kubernetes.io/managed-by": "deployctl",
        LABEL: metadata["labels"][LABEL],
        "sidecar.istio.io/inject": "false",
    }
    assert is_prefetch_pod(parse_pod(made()))
    assert "ownerReferences" not in made()["metadata"]


def test_its_name_is_one_for_a_run_and_a_node_so_that_a_lost_answer_makes_no_second_pod() -> None:
    names = [made(run, node)["metadata"]["name"] for run in ("a", "b") for node in ("node1", "node2")]
    assert len(set(names)) == 4
    assert made("a", "node1")["metadata"]["name"] == names[0]


# ---------------------------------------------------------------- judging


NODE = Node("node1")
WORKLOAD = parse_workload({"kind": "Deployment", "metadata": {"name": "api"}, "spec": {"template": {"spec": SPEC}}})
PULL = Pull(API, "node1", ("r.io/api:2",))
WAITS = {"waiting": {"reason": "ContainerCreating"}}
START_ERROR = {"terminated": {"reason": "StartError", "exitCode": 128}}


def world(*containers: dict[str, Any], node: Node = NODE, **status: Any) -> World:
    statuses = [{"name": "api", "image": "r.io/api:2", **container} for container in containers]
    pod = {
        "metadata": {"name": "deployctl-prefetch-1", "uid": "u1", **status.pop("metadata", {})},
        "spec": {"nodeName": "node1"},
        "status": {"phase": "Pending", "containerStatuses": statuses, **status},
    }
    return replace(NOTHING, pods=(parse_pod(pod),), nodes=(node,))


def judged(seen: World, pull: Pull = PULL) -> tuple[str, str]:
    found = first_look(seen, pull)
    return found.phase, found.summary


def first_look(seen: World, pull: Pull = PULL, workload: Workload = WORKLOAD) -> Pulling:
    uid = seen.pods[0].uid if seen.pods else "gone"
    return assess_pull(seen, pull, uid, workload, watching(NOTHING, workload=API))[0]


HAS = ("done", "node1 has r.io/api:2")
IMAGE_ID = {"imageID": "r.io/api@sha256:1"}
PULLED = (
    ("it could not start", world({**IMAGE_ID, "state": START_ERROR}, phase="Failed"), HAS),
    ("its container is configured", world({**IMAGE_ID, "state": WAITS}), HAS),
    ("no user may run it", world({"state": {"waiting": {"reason": "CreateContainerConfigError"}}}), HAS),
    ("it cannot be created", world({"state": {"waiting": {"reason": "CreateContainerError"}}}), HAS),
    ("it pulls", world({"state": WAITS}), ("pulling", "node1 pulls r.io/api:2")),
    ("the kubelet has not seen it", world(), ("pulling", "node1 pulls r.io/api:2")),
    (
        "the kubelet has no room for it",
        world(phase="Failed", reason="OutOfmemory", message="Node didn't have enough resource: memory"),
        (
            "given-up",
            "node1 did not run the pod that pulls: OutOfmemory: Node didn't have enough resource: memory",
        ),
    ),
    (
        "somebody deletes it",
        world({"state": WAITS}, metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}),
        ("given-up", "the pod that pulled was deleted by somebody else"),
    ),
    ("it is gone", NOTHING, ("given-up", "the pod that pulled was deleted by somebody else")),
    (
        "the node is lost",
        world({"state": WAITS}, node=Node("node1", conditions=parse_conditions(
            {"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}))),
        ("given-up", "node1 is not Ready"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("seen", "expected"), [c[1:] for c in PULLED], ids=[c[0] for c in PULLED])
def test_what_one_look_says(seen: World, expected: tuple[str, str]) -> None:
    assert judged(seen) == expected


def test_it_is_done_when_the_last_of_its_images_is_there() -> None:
    both = Pull(API, "node1", ("r.io/api:2", "r.io/proxy:1"))
    proxy = {"name": "proxy", "image": "r.io/proxy:1"}
    one = world({**IMAGE_ID, "state": START_ERROR}, {**proxy, "state": WAITS})
    all_of_them = world({**IMAGE_ID, "state": START_ERROR}, {**proxy, **IMAGE_ID, "state": START_ERROR})
    assert (judged(one, both)[0], judged(all_of_them, both)[0]) == ("pulling", "done")


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("image-name-invalid", "image-name-invalid"),
        ("image-absent", "image-absent"),
        ("pull-unauthorized-no-secret", "pull-unauthorized"),
        ("pull-wrong-architecture", "pull-wrong-architecture"),
    ],
)
def test_what_no_pod_could_pull_ends_the_wait_as_in_a_rollout(name: str, cause: str) -> None:
    seen = recorded(name)
    found = first_look(seen, workload=seen.workloads[0])
    assert (found.phase, found.diagnoses[0].cause) == ("failed", cause)


@pytest.mark.parametrize("name", ["pull-throttled", "registry-error", "registry-unreachable-dns", "sandbox-failed"])
def test_what_may_pass_is_waited_for_as_long_as_in_a_rollout(name: str) -> None:
    seen = recorded(name)
    uid, watch, phases = seen.pods[0].uid, watching(NOTHING, workload=API), []
    for seconds in (0.0, 55.0, 95.0):
        found, watch = assess_pull(after(seen, seconds), PULL, uid, seen.workloads[0], watch)
        phases.append(found.phase)
    assert phases == ["pulling", "pulling", "failed"]
