"""Reading a live API server."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from live_place import Place

from deployctl.adapters.kubernetes.access import KubernetesAccess
from deployctl.model.manifest import ObjectRef
from deployctl.model.service import WorkloadRef
from deployctl.ports import Kind, Permission

WORKLOADS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: backend}
spec:
  replicas: 1
  strategy: {type: Recreate}
  selector: {matchLabels: {app: backend}}
  template:
    metadata: {labels: {app: backend}}
    spec: {containers: [{name: backend, image: "registry.invalid/backend:1"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  suspend: true
  jobTemplate:
    spec: {template: {spec: {restartPolicy: Never, containers: [{name: nightly, image: "registry.invalid/backend:1"}]}}}
"""


def test_it_says_which_cluster_it_is(place: Place) -> None:
    identity = place.cluster.identify()

    server = place.kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    assert (identity.server, identity.version[:2]) == (server, "v1")


def test_kinds_have_their_real_scope(place: Place) -> None:
    kinds = place.cluster.kinds()

    assert [kinds[key] for key in (("v1", "Namespace"), ("apps/v1", "Deployment"))] == [
        Kind("v1", "Namespace", "namespaces", namespaced=False),
        Kind("apps/v1", "Deployment", "deployments", namespaced=True),
    ]


def test_kinds_are_what_kubectl_lists(place: Place) -> None:
    listed = place.kubectl("api-resources", "--no-headers").splitlines()
    rows = (line.split() for line in listed)
    expected = {(row[-3], row[-1], row[0], row[-2] == "true") for row in rows}

    preferred = {key[:2] for key in expected}
    found = {(k.api_version, k.kind, k.plural, k.namespaced) for k in place.cluster.kinds().values()}
    assert {k for k in found if k[:2] in preferred} == expected


def test_objects_that_exist_are_found_and_the_others_left_out(place: Place) -> None:
    place.kubectl("create", "configmap", "settings", "--from-literal=a=1")
    there = ObjectRef("v1", "ConfigMap", "", "settings")
    refs = (there, ObjectRef("v1", "ConfigMap", "", "none"), ObjectRef("example.com/v1", "Unknown", "", "settings"))

    found = place.cluster.get(refs)

    assert [(ref, one.ref, one.body["data"]) for ref, one in found.items()] == [
        (there, ObjectRef("v1", "ConfigMap", place.namespace, "settings"), {"a": "1"})
    ]


def test_a_cluster_scoped_object_is_found_whatever_namespace_kustomize_wrote_into_it(place: Place) -> None:
    ref = ObjectRef("v1", "Namespace", place.namespace, "kube-system")

    assert [one.ref for one in place.cluster.get((ref,)).values()] == [ObjectRef("v1", "Namespace", "", "kube-system")]


def test_a_snapshot_holds_workloads_revisions_pods_and_events(place: Place) -> None:
    place.documented_apply(WORKLOADS)
    deadline = time.monotonic() + 120
    world = place.cluster.world(place.namespace)
    while not (world.pods and world.events and world.workloads[0].observed_generation):
        assert time.monotonic() < deadline, world
        time.sleep(0.2)
        world = place.cluster.world(place.namespace)

    backend = world.workloads[0]
    assert [w.ref for w in world.workloads] == [WorkloadRef("Deployment", "backend"), WorkloadRef("CronJob", "nightly")]
    assert (backend.strategy, backend.replicas, backend.observed_generation) == ("Recreate", 1, 1)
    assert [(r.owner, r.is_of(backend.template), r.number) for r in world.revisions] == [(backend.uid, True, 1)]
    assert [pod.owner for pod in world.pods] == [world.revisions[0].uid]
    assert "SuccessfulCreate" in {event.reason for event in world.events}


def test_a_snapshots_time_is_the_servers(place: Place) -> None:
    assert abs(place.cluster.world(place.namespace).now - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_snapshot_of_an_empty_namespace_is_empty(place: Place) -> None:
    world = place.cluster.world("no-such-namespace")

    assert (world.workloads, world.revisions, world.pods, world.events) == ((), (), (), ())


def test_there_are_no_logs_of_a_pod_that_is_not_there(place: Place) -> None:
    assert place.cluster.logs(place.namespace, "none", "none", previous=False, lines=5) == ()


def test_everything_is_allowed_to_an_administrator(place: Place) -> None:
    wanted = (
        Permission("patch", "apps", "deployments", place.namespace),
        Permission("get", "", "pods/log", place.namespace),
    )

    assert KubernetesAccess(place.connection).denied(wanted) == ()
