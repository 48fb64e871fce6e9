"""What the fake cluster of engine tests has in common with a real one: the ports' promises, on all three."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_clock import FakeClock
from fake_cluster import FakeCluster
from live_place import kubeconfig_of, place_on

from deployctl.model.json import dig
from deployctl.model.manifest import Manifest, manifest
from deployctl.model.service import WorkloadRef
from deployctl.ports import Access, Cluster, ClusterRejected, Permission, Writer

Pair = tuple[Cluster, Writer]


@pytest.fixture(params=["fake", "sandbox", pytest.param("real", marks=pytest.mark.cluster)])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    if request.param == "fake":
        fake = FakeCluster(FakeClock(), namespace="shop")
        yield fake, fake
        return
    with place_on(kubeconfig_of(request)) as place:
        yield place.cluster, place.writer


def workload(kind: str, image: str = "registry.invalid/api:1") -> Manifest:
    """A workload that runs no pod."""
    containers = [{"name": "api", "image": image}]
    labels = {"app": "api"}
    if kind == "Job":
        once = {"spec": {"restartPolicy": "Never", "containers": containers}}
        group, spec = "batch/v1", {"parallelism": 0, "template": once}
    else:
        template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
        group, spec = "apps/v1", {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return manifest({"apiVersion": group, "kind": kind, "metadata": {"name": "api"}, "spec": spec})


def image(one: Manifest) -> object:
    return dig(one.body, "spec", "template", "spec", "containers", 0, "image")


def test_what_is_not_there_is_not_found(pair: Pair) -> None:
    cluster, _ = pair

    unserved = manifest({"apiVersion": "example.com/v1", "kind": "Gizmo", "metadata": {"name": "a"}})
    assert cluster.get((workload("Deployment").ref, unserved.ref)) == {}


def test_what_was_applied_is_found_under_the_name_it_was_asked_for(pair: Pair) -> None:
    cluster, writer = pair
    wanted = workload("Deployment")

    applied = writer.apply(wanted)

    found = cluster.get((wanted.ref,))
    assert list(found) == [wanted.ref]
    assert (found[wanted.ref].ref, found[wanted.ref].uid) == (applied.ref, applied.uid)
    assert (applied.uid != "", applied.resource_version != "", applied.ref.namespace != "") == (True, True, True)


def test_a_dry_run_foresees_and_writes_nothing(pair: Pair) -> None:
    cluster, writer = pair
    wanted = workload("Deployment")

    (foreseen,) = writer.dry_run((wanted,)).values()

    assert isinstance(foreseen, Manifest)
    assert (image(foreseen), cluster.get((wanted.ref,))) == ("registry.invalid/api:1", {})


def test_applying_the_same_again_keeps_the_object(pair: Pair) -> None:
    _, writer = pair

    first, again = writer.apply(workload("Deployment")), writer.apply(workload("Deployment"))

    assert (again.uid, again.body["spec"]) == (first.uid, first.body["spec"])


def test_a_kind_that_is_not_served_is_refused(pair: Pair) -> None:
    _, writer = pair
    gizmo = manifest({"apiVersion": "example.com/v1", "kind": "Gizmo", "metadata": {"name": "a"}})

    (foreseen,) = writer.dry_run((gizmo,)).values()

    assert isinstance(foreseen, ClusterRejected)
    assert foreseen.reason == "NoKind"
    with pytest.raises(ClusterRejected):
        writer.apply(gizmo)


def test_a_restart_is_stamped_once_and_stays(pair: Pair) -> None:
    _, writer = pair
    applied = writer.apply(workload("Deployment"))

    first = writer.stamp_restart(applied, "2026-01-02T03:04:05Z")
    second = writer.stamp_restart(applied, "2026-01-02T03:04:05Z")
    after = writer.apply(workload("Deployment"))

    templates = [one.body["spec"]["template"] for one in (first, second, after)]
    assert templates == [templates[0]] * 3
    assert templates[0] != applied.body["spec"]["template"]


def test_a_restart_of_another_template_is_a_conflict(pair: Pair) -> None:
    _, writer = pair
    applied = writer.apply(workload("Deployment"))
    writer.apply(workload("Deployment", "registry.invalid/api:2"))

    with pytest.raises(ClusterRejected) as caught:
        writer.stamp_restart(applied, "2026-01-02T03:04:05Z")
    assert caught.value.reason == "Conflict"


def test_a_jobs_template_is_immutable_until_it_is_made_anew(pair: Pair) -> None:
    _, writer = pair
    first = writer.apply(workload("Job"))
    changed = workload("Job", "registry.invalid/api:2")

    (foreseen,) = writer.dry_run((changed,)).values()
    anew = writer.recreate(changed)

    assert isinstance(foreseen, ClusterRejected)
    assert (foreseen.reason, image(anew), anew.uid != first.uid) == ("Immutable", "registry.invalid/api:2", True)


def test_a_snapshot_names_the_workloads(pair: Pair) -> None:
    cluster, writer = pair
    applied = writer.apply(workload("Deployment"))

    world = cluster.world(applied.ref.namespace)

    assert [one.ref for one in world.workloads] == [WorkloadRef("Deployment", "api")]


def test_the_fake_denies_what_a_test_says() -> None:
    cluster = FakeCluster(FakeClock())
    write, read = Permission("patch", "apps", "deployments", "shop"), Permission("get", "", "pods", "shop")
    cluster.may_not.add(write)

    access: Access = cluster
    assert access.denied((write, read)) == (write,)


def short_pod(name: str = "deployctl-prefetch-1") -> Manifest:
    spec = {"nodeName": "nowhere", "containers": [{"name": "a", "image": "registry.invalid/a:1"}]}
    return manifest({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})


def test_a_pod_of_our_own_is_made_once_and_removed_by_its_uid(pair: Pair) -> None:
    _, writer = pair

    uid = writer.create_pod(short_pod())

    assert writer.create_pod(short_pod()) == uid
    assert writer.delete_pod("deployctl-prefetch-1", uid)
