"""What goes on in the background: endpoints, garbage, volumes, certificates, loops that survive a crash."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import yaml
from clockwork import FaultTable, Rehearsal, conditions, container, deployment, pod, rehearsal
from cryptography import x509

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
            "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims. "
            "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
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


def definition(plural: str, kind: str, scope: str = "Namespaced") -> Object:
    text = f"""
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {plural}.cert-manager.io}}
spec:
  group: cert-manager.io
  scope: {scope}
  names: {{kind: {kind}, listKind: {kind}List, plural: {plural}, singular: {kind.lower()}}}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {{status: {{}}}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {{type: object, x-kubernetes-preserve-unknown-fields: true}}
          status: {{type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
    return dict(yaml.safe_load(text))


def with_cert_manager(world: Rehearsal) -> None:
    for plural, kind, scope in (
        ("certificates", "Certificate", "Namespaced"),
        ("issuers", "Issuer", "Namespaced"),
        ("clusterissuers", "ClusterIssuer", "Cluster"),
    ):
        world.create("customresourcedefinitions.apiextensions.k8s.io", definition(plural, kind, scope))
    world.advance(3)


ISSUER: Object = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "ClusterIssuer",
    "metadata": {"name": "letsencrypt"},
    "spec": {"acme": {}},
}
INGRESS: Object = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {
        "name": "web",
        "namespace": "default",
        "annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"},
    },
    "spec": {
        "tls": [{"hosts": ["shop.test"], "secretName": "shop-tls"}],
        "rules": [{"host": "shop.test"}],
    },
}


def test_an_annotated_ingress_gets_its_certificate() -> None:
    with rehearsal() as world:
        with_cert_manager(world)
        world.create("clusterissuers.cert-manager.io", ISSUER)
        world.create("ingresses.networking.k8s.io", INGRESS)
        world.advance(1)
        assert conditions(world.get("certificates.cert-manager.io", "shop-tls"))["Ready"] == (
            "False",
            "DoesNotExist",
            "Issuing certificate as Secret does not exist",
        )
        world.advance(10)
        certificate = world.get("certificates.cert-manager.io", "shop-tls")
        up_to_date = ("True", "Ready", "Certificate is up to date and has not expired")
        assert conditions(certificate) == {"Ready": up_to_date}
        data = world.get("secrets", "shop-tls")["data"]
        parsed = x509.load_pem_x509_certificate(base64.b64decode(data["tls.crt"]))
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["shop.test"]
        assert conditions(world.get("clusterissuers.cert-manager.io", "letsencrypt", None))["Ready"][0] == "True"
        world.delete("secrets", "shop-tls")
        world.advance(10)
        assert world.get("secrets", "shop-tls")["type"] == "kubernetes.io/tls"


def test_a_challenge_that_cannot_be_reached_fails_the_certificate() -> None:
    with rehearsal() as world:
        with_cert_manager(world)
        world.faults.set("acme", host="shop.*")
        world.create("clusterissuers.cert-manager.io", ISSUER)
        world.create("ingresses.networking.k8s.io", INGRESS)
        world.advance(10)
        found = conditions(world.get("certificates.cert-manager.io", "shop-tls"))
        assert found["Ready"][0] == "False"
        assert found["Issuing"][:2] == ("False", "Failed")
        assert "http://shop.test/.well-known/acme-challenge/" in found["Issuing"][2]
        assert world.gone("secrets", "shop-tls")


def test_a_certificate_waits_for_its_issuer() -> None:
    with rehearsal() as world:
        with_cert_manager(world)
        world.create("ingresses.networking.k8s.io", INGRESS)
        world.advance(10)
        assert conditions(world.get("certificates.cert-manager.io", "shop-tls"))["Issuing"][0] == "True"
        warnings = [m for t, _, m in world.events("Certificate") if t == "Warning"]
        missing = 'clusterissuer.cert-manager.io "letsencrypt" not found'
        assert warnings == [f'Referenced "ClusterIssuer" not found: {missing}']
        world.create("clusterissuers.cert-manager.io", ISSUER)
        world.advance(10)
        assert conditions(world.get("certificates.cert-manager.io", "shop-tls"))["Ready"][0] == "True"


def test_a_certificate_is_renewed_before_it_ends() -> None:
    with rehearsal() as world:
        with_cert_manager(world)
        world.create("clusterissuers.cert-manager.io", ISSUER)
        world.create("ingresses.networking.k8s.io", INGRESS)
        world.advance(10)
        status = world.get("certificates.cert-manager.io", "shop-tls")["status"]
        ends = world.clock.now() + timedelta(days=89)
        assert status["notAfter"] > ends.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert status["revision"] == 1


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
