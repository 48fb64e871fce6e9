"""Deleting: grace, finalizers, propagation, namespaces, claims in use."""

from __future__ import annotations

import asyncio
import copy
from datetime import UTC, datetime
from typing import Literal

import pytest
from served_api import config_map, deployment, pod

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.api.errors import ApiError
from deployctl.sandbox.clock import ManualClock
from deployctl.sandbox.contracts import Change, Object

START = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(ManualClock(START))


def running(cluster: Cluster, name: str = "p") -> Object:
    cluster.create("pods", pod(name, nodeName="node-1"), manager="me")
    made = cluster.get("pods", "default", name)
    assert made is not None
    return made


def of(cluster: Cluster, resource: str, name: str) -> Object:
    found = cluster.get(resource, "default", name)
    assert found is not None
    return found


def deletion(obj: Object) -> tuple[str, int, int]:
    metadata = obj["metadata"]
    return metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"], metadata["generation"]


def test_a_running_pod_keeps_its_grace_period(cluster: Cluster) -> None:
    running(cluster)
    cluster.delete("pods", "default", "p")
    assert deletion(of(cluster, "pods", "p")) == ("2026-05-01T12:00:30Z", 30, 2)


def test_a_second_delete_can_shorten_the_grace_but_not_lengthen_it(cluster: Cluster) -> None:
    running(cluster)
    cluster.delete("pods", "default", "p", grace_seconds=20)
    cluster.delete("pods", "default", "p", grace_seconds=60)
    assert deletion(of(cluster, "pods", "p")) == ("2026-05-01T12:00:20Z", 20, 2)
    cluster.delete("pods", "default", "p", grace_seconds=5)
    assert deletion(of(cluster, "pods", "p")) == ("2026-05-01T12:00:05Z", 5, 2)
    cluster.delete("pods", "default", "p", grace_seconds=0)
    assert cluster.get("pods", "default", "p") is None


def test_a_pod_that_never_got_a_node_goes_at_once(cluster: Cluster) -> None:
    cluster.create("pods", pod("p"), manager="me")
    cluster.delete("pods", "default", "p")
    assert cluster.get("pods", "default", "p") is None


def test_a_finished_pod_goes_at_once(cluster: Cluster) -> None:
    done = {**running(cluster), "status": {"phase": "Succeeded"}}
    cluster.update("pods", done, manager="kubelet", subresource="status")
    cluster.delete("pods", "default", "p")
    assert cluster.get("pods", "default", "p") is None


def test_another_uid_is_not_the_one_that_was_meant(cluster: Cluster) -> None:
    uid = running(cluster)["metadata"]["uid"]
    with pytest.raises(ApiError, match="the UID in the precondition") as refused:
        cluster.delete("pods", "default", "p", uid="other")
    assert refused.value.code == 409
    cluster.delete("pods", "default", "p", uid=uid, grace_seconds=0)
    assert cluster.get("pods", "default", "p") is None


def test_deleting_what_is_not_there_is_no_error_in_process(cluster: Cluster) -> None:
    cluster.delete("pods", "default", "nothing")


def test_a_finalizer_holds_an_object_back_until_it_is_taken_off(cluster: Cluster) -> None:
    body = config_map("a")
    body["metadata"]["finalizers"] = ["example.com/mine"]
    cluster.create("configmaps", body, manager="me")
    cluster.delete("configmaps", "default", "a")
    held: Object = copy.deepcopy(of(cluster, "configmaps", "a"))
    assert held["metadata"]["deletionTimestamp"] == "2026-05-01T12:00:00Z"
    del held["metadata"]["finalizers"]
    cluster.update("configmaps", held, manager="me")
    assert cluster.get("configmaps", "default", "a") is None


@pytest.mark.parametrize(("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
def test_a_propagation_policy_is_a_finalizer_for_the_garbage_collector(
    cluster: Cluster, policy: Literal["Foreground", "Orphan"], finalizer: str
) -> None:
    cluster.create("deployments.apps", deployment("d"), manager="me")
    cluster.delete("deployments.apps", "default", "d", propagation=policy)
    assert of(cluster, "deployments.apps", "d")["metadata"]["finalizers"] == [finalizer]


def test_a_claim_that_a_pod_uses_goes_with_the_pod(cluster: Cluster) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"metadata": {"name": "c", "namespace": "default"}, "spec": spec}
    cluster.create("persistentvolumeclaims", claim, manager="me")
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "c"}}
    cluster.create("pods", pod("p", volumes=[volume]), manager="me")
    cluster.delete("persistentvolumeclaims", "default", "c")
    assert of(cluster, "persistentvolumeclaims", "c")["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    cluster.delete("pods", "default", "p")
    assert cluster.get("persistentvolumeclaims", "default", "c") is None


def test_a_namespace_is_furnished_and_drains_some_seconds_after_its_deletion() -> None:
    async def scene() -> None:
        clock = ManualClock(START)
        cluster = Cluster(clock)
        cluster.create("namespaces", {"metadata": {"name": "n"}}, manager="me")
        assert cluster.get("serviceaccounts", "n", "default")
        assert cluster.get("configmaps", "n", "kube-root-ca.crt")
        cluster.delete("namespaces", None, "n")
        going = cluster.get("namespaces", None, "n")
        assert going is not None
        assert (going["status"]["phase"], going["spec"]["finalizers"]) == ("Terminating", ["kubernetes"])
        late = {"metadata": {"name": "late", "namespace": "n"}}
        with pytest.raises(ApiError, match="unable to create new content in namespace n because it is being term"):
            cluster.create("configmaps", late, manager="me")
        await clock.advance(4)
        assert cluster.get("configmaps", "n", "kube-root-ca.crt")
        await clock.advance(1)
        assert cluster.get("namespaces", None, "n") is None
        assert cluster.list("configmaps", "n") == []

    asyncio.run(scene())


def test_a_namespace_waits_for_its_pods() -> None:
    async def scene() -> None:
        clock = ManualClock(START)
        cluster = Cluster(clock)
        cluster.create("namespaces", {"metadata": {"name": "n"}}, manager="me")
        body = pod("p", nodeName="node-1")
        body["metadata"]["namespace"] = "n"
        cluster.create("pods", body, manager="me")
        cluster.delete("namespaces", None, "n")
        await clock.advance(5)
        assert cluster.get("namespaces", None, "n")
        cluster.delete("pods", "n", "p", grace_seconds=0)
        assert cluster.get("namespaces", None, "n") is None

    asyncio.run(scene())


def test_a_watch_sees_the_pod_as_it_went() -> None:
    async def scene() -> list[Change]:
        cluster = Cluster(ManualClock(START))
        running(cluster)
        seen: list[Change] = []

        async def read() -> None:
            async for change in cluster.watch("pods"):
                seen.append(change)
                if change.type == "DELETED":
                    return

        reader = asyncio.create_task(read())
        await asyncio.sleep(0)
        cluster.delete("pods", "default", "p", grace_seconds=9)
        cluster.delete("pods", "default", "p", grace_seconds=0)
        await asyncio.wait_for(reader, 1)
        return seen

    seen = asyncio.run(scene())
    grace = [change.object["metadata"].get("deletionGracePeriodSeconds") for change in seen]
    assert ([change.type for change in seen], grace) == (["ADDED", "MODIFIED", "DELETED"], [None, 9, 0])
