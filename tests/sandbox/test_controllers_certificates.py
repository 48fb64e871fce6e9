"""Certificates of Ingresses: issued, renewed, waiting for their issuer, failing at the challenge."""

from __future__ import annotations

import base64
from datetime import timedelta

import quick_yaml
from clockwork import Rehearsal, conditions, rehearsal
from cryptography import x509

from deployctl.sandbox.contracts import Object


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
    return dict(quick_yaml.document(text))


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
