"""What goes on in the background: endpoints, garbage, volumes, certificates, loops that survive a crash."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from clockwork import FaultTable, Rehearsal, conditions, container, deployment, pod, rehearsal

from deployctl.sandbox.api.cluster import Cluster
from deployctl.sandbox.clock import ManualClock
from deployctl.sandbox.contracts import Object
from deployctl.sandbox.controllers.kit.controller import Controller
from deployctl.sandbox.controllers.kit.meta import Key
from deployctl.sandbox.controllers.kit.world import World

NAMED: Object = {"containerPort": 8000, "name": "http"}


def service(name: str = "web", **spec: Any) -> Object:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": ports, **spec},
    }


def addresses(world: Rehearsal) -> tuple[list[str], list[str]]:
    """Ready and not ready, of the Endpoints; the slice must say the same."""
    subsets = world.get("endpoints", "web").get("subsets") or [{}]
    ready = [a["ip"] for a in subsets[0].get("addresses") or ()]
    unready = [a["ip"] for a in subsets[0].get("notReadyAddresses") or ()]
    slices = world.cluster.list("endpointslices.discovery.k8s.io", "default")
    ours = [s for s in slices if s["metadata"]["labels"]["kubernetes.io/service-name"] == "web"]
    listed = {e["addresses"][0]: e["conditions"]["ready"] for s in ours for e in s.get("endpoints") or ()}
    assert [ip for ip, good in listed.items() if good] == ready
    return ready, unready


def test_endpoints_follow_readiness_and_resolve_named_ports() -> None:
    with rehearsal() as world:
        world.create("services", service())
        probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1}
        world.create("pods", pod("web", container(ports=[NAMED], readinessProbe=probe)))
        world.advance(1.2)
        address = world.get("pods", "web")["status"]["podIP"]
        assert addresses(world) == ([], [address])
        world.advance(5)
        assert addresses(world) == ([address], [])
        assert world.get("endpoints", "web")["subsets"][0]["ports"] == [
            {"name": "http", "port": 8000, "protocol": "TCP"}
        ]
        world.faults.set("app", pod="web", never_ready=True)
        world.advance(5)
        assert addresses(world) == ([], [address])
        world.faults.clear("app")
        world.advance(5)
        world.delete("pods", "web")
        world.advance(0.05)
        assert addresses(world) == ([], [])


def test_a_deleted_deployment_takes_its_sets_and_pods_with_it() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment())
        world.advance(5)
        world.delete("deployments.apps", "web")
        world.advance(5)
        assert (world.cluster.list("replicasets.apps"), world.pods()) == ([], [])


def test_foreground_deletion_waits_for_the_dependents() -> None:
    with rehearsal() as world:
        spec = {"terminationGracePeriodSeconds": 5}
        stubborn = container(command=["sh", "-c", "sleep 3600"])
        world.create("deployments.apps", deployment("web", stubborn, pod_spec=spec))
        world.advance(5)
        world.delete("deployments.apps", "web", propagation="Foreground")
        world.advance(2)
        assert world.get("deployments.apps", "web")["metadata"]["finalizers"] == ["foregroundDeletion"]
        world.advance(10)
        assert world.gone("deployments.apps", "web")
        assert world.pods() == []


def test_orphans_stay_and_are_adopted_by_the_next_owner() -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment())
        world.advance(5)
        name = world.pods()[0]["metadata"]["name"]
        world.delete("deployments.apps", "web", propagation="Orphan")
        world.advance(5)
        orphan = world.cluster.list("replicasets.apps")[0]
        assert not orphan["metadata"].get("ownerReferences")
        world.create("deployments.apps", deployment())
        world.advance(5)
        assert [p["metadata"]["name"] for p in world.pods()] == [name]
        assert len(world.cluster.list("replicasets.apps")) == 1


def claim(storage_class: str | None = None) -> Object:
    named = {"storageClassName": storage_class} if storage_class else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **named},
    }


def storage_class(mode: str) -> Object:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "disk"},
        "provisioner": "disk.test",
        "volumeBindingMode": mode,
    }


WITH_CLAIM = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}


def test_a_claim_without_a_class_stays_pending_and_says_why() -> None:
    with rehearsal() as world:
        world.create("persistentvolumeclaims", claim())
        world.create("pods", pod("solo", **WITH_CLAIM))
        world.advance(3)
        message = "no persistent volumes available for this claim and no storage class is set"
        assert ("Normal", "FailedBinding", message) in world.events("PersistentVolumeClaim")
        assert conditions(world.get("pods", "solo"))["PodScheduled"][2] == (
            "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found"
        )


@pytest.mark.parametrize(("mode", "early"), [("Immediate", "Bound"), ("WaitForFirstConsumer", "Pending")])
def test_claims_bind_at_once_or_for_their_first_pod(mode: str, early: str) -> None:
    with rehearsal() as world:
        world.create("storageclasses.storage.k8s.io", storage_class(mode))
        world.create("persistentvolumeclaims", claim("disk"))
        world.advance(3)
        assert world.get("persistentvolumeclaims", "data")["status"]["phase"] == early
        world.create("pods", pod("solo", **WITH_CLAIM))
        world.advance(10)
        assert world.get("persistentvolumeclaims", "data")["status"]["phase"] == "Bound"
        assert world.get("pods", "solo")["status"]["phase"] == "Running"


BUDGETS: list[tuple[Object, tuple[int, int, int, int]]] = [
    ({"minAvailable": 2}, (3, 3, 2, 1)),
    ({"minAvailable": "50%"}, (3, 3, 2, 1)),
    ({"maxUnavailable": 1}, (3, 3, 2, 1)),
    ({"minAvailable": 3}, (3, 3, 3, 0)),
]


@pytest.mark.parametrize(("spec", "expected"), BUDGETS)
def test_budgets_count_who_may_go(spec: Object, expected: tuple[int, int, int, int]) -> None:
    with rehearsal() as world:
        world.create("deployments.apps", deployment(replicas=3))
        body: Object = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget"}
        named = {"metadata": {"name": "web", "namespace": "default"}}
        selector = {"matchLabels": {"app": "web"}}
        world.create("poddisruptionbudgets.policy", {**body, **named, "spec": {**spec, "selector": selector}})
        world.advance(10)
        budget = world.get("poddisruptionbudgets.policy", "web")
        status = budget["status"]
        names = ("expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")
        assert tuple(status[n] for n in names) == expected
        enough = ("True", "SufficientPods", "") if expected[3] else ("False", "InsufficientPods", "")
        assert conditions(budget)["DisruptionAllowed"] == enough


class Unlucky(Controller):
    """Fails twice for each key."""

    name: ClassVar[str] = "unlucky"

    def watch(self) -> None:
        self.tries: list[str] = []
        self.world.subscribe("configmaps", self.enqueue)

    def sync(self, key: Key) -> None:
        self.tries.append(key[1])
        if self.tries.count(key[1]) < 3:
            raise RuntimeError("bad luck")


def test_a_crash_in_one_sync_is_retried_and_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with rehearsal() as world:

        async def story() -> list[str]:
            clock = ManualClock()
            cluster = Cluster(clock)
            own = World(cluster, clock, FaultTable())
            unlucky = Unlucky(own)
            tasks = [world.loop.create_task(own.run()), world.loop.create_task(unlucky.run())]
            await clock.advance(0.1)
            for name in ("a", "b"):
                body: Object = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "x"}}
                cluster.create("namespaces", {"metadata": {"name": "x"}}, manager="t") if name == "a" else None
                cluster.create("configmaps", body, manager="t")
            await clock.advance(5)
            for task in tasks:
                task.cancel()
            return [name for name in unlucky.tries if name in ("a", "b")]

        tries = world.run(story())
        assert sorted(tries) == ["a"] * 3 + ["b"] * 3
        assert "bad luck" in caplog.text
